/* Network documents. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = small_text(data, size);
    snn_network *network = NULL;
    if (text && succeeds(snn_network_create(text, 1, &network))) use_and_free(network);
    free(text);
    return 0;
}
