/* A neuron of your own as a part of your program: it is registered, and networks name it like any other.

       cc -O3 -march=native neuron.c -o neuron $(pkg-config --cflags --libs snn) && ./neuron */

#include <snn.h>
#include <snn_plugin.h>
#include <stdio.h>
#include <stdlib.h>

/* A quadratic integrate-and-fire neuron: u = v + rate v (v - 1) + i;  fires and returns to 0 where u >= peak. Between its
   spikes the membrane runs away by itself once it is above 1. Source: Latham et al., J. Neurophysiology 83, 2000. */
SNN_FUNCTION(step, size_t n, const float *current, float *v, float *spike, float *distance, float rate, float peak)
{
    SNN_EACH(k, n) {
        float u = v[k] + rate * v[k] * (v[k] - 1) + current[k];
        distance[k] = u - peak;
        spike[k] = distance[k] >= 0;
        v[k] = distance[k] >= 0 ? 0 : u;
    }
}

/* The gradient leaves out the path through the reset. */
SNN_FUNCTION(adjoint, size_t n, const float *current, const float *v, const float *slope, const float *d_spike,
             float *d_v, float *d_current, float rate, float peak)
{
    SNN_EACH(k, n) {
        int fired = v[k] + rate * v[k] * (v[k] - 1) + current[k] >= peak;
        d_current[k] = (fired ? 0 : d_v[k]) + d_spike[k] * slope[k];
        d_v[k] = (1 + rate * (2 * v[k] - 1)) * d_current[k];
    }
}

static const snn_state states[] = {{"v", 0, "membrane"}};
static const snn_parameter parameters[] = {
    {"rate", "1", 0.2, 0, 1, SNN_CLOSED, "how fast the membrane returns to 0 or runs away"},
    {"peak", "1", 2, 1, 100, SNN_CLOSED, "where a spike is counted"}};
static const snn_neuron quadratic = {
    SNN_NEURON, "quadratic", "Quadratic integrate-and-fire.", states, SNN_COUNT(states), parameters,
    SNN_COUNT(parameters), {0, 0}, SNN_CALL(step), SNN_CALL(adjoint)};
static const snn_neuron *const neurons[] = {&quadratic};
static const snn_plugin plugin = {sizeof(snn_plugin), SNN_PLUGIN_ABI, "quadratic", neurons, SNN_COUNT(neurons)};

static const char network_json[] =
    "{\"name\": \"own neurons\", \"input\": {\"shape\": [1, 8, 8]}, \"steps\": 20, \"layers\": ["
    "  {\"name\": \"hidden\", \"stages\": [\"flatten\"], \"connection\": {\"kind\": \"dense\", \"outputs\": 256},"
    "   \"neuron\": {\"model\": \"quadratic\", \"rate\": 0.1}},"
    "  {\"name\": \"out\", \"connection\": {\"kind\": \"dense\", \"outputs\": 10}, \"neuron\": \"lif\"}]}";

static void must(snn_status status)
{
    if (status == SNN_OK) return;
    fprintf(stderr, "%s: %s\n", snn_status_string(status), snn_last_error());
    exit(1);
}

int main(void)
{
    snn_dataset *train = NULL, *test = NULL;
    snn_network *network = NULL;
    snn_trainer *trainer = NULL;
    snn_report *report = NULL;
    double accuracy = 0;
    must(snn_plugin_register(&plugin));
    must(snn_dataset_open("digits", "train", NULL, NULL, &train));
    must(snn_dataset_open("digits", "test", NULL, NULL, &test));
    must(snn_network_create(network_json, 1, &network));
    must(snn_trainer_create(network, "{\"batch\": 32, \"epochs\": 15, \"optimizer\": {\"kind\": \"adam\","
                                     " \"learning_rate\": 0.002}}", 1, &trainer));
    must(snn_trainer_fit(trainer, train, 15, NULL, NULL, NULL));
    must(snn_network_evaluate(network, test, NULL, NULL, &report));
    must(snn_report_number(report, "accuracy", &accuracy));
    printf("%.1f %% of the test digits right\n", 100 * accuracy);
    snn_report_free(report);
    snn_trainer_free(trainer);
    snn_network_free(network);
    snn_dataset_free(test);
    snn_dataset_free(train);
    return accuracy < 0.9;
}
