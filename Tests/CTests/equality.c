/* Ways of computing the same thing give the same bits: 1 or more threads; one sample or 128 at a time; a step at a time
   or the whole window; trained on or interrupted and resumed; events or their frames. For every coding, neuron model and
   readout there is. */

#include "check.h"

enum { samples = 300, batch = 128 };

static float images[samples * TEST_PIXELS], inputs[samples * TEST_PIXELS * TEST_STEPS];
static size_t row = TEST_PIXELS; /* values of one sample: an image, or a frame a step */
static int32_t labels[samples];
static float whole[batch * TEST_CLASSES], other[batch * TEST_CLASSES];

/* Samples as the network takes them; later frames are the image with two thirds of its pixels dark. A network that takes
   spikes gets those brighter than a half. */
static void prepare(const snn_network *network) {
    char json[4096] = "";
    SUCCEEDS(snn_network_sizes(network, &row, NULL, NULL));
    SUCCEEDS(snn_network_json(network, json, sizeof json, NULL));
    const char *coding = strstr(json, "\"coding\"");
    int spikes = coding && strstr(coding, "\"events\"") != NULL;
    for (size_t i = 0; i < samples * row; i++) {
        size_t sample = i / row, frame = i % row / TEST_PIXELS, pixel = i % TEST_PIXELS;
        inputs[i] = frame == 0 || (frame * 7 + pixel) % 3 == 0 ? images[sample * TEST_PIXELS + pixel] : 0;
        if (spikes) inputs[i] = inputs[i] > 0.5f;
    }
}

/* What step `t` of a stream is fed: its frame, or now and then nothing, which repeats the image. */
static int feed(snn_session *session, size_t streams, size_t t) {
    static float frame[batch * TEST_PIXELS];
    if (row == TEST_PIXELS && t % 2) return SUCCEEDS(snn_session_step(session, NULL, 0));
    for (size_t i = 0; i < streams * TEST_PIXELS; i++)
        frame[i] = inputs[i / TEST_PIXELS * row + (row == TEST_PIXELS ? 0 : t * TEST_PIXELS) + i % TEST_PIXELS];
    return SUCCEEDS(snn_session_step(session, frame, streams * TEST_PIXELS));
}

static int predict(const snn_network *network, size_t count, size_t first, float *scores) {
    return SUCCEEDS(snn_network_predict(network, inputs + first * row, count * row, count, first,
                                        scores + first * TEST_CLASSES, count * TEST_CLASSES));
}

/* A stream of codes: a sample at the first of TEST_STEPS steps, its spikes in them, each worth what its step says, and
   its scores with the next step. */
static void compare_codes(snn_network *network, snn_session *session, size_t streams) {
    static float image[batch * TEST_PIXELS], sent[batch * 32];
    snn_recording *recording = NULL;
    const int16_t *counts = NULL;
    const int64_t *shape = NULL;
    float scale = 0;
    for (size_t i = 0; i < streams * TEST_PIXELS; i++) image[i] = inputs[i / TEST_PIXELS * row + i % TEST_PIXELS];
    SUCCEEDS(snn_network_record(network, inputs, streams * row, streams, 0, "{\"potentials\":true}", &recording));
    if (!SUCCEEDS(snn_recording_spikes(recording, "hidden", &counts, &scale, &shape))) return;
    for (size_t t = 0; t < TEST_STEPS; t++) {
        SUCCEEDS(snn_session_step(session, t ? NULL : image, t ? 0 : streams * TEST_PIXELS));
        CHECK(snn_session_scores(session, other, streams * TEST_CLASSES) == SNN_E_STATE);
        SUCCEEDS(snn_session_output(session, "hidden", sent, streams * 32));
        float worth = 0;
        long wrong = 0;
        for (size_t i = 0; i < streams * 32; i++) {
            int spike = counts[t * streams * 32 + i] != 0;
            wrong += spike != (sent[i] != 0) || (spike && worth != 0 && sent[i] != worth);
            if (spike) worth = sent[i];
        }
        CHECK(wrong == 0);
    }
    CHECK(snn_session_step(session, image, 1) == SNN_E_SHAPE);
    SUCCEEDS(snn_session_step(session, NULL, 0));
    SUCCEEDS(snn_session_scores(session, other, streams * TEST_CLASSES));
    CHECK(memcmp(whole, other, streams * TEST_CLASSES * sizeof *whole) == 0);
    CHECK(snn_session_step(session, image, streams * TEST_PIXELS) == SNN_E_STATE);
    snn_recording_free(recording);
}

static void compare_forward(snn_network *network, const char *what) {
    long failures = check_failures;
    prepare(network);
    SUCCEEDS(snn_network_set_threads(network, 1));
    if (!predict(network, batch, 0, whole)) return;

    for (int32_t threads = 2; threads <= 7; threads += 5) {
        SUCCEEDS(snn_network_set_threads(network, threads));
        memset(other, 0xa5, sizeof other);
        predict(network, batch, 0, other);
        CHECK(memcmp(whole, other, sizeof whole) == 0);
    }
    static const size_t sizes[] = {1, 3, 64};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        memset(other, 0xa5, sizeof other);
        for (size_t first = 0; first < batch; first += sizes[i])
            predict(network, first + sizes[i] <= batch ? sizes[i] : batch - first, first, other);
        CHECK(memcmp(whole, other, sizeof whole) == 0);
    }

    /* Whole windows against streams: scores and every spike */
    enum { streams = 5 };
    snn_session *session = NULL;
    snn_recording *recording = NULL;
    snn_status status = snn_session_create(network, streams, 0, &session);
    if (status == SNN_E_NOT_SUPPORTED) {
        printf("%s: cannot be streamed: %s\n", what, check_sentence());
        return;
    }
    if (!CHECK(status == SNN_OK)) return;
    char json[4096] = "";
    SUCCEEDS(snn_network_json(network, json, sizeof json, NULL));
    if (strstr(json, "\"fs.relu\"")) {
        compare_codes(network, session, streams);
        snn_session_free(session);
        if (failures != check_failures) fprintf(stderr, "    for %s\n", what);
        return;
    }
    SUCCEEDS(snn_network_record(network, inputs, streams * row, streams, 0, "{\"potentials\":true}", &recording));
    for (size_t t = 0; t < TEST_STEPS; t++) {
        feed(session, streams, t);
        static const struct {
            const char *name;
            size_t neurons;
        } nodes[] = {{"hidden", 32}, {"out", TEST_CLASSES}};
        for (int n = 0; n < 2; n++) {
            static float sent[streams * 32];
            const int16_t *counts = NULL;
            const float *values = NULL;
            const int64_t *shape = NULL;
            float scale = 0;
            size_t size = streams * nodes[n].neurons;
            SUCCEEDS(snn_session_output(session, nodes[n].name, sent, size));
            if (snn_recording_spikes(recording, nodes[n].name, &counts, &scale, &shape) == SNN_OK) {
                long wrong = 0;
                for (size_t i = 0; i < size; i++) wrong += sent[i] != (float)counts[t * size + i] * scale;
                CHECK(wrong == 0);
            } else if (SUCCEEDS(snn_recording_potentials(recording, nodes[n].name, &values, &shape)))
                CHECK(memcmp(sent, values + t * size, size * sizeof *sent) == 0);
        }
    }
    SUCCEEDS(snn_session_scores(session, other, streams * TEST_CLASSES));
    CHECK(memcmp(whole, other, streams * TEST_CLASSES * sizeof *whole) == 0);
    snn_recording_free(recording);
    snn_session_free(session);
    if (failures != check_failures) fprintf(stderr, "    for %s\n", what);
}

static snn_trainer *trainer_of(snn_network *network, const char *json, int32_t threads) {
    snn_trainer *trainer = NULL;
    SUCCEEDS(snn_network_set_threads(network, threads));
    SUCCEEDS(snn_trainer_create(network, json, 9, &trainer));
    return trainer;
}

static void fit(snn_trainer *trainer, snn_dataset *dataset, int64_t epochs) {
    snn_report *report = NULL;
    SUCCEEDS(snn_trainer_fit(trainer, dataset, epochs, NULL, NULL, &report));
    snn_report_free(report);
}

static void compare_training(const char *network_json, const char *trainer_json, const char *what) {
    long failures = check_failures;
    const char *path = test_path("checkpoint");
    snn_dataset *dataset = NULL;
    snn_network *probe = test_network(network_json, 4);
    if (!probe) return;
    prepare(probe);
    snn_network_free(probe);
    SUCCEEDS(snn_dataset_from_arrays(inputs, samples, row, labels, TEST_CLASSES, &dataset));
    snn_network *one = test_network(network_json, 4), *two = test_network(network_json, 4);
    snn_network *first = test_network(network_json, 4), *second = test_network(network_json, 8);
    if (!dataset || !one || !two || !first || !second) return;

    snn_trainer *trainer = trainer_of(one, trainer_json, 1);
    fit(trainer, dataset, 4);
    snn_trainer_free(trainer);
    trainer = trainer_of(two, trainer_json, 2);
    fit(trainer, dataset, 4);
    snn_trainer_free(trainer);
    CHECK(test_same_weights(one, two));

    trainer = trainer_of(first, trainer_json, 2);
    CHECK(!test_same_weights(first, one));
    fit(trainer, dataset, 2);
    SUCCEEDS(snn_trainer_save(trainer, path));
    snn_trainer_free(trainer);
    trainer = trainer_of(second, trainer_json, 1);
    SUCCEEDS(snn_trainer_resume(trainer, path));
    CHECK(test_same_weights(first, second));
    fit(trainer, dataset, 4);
    snn_trainer_free(trainer);
    CHECK(test_same_weights(one, second));

    /* Gradients and step apart equal one training step. */
    snn_trainer *a = trainer_of(one, trainer_json, 1), *b = trainer_of(two, trainer_json, 2);
    for (int i = 0; i < 3; i++) {
        double loss_a = 0, loss_b = 0;
        SUCCEEDS(snn_trainer_train_batch(a, inputs, 50 * row, labels, 50, 50, &loss_a));
        SUCCEEDS(snn_trainer_gradients(b, inputs, 50 * row, labels, 50, 50, &loss_b));
        SUCCEEDS(snn_trainer_apply(b));
        CHECK(loss_a == loss_b);
    }
    CHECK(test_same_weights(one, two));
    snn_trainer_free(a);
    snn_trainer_free(b);
    snn_network_free(one);
    snn_network_free(two);
    snn_network_free(first);
    snn_network_free(second);
    snn_dataset_free(dataset);
    if (failures != check_failures) fprintf(stderr, "    for %s\n", what);
}

/* Events and the frames they make up: scores, every result, recordings, gradients, training, evaluation. `largest` events
   of a neuron in a step. */
static void compare_events(const char *coding, uint32_t largest) {
    enum { most = 40000 };
    static float frames[batch * TEST_PIXELS * TEST_STEPS];
    static uint32_t steps[most], neurons[most];
    static uint64_t offsets[batch + 1];
    long failures = check_failures;
    const size_t values = (size_t)TEST_PIXELS * TEST_STEPS;
    uint64_t seed = largest, next = 3; /* the first events belong to nobody */
    memset(frames, 0, sizeof frames);
    for (size_t s = 0; s < batch; s++) {
        offsets[s] = next;
        for (size_t i = s == 5 ? 300 : 0; i < 300; i++, next++) { /* in no order, and some of them again and again */
            uint64_t bits = test_random(&seed);
            float *frame = frames + s * values;
            steps[next] = (uint32_t)(bits % TEST_STEPS), neurons[next] = (uint32_t)(bits >> 20) % TEST_PIXELS;
            float *value = frame + steps[next] * TEST_PIXELS + neurons[next];
            if (*value < (float)largest) ++*value;
        }
    }
    offsets[batch] = next;
    char json[2048];
    snprintf(json, sizeof json, TEST_NETWORK_OF("%s", TEST_CONV "," TEST_HIDDEN "," TEST_OUT, TEST_SPIKE_COUNT), coding);
    snn_network *one = test_network(json, 3), *two = test_network(json, 3);
    snn_events *events = NULL;
    snn_trainer *a = NULL, *b = NULL;
    snn_dataset *rows = NULL, *lists = NULL;
    SUCCEEDS(snn_events_create(offsets, batch + 1, steps, neurons, (size_t)next, &events));
    SUCCEEDS(snn_trainer_create(one, NULL, 9, &a));
    SUCCEEDS(snn_trainer_create(two, NULL, 9, &b));
    SUCCEEDS(snn_dataset_from_arrays(frames, batch, values, labels, TEST_CLASSES, &rows));
    SUCCEEDS(snn_dataset_from_events(events, TEST_STEPS, TEST_PIXELS, labels, batch, TEST_CLASSES, &lists));
    snn_events_free(events);
    events = NULL; /* the data set stays */
    SUCCEEDS(snn_events_create(offsets, batch + 1, steps, neurons, (size_t)next, &events));

    SUCCEEDS(snn_network_predict(one, frames, batch * values, batch, 0, whole, batch * TEST_CLASSES));
    for (int32_t threads = 1; threads <= 3; threads++) {
        SUCCEEDS(snn_network_set_threads(one, threads));
        memset(other, 0xa5, sizeof other);
        SUCCEEDS(snn_network_predict_events(one, events, 0, other, batch * TEST_CLASSES));
        CHECK(memcmp(whole, other, sizeof whole) == 0);
    }
    const char *const names[] = {"spike_counts"};
    static float counts[2][batch * 3];
    float *const targets[2] = {counts[0], counts[1]};
    SUCCEEDS(snn_network_predict_results(one, frames, batch * values, batch, 0, names, targets, (size_t[]){batch * 3}, 1));
    SUCCEEDS(snn_network_predict_results_events(one, events, 0, names, targets + 1, (size_t[]){batch * 3}, 1));
    CHECK(memcmp(counts[0], counts[1], sizeof counts[0]) == 0);
    float spikes = 0;
    for (size_t i = 0; i < batch * 3; i++) spikes += counts[0][i];
    CHECK(spikes > 1000);

    snn_recording *first = NULL, *second = NULL;
    SUCCEEDS(snn_network_record(one, frames, batch * values, batch, 0, NULL, &first));
    SUCCEEDS(snn_network_record_events(one, events, 0, NULL, &second));
    const int16_t *sent[2] = {NULL, NULL};
    SUCCEEDS(snn_recording_spikes(first, "hidden", &sent[0], NULL, NULL));
    SUCCEEDS(snn_recording_spikes(second, "hidden", &sent[1], NULL, NULL));
    if (sent[0] && sent[1]) CHECK(memcmp(sent[0], sent[1], TEST_STEPS * batch * 32 * sizeof **sent) == 0);
    snn_recording_free(first);
    snn_recording_free(second);

    static float sample[TEST_PIXELS * TEST_STEPS];
    int32_t label = -1;
    SUCCEEDS(snn_dataset_sample(lists, 7, sample, values, &label));
    CHECK(label == labels[7]);
    float total = 0;
    for (size_t i = 0; i < values; i++) total += sample[i];
    CHECK(total == 300);

    double loss_a = 0, loss_b = 1, found[2] = {0, 1};
    SUCCEEDS(snn_trainer_gradients(a, frames, batch * values, labels, batch, batch, &loss_a));
    SUCCEEDS(snn_trainer_gradients_events(b, events, labels, batch, &loss_b));
    CHECK(loss_a == loss_b);
    for (size_t i = 0; i < 2; i++) {
        float *x = NULL, *y = NULL;
        size_t count = 0;
        SUCCEEDS(snn_trainer_gradient(a, i, &x, &count));
        SUCCEEDS(snn_trainer_gradient(b, i, &y, NULL));
        CHECK(memcmp(x, y, count * sizeof *x) == 0);
    }
    SUCCEEDS(snn_trainer_train_batch(a, frames, batch * values, labels, batch, batch, &loss_a));
    SUCCEEDS(snn_trainer_train_batch_events(b, events, labels, batch, &loss_b));
    CHECK(loss_a == loss_b && test_same_weights(one, two));
    fit(a, rows, 2);
    fit(b, lists, 2);
    CHECK(test_same_weights(one, two));
    for (int i = 0; i < 2; i++) {
        snn_report *report = NULL;
        SUCCEEDS(snn_network_evaluate(i ? two : one, i ? lists : rows, NULL, NULL, &report));
        SUCCEEDS(snn_report_number(report, "loss", &found[i]));
        snn_report_free(report);
    }
    CHECK(found[0] == found[1]);
    snn_dataset_free(rows);
    snn_dataset_free(lists);
    snn_trainer_free(a);
    snn_trainer_free(b);
    snn_events_free(events);
    snn_network_free(one);
    snn_network_free(two);
    if (failures != check_failures) fprintf(stderr, "    for %s\n", coding);
}

int main(void) {
    test_samples(images, labels, samples, 21);
    snn_network *network = test_network(TEST_CONV_NETWORK, 2);
    if (!network) return check_report("equality");
    compare_forward(network, "conv2d");
    snn_network_free(network);
    compare_training(TEST_CONV_NETWORK, "{\"batch\":50}", "conv2d");

    compare_events("{\"kind\":\"events\"}", 1);
    compare_events("{\"kind\":\"events\",\"largest_count\":3}", 3);
    compare_events("{\"kind\":\"frames\"}", 1000);

    /* Every component with its default parameters. What needs more than that is named and left out. */
    size_t count = 0;
    int compared = 0;
    SUCCEEDS(snn_component_count(&count));
    for (size_t i = 0; i < count; i++) {
        const char *kind = NULL, *name = NULL;
        char json[2048], trainer[256] = "{\"batch\":50}", what[256];
        SUCCEEDS(snn_component(i, NULL, &kind, &name, NULL));
        if (!kind || !name) continue;
        snprintf(what, sizeof what, "%s %s", kind, name);
        const char *coding = !strcmp(kind, "coding") ? name : "constant";
        const char *neuron = !strcmp(kind, "neuron") ? name : "lif";
        const char *readout = !strcmp(kind, "readout") ? name : "spike_count";
        /* A readout of membranes needs one, and a vote among ten neurons for ten classes one neuron a class. */
        const char *out = !strcmp(readout, "membrane") ? "lif.integrator" : "lif";
        const char *vote = !strcmp(readout, "population") ? ",\"neurons_per_class\":1" : "";
        if (!strcmp(kind, "optimizer")) snprintf(trainer, sizeof trainer, "{\"batch\":50,\"optimizer\":{\"kind\":\"%s\"}}", name);
        else if (coding != name && neuron != name && readout != name) continue;
        snprintf(json, sizeof json,
                 TEST_NETWORK_OF("{\"kind\":\"%s\"}",
                                 "{\"name\":\"hidden\",\"stages\":[{\"kind\":\"flatten\"}],\"connection\":{\"kind\":\"dense\","
                                 "\"outputs\":32},\"neuron\":{\"model\":\"%s\"}},"
                                 "{\"name\":\"out\",\"connection\":{\"kind\":\"dense\",\"outputs\":10},"
                                 "\"neuron\":{\"model\":\"%s\"}}",
                                 "{\"kind\":\"%s\"%s}"),
                 coding, neuron, out, readout, vote);
        network = NULL;
        if (snn_network_create(json, 2, &network) != SNN_OK) {
            printf("%s: left out: %s\n", what, check_sentence());
            continue;
        }
        if (neuron == name || coding == name || readout == name) compare_forward(network, what);
        snn_network_free(network);
        compare_training(json, trainer, what);
        compared++;
    }
    printf("%d components compared\n", compared);
    CHECK(compared >= 8);
    return check_report("equality");
}
