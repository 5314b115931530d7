/* Trains an ordinary network, converts it to few spikes and to rates, and tells what each costs.

       cc convert.c -o convert $(pkg-config --cflags --libs snn) && ./convert */

#include <snn.h>
#include <stdio.h>
#include <stdlib.h>

static const char network_json[] =
    "{\"name\": \"digits\", \"input\": {\"shape\": [1, 8, 8]}, \"readout\": \"membrane\", \"layers\": ["
    "  {\"name\": \"conv\", \"connection\": {\"kind\": \"conv2d\", \"channels\": 16, \"kernel\": [3, 3]},"
    "   \"neuron\": \"relu.identity\"},"
    "  {\"name\": \"normed\", \"connection\": \"batch_norm\", \"neuron\": \"relu\"},"
    "  {\"name\": \"hidden\", \"stages\": [\"flatten\"], \"connection\": {\"kind\": \"dense\", \"outputs\": 64},"
    "   \"neuron\": \"relu\"},"
    "  {\"name\": \"out\", \"connection\": {\"kind\": \"dense\", \"outputs\": 10}, \"neuron\": \"relu.identity\"}]}";

static const char training_json[] =
    "{\"batch\": 32, \"epochs\": 8, \"optimizer\": {\"kind\": \"adam\", \"learning_rate\": 0.003},"
    " \"schedule\": {\"kind\": \"cosine\"}}";

/* Every call that fails says why; a program this small just stops there. */
static void must(snn_status status) {
    if (status == SNN_OK) return;
    fprintf(stderr, "%s: %s\n", snn_status_string(status), snn_last_error());
    exit(1);
}

static double number(const snn_report *report, const char *name) {
    double value = 0;
    must(snn_report_number(report, name, &value));
    return value;
}

/* Accuracy on the test split. */
static double evaluate(const char *what, const snn_network *network, const snn_dataset *test) {
    snn_report *report = NULL;
    must(snn_network_evaluate(network, test, NULL, NULL, &report));
    double accuracy = number(report, "accuracy");
    printf("%s: test accuracy %.2f %%, %.3f spikes a neuron, %.0f steps\n", what, 100 * accuracy,
           number(report, "spikes_per_neuron"), number(report, "steps"));
    snn_report_free(report);
    return accuracy;
}

/* Accuracy of the converted network; prints what conversion did to every layer. */
static double convert(const char *what, const char *json, const snn_network *network, const snn_dataset *train,
                      const snn_dataset *test) {
    snn_network *spiking = NULL;
    snn_report *report = NULL;
    must(snn_network_convert(network, json, train, NULL, NULL, &spiking, &report));
    double accuracy = evaluate(what, spiking, test), enough = 0;
    if (snn_report_number(report, "enough_steps", &enough) == SNN_OK) printf("    %.0f steps are enough\n", enough);
    for (size_t i = 0; i < (size_t)number(report, "layers_count"); i++) {
        snn_conversion_layer layer;
        must(snn_report_conversion_layer(report, i, sizeof layer, &layer));
        printf("    %s: correlation %.5f, error %.4f %% (%.4f %% inherited, %.4f %% clipped, %.4f %% rounded)\n", layer.name,
               layer.correlation, 100 * layer.error, 100 * layer.inherited_error, 100 * layer.clipping_error,
               100 * layer.rounding_error);
    }
    snn_report_free(report);
    snn_network_free(spiking);
    return accuracy;
}

int main(void) {
    snn_dataset *train = NULL, *test = NULL;
    must(snn_dataset_open("digits", "train", NULL, NULL, &train));
    must(snn_dataset_open("digits", "test", NULL, NULL, &test));

    snn_network *network = NULL;
    snn_trainer *trainer = NULL;
    snn_report *report = NULL;
    must(snn_network_create(network_json, 1, &network));
    must(snn_trainer_create(network, training_json, 1, &trainer));
    must(snn_trainer_fit(trainer, train, 8, NULL, NULL, &report));
    snn_report_free(report);
    snn_trainer_free(trainer);

    double analog = evaluate("analog", network, test);
    double rates = convert("rates", "{\"to\": \"if\", \"steps\": 64}", network, train, test);
    double codes = convert("few spikes", "{\"to\": \"fs\", \"steps\": 6}", network, train, test);
    snn_network_free(network);
    snn_dataset_free(train), snn_dataset_free(test);
    return analog < 0.95 || rates < 0.94 || codes < 0.94;
}
