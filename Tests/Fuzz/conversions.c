/* What conversions ask for. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static snn_network *analog;
    static snn_dataset *dataset;
    static float inputs[20 * 64];
    static int32_t labels[20];
    if (!analog) {
        analog = network_of(analog_network);
        for (int i = 0; i < 20 * 64; i++) inputs[i] = i * 7 % 11 / 11.0f;
        for (int i = 0; i < 20; i++) labels[i] = i % 10;
        must(snn_dataset_from_arrays(inputs, 20, 64, labels, 10, &dataset));
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
