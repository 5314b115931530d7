/* Describes a network, trains it batch by batch with its own loop, and asks it about digits it has not seen.

       cc batches.c -o batches $(pkg-config --cflags --libs snn) && ./batches */

#include <snn.h>
#include <stdio.h>
#include <stdlib.h>

enum { pixels = 64, classes = 10, batch = 64, epochs = 20 };

static const char network_json[] =
    "{\"name\": \"digits\", \"input\": {\"shape\": [1, 8, 8]}, \"steps\": 10, \"coding\": {\"kind\": \"constant\"},"
    " \"layers\": ["
    "  {\"name\": \"hidden\", \"stages\": [{\"kind\": \"flatten\"}],"
    "   \"connection\": {\"kind\": \"dense\", \"outputs\": 128}, \"neuron\": {\"model\": \"lif\"}},"
    "  {\"name\": \"out\", \"connection\": {\"kind\": \"dense\", \"outputs\": 10}, \"neuron\": {\"model\": \"lif\"}}],"
    " \"readout\": {\"kind\": \"spike_count\"}}";

/* Every call that fails says why; a program this small just stops there. */
static void must(snn_status status) {
    if (status == SNN_OK) return;
    fprintf(stderr, "%s: %s\n", snn_status_string(status), snn_last_error());
    exit(1);
}

/* The samples of one split, copied into arrays of the caller's. */
static size_t read_split(const char *split, float **inputs, int32_t **labels) {
    snn_dataset *dataset = NULL;
    size_t count = 0;
    must(snn_dataset_open("digits", split, NULL, NULL, &dataset));
    must(snn_dataset_sizes(dataset, &count, NULL, NULL));
    *inputs = malloc(count * pixels * sizeof **inputs);
    *labels = malloc(count * sizeof **labels);
    if (!*inputs || !*labels) exit(1);
    for (size_t i = 0; i < count; i++)
        must(snn_dataset_sample(dataset, i, *inputs + i * pixels, pixels, *labels + i));
    snn_dataset_free(dataset);
    return count;
}

int main(void) {
    float *inputs = NULL, *test_inputs = NULL;
    int32_t *labels = NULL, *test_labels = NULL;
    size_t count = read_split("train", &inputs, &labels), test_count = read_split("test", &test_inputs, &test_labels);

    snn_network *network = NULL;
    snn_trainer *trainer = NULL;
    must(snn_network_create(network_json, 1, &network));
    must(snn_trainer_create(network, NULL, 1, &trainer));
    for (int epoch = 1; epoch <= epochs; epoch++) {
        double sum = 0;
        for (size_t first = 0; first < count; first += batch) {
            size_t size = first + batch <= count ? batch : count - first;
            double loss = 0;
            must(snn_trainer_train_batch(trainer, inputs + first * pixels, size * pixels, labels + first, size, size, &loss));
            sum += loss * (double)size;
            printf("\repoch %2d/%d  sample %4zu/%zu  loss %.4f", epoch, epochs, first + size, count,
                   sum / (double)(first + size));
            fflush(stdout);
        }
    }

    float *scores = malloc(test_count * classes * sizeof *scores);
    if (!scores) return 1;
    must(snn_network_predict(network, test_inputs, test_count * pixels, test_count, 0, scores, test_count * classes));
    size_t right = 0;
    for (size_t i = 0; i < test_count; i++) {
        int best = 0;
        for (int c = 1; c < classes; c++)
            if (scores[i * classes + (size_t)c] > scores[i * classes + (size_t)best]) best = c;
        right += best == test_labels[i];
    }
    double accuracy = (double)right / (double)test_count;
    printf("\n%zu of %zu unseen digits right: %.1f %%\n", right, test_count, 100 * accuracy);

    free(scores);
    free(inputs), free(labels), free(test_inputs), free(test_labels);
    snn_trainer_free(trainer);
    snn_network_free(network);
    return accuracy < 0.9;
}
