/* Independent handles from several threads at once, each with its own last error; and fork() between calls. */

#include "check.h"

#include <pthread.h>
#include <sys/wait.h>

enum { workers = 4, samples = 64, steps = 8 };

static float inputs[samples * TEST_PIXELS];
static int32_t labels[samples];

struct work {
    uint64_t seed;
    snn_network *network;
    float scores[samples * TEST_CLASSES];
    snn_status status;
    char sentence[256];
};

/* Creates, trains and asks a network of its own. No CHECK in here: its counters belong to the main thread. */
static void *run(void *argument) {
    struct work *work = argument;
    snn_trainer *trainer = NULL;
    char absent[64];
    snn_status status = snn_network_create(TEST_NETWORK, work->seed, &work->network);
    if (!status) status = snn_network_set_threads(work->network, 2);
    if (!status) status = snn_trainer_create(work->network, NULL, work->seed, &trainer);
    for (int i = 0; !status && i < steps; i++)
        status = snn_trainer_train_batch(trainer, inputs, samples * TEST_PIXELS, labels, samples, samples, NULL);
    if (!status)
        status = snn_network_predict(work->network, inputs, samples * TEST_PIXELS, samples, 0, work->scores,
                                     samples * TEST_CLASSES);
    work->status = status;
    snn_trainer_free(trainer);

    /* The sentence of this thread, not of its neighbours */
    snn_network *none = NULL;
    snprintf(absent, sizeof absent, "/no/such/file/%d", (int)work->seed);
    for (int i = 0; i < 50; i++) snn_network_load(absent, &none);
    snprintf(work->sentence, sizeof work->sentence, "%s", check_sentence());
    return NULL;
}

int main(void) {
    static struct work together[workers], alone[workers], child_work;
    pthread_t threads[workers];
    test_samples(inputs, labels, samples, 5);
    for (uint64_t i = 0; i < workers; i++) together[i].seed = alone[i].seed = i + 1;
    child_work.seed = 1;

    for (int i = 0; i < workers; i++) CHECK(pthread_create(&threads[i], NULL, run, &together[i]) == 0);
    for (int i = 0; i < workers; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    for (int i = 0; i < workers; i++) {
        char place[64];
        run(&alone[i]);
        snprintf(place, sizeof place, "/no/such/file/%d", (int)alone[i].seed);
        CHECK(together[i].status == SNN_OK && alone[i].status == SNN_OK);
        CHECK(test_same_weights(together[i].network, alone[i].network));
        CHECK(memcmp(together[i].scores, alone[i].scores, sizeof alone[i].scores) == 0);
        CHECK(strstr(together[i].sentence, place) != NULL);
    }
    CHECK(!test_same_weights(together[0].network, together[1].network));

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
    /* With this sanitizer Swift locks at every use of a global, by a thread number that a fork makes stale: a child of
     * two threads may wait for ever. */
    enum { rounds = 0 };
#else
    enum { rounds = 5 };
#endif
#else
    enum { rounds = 5 };
#endif
    /* A child gets the library as it is, after calls with many threads, and does the same work with the same bits. */
    for (int round = 0; round < rounds; round++) {
        pid_t child = fork();
        if (child == 0) {
            static float scores[samples * TEST_CLASSES];
            int good = snn_network_predict(alone[0].network, inputs, samples * TEST_PIXELS, samples, 0, scores,
                                           samples * TEST_CLASSES) == SNN_OK &&
                       memcmp(scores, alone[0].scores, sizeof scores) == 0;
            run(&child_work);
            good = good && child_work.status == SNN_OK && test_same_weights(child_work.network, alone[0].network);
            _exit(good ? 0 : 1);
        }
        int status = -1;
        alarm(120); /* a child that waits for a thread it does not have would wait for ever */
        CHECK(waitpid(child, &status, 0) == child);
        alarm(0);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        SUCCEEDS(snn_network_predict(alone[1].network, inputs, samples * TEST_PIXELS, samples, 0, alone[2].scores,
                                     samples * TEST_CLASSES));
        CHECK(memcmp(alone[1].scores, alone[2].scores, sizeof alone[1].scores) == 0);
    }
    for (int i = 0; i < workers; i++) {
        snn_network_free(together[i].network);
        snn_network_free(alone[i].network);
    }
    return check_report("threads");
}
