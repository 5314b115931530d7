/* A program that is killed while it saves, at whatever moment, leaves the old file or the new one: the file always loads
   and holds one of the two networks, whole. */

#include "check.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum { rounds = 60 };

int main(void) {
    const char *path = test_path("network");
    snn_network *a = test_network(TEST_MNIST_NETWORK, 1), *b = test_network(TEST_MNIST_NETWORK, 2);
    CHECK(!test_same_weights(a, b));
    if (!a || !b || !SUCCEEDS(snn_network_save(a, path))) return check_report("interrupted_save");

    uint64_t seed = 3;
    int old = 0, new = 0;
    for (int round = 0; round < rounds; round++) {
        pid_t child = fork();
        if (child == 0) { /* writes a 3 MB file again and again until it is killed */
            for (int i = 0;; i++)
                if (snn_network_save(i % 2 ? a : b, path) != SNN_OK) _exit(1);
        }
        int status = 0;
        struct timespec time = {0, (long)(1000000 + test_random(&seed) % 40000000)}; /* 1 to 41 ms */
        nanosleep(&time, NULL);
        CHECK(kill(child, SIGKILL) == 0);
        CHECK(waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status)); /* else its saving failed */
        snn_network *loaded = NULL;
        if (!SUCCEEDS(snn_network_load(path, &loaded))) break;
        int is_a = test_same_weights(loaded, a), is_b = test_same_weights(loaded, b);
        CHECK(is_a || is_b);
        old += is_a, new += is_b;
        snn_network_free(loaded);
    }
    printf("killed %d times: %d times the first network, %d times the second\n", rounds, old, new);
    SUCCEEDS(snn_network_save(b, path)); /* what was left behind is not in the way */
    snn_network_free(a);
    snn_network_free(b);
    return check_report("interrupted_save");
}
