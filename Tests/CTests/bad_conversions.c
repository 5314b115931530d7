/* What is wrong in conversions, recipes and questions about reports. */

#include "refused.h"

static void few_spikes(void) {
    double x[3] = {0, 1, 2}, y[3] = {0, 1, 4}, weights[3] = {1, 0, -1}, back[3] = {0, 2, 1}, wild[3] = {0, NAN, 1};
    float *t = out.floats, *h = out.floats + 40, *d = out.floats + 80;
    const char *silu = "{\"function\":\"silu\"}";
#define FIT(json, x, y, weights, points, steps) snn_fs_fit(json, x, y, weights, points, NULL, NULL, t, h, d, steps, &out.report)
    REFUSED(FIT(NULL, NULL, NULL, NULL, 0, 4), ARGUMENT);
    REFUSED(FIT("{", NULL, NULL, NULL, 0, 4), DOCUMENT);
    REFUSED(FIT("{\"steps\":4}", NULL, NULL, NULL, 0, 4), UNKNOWN_NAME);
    REFUSED(FIT("{\"function\":\"swish\"}", NULL, NULL, NULL, 0, 4), UNKNOWN_NAME);
    REFUSED(FIT("{\"function\":\"silu\",\"method\":\"magic\"}", NULL, NULL, NULL, 0, 4), UNKNOWN_NAME);
    REFUSED(FIT("{\"function\":\"silu\",\"weighting\":\"magic\"}", NULL, NULL, NULL, 0, 4), UNKNOWN_NAME);
    REFUSED(FIT("{\"function\":\"silu\",\"comparison\":\"below\"}", NULL, NULL, NULL, 0, 4), UNKNOWN_NAME);
    REFUSED(FIT("{\"function\":\"silu\",\"low\":3,\"high\":3}", NULL, NULL, NULL, 0, 4), PARAMETER);
    REFUSED(FIT("{\"function\":\"silu\",\"moves\":0}", NULL, NULL, NULL, 0, 4), PARAMETER);
    REFUSED(FIT("{\"function\":\"silu\",\"spike_price\":-1}", NULL, NULL, NULL, 0, 4), PARAMETER);
    REFUSED(FIT("{\"function\":\"silu\",\"threads\":-1}", NULL, NULL, NULL, 0, 4), ARGUMENT);
    REFUSED(FIT("{\"function\":\"silu\",\"mean\":1}", NULL, NULL, NULL, 0, 4), ARGUMENT);
    REFUSED(FIT("{\"function\":\"silu\",\"method\":\"surrogate\",\"spike_price\":1}", NULL, NULL, NULL, 0, 4),
            SNN_E_NOT_SUPPORTED);
    REFUSED(FIT(silu, NULL, NULL, NULL, 0, 0), ARGUMENT);
    REFUSED(FIT(silu, NULL, NULL, NULL, 0, 33), PARAMETER);
    REFUSED(FIT(silu, NULL, NULL, NULL, 0, (size_t)-1), ARGUMENT);
    REFUSED(FIT(silu, x, NULL, NULL, 0, 4), ARGUMENT);
    REFUSED(FIT(silu, x, y, NULL, 3, 4), ARGUMENT); /* a function and points */
    REFUSED(FIT(NULL, x, NULL, NULL, 3, 4), ARGUMENT);
    REFUSED(FIT(NULL, NULL, y, NULL, 3, 4), ARGUMENT);
    REFUSED(FIT(NULL, x, y, NULL, 1, 4), SHAPE);
    REFUSED(FIT(NULL, x, y, NULL, (size_t)-1, 4), ARGUMENT);
    REFUSED(FIT(NULL, x, y, weights, 3, 4), PARAMETER);
    REFUSED(FIT(NULL, back, y, NULL, 3, 4), PARAMETER);
    REFUSED(FIT(NULL, x, wild, NULL, 3, 4), SNN_E_NOT_FINITE);
    REFUSED(FIT("{\"weighting\":\"normal\"}", x, y, x, 3, 4), ARGUMENT);
    REFUSED(snn_fs_fit(silu, NULL, NULL, NULL, 0, NULL, NULL, NULL, h, d, 4, &out.report), ARGUMENT);
    REFUSED(snn_fs_fit(silu, NULL, NULL, NULL, 0, NULL, NULL, t, NULL, d, 4, &out.report), ARGUMENT);
    REFUSED(snn_fs_fit(silu, NULL, NULL, NULL, 0, NULL, NULL, t, h, NULL, 4, &out.report), ARGUMENT);
#undef FIT
}

static void conversions(void) {
    static const char analog_json[] =
        "{\"input\":{\"shape\":[64]},\"readout\":\"membrane\",\"layers\":[{\"name\":\"hidden\",\"connection\":{\"kind\":"
        "\"dense\",\"outputs\":8},\"neuron\":\"relu\"},{\"name\":\"out\",\"connection\":{\"kind\":\"dense\",\"outputs\":10},"
        "\"neuron\":\"relu.identity\"}]}";
    static const uint64_t offsets[] = {0, 1};
    static const uint32_t step = 0, neuron = 1;
    snn_network *analog = test_network(analog_json, 1), *spiking = NULL;
    snn_dataset *dataset = NULL, *misfit = NULL, *crowd = NULL, *timed = NULL;
    snn_events *events = NULL;
    snn_report *report = NULL, *other = NULL;
    SUCCEEDS(snn_dataset_from_arrays(inputs, 4, 64, labels, 10, &dataset));
    SUCCEEDS(snn_dataset_from_arrays(inputs, 4, 63, labels, 10, &misfit));
    SUCCEEDS(snn_dataset_from_arrays(inputs, 4, 64, labels, 11, &crowd));
    SUCCEEDS(snn_events_create(offsets, 2, &step, &neuron, 1, &events));
    SUCCEEDS(snn_dataset_from_events(events, 1, 64, labels, 1, 10, &timed));
#define CONVERT(NETWORK, JSON, DATA) snn_network_convert(NETWORK, JSON, DATA, NULL, NULL, &out.network, &out.report)
    REFUSED(CONVERT(NULL, "{\"to\":\"fs\"}", dataset), ARGUMENT);
    REFUSED(CONVERT(analog, NULL, dataset), ARGUMENT);
    REFUSED(CONVERT(analog, "{\"to\":\"fs\"}", NULL), ARGUMENT);
    REFUSED(snn_network_convert(analog, "{\"to\":\"fs\"}", dataset, NULL, NULL, NULL, &out.report), ARGUMENT);
    REFUSED(CONVERT(analog, "{\"to\":\"fs\"}", misfit), SHAPE);
    REFUSED(CONVERT(analog, "{\"to\":\"fs\"}", crowd), SHAPE);
    REFUSED(CONVERT(analog, "{\"to\":\"fs\"}", timed), NOT_SUPPORTED);
    REFUSED(CONVERT(network, "{\"to\":\"fs\"}", dataset), NOT_SUPPORTED); /* its neurons spike already */
    REFUSED(CONVERT(analog, "{\"to\":\"relu\"}", dataset), NOT_SUPPORTED);
    REFUSED(CONVERT(analog, "{\"to\":\"relu\",\"report_samples\":4}", dataset), NOT_SUPPORTED);
    static const struct {
        const char *json;
        snn_status code;
    } table[] = {
        {"", DOCUMENT},
        {"{", DOCUMENT},
        {"[]", DOCUMENT},
        {"{}", DOCUMENT},
        {"{\"to\":7}", DOCUMENT},
        {"{\"to\":\"morse\"}", UNKNOWN_NAME},
        {"{\"to\":\"\"}", UNKNOWN_NAME},
        {"{\"to\":\"fs\",\"step\":4}", UNKNOWN_NAME},
        {"{\"to\":\"fs\",\"kind\":\"convert\"}", UNKNOWN_NAME},
        {"{\"to\":\"fs\",\"steps\":0}", PARAMETER},
        {"{\"to\":\"fs\",\"steps\":-1}", PARAMETER},
        {"{\"to\":\"fs\",\"steps\":2.5}", DOCUMENT},
        {"{\"to\":\"if\",\"steps\":1048577}", PARAMETER},
        {"{\"to\":\"ttfs\",\"steps\":4}", ARGUMENT},
        {"{\"to\":\"fs\",\"percentile\":NaN}", DOCUMENT},
        {"{\"to\":\"fs\",\"percentile\":101}", PARAMETER},
        {"{\"to\":\"if\",\"percentile\":-1}", PARAMETER},
        {"{\"to\":\"if\",\"margin\":0}", PARAMETER},
        {"{\"to\":\"if\",\"margin\":-1}", PARAMETER},
        {"{\"to\":\"fs\",\"tolerance\":1}", PARAMETER},
        {"{\"to\":\"if\",\"tolerance\":-1}", PARAMETER},
        {"{\"to\":\"ttfs\",\"tolerance\":0.1}", ARGUMENT},
        {"{\"to\":\"fs\",\"tolerance\":0.1,\"margin\":1}", ARGUMENT},
        {"{\"to\":\"fs\",\"tolerance\":\"little\"}", DOCUMENT},
        {"{\"to\":\"fs\",\"steps\":4,\"spike_price\":-1}", PARAMETER},
        {"{\"to\":\"fs\",\"steps\":9,\"spike_price\":0.1}", PARAMETER},
        {"{\"to\":\"if\",\"spike_price\":0.1}", ARGUMENT},
        {"{\"to\":\"fs\",\"steps\":4,\"spike_price\":0.1,\"tolerance\":0.1}", ARGUMENT},
        {"{\"to\":\"fs\",\"shift\":2}", PARAMETER},
        {"{\"to\":\"if\",\"shift\":0.5}", ARGUMENT},
        {"{\"to\":\"fs\",\"low\":0}", ARGUMENT},
        {"{\"to\":\"ttfs\",\"low\":1,\"high\":1}", PARAMETER},
        {"{\"to\":\"ttfs\",\"low\":\"0\"}", DOCUMENT},
        {"{\"to\":\"fs\",\"report_samples\":-1}", PARAMETER},
        {"{\"to\":\"fs\",\"report_samples\":1e99}", DOCUMENT},
        {"{\"to\":\"fs\",\"allowed_loss\":-0.1}", PARAMETER},
        {"{\"to\":\"fs\",\"allowed_loss\":1.1}", PARAMETER},
        {"{\"to\":\"fs\",\"allowed_loss\":\"none\"}", DOCUMENT},
        {"{\"to\":\"fs\",\"page\":7}", DOCUMENT},
        {"{\"to\":\"fs\",\"page\":\"/no/such/folder/page.html\"}", SNN_E_FILE},
        {"{\"to\":\"fs\",\"page\":\"/tmp\"}", SNN_E_FILE},
        {"{\"to\":\"fs\",\"page\":\"\"}", SNN_E_FILE},
        {"{\"to\":\"fs\",\"page\":\"page.html\",\"report_samples\":0}", ARGUMENT},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        long failures = check_failures;
        REFUSED(CONVERT(analog, table[i].json, dataset), table[i].code);
        if (failures != check_failures) fprintf(stderr, "    row %zu: %s\n", i, table[i].json);
    }

    /* Sizes that no report or window needs. */
    RETURNS(snn_network_convert(analog, "{\"to\":\"fs\",\"steps\":1048576,\"report_samples\":0}", dataset, NULL, NULL,
                                &spiking, NULL));
    snn_network_free(spiking);
    spiking = NULL;
    if (!SUCCEEDS(snn_network_convert(analog, "{\"to\":\"fs\",\"report_samples\":9007199254740992}", dataset, NULL, NULL,
                                      &spiking, &report)))
        return;
    SUCCEEDS(snn_network_evaluate(analog, dataset, NULL, NULL, &other));
    snn_conversion_layer layer, before;
    memset(&layer, 0x55, sizeof layer);
    before = layer;
#define LAYER(REPORT, INDEX, SIZE, LAYER) snn_report_conversion_layer(REPORT, INDEX, SIZE, LAYER)
    REFUSED(LAYER(NULL, 0, sizeof layer, &layer), ARGUMENT);
    REFUSED(LAYER(report, 0, sizeof layer, NULL), ARGUMENT);
    REFUSED(LAYER(report, 1, sizeof layer, &layer), ARGUMENT);
    REFUSED(LAYER(report, SIZE_MAX, sizeof layer, &layer), ARGUMENT);
    REFUSED(LAYER(report, 0, 0, &layer), ARGUMENT);
    REFUSED(LAYER(report, 0, sizeof layer - 1, &layer), ARGUMENT);
    REFUSED(LAYER(report, 0, 65536, &layer), ARGUMENT);
    REFUSED(LAYER(report, 0, SIZE_MAX, &layer), ARGUMENT);
    REFUSED(LAYER(other, 0, sizeof layer, &layer), STATE);
    CHECK(memcmp(&layer, &before, sizeof layer) == 0);
    SUCCEEDS(LAYER(report, 0, sizeof layer, &layer));
    /* Sums that overflow: no range, threshold or window has room for them. */
    float *weight = NULL;
    if (SUCCEEDS(snn_network_tensor(analog, 0, NULL, &weight, NULL, NULL))) {
        for (size_t i = 0; i < 64 * 8; i++) weight[i] = 3e38f;
        REFUSED(CONVERT(analog, "{\"to\":\"fs\"}", dataset), STATE);
        REFUSED(CONVERT(analog, "{\"to\":\"if\"}", dataset), PARAMETER, STATE);
        REFUSED(CONVERT(analog, "{\"to\":\"ttfs\"}", dataset), STATE);
        weight[3] = NAN;
        REFUSED(CONVERT(analog, "{\"to\":\"fs\"}", dataset), NOT_FINITE);
    }
    snn_report_free(other);
    snn_report_free(report);
    snn_network_free(spiking);
    snn_dataset_free(timed), snn_dataset_free(crowd), snn_dataset_free(misfit), snn_dataset_free(dataset);
    snn_events_free(events);
    snn_network_free(analog);
}

static void recipes_and_reports(void) {
    snn_report *report = NULL;
    snn_dataset *dataset = NULL;
    REFUSED(snn_recipe_run(NULL, NULL, NULL, NULL, &out.network, &out.report), ARGUMENT);
    REFUSED(snn_recipe_run("digits-gru", NULL, NULL, NULL, &out.network, &out.report), UNKNOWN_NAME);
    REFUSED(snn_recipe_run("", NULL, NULL, NULL, &out.network, &out.report), UNKNOWN_NAME, ARGUMENT, DOCUMENT);
    REFUSED(snn_recipe_run(test_path("absent.json"), NULL, NULL, NULL, &out.network, &out.report), SNN_E_FILE, UNKNOWN_NAME);
    REFUSED(snn_recipe_run("{\"data\":", NULL, NULL, NULL, &out.network, &out.report), DOCUMENT);
    REFUSED(snn_recipe_run("{}", NULL, NULL, NULL, &out.network, &out.report), DOCUMENT);
    REFUSED(snn_recipe_run("digits-lif", "{", NULL, NULL, &out.network, &out.report), DOCUMENT);
    REFUSED(snn_recipe_run("digits-lif", "{\"epoch\":1}", NULL, NULL, &out.network, &out.report), UNKNOWN_NAME);
    REFUSED(snn_recipe_run("digits-lif", "{\"epochs\":-1}", NULL, NULL, &out.network, &out.report), PARAMETER);
    REFUSED(snn_recipe_run("digits-lif", "{\"threads\":-1}", NULL, NULL, &out.network, &out.report), PARAMETER, ARGUMENT);
    REFUSED(snn_recipe_run("digits-lif", "{\"epochs\":1,\"resume\":\"/no/such/file\"}", NULL, NULL, &out.network, &out.report),
            SNN_E_FILE);

    SUCCEEDS(snn_dataset_from_arrays(inputs, 4, 64, labels, 10, &dataset));
    if (!SUCCEEDS(snn_network_evaluate(network, dataset, NULL, NULL, &report))) return;
    REFUSED(snn_report_number(NULL, "accuracy", &out.number), ARGUMENT);
    REFUSED(snn_report_number(report, NULL, &out.number), ARGUMENT);
    REFUSED(snn_report_number(report, "accuracy", NULL), ARGUMENT);
    REFUSED(snn_report_number(report, "happiness", &out.number), UNKNOWN_NAME);
    CHECK(strstr(check_sentence(), "accuracy") != NULL); /* the sentence lists the names */
    REFUSED(snn_report_json(NULL, out.text, sizeof out.text, &out.size), ARGUMENT);
    REFUSED(snn_report_json(report, NULL, 10, NULL), ARGUMENT);
    snn_report_free(report);
    snn_dataset_free(dataset);
}

int main(void) {
    return check_refusals("bad_conversions", (void (*const[])(void)){few_spikes, conversions, recipes_and_reports, NULL});
}
