/* What is wrong in events and in calls that take them. */

#include "refused.h"

static void events_of_samples(void) {
    static uint64_t offsets[] = {0, 2, 2, 5};
    static uint32_t steps[] = {0, 9, 3, 3, 3}, neurons[] = {63, 0, 7, 7, 8};
    static const uint64_t descending[] = {0, 3, 2, 5}, beyond[] = {0, 2, 2, 6}, far[] = {0, UINT64_MAX, UINT64_MAX, UINT64_MAX},
                          wrapping[] = {0, (uint64_t)1 << 63, 2, 5}, none[] = {0, 0};
#define EVENTS(OFFSETS, OFFSET_COUNT, STEPS, NEURONS, COUNT)                                                           \
    snn_events_create(OFFSETS, OFFSET_COUNT, STEPS, NEURONS, COUNT, &out.events)
    REFUSED(EVENTS(NULL, 4, steps, neurons, 5), ARGUMENT);
    REFUSED(EVENTS(offsets, 4, NULL, neurons, 5), ARGUMENT);
    REFUSED(EVENTS(offsets, 4, steps, NULL, 5), ARGUMENT);
    REFUSED(snn_events_create(offsets, 4, steps, neurons, 5, NULL), ARGUMENT);
    REFUSED(EVENTS(offsets, 0, steps, neurons, 5), ARGUMENT);
    REFUSED(EVENTS(offsets, 1, steps, neurons, 5), ARGUMENT);
    REFUSED(EVENTS(offsets, SIZE_MAX, steps, neurons, 5), ARGUMENT, MEMORY);
    REFUSED(EVENTS(offsets, (size_t)1 << 61, steps, neurons, 5), MEMORY);
    REFUSED(EVENTS(offsets, (size_t)1 << 62, steps, neurons, 5), MEMORY);
    REFUSED(EVENTS(offsets, (size_t)SIZE_MAX / 2, steps, neurons, 5), MEMORY);
    REFUSED(EVENTS(offsets, 4, steps, neurons, SIZE_MAX), ARGUMENT);
    REFUSED(EVENTS(offsets, 4, steps, neurons, 4), SHAPE);
    REFUSED(EVENTS(offsets, 4, steps, neurons, 0), SHAPE);
    REFUSED(EVENTS(descending, 4, steps, neurons, 5), SHAPE);
    REFUSED(EVENTS(beyond, 4, steps, neurons, 5), SHAPE);
    REFUSED(EVENTS(far, 4, steps, neurons, 5), SHAPE);
    REFUSED(EVENTS(wrapping, 4, steps, neurons, 5), SHAPE);

    snn_network *taker = test_network(TEST_NETWORK_OF("{\"kind\":\"events\"}", TEST_HIDDEN "," TEST_OUT, TEST_SPIKE_COUNT), 1);
    snn_trainer *trainer = NULL, *values = NULL, *of_values = NULL;
    snn_events *events = NULL, *empty = NULL;
    snn_dataset *dataset = NULL, *misfit = NULL;
    SUCCEEDS(snn_trainer_create(taker, NULL, 1, &trainer));
    SUCCEEDS(snn_trainer_create(taker, "{\"loss\":{\"kind\":\"mean_squared_error\"}}", 1, &values));
    SUCCEEDS(snn_trainer_create(network, NULL, 1, &of_values));
    SUCCEEDS(snn_events_create(none, 2, NULL, NULL, 0, &empty));
    if (!SUCCEEDS(snn_events_create(offsets, 4, steps, neurons, 5, &events))) return;
    offsets[1] = UINT64_MAX; /* offsets were copied */
    SUCCEEDS(snn_network_predict_events(taker, empty, 0, scores, 10));
    SUCCEEDS(snn_network_predict_events(taker, events, 0, scores, 30));

    static float targets[30];
    static const int32_t low[3] = {0, -1, 2}, high[3] = {0, 1, 10};
    const char *const names[] = {"scores", "class"}, *const strange[] = {"scores", "moods"}, *const no_name[] = {NULL, "class"};
    float *const results[] = {out.floats, out.floats + 100}, *const no_result[] = {out.floats, NULL};
    const size_t counts[] = {30, 3}, wrong[] = {30, 2};
#define PREDICT_EVENTS(NETWORK, EVENTS, SCORES, COUNT) snn_network_predict_events(NETWORK, EVENTS, 0, SCORES, COUNT)
#define RESULTS_EVENTS(NETWORK, EVENTS, NAMES, RESULTS, COUNTS, COUNT)                                                 \
    snn_network_predict_results_events(NETWORK, EVENTS, 0, NAMES, RESULTS, COUNTS, COUNT)
#define RECORD_EVENTS(NETWORK, EVENTS, JSON) snn_network_record_events(NETWORK, EVENTS, 0, JSON, &out.recording)
#define BOTH_EVENTS(CODE, TRAINER, EVENTS, LABELS, COUNT)                                                              \
    do {                                                                                                               \
        REFUSED(snn_trainer_train_batch_events(TRAINER, EVENTS, LABELS, COUNT, &out.number), CODE);                     \
        REFUSED(snn_trainer_gradients_events(TRAINER, EVENTS, LABELS, COUNT, &out.number), CODE);                       \
    } while (0)
#define BOTH_VALUES(CODE, TRAINER, EVENTS, TARGETS, COUNT)                                                             \
    do {                                                                                                               \
        REFUSED(snn_trainer_train_batch_values_events(TRAINER, EVENTS, TARGETS, COUNT, &out.number), CODE);             \
        REFUSED(snn_trainer_gradients_values_events(TRAINER, EVENTS, TARGETS, COUNT, &out.number), CODE);               \
    } while (0)
#define SET(EVENTS, STEPS, NEURONS, LABELS, COUNT, CLASSES)                                                            \
    snn_dataset_from_events(EVENTS, STEPS, NEURONS, LABELS, COUNT, CLASSES, &out.dataset)
    REFUSED(PREDICT_EVENTS(NULL, events, out.floats, 30), ARGUMENT);
    REFUSED(PREDICT_EVENTS(taker, NULL, out.floats, 30), ARGUMENT);
    REFUSED(PREDICT_EVENTS(taker, events, NULL, 30), ARGUMENT);
    REFUSED(PREDICT_EVENTS(taker, events, out.floats, 29), SHAPE);
    REFUSED(PREDICT_EVENTS(taker, events, out.floats, 0), SHAPE);
    REFUSED(PREDICT_EVENTS(taker, events, out.floats, SIZE_MAX), SHAPE);
    REFUSED(PREDICT_EVENTS(network, events, out.floats, 30), NOT_SUPPORTED);
    REFUSED(RESULTS_EVENTS(NULL, events, names, results, counts, 2), ARGUMENT);
    REFUSED(RESULTS_EVENTS(taker, NULL, names, results, counts, 2), ARGUMENT);
    REFUSED(RESULTS_EVENTS(taker, events, NULL, results, counts, 2), ARGUMENT);
    REFUSED(RESULTS_EVENTS(taker, events, names, NULL, counts, 2), ARGUMENT);
    REFUSED(RESULTS_EVENTS(taker, events, names, results, NULL, 2), ARGUMENT);
    REFUSED(RESULTS_EVENTS(taker, events, no_name, results, counts, 2), ARGUMENT);
    REFUSED(RESULTS_EVENTS(taker, events, names, no_result, counts, 2), ARGUMENT);
    REFUSED(RESULTS_EVENTS(taker, events, names, results, counts, 0), ARGUMENT);
    REFUSED(RESULTS_EVENTS(taker, events, strange, results, counts, 2), UNKNOWN_NAME);
    REFUSED(RESULTS_EVENTS(taker, events, names, results, wrong, 2), SHAPE);
    REFUSED(RESULTS_EVENTS(network, events, names, results, counts, 2), NOT_SUPPORTED);
    REFUSED(RECORD_EVENTS(NULL, events, NULL), ARGUMENT);
    REFUSED(RECORD_EVENTS(taker, NULL, NULL), ARGUMENT);
    REFUSED(snn_network_record_events(taker, events, 0, NULL, NULL), ARGUMENT);
    REFUSED(RECORD_EVENTS(taker, events, "{"), DOCUMENT);
    REFUSED(RECORD_EVENTS(taker, events, "{\"nodes\":[\"nobody\"]}"), UNKNOWN_NAME);
    REFUSED(RECORD_EVENTS(network, events, NULL), NOT_SUPPORTED);
    BOTH_EVENTS(ARGUMENT, NULL, events, labels, 3);
    BOTH_EVENTS(ARGUMENT, trainer, NULL, labels, 3);
    BOTH_EVENTS(ARGUMENT, trainer, events, NULL, 3);
    BOTH_EVENTS(SHAPE, trainer, events, labels, 2);
    BOTH_EVENTS(SHAPE, trainer, events, labels, SIZE_MAX);
    BOTH_EVENTS(PARAMETER, trainer, events, low, 3);
    BOTH_EVENTS(PARAMETER, trainer, events, high, 3);
    BOTH_EVENTS(NOT_SUPPORTED, of_values, events, labels, 3);
    BOTH_VALUES(ARGUMENT, NULL, events, targets, 30);
    BOTH_VALUES(ARGUMENT, values, NULL, targets, 30);
    BOTH_VALUES(ARGUMENT, values, events, NULL, 30);
    BOTH_VALUES(SHAPE, values, events, targets, 29);
    BOTH_VALUES(NOT_SUPPORTED, trainer, events, targets, 30);
    targets[4] = NAN;
    BOTH_VALUES(NOT_FINITE, values, events, targets, 30);
    REFUSED(SET(NULL, 10, 64, labels, 3, 10), ARGUMENT);
    REFUSED(SET(events, 10, 64, NULL, 3, 10), ARGUMENT);
    REFUSED(snn_dataset_from_events(events, 10, 64, labels, 3, 10, NULL), ARGUMENT);
    REFUSED(SET(events, 0, 64, labels, 3, 10), ARGUMENT);
    REFUSED(SET(events, 10, 0, labels, 3, 10), ARGUMENT);
    REFUSED(SET(events, SIZE_MAX, 64, labels, 3, 10), ARGUMENT);
    REFUSED(SET(events, (size_t)1 << 62, (size_t)1 << 62, labels, 3, 10), SHAPE);
    REFUSED(SET(events, (size_t)1 << 57, 64, labels, 3, 10), SHAPE);
    REFUSED(SET(events, 10, 64, labels, 2, 10), SHAPE);
    REFUSED(SET(events, 10, 64, labels, 4, 10), SHAPE);
    REFUSED(SET(events, 10, 64, labels, 3, 0), ARGUMENT);
    REFUSED(SET(events, 10, 64, labels, 3, 3), PARAMETER);
    REFUSED(SET(events, 10, 64, low, 3, 10), PARAMETER);
    REFUSED(SET(events, 9, 64, labels, 3, 10), PARAMETER);
    REFUSED(SET(events, 10, 63, labels, 3, 10), PARAMETER);
    SUCCEEDS(snn_dataset_from_events(events, 10, 64, labels, 3, 10, &dataset));
    SUCCEEDS(snn_dataset_from_events(events, 64, 64, labels, 3, 10, &misfit));
    REFUSED(snn_network_evaluate(taker, misfit, NULL, NULL, &out.report), SHAPE);
    REFUSED(snn_network_evaluate(network, dataset, NULL, NULL, &out.report), NOT_SUPPORTED);
    REFUSED(snn_trainer_fit(of_values, dataset, 1, NULL, NULL, &out.report), NOT_SUPPORTED);

    /* Every event is looked at whenever it is used: it is the caller's memory. */
    static const uint32_t bad[][2] = {{10, 0}, {UINT32_MAX, 0}, {0, 64}, {0, UINT32_MAX}, {UINT32_MAX, UINT32_MAX}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint32_t step = steps[4], neuron = neurons[4];
        steps[4] = bad[i][0], neurons[4] = bad[i][1];
        REFUSED(PREDICT_EVENTS(taker, events, out.floats, 30), PARAMETER);
        CHECK(strstr(check_sentence(), "sample 2, event 2") != NULL);
        REFUSED(RESULTS_EVENTS(taker, events, names, results, counts, 2), PARAMETER);
        REFUSED(RECORD_EVENTS(taker, events, NULL), PARAMETER);
        BOTH_EVENTS(PARAMETER, trainer, events, labels, 3);
        REFUSED(SET(events, 10, 64, labels, 3, 10), PARAMETER);
        REFUSED(snn_network_evaluate(taker, dataset, NULL, NULL, &out.report), PARAMETER);
        REFUSED(snn_trainer_fit(trainer, dataset, 1, NULL, NULL, &out.report), PARAMETER);
        RETURNS(snn_dataset_sample(dataset, 2, (float[640]){0}, 640, NULL));
        steps[4] = step, neurons[4] = neuron;
    }

    /* The same network with rows: whole numbers and nothing else. */
    static float rows[2 * 640];
    static const float strange_values[] = {0.5f, 2, -1};
    for (size_t i = 0; i < sizeof strange_values / sizeof *strange_values; i++) {
        rows[700] = strange_values[i];
        REFUSED(snn_network_predict(taker, rows, 1280, 2, 0, out.floats, 20), PARAMETER);
        REFUSED(snn_trainer_train_batch(trainer, rows, 1280, labels, 2, 2, &out.number), PARAMETER);
    }
    rows[700] = NAN;
    REFUSED(snn_network_predict(taker, rows, 1280, 2, 0, out.floats, 20), NOT_FINITE);

    snn_dataset_free(misfit);
    snn_dataset_free(dataset);
    snn_events_free(empty);
    snn_events_free(events);
    snn_trainer_free(of_values);
    snn_trainer_free(values);
    snn_trainer_free(trainer);
    snn_network_free(taker);
}

int main(void) {
    return check_refusals("bad_events", (void (*const[])(void)){events_of_samples, NULL});
}
