/* Files of networks, and of trainers to resume. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *path = file_of("network.snn", data, size);
    snn_network *network = NULL;
    if (succeeds(snn_network_load(path, &network))) use_and_free(network);
    static snn_network *trained;
    if (!trained) trained = network_of(TEST_NETWORK);
    snn_trainer *trainer = NULL;
    must(snn_trainer_create(trained, NULL, 1, &trainer));
    succeeds(snn_trainer_resume(trainer, path));
    snn_trainer_free(trainer);
    return 0;
}
