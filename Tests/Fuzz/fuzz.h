/* fuzz.h - what the fuzz targets share. A target is one file with

       int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

   that hands bytes to one door of the library. Whatever they are, a call returns, and a call that refuses them says why. */

#ifndef FUZZ_H
#define FUZZ_H

#include "check.h"

#include <sys/stat.h>

enum { MOST_INPUTS = 2048, MOST_SCORES = 1 << 15, MOST_STEPS = 64, MOST_BYTES = 32 << 20 };

/* Refused calls must leave a sentence behind. */
static inline int succeeds(snn_status status) {
    if (status == SNN_OK) return 1;
    if (!*check_sentence()) {
        fprintf(stderr, "%s without a sentence\n", snn_status_string(status));
        abort();
    }
    return 0;
}

/* For what must not fail, whatever the input. */
static inline void must(snn_status status) {
    if (succeeds(status)) return;
    fprintf(stderr, "%s\n", check_sentence());
    abort();
}

/* The bytes as text, to be freed; NULL where a number has more than three digits or an exponent: that sizes are refused is
   known, and those that are not would take the machine's memory and time. */
static inline char *small_text(const uint8_t *data, size_t size) {
    int digits = 0;
    for (size_t i = 0; i < size; i++) {
        if (digits && (data[i] == 'e' || data[i] == 'E')) return NULL;
        digits = data[i] >= '0' && data[i] <= '9' ? digits + 1 : 0;
        if (digits > 3) return NULL;
    }
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = 0;
    return text;
}

/* A file in memory that holds the bytes; `name` is its place below a folder of this process. */
static inline const char *file_of(const char *name, const uint8_t *data, size_t size) {
    static char path[256];
    snprintf(path, sizeof path, "/dev/shm/snn-fuzz-%d-%s", (int)getpid(), name);
    for (char *slash = strchr(path + sizeof "/dev/shm", '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(path, 0755);
        *slash = '/';
    }
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, size, file) != size) abort();
    fclose(file);
    return path;
}

static inline snn_network *network_of(const char *document) {
    snn_network *network = NULL;
    must(snn_network_create(document, 1, &network));
    must(snn_network_set_threads(network, 1));
    return network;
}

/* An analog network of TEST_PIXELS inputs that can be converted; TEST_NETWORK spikes. */
static const char analog_network[] =
    "{\"input\": {\"shape\": [1, 8, 8]}, \"coding\": \"constant\", \"layers\": ["
    "{\"name\": \"conv\", \"connection\": {\"kind\": \"conv2d\", \"channels\": 4, \"kernel\": 3, \"padding\": 1, \"bias\": false},"
    " \"neuron\": {\"model\": \"relu.identity\"}},"
    "{\"name\": \"norm\", \"connection\": {\"kind\": \"batch_norm\"}, \"neuron\": {\"model\": \"relu\"}},"
    "{\"name\": \"out\", \"stages\": [{\"kind\": \"max_pool\", \"kernel\": 2}, {\"kind\": \"flatten\"}],"
    " \"connection\": {\"kind\": \"dense\", \"outputs\": 10}, \"neuron\": {\"model\": \"relu.identity\"}}],"
    "\"readout\": {\"kind\": \"membrane\"}}";

static const float silent[MOST_INPUTS];
static float lively[2 * MOST_INPUTS], scores[2 * MOST_SCORES];

/* Whether it would take little memory. */
static inline int fits(const snn_network *network, const char *request) {
    char plan[1 << 16];
    size_t needed;
    if (!succeeds(snn_network_plan(network, request, plan, sizeof plan, &needed))) return 0;
    const char *total = strstr(plan, "\"total_bytes\":");
    return total && atoll(total + strlen("\"total_bytes\":")) <= MOST_BYTES;
}

/* Runs, trains and streams a network that was taken, if it is small; frees it. */
static inline void use_and_free(snn_network *network) {
    size_t inputs, outputs, steps;
    snn_trainer *trainer = NULL;
    snn_session *session = NULL;
    must(snn_network_set_threads(network, 1));
    must(snn_network_sizes(network, &inputs, &outputs, &steps));
    if (inputs > MOST_INPUTS || outputs > MOST_SCORES || steps > MOST_STEPS) goto done;
    if (!fits(network, "{\"batch\": 2, \"threads\": 1}")) goto done;
    test_fill(lively, 2 * MOST_INPUTS, 1);
    succeeds(snn_network_predict(network, silent, inputs, 1, 0, scores, outputs));
    succeeds(snn_network_predict(network, lively, 2 * inputs, 2, 0, scores, 2 * outputs));
    if (succeeds(snn_session_create(network, 1, 0, &session))) {
        succeeds(snn_session_step(session, lively, inputs));
        succeeds(snn_session_scores(session, scores, outputs));
    }
    if (!fits(network, "{\"batch\": 2, \"threads\": 1, \"mode\": \"train\"}")) goto done;
    if (succeeds(snn_trainer_create(network, NULL, 1, &trainer))) {
        const int32_t labels[2] = {0, 0};
        double loss;
        succeeds(snn_trainer_train_batch(trainer, lively, 2 * inputs, labels, 2, 2, &loss));
    }
done:
    snn_session_free(session);
    snn_trainer_free(trainer);
    snn_network_free(network);
}

/* Progress that cancels at once. */
static inline int32_t cancel(void *user, int64_t epoch, int64_t epochs, int64_t done, int64_t total, double loss,
                             double accuracy, double samples_per_second) {
    (void)user, (void)epoch, (void)epochs, (void)done, (void)total, (void)loss, (void)accuracy, (void)samples_per_second;
    return 1;
}

#endif
