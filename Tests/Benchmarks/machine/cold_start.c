/* Milliseconds from a program that has not loaded the library to the scores of its first sample: load, create a network
   of 784-1000-10, infer. One JSON line; a process measures once. Usage: cold_start LIBRARY */
#include <dlfcn.h>
#include <snn.h>
#include "util.h"

static const char network_json[] =
    "{\"input\": {\"shape\": [784]}, \"steps\": 25, \"layers\": ["
    "{\"connection\": {\"kind\": \"dense\", \"outputs\": 1000}, \"neuron\": {\"model\": \"lif\"}},"
    "{\"connection\": {\"kind\": \"dense\", \"outputs\": 10}, \"neuron\": {\"model\": \"lif\"}}]}";

int main(int count, char **arguments) {
    static float inputs[784], scores[10];
    if (count != 2) return 2;
    for (int i = 0; i < 784; i++) inputs[i] = (float)(i % 7) / 7;
    double start = now_s();
    void *library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    snn_status (*create)(const char *, uint64_t, snn_network **);
    snn_status (*predict)(const snn_network *, const float *, size_t, size_t, uint64_t, float *, size_t);
    *(void **)&create = dlsym(library, "snn_network_create");
    *(void **)&predict = dlsym(library, "snn_network_predict");
    snn_network *network = NULL;
    if (!create || !predict || create(network_json, 1, &network)) return 1;
    if (predict(network, inputs, 784, 1, 0, scores, 10)) return 1;
    printf("{\"milliseconds\": %.3f}\n", (now_s() - start) * 1e3);
    return 0;
}
