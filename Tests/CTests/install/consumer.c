/* What a stranger writes first: creates a network, asks it, and compares the versions of header and library. */
#include <snn.h>
#include <stdio.h>

int main(void) {
    static const char json[] =
        "{\"input\":{\"shape\":[4]},\"steps\":5,\"coding\":{\"kind\":\"constant\"},\"layers\":[{\"connection\":"
        "{\"kind\":\"dense\",\"outputs\":2},\"neuron\":{\"model\":\"lif\"}}],\"readout\":{\"kind\":\"spike_count\"}}";
    const float inputs[4] = {1, 0, 1, 0};
    float scores[2] = {-1, -1};
    snn_network *network = NULL;
    snn_status status = snn_network_create(json, 1, &network);
    if (status == SNN_OK) status = snn_network_predict(network, inputs, 4, 1, 0, scores, 2);
    if (status != SNN_OK) fprintf(stderr, "%s\n", snn_last_error());
    else printf("snn %s: scores %g %g\n", snn_version(), scores[0], scores[1]);
    snn_network_free(network);
    return status != SNN_OK || snn_abi_version() != SNN_ABI_VERSION;
}
