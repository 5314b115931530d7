/* refused.h - what the tests of bad input share. Together they call every function with everything that can be wrong about
   its arguments.

       REFUSED(snn_...(...), code, ...);    returns one of the codes, leaves a sentence of its own behind, writes nothing
       RETURNS(snn_...(...));               may go either way, as long as it returns
       return check_refusals("name", (void (*const[])(void)){group, ..., NULL});

   Out-arguments of the calls point into `out`. */

#ifndef REFUSED_H
#define REFUSED_H

#include "check.h"

/* Every out-argument of every call points in here, so one comparison tells whether anything was written. */
static struct {
    snn_network *network;
    snn_dataset *dataset;
    snn_trainer *trainer;
    snn_events *events;
    snn_session *session;
    snn_recording *recording;
    snn_report *report;
    size_t size, size2, size3;
    uint64_t number64;
    double number;
    float scale;
    int32_t integer;
    const char *string, *string2;
    const int16_t *spikes;
    const float *values;
    float *writable;
    const int64_t *shape;
    char text[64];
    float floats[8 * TEST_PIXELS];
} out, untouched;

/* Every refused call must bring its own sentence, so another one is provoked before it. */
static const char provoked[] = "{\"a document that is\": \"cut o";

static inline void before_call(void) {
    memcpy(&out, &untouched, sizeof out);
    snn_network *none = NULL;
    snn_network_create(provoked, 0, &none);
}

static inline int is_sentence(const char *text) {
    size_t length = strlen(text);
    return length >= 12 && length < 4096 && strchr(text, ' ') != NULL;
}

/* `codes` ends with SNN_OK. */
static inline void check_refused(snn_status status, const snn_status *codes, const char *provoked_sentence, const char *call,
                                 int line) {
    int documented = 0;
    for (; *codes != SNN_OK; codes++) documented |= status == *codes;
    if (!check_that(documented, call, __FILE__, line))
        fprintf(stderr, "    returned %s: %s\n", snn_status_string(status), status ? check_sentence() : "-");
    if (status != SNN_OK) {
        if (!check_that(is_sentence(check_sentence()), "a sentence that states the law and the value", __FILE__, line))
            fprintf(stderr, "    %s -> \"%s\"\n", call, check_sentence());
        if (!check_that(strcmp(check_sentence(), provoked_sentence) != 0, "its own sentence", __FILE__, line))
            fprintf(stderr, "    %s -> \"%s\"\n", call, check_sentence());
    }
    if (!check_that(memcmp(&out, &untouched, sizeof out) == 0, "nothing is written", __FILE__, line))
        fprintf(stderr, "    %s\n", call);
}

/* REFUSED(call, code, ...): the call returns one of the codes. Two codes stand where the header allows two readings. */
#define REFUSED(call, ...)                                                                                             \
    do {                                                                                                               \
        char sentence_before[512];                                                                                     \
        before_call();                                                                                                 \
        snprintf(sentence_before, sizeof sentence_before, "%s", check_sentence());                                     \
        snn_status refused_status = (call);                                                                            \
        check_refused(refused_status, (const snn_status[]){__VA_ARGS__, SNN_OK}, sentence_before, #call, __LINE__);    \
    } while (0)

/* The call may go either way, as long as it returns. */
#define RETURNS(call)                                                                                                  \
    do {                                                                                                               \
        before_call();                                                                                                 \
        snn_status returned_status = (call);                                                                           \
        CHECK(returned_status <= SNN_OK && returned_status >= SNN_E_PLUGIN);                                        \
    } while (0)

#define ARGUMENT SNN_E_ARGUMENT
#define SHAPE SNN_E_SHAPE
#define UNKNOWN_NAME SNN_E_UNKNOWN_NAME
#define PARAMETER SNN_E_PARAMETER
#define DOCUMENT SNN_E_DOCUMENT
#define CORRUPT SNN_E_CORRUPT
#define NOT_FINITE SNN_E_NOT_FINITE
#define MEMORY SNN_E_MEMORY
#define NOT_SUPPORTED SNN_E_NOT_SUPPORTED
#define STATE SNN_E_STATE

/* What the calls are given where it is not what is wrong. */
static snn_network *network;
static float inputs[4 * TEST_PIXELS], scores[4 * TEST_CLASSES];
static int32_t labels[4];

/* Calls with inputs that hold one bad value. */
static inline float *with(float bad) {
    static float copy[4 * TEST_PIXELS];
    memcpy(copy, inputs, sizeof copy);
    copy[TEST_PIXELS + 3] = bad;
    return copy;
}

/* Runs groups of calls, the last of which is NULL; the result of main. */
static inline int check_refusals(const char *name, void (*const *group)(void)) {
    memset(&untouched, 0xa5, sizeof untouched);
    CHECK(snn_last_error() != NULL && *check_sentence() == 0); /* "" before the first failure */
    test_fill(inputs, sizeof inputs / sizeof *inputs, 1);
    memset(scores, 0, sizeof scores);
    for (int32_t sample = 0; sample < 4; sample++) labels[sample] = sample + 1;
    network = test_network(TEST_NETWORK, 1);
    snn_network *before = test_network(TEST_NETWORK, 1);
    if (!network || !before) return check_report(name);
    for (; *group; group++) (*group)();
    CHECK(test_same_weights(network, before)); /* nothing of all that moved a weight */
    snn_network_free(before);
    snn_network_free(network);
    return check_report(name);
}

#endif
