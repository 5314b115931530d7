/* Data sets. The first byte chooses the format, the second what the call asks for; of IDX files, which come in pairs, the
   next two say where the second begins. */
#include "fuzz.h"

static const char events[] = "{\"events\": {\"bin\": 1, \"merge_polarity\": true, \"steps\": 300}}";

static snn_status open_npz(const uint8_t *data, size_t size, int choice, snn_dataset **out) {
    return snn_dataset_open(file_of("set.npz", data, size), choice & 2 ? "train" : "test", NULL, choice & 1 ? events : NULL, out);
}

static snn_status open_idx(const uint8_t *data, size_t size, int choice, snn_dataset **out) {
    static const char *const names[2][2] = {
        {"idx/mnist/train-images-idx3-ubyte", "idx/mnist/train-labels-idx1-ubyte"},
        {"gz/mnist/train-images-idx3-ubyte.gz", "gz/mnist/train-labels-idx1-ubyte.gz"},
    };
    size_t labels = size < 2 ? 0 : (data[0] | data[1] << 8) % (size - 1);
    if (size >= 2) data += 2, size -= 2;
    file_of(names[choice & 1][0], data, size - labels);
    char *folder = strdup(file_of(names[choice & 1][1], data + size - labels, labels));
    *strstr(folder, "/mnist/") = 0;
    snn_status status = snn_dataset_open("mnist", "train", folder, NULL, out);
    free(folder);
    return status;
}

static snn_status open_events(const uint8_t *data, size_t size, int choice, snn_dataset **out) {
    const int packed = choice & 2;
    file_of("events/nmnist/Test/0/00001.bin", data, size);
    char *folder =
        strdup(file_of(packed ? "events/nmnist-small/NMNIST-small.tar.xz" : "events/nmnist/Train/0/00001.bin", data, size));
    *strstr(folder, "/nmnist") = 0;
    snn_status status =
        snn_dataset_open(packed ? "nmnist-small" : "nmnist", "train", folder, choice & 1 ? events : NULL, out);
    free(folder);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static snn_status (*const formats[])(const uint8_t *, size_t, int, snn_dataset **) = {open_npz, open_idx, open_events};
    snn_dataset *dataset = NULL;
    if (size < 2 || !succeeds(formats[data[0] % 3](data + 2, size - 2, data[1], &dataset))) return 0;
    size_t samples, features, classes;
    must(snn_dataset_sizes(dataset, &samples, &features, &classes));
    float *inputs = features <= 1 << 22 ? malloc(features * sizeof *inputs + 1) : NULL;
    for (size_t i = 0; inputs && i < samples && i < 4; i++) {
        int32_t label;
        succeeds(snn_dataset_sample(dataset, i, inputs, features, &label));
    }
    free(inputs);
    snn_dataset_free(dataset);
    return 0;
}
