/* A training step of mnist-lif-mlp (784-1000-10, 25 steps, batch 128) needs at most 62 MB above what the loaded
   library has: half of what step-by-step PyTorch libraries need for it (about 125 MB). */

#include "check.h"

/* The highest resident memory of this process so far, in MB; 0 where the system does not tell. */
static double peak_mb(void) {
    char line[256];
    double kb = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmHWM: %lf kB", &kb) == 1) break;
    if (file) fclose(file);
    return kb / 1024;
}

int main(void) {
    enum { batch = 128 };
    static float inputs[batch * 784];
    static int32_t labels[batch];
    test_fill(inputs, batch * 784, 1);
    for (int i = 0; i < batch; i++) labels[i] = i % 10;

    double before = peak_mb();
    snn_network *network = test_network(TEST_MNIST_NETWORK, 1);
    snn_trainer *trainer = NULL;
    SUCCEEDS(snn_network_set_threads(network, 2));
    SUCCEEDS(snn_trainer_create(network, NULL, 1, &trainer));
    for (int step = 0; step < 5; step++)
        SUCCEEDS(snn_trainer_train_batch(trainer, inputs, batch * 784, labels, batch, batch, NULL));
    double used = peak_mb() - before;
    printf("training mnist-lif-mlp: %.1f MB\n", used);
    CHECK(used <= 62);
    snn_trainer_free(trainer);
    snn_network_free(network);
    return check_report("memory");
}
