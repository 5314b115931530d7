/* Recipes, and what fits of few-spikes neurons ask for: the first byte chooses. Both are cancelled at once. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = size ? small_text(data + 1, size - 1) : NULL;
    snn_network *network = NULL;
    snn_report *report = NULL;
    float thresholds[4], resets[4], amplitudes[4];
    /* A recipe would write files wherever the text says, and a bare name is one of another file. */
    if (text && !strstr(text, "\\u") && strchr(text, '{') && !strstr(text, "page")) {
        if (*data & 1)
            succeeds(snn_recipe_run(text, NULL, cancel, NULL, &network, &report));
        else
            succeeds(snn_fs_fit(text, NULL, NULL, NULL, 0, cancel, NULL, thresholds, resets, amplitudes, 4, &report));
        if (network) use_and_free(network);
        snn_report_free(report);
    }
    free(text);
    return 0;
}
