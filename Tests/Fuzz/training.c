/* Documents of trainers and of plans. The first byte chooses a network. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static snn_network *networks[2];
    if (!networks[0]) networks[0] = network_of(analog_network), networks[1] = network_of(TEST_NETWORK);
    char *text = size ? small_text(data + 1, size - 1) : NULL;
    if (!text) return 0;
    snn_network *network = networks[*data & 1];
    snn_trainer *trainer = NULL;
    if (succeeds(snn_trainer_create(network, text, 1, &trainer))) {
        const int32_t labels[2] = {1, 3};
        double loss;
        succeeds(snn_trainer_train_batch(trainer, silent, 2 * TEST_PIXELS, labels, 2, 2, &loss));
        snn_trainer_free(trainer);
    }
    fits(network, text);
    free(text);
    return 0;
}
