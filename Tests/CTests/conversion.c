/* Conversion: every target, the report as numbers and as structs of several sizes, the page, threads, and a caller who
   stops it. */

#include "check.h"

#define CONVERT_SAMPLES 300
#define CONVERT_LAYERS                                                                                                 \
    "{\"name\":\"hidden\",\"stages\":[\"flatten\"],\"connection\":{\"kind\":\"dense\",\"outputs\":32},"                \
    "\"neuron\":\"relu.identity\"},{\"name\":\"normed\",\"connection\":\"batch_norm\",\"neuron\":\"relu\"},"           \
    "{\"name\":\"out\",\"connection\":{\"kind\":\"dense\",\"outputs\":10},\"neuron\":\"relu.identity\"}"
#define CONVERT_NETWORK                                                                                                \
    "{\"input\":{\"shape\":[1,8,8]},\"layers\":[" CONVERT_LAYERS "],\"readout\":\"membrane\"}"

static float inputs[CONVERT_SAMPLES * TEST_PIXELS];
static int32_t labels[CONVERT_SAMPLES];
static snn_dataset *data;
static snn_network *network;

static double number(const snn_report *report, const char *name) {
    double value = NAN;
    SUCCEEDS(snn_report_number(report, name, &value));
    return value;
}

static double accuracy(const snn_network *of) {
    snn_report *report = NULL;
    SUCCEEDS(snn_network_evaluate(of, data, NULL, NULL, &report));
    double value = number(report, "accuracy");
    snn_report_free(report);
    return value;
}

static void train(void) {
    snn_trainer *trainer = NULL;
    snn_report *report = NULL;
    test_samples(inputs, labels, CONVERT_SAMPLES, 3);
    network = test_network(CONVERT_NETWORK, 1);
    SUCCEEDS(snn_dataset_from_arrays(inputs, CONVERT_SAMPLES, TEST_PIXELS, labels, TEST_CLASSES, &data));
    SUCCEEDS(snn_trainer_create(network, "{\"batch\":16,\"optimizer\":{\"kind\":\"adam\",\"learning_rate\":0.01}}", 1,
                                &trainer));
    SUCCEEDS(snn_trainer_fit(trainer, data, 10, NULL, NULL, &report));
    snn_report_free(report);
    snn_trainer_free(trainer);
    CHECK(accuracy(network) > 0.98);
}

/* Everything a report of `samples` samples must hold. */
static void check_layers(const snn_report *report, const char *model) {
    CHECK(number(report, "layers_count") == 1);
    snn_conversion_layer layer;
    if (!SUCCEEDS(snn_report_conversion_layer(report, 0, sizeof layer, &layer))) return;
    /* Batch normalisation is folded into the layer before it, whose name stays. */
    CHECK(strlen(layer.name) > 0 && strcmp(layer.model, model) == 0);
    CHECK(layer.neurons == 32 && layer.range > 0);
    CHECK(layer.correlation > 0.98 && layer.correlation <= 1);
    CHECK(layer.clipped_share >= 0 && layer.clipped_share < 0.01);
    CHECK(layer.error >= 0 && layer.error < 0.05);
    CHECK(layer.inherited_error >= 0 && layer.inherited_error < 1e-9); /* nothing spikes before it */
    CHECK(layer.clipping_error >= 0 && layer.rounding_error >= 0);
    CHECK(fabs(layer.clipping_error + layer.rounding_error - layer.error) < 1e-6);
    CHECK(layer.dead_share >= 0 && layer.dead_share < 1 && layer.saturated_share == 0);
    CHECK(layer.spikes_per_neuron > 0);

    /* A caller of a later header: what this library does not know is 0. */
    struct {
        snn_conversion_layer known;
        double later[2];
    } longer;
    memset(&longer, 0x55, sizeof longer);
    SUCCEEDS(snn_report_conversion_layer(report, 0, sizeof longer, &longer.known));
    CHECK(longer.known.error == layer.error && longer.known.spikes_per_neuron == layer.spikes_per_neuron);
    CHECK(longer.later[0] == 0 && longer.later[1] == 0);
}

static void targets(void) {
    static const struct {
        const char *json, *model;
        double loss;
        int has_curve;
    } table[] = {
        {"{\"to\":\"fs\",\"steps\":10,\"report_samples\":200}", "fs.relu", 0.01, 1},
        {"{\"to\":\"if\",\"steps\":64,\"report_samples\":200}", "lif", 0.02, 1},
        {"{\"to\":\"ttfs\",\"report_samples\":200}", "ttfs", 0.01, 0},
    };
    snn_network *before = test_network(CONVERT_NETWORK, 1);
    const char *path = test_path("before");
    snn_network_free(before);
    SUCCEEDS(snn_network_save(network, path));
    SUCCEEDS(snn_network_load(path, &before));
    double analog = accuracy(network);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        snn_network *spiking = NULL;
        snn_report *report = NULL;
        double steps = 0;
        if (!SUCCEEDS(snn_network_convert(network, table[i].json, data, NULL, NULL, &spiking, &report))) continue;
        CHECK(test_same_weights(network, before));
        CHECK(accuracy(spiking) >= analog - table[i].loss);
        CHECK(number(report, "samples") == 200);
        CHECK(fabs(number(report, "accuracy_analog") - analog) < 0.02);
        CHECK(fabs(number(report, "accuracy_converted") - number(report, "accuracy_analog") + number(report, "clipping_loss")
                   + number(report, "rounding_loss")) < 1e-12);
        CHECK(number(report, "allowed_loss") == 0.001);
        snn_status enough = snn_report_number(report, "enough_steps", &steps);
        CHECK(table[i].has_curve ? enough == SNN_OK && steps >= 1 : enough == SNN_E_UNKNOWN_NAME);
        check_layers(report, table[i].model);
        snn_report_free(report);

        /* Converted once more, without a report: the same weights. */
        snn_network *again = NULL;
        SUCCEEDS(snn_network_set_threads(network, 3));
        SUCCEEDS(snn_network_convert(network, table[i].json, data, NULL, NULL, &again, NULL));
        SUCCEEDS(snn_network_set_threads(network, 0));
        CHECK(test_same_weights(spiking, again));
        snn_network_free(again);
        snn_network_free(spiking);
    }
    snn_network_free(before);
}

static void back(void) {
    snn_network *timed = NULL, *analog = NULL;
    snn_report *none = (snn_report *)&none;
    SUCCEEDS(snn_network_convert(network, "{\"to\":\"ttfs\",\"report_samples\":0}", data, NULL, NULL, &timed, &none));
    CHECK(none == NULL);
    none = (snn_report *)&none;
    SUCCEEDS(snn_network_convert(timed, "{\"to\":\"relu\"}", data, NULL, NULL, &analog, &none));
    CHECK(none == NULL);
    CHECK(fabs(accuracy(analog) - accuracy(network)) < 0.005);
    snn_network_free(analog);
    analog = NULL;
    CHECK(snn_network_convert(timed, "{\"to\":\"relu\",\"report_samples\":5}", data, NULL, NULL, &analog, NULL)
          == SNN_E_NOT_SUPPORTED);
    CHECK(analog == NULL);
    snn_network_free(timed);
}

static void page(void) {
    char json[1024], start[16] = "";
    const char *path = test_path("page.html");
    snn_network *spiking = NULL;
    snprintf(json, sizeof json, "{\"to\":\"fs\",\"report_samples\":50,\"page\":\"%s\"}", path);
    SUCCEEDS(snn_network_convert(network, json, data, NULL, NULL, &spiking, NULL));
    FILE *file = fopen(path, "r");
    if (CHECK(file != NULL)) {
        CHECK(fgets(start, sizeof start, file) != NULL && strncmp(start, "<!DOCTYPE html>", 15) == 0);
        fclose(file);
    }
    snn_network_free(spiking);
}

static int32_t stop(void *user, int64_t epoch, int64_t epochs, int64_t done, int64_t total, double loss, double right,
                    double speed) {
    (void)epochs, (void)loss, (void)right, (void)speed;
    CHECK(done > 0 && done <= total);
    return epoch == *(int64_t *)user;
}

static void cancelled(void) {
    for (int64_t at = 0; at <= 1; at++) { /* while layers are compared; while ranges are fitted */
        snn_network *spiking = NULL;
        snn_report *report = NULL;
        CHECK(snn_network_convert(network, "{\"to\":\"fs\"}", data, stop, &at, &spiking, &report) == SNN_E_CANCELLED);
        CHECK(spiking == NULL && report == NULL);
    }
}

int main(void) {
    train();
    targets();
    back();
    page();
    cancelled();
    snn_network_free(network);
    snn_dataset_free(data);
    return check_report("conversion");
}
