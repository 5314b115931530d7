/* check.h - what the C tests share: counting checks, and the small networks and inputs they use.

       CHECK(a == b);                    counts; prints expression and place where it is false
       SUCCEEDS(snn_...(...));           the call returns SNN_OK, else prints status and sentence
       return check_report("name");      the last line of main: prints the sum, 0 where nothing failed */

#ifndef CHECK_H
#define CHECK_H

#include <math.h>
#include <snn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long check_count, check_failures;

static inline int check_that(int good, const char *expression, const char *file, int line) {
    check_count++;
    if (good) return 1;
    check_failures++;
    fprintf(stderr, "%s:%d: %s\n", file, line, expression);
    return 0;
}

static inline const char *check_sentence(void) {
    const char *sentence = snn_last_error();
    return sentence ? sentence : "(null)";
}

static inline int check_succeeds(snn_status status, const char *expression, const char *file, int line) {
    int good = check_that(status == SNN_OK, expression, file, line);
    if (!good) fprintf(stderr, "    %s: %s\n", snn_status_string(status), check_sentence());
    return good;
}

#define CHECK(expression) check_that((expression) ? 1 : 0, #expression, __FILE__, __LINE__)
#define SUCCEEDS(call) check_succeeds((call), #call, __FILE__, __LINE__)

static inline int check_report(const char *name) {
    printf("%s: %ld checks, %ld failed\n", name, check_count, check_failures);
    return check_failures != 0 || check_count == 0;
}

/* ---------------------------------------------------------------- material */

#define TEST_PIXELS 64
#define TEST_CLASSES 10
#define TEST_STEPS 10

/* Networks for 8x8 images; CODING and READOUT are JSON objects. */
#define TEST_NETWORK_OF(CODING, LAYERS, READOUT)                                                                       \
    "{\"name\":\"t\",\"input\":{\"shape\":[1,8,8]},\"steps\":10,\"coding\":" CODING ",\"layers\":[" LAYERS             \
    "],\"readout\":" READOUT "}"
#define TEST_HIDDEN                                                                                                    \
    "{\"name\":\"hidden\",\"stages\":[{\"kind\":\"flatten\"}],\"connection\":{\"kind\":\"dense\",\"outputs\":32},"     \
    "\"neuron\":{\"model\":\"lif\"}}"
#define TEST_OUT "{\"name\":\"out\",\"connection\":{\"kind\":\"dense\",\"outputs\":10},\"neuron\":{\"model\":\"lif\"}}"
#define TEST_CONV                                                                                                      \
    "{\"name\":\"conv\",\"connection\":{\"kind\":\"conv2d\",\"channels\":4,\"kernel\":[3,3],\"stride\":1,"             \
    "\"padding\":1},\"neuron\":{\"model\":\"lif\"}}"
#define TEST_CONSTANT "{\"kind\":\"constant\"}"
#define TEST_SPIKE_COUNT "{\"kind\":\"spike_count\"}"
#define TEST_NETWORK TEST_NETWORK_OF(TEST_CONSTANT, TEST_HIDDEN "," TEST_OUT, TEST_SPIKE_COUNT)
#define TEST_CONV_NETWORK TEST_NETWORK_OF(TEST_CONSTANT, TEST_CONV "," TEST_HIDDEN "," TEST_OUT, TEST_SPIKE_COUNT)
/* The network of mnist-lif-mlp: 784-1000-10. */
#define TEST_MNIST_NETWORK                                                                                             \
    "{\"input\":{\"shape\":[1,28,28]},\"steps\":25,\"coding\":" TEST_CONSTANT ",\"layers\":[{\"stages\":["             \
    "{\"kind\":\"flatten\"}],\"connection\":{\"kind\":\"dense\",\"outputs\":1000},\"neuron\":{\"model\":\"lif\"}},"      \
    "{\"connection\":{\"kind\":\"dense\",\"outputs\":10},\"neuron\":{\"model\":\"lif\"}}],"                            \
    "\"readout\":" TEST_SPIKE_COUNT "}"

/* A small generator, the same numbers everywhere (splitmix64). */
static inline uint64_t test_random(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* `count` values in 0..<1, a third of them 0 as in pictures. */
static inline void test_fill(float *values, size_t count, uint64_t seed) {
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = test_random(&seed);
        values[i] = bits % 3 == 0 ? 0 : (float)(bits >> 40) / 16777216;
    }
}

/* Samples that can be told apart: class c lights up its own row and a column, with noise. */
static inline void test_samples(float *inputs, int32_t *labels, size_t samples, uint64_t seed) {
    for (size_t s = 0; s < samples; s++) {
        labels[s] = (int32_t)(test_random(&seed) % TEST_CLASSES);
        for (size_t i = 0; i < TEST_PIXELS; i++) {
            int lit = labels[s] < 8 ? i / 8 == (size_t)labels[s] : i % 8 == (size_t)labels[s] - 8;
            inputs[s * TEST_PIXELS + i] = (float)(lit ? 0.7 : 0) + (float)(test_random(&seed) >> 40) / 16777216 * 0.3f;
        }
    }
}

static inline snn_network *test_network(const char *json, uint64_t seed) {
    snn_network *network = NULL;
    SUCCEEDS(snn_network_create(json, seed, &network));
    return network;
}

/* Whether all trainable tensors of two networks have the same bits (and there are any). */
static inline int test_same_weights(snn_network *a, snn_network *b) {
    size_t count = 0, other = 0;
    if (snn_network_tensor_count(a, &count) || snn_network_tensor_count(b, &other) || count != other || count == 0) return 0;
    for (size_t i = 0; i < count; i++) {
        float *x = NULL, *y = NULL;
        const int64_t *shape = NULL, *shape_b = NULL;
        size_t rank = 0, rank_b = 0, values = 1;
        if (snn_network_tensor(a, i, NULL, &x, &shape, &rank) || snn_network_tensor(b, i, NULL, &y, &shape_b, &rank_b)) return 0;
        if (rank != rank_b || memcmp(shape, shape_b, rank * sizeof *shape)) return 0;
        for (size_t d = 0; d < rank; d++) values *= (size_t)shape[d];
        if (memcmp(x, y, values * sizeof *x)) return 0;
    }
    return 1;
}

/* A file name in the folder for temporary files, different for every process. */
static inline const char *test_path(const char *name) {
    static char paths[8][512];
    static int next;
    char *path = paths[next++ % 8];
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof paths[0], "%s/snn-%d-%s", folder ? folder : "/tmp", (int)getpid(), name);
    return path;
}

#endif
