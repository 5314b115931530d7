/* What conversions ask for. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static snn_network *analog;
    static snn_dataset *dataset;
    enum { SAMPLES = 20 };
    static float inputs[SAMPLES * TEST_PIXELS];
    static int32_t labels[SAMPLES];
    if (!analog) {
        analog = network_of(analog_network);
        test_samples(inputs, labels, SAMPLES, 1);
        must(snn_dataset_from_arrays(inputs, SAMPLES, TEST_PIXELS, labels, TEST_CLASSES, &dataset));
    }
    char *text = small_text(data, size);
    snn_network *converted = NULL;
    snn_report *report = NULL;
    /* A page would be written wherever the text says. */
    if (text && !strstr(text, "page") && !strstr(text, "\\u") &&
        succeeds(snn_network_convert(analog, text, dataset, NULL, NULL, &converted, &report))) {
        use_and_free(converted);
        snn_report_free(report);
    }
    free(text);
    return 0;
}
