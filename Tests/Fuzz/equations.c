/* Neurons as text. */
#include "fuzz.h"

static const char document[] =
    "{\"input\": {\"shape\": [5]}, \"steps\": 4, \"layers\": [{\"connection\": {\"kind\": \"dense\", \"outputs\": 3},"
    " \"neuron\": {\"model\": \"fuzzed\"}}], \"readout\": \"spike_count\"}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = 0;
    if (succeeds(snn_plugin_define("fuzzed", text))) {
        snn_network *network = NULL;
        if (succeeds(snn_network_create(document, 1, &network))) use_and_free(network);
        must(snn_plugin_remove("fuzzed"));
    }
    free(text);
    return 0;
}
