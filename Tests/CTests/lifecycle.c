/* The way of a network through the interface when all goes well: describe, create, look, predict, record, stream, train,
   evaluate, save, load, resume, and the numbers agree with each other. */

#include "check.h"

enum { samples = 600, batch = 4 };

static float inputs[samples * TEST_PIXELS];
static int32_t labels[samples];

static size_t volume(const int64_t *shape, size_t rank) {
    size_t values = 1;
    for (size_t i = 0; i < rank; i++) values *= (size_t)shape[i];
    return values;
}

static void versions(void) {
    char version[64];
    snprintf(version, sizeof version, "%d.%d.%d", SNN_VERSION_MAJOR, SNN_VERSION_MINOR, SNN_VERSION_PATCH);
    CHECK(strcmp(snn_version(), version) == 0);
    CHECK(snn_abi_version() == SNN_ABI_VERSION);
    CHECK(strstr(snn_build_info(), version) != NULL);
    CHECK(snn_check_processor() == SNN_OK);
}

/* Every component tells what it is and what it takes. */
static void components(void) {
    size_t count = 0;
    int neurons = 0, codings = 0, readouts = 0, optimizers = 0, lif = 0, tau_mem = 0;
    SUCCEEDS(snn_component_count(&count));
    for (size_t i = 0; i < count; i++) {
        const char *plugin = NULL, *kind = NULL, *name = NULL, *summary = NULL;
        size_t parameters = 0;
        SUCCEEDS(snn_component(i, &plugin, &kind, &name, &summary));
        if (!CHECK(plugin && *plugin && kind && *kind && name && *name && summary && *summary)) continue;
        neurons += !strcmp(kind, "neuron");
        codings += !strcmp(kind, "coding");
        readouts += !strcmp(kind, "readout");
        optimizers += !strcmp(kind, "optimizer");
        lif += !strcmp(kind, "neuron") && !strcmp(name, "lif");
        SUCCEEDS(snn_component_parameter_count(i, &parameters));
        for (size_t p = 0; p < parameters; p++) {
            const char *parameter = NULL, *type = NULL, *unit = NULL, *value = NULL, *range = NULL, *meaning = NULL;
            SUCCEEDS(snn_component_parameter(i, p, &parameter, &type, &unit, &value, &range, &meaning));
            CHECK(parameter && *parameter && type && *type && unit && value && range && meaning && *meaning);
            if (parameter) tau_mem += !strcmp(name, "lif") && !strcmp(parameter, "tau_mem");
        }
        SUCCEEDS(snn_component(i, NULL, NULL, NULL, NULL));
    }
    CHECK(neurons >= 2 && codings >= 2 && readouts >= 2 && optimizers >= 2 && lif == 1 && tau_mem == 1);
}

static void description(snn_network *network) {
    size_t values = 0, scores = 0, steps = 0, nodes = 0, tensors = 0, needed = 0;
    uint64_t seed = 0;
    SUCCEEDS(snn_network_sizes(network, &values, &scores, &steps));
    CHECK(values == TEST_PIXELS && scores == TEST_CLASSES && steps == TEST_STEPS);
    SUCCEEDS(snn_network_sizes(network, NULL, NULL, NULL));
    SUCCEEDS(snn_network_seed(network, &seed));
    CHECK(seed == 5);

    SUCCEEDS(snn_network_node_count(network, &nodes));
    int hidden = 0;
    for (size_t i = 0; i < nodes; i++) {
        const char *name = NULL;
        size_t neurons = 0;
        int32_t spikes = -1;
        SUCCEEDS(snn_network_node(network, i, &name, &neurons, &spikes));
        CHECK(name && *name && neurons > 0 && (spikes == 0 || spikes == 1));
        hidden += name && !strcmp(name, "hidden") && neurons == 32 && spikes == 1;
    }
    CHECK(hidden == 1);

    SUCCEEDS(snn_network_tensor_count(network, &tensors));
    int weight = 0;
    for (size_t i = 0; i < tensors; i++) {
        const char *name = NULL;
        float *data = NULL;
        const int64_t *shape = NULL;
        size_t rank = 0;
        SUCCEEDS(snn_network_tensor(network, i, &name, &data, &shape, &rank));
        if (!CHECK(name && data && shape && rank >= 1)) continue;
        for (size_t v = 0; v < volume(shape, rank); v++)
            if (!isfinite(data[v])) CHECK(!"a weight that is not finite");
        weight += !strcmp(name, "hidden.weight") && rank == 2 && shape[0] == TEST_PIXELS && shape[1] == 32;
    }
    CHECK(weight == 1);

    /* The document with its defaults makes the same network again. */
    SUCCEEDS(snn_network_plan(network, "{\"batch\": 4, \"threads\": 1}", NULL, 0, &needed));
    char *plan = malloc(needed);
    SUCCEEDS(snn_network_plan(network, "{\"batch\": 4, \"threads\": 1}", plan, needed, NULL));
    CHECK(plan[0] == '{' && strstr(plan, "\"total_bytes\"") != NULL);
    free(plan);
    CHECK(snn_network_plan(network, "{\"memory_budget\": 1}", NULL, 0, &needed) == SNN_E_MEMORY);
    SUCCEEDS(snn_network_json(network, NULL, 0, &needed));
    char *json = malloc(needed + 1);
    SUCCEEDS(snn_network_json(network, json, needed, &needed));
    CHECK(strlen(json) + 1 == needed);
    snn_network *again = test_network(json, 5);
    CHECK(test_same_weights(network, again));
    snn_network_free(again);
    free(json);
}

static void answers(snn_network *network) {
    static float scores[batch * TEST_CLASSES], other[batch * TEST_CLASSES], probabilities[batch * TEST_CLASSES], class[batch];
    size_t size = 0, spike_size = 0, nodes = 0;
    SUCCEEDS(snn_network_predict(network, inputs, batch * TEST_PIXELS, batch, 0, scores, batch * TEST_CLASSES));
    SUCCEEDS(snn_network_result_size(network, "scores", &size));
    CHECK(size == TEST_CLASSES);
    SUCCEEDS(snn_network_result_size(network, "class", &size));
    CHECK(size == 1);
    SUCCEEDS(snn_network_result_size(network, "spike_counts", &spike_size));
    SUCCEEDS(snn_network_node_count(network, &nodes));
    CHECK(spike_size == nodes);
    float *spikes = calloc(batch * spike_size + 1, sizeof *spikes);
    const char *const names[] = {"scores", "probabilities", "class", "spike_counts"};
    float *const results[] = {other, probabilities, class, spikes};
    const size_t counts[] = {batch * TEST_CLASSES, batch * TEST_CLASSES, batch, batch * spike_size};
    SUCCEEDS(snn_network_predict_results(network, inputs, batch * TEST_PIXELS, batch, 0, names, results, counts, 4));
    CHECK(memcmp(scores, other, sizeof scores) == 0);
    for (size_t s = 0; s < batch; s++) {
        float sum = 0;
        size_t best = 0;
        for (size_t c = 0; c < TEST_CLASSES; c++) {
            sum += probabilities[s * TEST_CLASSES + c];
            if (scores[s * TEST_CLASSES + c] > scores[s * TEST_CLASSES + best]) best = c;
        }
        CHECK(fabsf(sum - 1) < 1e-5f);
        CHECK(class[s] == (float)best);
    }
    free(spikes);
}

/* Recorded spikes are whole numbers, at most one a step for a LIF, and the output's add up to the scores. */
static void recording(snn_network *network) {
    static float scores[batch * TEST_CLASSES];
    snn_recording *recording = NULL;
    SUCCEEDS(snn_network_predict(network, inputs, batch * TEST_PIXELS, batch, 0, scores, batch * TEST_CLASSES));
    if (!SUCCEEDS(snn_network_record(network, inputs, batch * TEST_PIXELS, batch, 0,
                                     "{\"nodes\":[\"hidden\",\"out\"],\"spikes\":true,\"potentials\":true}", &recording)))
        return;
    const int16_t *counts = NULL;
    const float *potentials = NULL;
    const int64_t *shape = NULL;
    float scale = 0;
    if (SUCCEEDS(snn_recording_spikes(recording, "out", &counts, &scale, &shape)) &&
        CHECK(shape[0] == TEST_STEPS && shape[1] == batch && shape[2] == TEST_CLASSES && scale == 1)) {
        for (size_t s = 0; s < batch; s++)
            for (size_t c = 0; c < TEST_CLASSES; c++) {
                int sum = 0;
                for (size_t t = 0; t < TEST_STEPS; t++) sum += counts[(t * batch + s) * TEST_CLASSES + c];
                CHECK((float)sum == scores[s * TEST_CLASSES + c]);
            }
    }
    if (SUCCEEDS(snn_recording_spikes(recording, "hidden", &counts, &scale, &shape)) &&
        SUCCEEDS(snn_recording_potentials(recording, "hidden", &potentials, &shape)) && CHECK(shape[2] == 32)) {
        long fired = 0, wrong = 0;
        for (size_t i = 0; i < TEST_STEPS * batch * 32; i++) {
            fired += counts[i];
            wrong += counts[i] != (potentials[i] >= 1); /* threshold 1, `>=` */
        }
        CHECK(fired > 0 && wrong == 0);
    }
    snn_recording_free(recording);
    SUCCEEDS(snn_network_record(network, inputs, batch * TEST_PIXELS, batch, 0, NULL, &recording));
    SUCCEEDS(snn_recording_spikes(recording, "hidden", NULL, NULL, NULL));
    SUCCEEDS(snn_recording_spikes(recording, "out", NULL, NULL, NULL));
    CHECK(snn_recording_spikes(recording, "input", NULL, NULL, NULL) == SNN_E_STATE); /* a constant current */
    snn_recording_free(recording);
}

/* A step at a time gives what the whole window gives (equality.c compares more). */
static void streaming(snn_network *network) {
    static float window[2 * TEST_CLASSES], stream[2 * TEST_CLASSES], sent[2 * 32];
    snn_session *session = NULL;
    uint64_t steps = 0;
    SUCCEEDS(snn_network_predict(network, inputs, 2 * TEST_PIXELS, 2, 0, window, 2 * TEST_CLASSES));
    if (!SUCCEEDS(snn_session_create(network, 2, 0, &session))) return;
    for (int round = 0; round < 2; round++) {
        for (int t = 0; t < TEST_STEPS; t++)
            SUCCEEDS(snn_session_step(session, t ? NULL : inputs, t ? 0 : 2 * TEST_PIXELS));
        SUCCEEDS(snn_session_scores(session, stream, 2 * TEST_CLASSES));
        SUCCEEDS(snn_session_output(session, "hidden", sent, 2 * 32));
        SUCCEEDS(snn_session_steps(session, &steps));
        CHECK(steps == TEST_STEPS);
        CHECK(memcmp(window, stream, sizeof window) == 0);
        SUCCEEDS(snn_session_reset(session));
        SUCCEEDS(snn_session_steps(session, &steps));
        CHECK(steps == 0);
    }
    snn_session_free(session);
}

struct progress {
    int calls, bad, stop_after;
    int64_t epoch;
};

static int32_t on_progress(void *user, int64_t epoch, int64_t epochs, int64_t done, int64_t total, double loss,
                           double accuracy, double samples_per_second) {
    struct progress *progress = user;
    (void)loss, (void)accuracy;
    progress->calls++;
    progress->bad += epoch < progress->epoch || epoch > epochs || done < 0 || done > total || samples_per_second < 0;
    progress->epoch = epoch;
    return progress->stop_after && progress->calls >= progress->stop_after;
}

static double number(const snn_report *report, const char *name) {
    double value = NAN;
    SUCCEEDS(snn_report_number(report, name, &value));
    return value;
}

static double accuracy(snn_network *network, snn_dataset *dataset) {
    snn_report *report = NULL;
    if (!SUCCEEDS(snn_network_evaluate(network, dataset, NULL, NULL, &report))) return NAN;
    CHECK(number(report, "samples") > 0);
    CHECK(number(report, "steps") == TEST_STEPS);
    CHECK(number(report, "spikes_per_neuron") >= 0);
    CHECK(number(report, "synaptic_operations") >= 0);
    CHECK(number(report, "nodes.hidden.activity") >= 0);
    CHECK(number(report, "peak_memory_bytes") > 0);
    double value = number(report, "accuracy");
    snn_report_free(report);
    return value;
}

static void training(void) {
    snn_network *network = test_network(TEST_NETWORK, 1);
    snn_trainer *trainer = NULL;
    snn_dataset *dataset = NULL;
    snn_report *report = NULL;
    struct progress progress = {0, 0, 0, 0};
    size_t rows = 0, features = 0, classes = 0, needed = 0;
    SUCCEEDS(snn_dataset_from_arrays(inputs, samples, TEST_PIXELS, labels, TEST_CLASSES, &dataset));
    SUCCEEDS(snn_dataset_sizes(dataset, &rows, &features, &classes));
    CHECK(rows == samples && features == TEST_PIXELS && classes == TEST_CLASSES);
    if (!SUCCEEDS(snn_trainer_create(network, "{\"batch\":32}", 1, &trainer))) return;
    double before = accuracy(network, dataset);

    /* By hand: gradients, then the step */
    double loss = NAN, later = NAN;
    size_t tensors = 0;
    SUCCEEDS(snn_trainer_gradients(trainer, inputs, 64 * TEST_PIXELS, labels, 64, 64, &loss));
    CHECK(isfinite(loss) && loss > 0);
    SUCCEEDS(snn_network_tensor_count(network, &tensors));
    for (size_t i = 0; i < tensors; i++) {
        float *gradient = NULL;
        const int64_t *shape = NULL;
        size_t count = 0, rank = 0;
        SUCCEEDS(snn_trainer_gradient(trainer, i, &gradient, &count));
        SUCCEEDS(snn_network_tensor(network, i, NULL, NULL, &shape, &rank));
        CHECK(gradient && count == volume(shape, rank));
        float sum = 0;
        for (size_t v = 0; gradient && v < count; v++) sum += fabsf(gradient[v]);
        CHECK(isfinite(sum) && sum > 0);
    }
    SUCCEEDS(snn_trainer_apply(trainer));
    for (int step = 0; step < 20; step++)
        SUCCEEDS(snn_trainer_train_batch(trainer, inputs, 64 * TEST_PIXELS, labels, 64, 64, &later));
    CHECK(later < loss);

    SUCCEEDS(snn_trainer_fit(trainer, dataset, 6, on_progress, &progress, &report));
    CHECK(progress.calls >= 6 && progress.bad == 0 && progress.epoch == 6);
    CHECK(number(report, "epochs") == 6 && number(report, "seconds") > 0 && isfinite(number(report, "epoch.6.loss")));
    SUCCEEDS(snn_report_json(report, NULL, 0, &needed));
    char *json = malloc(needed + 1);
    SUCCEEDS(snn_report_json(report, json, needed, NULL));
    CHECK(json[0] == '{' && strstr(json, "\"loss\"") != NULL);
    free(json);
    snn_report_free(report);
    double after = accuracy(network, dataset);
    printf("accuracy %.3f before, %.3f after training\n", before, after);
    CHECK(after > 0.9);

    /* Stopped from the callback: consistent, and able to go on */
    struct progress stop = {0, 0, 1, 0};
    snn_report *untouched = NULL;
    CHECK(snn_trainer_fit(trainer, dataset, 9, on_progress, &stop, &untouched) == SNN_E_CANCELLED);
    CHECK(untouched == NULL);
    CHECK(accuracy(network, dataset) > 0.9);
    CHECK(snn_network_evaluate(network, dataset, on_progress, &(struct progress){0, 0, 1, 0}, &untouched) == SNN_E_CANCELLED);
    CHECK(untouched == NULL);

    /* Saved and loaded: the same weights, the same answers */
    const char *path = test_path("network");
    snn_network *loaded = NULL;
    static float a[batch * TEST_CLASSES], b[batch * TEST_CLASSES];
    SUCCEEDS(snn_network_save(network, path));
    if (SUCCEEDS(snn_network_load(path, &loaded))) {
        CHECK(test_same_weights(network, loaded));
        SUCCEEDS(snn_network_predict(network, inputs, batch * TEST_PIXELS, batch, 0, a, batch * TEST_CLASSES));
        SUCCEEDS(snn_network_predict(loaded, inputs, batch * TEST_PIXELS, batch, 0, b, batch * TEST_CLASSES));
        CHECK(memcmp(a, b, sizeof a) == 0);
        snn_network_free(loaded);
    }
    SUCCEEDS(snn_trainer_save(trainer, path));
    SUCCEEDS(snn_network_load(path, &loaded)); /* a checkpoint is a network, too */
    CHECK(test_same_weights(network, loaded));
    snn_network_free(loaded);

    /* Handles may go in any order. */
    snn_session *session = NULL;
    SUCCEEDS(snn_session_create(network, 1, 0, &session));
    snn_network_free(network);
    SUCCEEDS(snn_session_step(session, inputs, TEST_PIXELS));
    SUCCEEDS(snn_trainer_train_batch(trainer, inputs, 64 * TEST_PIXELS, labels, 64, 64, NULL));
    snn_trainer_free(trainer);
    SUCCEEDS(snn_session_step(session, NULL, 0));
    snn_session_free(session);
    snn_dataset_free(dataset);
}

static void embedded_digits(void) {
    snn_dataset *train = NULL, *test = NULL;
    size_t count = 0, features = 0, classes = 0;
    float digit[TEST_PIXELS];
    int32_t label = -1;
    SUCCEEDS(snn_dataset_open("digits", "train", NULL, NULL, &train));
    SUCCEEDS(snn_dataset_open("digits", "test", NULL, NULL, &test));
    SUCCEEDS(snn_dataset_sizes(train, &count, &features, &classes));
    CHECK(count == 1438 && features == TEST_PIXELS && classes == TEST_CLASSES);
    SUCCEEDS(snn_dataset_sizes(test, &count, NULL, NULL));
    CHECK(count == 359);
    for (size_t i = 0; i < count; i++) {
        SUCCEEDS(snn_dataset_sample(test, i, digit, TEST_PIXELS, &label));
        CHECK(label >= 0 && label < TEST_CLASSES);
    }
    snn_dataset_free(train);
    snn_dataset_free(test);
}

static void generated_points(void) {
    snn_dataset *set = NULL;
    size_t count = 0, features = 0, classes = 0;
    float point[4];
    int32_t label = -1;
    SUCCEEDS(snn_dataset_open("yin-yang", "train", NULL, NULL, &set));
    SUCCEEDS(snn_dataset_sizes(set, &count, &features, &classes));
    CHECK(count == 20000 && features == 4 && classes == 3);
    SUCCEEDS(snn_dataset_sample(set, 0, point, 4, &label));
    CHECK(label == 2 && point[0] == 0.6803075385877797f && point[3] == 0.549500748030457f);
    snn_dataset_free(set);
}

int main(void) {
    test_samples(inputs, labels, samples, 11);
    versions();
    components();
    snn_network *network = test_network(TEST_NETWORK, 5);
    if (!network) return check_report("lifecycle");
    description(network);
    answers(network);
    recording(network);
    streaming(network);
    snn_network_free(network);
    training();
    embedded_digits();
    generated_points();
    return check_report("lifecycle");
}
