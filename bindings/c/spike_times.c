/* Trains a network whose neurons spike at most once, at an exact time, and asks how early it is certain of each digit.

       cc spike_times.c -o spike_times $(pkg-config --cflags --libs snn) && ./spike_times */

#include <snn.h>
#include <stdio.h>
#include <stdlib.h>

static const char network_json[] =
    "{\"name\": \"spike times\", \"input\": {\"shape\": [1, 8, 8]}, \"coding\": \"ttfs\", \"readout\": \"membrane\","
    " \"layers\": ["
    "  {\"name\": \"hidden\", \"stages\": [\"flatten\"], \"connection\": {\"kind\": \"dense\", \"outputs\": 128},"
    "   \"neuron\": \"ttfs\"},"
    "  {\"name\": \"out\", \"connection\": {\"kind\": \"dense\", \"outputs\": 10}, \"neuron\": \"ttfs.membrane\"}]}";

/* The penalty on activity makes neurons fire later, and most of them not at all. */
static const char training_json[] =
    "{\"rule\": {\"kind\": \"ttfs\", \"activity_penalty\": 0.01}, \"batch\": 32, \"epochs\": 30,"
    " \"optimizer\": {\"kind\": \"adam\", \"learning_rate\": 0.003}, \"schedule\": {\"kind\": \"cosine\"}}";

/* Windows just as long as the training set needs; no weight moves. */
static const char windows_json[] = "{\"rule\": {\"kind\": \"ttfs.fit_windows\", \"margin\": 1}}";

/* Every call that fails says why; a program this small just stops there. */
static void must(snn_status status) {
    if (status == SNN_OK) return;
    fprintf(stderr, "%s: %s\n", snn_status_string(status), snn_last_error());
    exit(1);
}

static void fit(snn_network *network, const char *json, const snn_dataset *dataset, int64_t epochs) {
    snn_trainer *trainer = NULL;
    snn_report *report = NULL;
    must(snn_trainer_create(network, json, 1, &trainer));
    must(snn_trainer_fit(trainer, dataset, epochs, NULL, NULL, &report));
    snn_report_free(report);
    snn_trainer_free(trainer);
}

int main(void) {
    snn_dataset *train = NULL, *test = NULL;
    must(snn_dataset_open("digits", "train", NULL, NULL, &train));
    must(snn_dataset_open("digits", "test", NULL, NULL, &test));

    snn_network *network = NULL;
    must(snn_network_create(network_json, 1, &network));
    fit(network, training_json, train, 30);
    fit(network, windows_json, train, 1);

    snn_report *report = NULL;
    double accuracy = 0, spikes = 0;
    must(snn_network_evaluate(network, test, NULL, NULL, &report));
    must(snn_report_number(report, "accuracy", &accuracy));
    must(snn_report_number(report, "spikes_per_neuron", &spikes));
    snn_report_free(report);

    /* Of every test digit: the winner, when it was certain, and when the output is read. */
    enum { winner, decided, read, results };
    const char *const names[results] = {"class", "decision_time", "latency"};
    size_t samples = 0, pixels = 0;
    must(snn_dataset_sizes(test, &samples, &pixels, NULL));
    float *inputs = malloc(samples * pixels * sizeof *inputs), *values[results];
    int32_t *labels = malloc(samples * sizeof *labels);
    size_t counts[results];
    if (!inputs || !labels) return 1;
    for (size_t i = 0; i < samples; i++) must(snn_dataset_sample(test, i, inputs + i * pixels, pixels, labels + i));
    for (int i = 0; i < results; i++) {
        size_t size = 0;
        must(snn_network_result_size(network, names[i], &size));
        counts[i] = samples * size; /* 1 a sample */
        values[i] = malloc(counts[i] * sizeof *values[i]);
        if (!values[i]) return 1;
    }
    must(snn_network_predict_results(network, inputs, samples * pixels, samples, 0, names, values, counts, results));
    double share = 0;
    size_t right = 0;
    for (size_t i = 0; i < samples; i++) {
        right += (int32_t)values[winner][i] == labels[i];
        share += values[decided][i] / values[read][i] / (double)samples;
    }
    printf("%zu of %zu unseen digits right\n", right, samples);
    printf("test accuracy %.2f %%, %.3f spikes a neuron, certain after %.1f %% of the latency of %.2f\n",
           100 * accuracy, spikes, 100 * share, values[read][0]);

    for (int i = 0; i < results; i++) free(values[i]);
    free(inputs), free(labels);
    snn_network_free(network);
    snn_dataset_free(train), snn_dataset_free(test);
    return accuracy < 0.95 || share >= 1;
}
