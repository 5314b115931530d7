/* What is wrong in data sets and in calls of trainers. */

#include "refused.h"

static void data_sets(void) {
    static const int32_t low[4] = {0, -1, 2, 3}, high[4] = {0, 1, 2, 10}, far[4] = {0, INT32_MAX, INT32_MIN, 3};
#define ARRAYS(INPUTS, SAMPLES, FEATURES, LABELS, CLASSES)                                                             \
    snn_dataset_from_arrays(INPUTS, SAMPLES, FEATURES, LABELS, CLASSES, &out.dataset)
    REFUSED(ARRAYS(NULL, 4, 64, labels, 10), ARGUMENT);
    REFUSED(ARRAYS(inputs, 4, 64, NULL, 10), ARGUMENT);
    REFUSED(snn_dataset_from_arrays(inputs, 4, 64, labels, 10, NULL), ARGUMENT);
    REFUSED(ARRAYS(inputs, 0, 64, labels, 10), ARGUMENT);
    REFUSED(ARRAYS(inputs, 4, 0, labels, 10), ARGUMENT);
    REFUSED(ARRAYS(inputs, 4, 64, labels, 0), ARGUMENT, PARAMETER);
    REFUSED(ARRAYS(inputs, 4, 64, low, 10), PARAMETER);
    REFUSED(ARRAYS(inputs, 4, 64, high, 10), PARAMETER);
    REFUSED(ARRAYS(inputs, 4, 64, far, 10), PARAMETER);
    REFUSED(ARRAYS(inputs, (size_t)1 << 62, 4, labels, 10), ARGUMENT, MEMORY, SHAPE);
    REFUSED(ARRAYS(inputs, SIZE_MAX, SIZE_MAX, labels, 10), ARGUMENT, MEMORY, SHAPE);
    REFUSED(ARRAYS(with(NAN), 4, 64, labels, 10), NOT_FINITE);
    REFUSED(ARRAYS(with(INFINITY), 4, 64, labels, 10), NOT_FINITE);

    const char *nowhere = test_path("no-such-folder"), *file = test_path("noise.npz");
    FILE *noise = fopen(file, "wb");
    if (noise) {
        fwrite("PK\3\4 and then nothing that a reader expects", 1, 44, noise);
        fclose(noise);
    }
#define OPEN(NAME, SPLIT, DIRECTORY, JSON) snn_dataset_open(NAME, SPLIT, DIRECTORY, JSON, &out.dataset)
    REFUSED(OPEN(NULL, "train", NULL, NULL), ARGUMENT);
    REFUSED(OPEN("digits", NULL, NULL, NULL), ARGUMENT);
    REFUSED(snn_dataset_open("digits", "train", NULL, NULL, NULL), ARGUMENT);
    REFUSED(OPEN("", "train", NULL, NULL), UNKNOWN_NAME, ARGUMENT);
    REFUSED(OPEN("digitz", "train", NULL, NULL), UNKNOWN_NAME);
    REFUSED(OPEN("../../etc/passwd", "train", NULL, NULL), UNKNOWN_NAME, SNN_E_DATA_MISSING, SNN_E_FILE);
    REFUSED(OPEN("nmnist", "train", "nowhere", "{\"events\":{\"steps\":300}}"), SNN_E_DATA_MISSING);
    REFUSED(OPEN("shd", "train", "nowhere", "{\"events\":{\"steps\":500}}"), SNN_E_DATA_MISSING);
    REFUSED(OPEN("shd", "train", "nowhere", "{\"events\":{\"bin\":0}}"), PARAMETER);
    REFUSED(OPEN("digits", "train", NULL, "{\"events\":{\"bin\":1}}"), SNN_E_NOT_SUPPORTED);
    REFUSED(OPEN("digits", "third", NULL, NULL), UNKNOWN_NAME, ARGUMENT);
    REFUSED(OPEN("digits", "train", NULL, "{"), DOCUMENT);
    REFUSED(OPEN("digits", "train", NULL, "[1]"), DOCUMENT);
    REFUSED(OPEN("digits", "train", NULL, "{\"sharpen\":true}"), UNKNOWN_NAME);
    REFUSED(OPEN("mnist", "train", nowhere, NULL), SNN_E_DATA_MISSING);
    REFUSED(OPEN("cifar-10", "test", nowhere, NULL), SNN_E_DATA_MISSING);
    REFUSED(OPEN(test_path("absent.npz"), "train", NULL, NULL), SNN_E_FILE, SNN_E_DATA_MISSING);
    REFUSED(OPEN(file, "train", NULL, NULL), CORRUPT);

    snn_dataset *dataset = NULL;
    before_call();
    if (!SUCCEEDS(ARRAYS(inputs, 4, 64, labels, 10))) return;
    dataset = out.dataset;
    REFUSED(snn_dataset_sizes(NULL, &out.size, &out.size2, &out.size3), ARGUMENT);
    REFUSED(snn_dataset_sample(NULL, 0, out.floats, 64, &out.integer), ARGUMENT);
    REFUSED(snn_dataset_sample(dataset, 0, NULL, 64, &out.integer), ARGUMENT);
    REFUSED(snn_dataset_sample(dataset, 4, out.floats, 64, &out.integer), ARGUMENT);
    REFUSED(snn_dataset_sample(dataset, SIZE_MAX, out.floats, 64, &out.integer), ARGUMENT);
    REFUSED(snn_dataset_sample(dataset, 0, out.floats, 63, &out.integer), SHAPE);

    REFUSED(snn_network_evaluate(NULL, dataset, NULL, NULL, &out.report), ARGUMENT);
    REFUSED(snn_network_evaluate(network, NULL, NULL, NULL, &out.report), ARGUMENT);
    REFUSED(snn_network_evaluate(network, dataset, NULL, NULL, NULL), ARGUMENT);
    snn_dataset_free(dataset);
    before_call();
    if (!SUCCEEDS(ARRAYS(inputs, 4, 63, labels, 10))) return;
    dataset = out.dataset;
    REFUSED(snn_network_evaluate(network, dataset, NULL, NULL, &out.report), SHAPE);
    snn_dataset_free(dataset);
}

static void trainers(void) {
    snn_trainer *trainer = NULL;
    snn_dataset *dataset = NULL, *misfit = NULL;
    static const int32_t low[2] = {0, -1}, high[2] = {0, 10};
    size_t tensors = 0;
    snn_network_tensor_count(network, &tensors);
    REFUSED(snn_trainer_create(NULL, NULL, 1, &out.trainer), ARGUMENT);
    REFUSED(snn_trainer_create(network, NULL, 1, NULL), ARGUMENT);
    REFUSED(snn_trainer_create(network, "", 1, &out.trainer), DOCUMENT);
    REFUSED(snn_trainer_create(network, "[]", 1, &out.trainer), DOCUMENT);
    REFUSED(snn_trainer_create(network, "{\"batch\":\"big\"}", 1, &out.trainer), DOCUMENT);
    REFUSED(snn_trainer_create(network, "{\"batch\":0}", 1, &out.trainer), PARAMETER);
    REFUSED(snn_trainer_create(network, "{\"batch\":-5}", 1, &out.trainer), PARAMETER);
    REFUSED(snn_trainer_create(network, "{\"epochs\":-5}", 1, &out.trainer), PARAMETER);
    REFUSED(snn_trainer_create(network, "{\"reload_best\":true}", 1, &out.trainer), NOT_SUPPORTED);
    REFUSED(snn_trainer_create(network, "{\"schedule\":{\"kind\":\"milestones\",\"epochs\":[3,2]}}", 1, &out.trainer),
            PARAMETER);
    REFUSED(snn_trainer_create(network, "{\"bach\":5}", 1, &out.trainer), UNKNOWN_NAME);
    REFUSED(snn_trainer_create(network, "{\"rule\":{\"kind\":\"magic\"}}", 1, &out.trainer), UNKNOWN_NAME);
    REFUSED(snn_trainer_create(network, "{\"loss\":{\"kind\":\"sorrow\"}}", 1, &out.trainer), UNKNOWN_NAME);
    REFUSED(snn_trainer_create(network, "{\"optimizer\":{\"kind\":\"luck\"}}", 1, &out.trainer), UNKNOWN_NAME);
    REFUSED(snn_trainer_create(network, "{\"optimizer\":{\"kind\":\"adam\",\"learning_rate\":-1}}", 1, &out.trainer), PARAMETER);
    REFUSED(snn_trainer_create(network, "{\"schedule\":{\"kind\":\"never\"}}", 1, &out.trainer), UNKNOWN_NAME);
    if (!SUCCEEDS(snn_trainer_create(network, NULL, 1, &trainer))) return;

    REFUSED(snn_trainer_apply(NULL), ARGUMENT);
    REFUSED(snn_trainer_apply(trainer), STATE);
#define TRAIN(TRAINER, INPUTS, INPUT_COUNT, LABELS, LABEL_COUNT, BATCH)                                                \
    snn_trainer_train_batch(TRAINER, INPUTS, INPUT_COUNT, LABELS, LABEL_COUNT, BATCH, &out.number)
#define GRADIENTS(TRAINER, INPUTS, INPUT_COUNT, LABELS, LABEL_COUNT, BATCH)                                            \
    snn_trainer_gradients(TRAINER, INPUTS, INPUT_COUNT, LABELS, LABEL_COUNT, BATCH, &out.number)
#define BOTH(CODES, ...)                                                                                               \
    do {                                                                                                               \
        REFUSED(TRAIN(__VA_ARGS__), CODES);                                                                            \
        REFUSED(GRADIENTS(__VA_ARGS__), CODES);                                                                        \
    } while (0)
    BOTH(ARGUMENT, NULL, inputs, 128, labels, 2, 2);
    BOTH(ARGUMENT, trainer, NULL, 128, labels, 2, 2);
    BOTH(ARGUMENT, trainer, inputs, 128, NULL, 2, 2);
    BOTH(ARGUMENT, trainer, inputs, 0, labels, 0, 0);
    BOTH(SHAPE, trainer, inputs, 127, labels, 2, 2);
    BOTH(SHAPE, trainer, inputs, 128, labels, 1, 2);
    BOTH(SHAPE, trainer, inputs, 128, labels, 3, 2);
    BOTH(SHAPE, trainer, inputs, 128, labels, 2, 3);
    REFUSED(TRAIN(trainer, inputs, 0, labels, 0, (size_t)1 << 58), SHAPE, ARGUMENT, MEMORY);
    REFUSED(TRAIN(trainer, inputs, SIZE_MAX, labels, SIZE_MAX, SIZE_MAX), SHAPE, ARGUMENT, MEMORY);
    BOTH(PARAMETER, trainer, inputs, 128, low, 2, 2);
    BOTH(PARAMETER, trainer, inputs, 128, high, 2, 2);
    BOTH(NOT_FINITE, trainer, with(NAN), 128, labels, 2, 2);
    BOTH(NOT_FINITE, trainer, with(INFINITY), 128, labels, 2, 2);
    REFUSED(snn_trainer_apply(trainer), STATE); /* refused gradients are none */
    REFUSED(snn_trainer_train_batch_values(NULL, inputs, 128, scores, 20, 2, &out.number), ARGUMENT);
    REFUSED(snn_trainer_train_batch_values(trainer, inputs, 128, NULL, 20, 2, &out.number), ARGUMENT);
    REFUSED(snn_trainer_train_batch_values(trainer, inputs, 128, scores, 20, 2, &out.number), NOT_SUPPORTED);
    REFUSED(snn_trainer_gradient(NULL, 0, &out.writable, &out.size), ARGUMENT);
    REFUSED(snn_trainer_gradient(trainer, tensors, &out.writable, &out.size), ARGUMENT);
    REFUSED(snn_trainer_gradient(trainer, SIZE_MAX, &out.writable, &out.size), ARGUMENT);

    SUCCEEDS(snn_dataset_from_arrays(inputs, 4, 64, labels, 10, &dataset));
    SUCCEEDS(snn_dataset_from_arrays(inputs, 4, 63, labels, 10, &misfit));
    REFUSED(snn_trainer_fit(NULL, dataset, 1, NULL, NULL, &out.report), ARGUMENT);
    REFUSED(snn_trainer_fit(trainer, NULL, 1, NULL, NULL, &out.report), ARGUMENT);
    REFUSED(snn_trainer_fit(trainer, dataset, -1, NULL, NULL, &out.report), ARGUMENT);
    REFUSED(snn_trainer_fit(trainer, dataset, INT64_MIN, NULL, NULL, &out.report), ARGUMENT);
    REFUSED(snn_trainer_fit(trainer, misfit, 1, NULL, NULL, &out.report), SHAPE);
    snn_dataset_free(dataset);
    snn_dataset_free(misfit);

    /* Mean squared error against values */
    snn_trainer *values = NULL;
    static float targets[20];
    if (SUCCEEDS(snn_trainer_create(network, "{\"loss\":{\"kind\":\"mean_squared_error\"}}", 1, &values))) {
        REFUSED(snn_trainer_train_batch_values(values, inputs, 128, targets, 19, 2, &out.number), SHAPE);
        REFUSED(snn_trainer_train_batch_values(values, inputs, 0, targets, 0, 0, &out.number), ARGUMENT);
        targets[3] = NAN;
        REFUSED(snn_trainer_train_batch_values(values, inputs, 128, targets, 20, 2, &out.number), NOT_FINITE);
    }
    snn_trainer_free(values);

    /* A buffer, tensor 4 of this network, has no gradient */
    snn_network *timed = test_network(
        "{\"input\":{\"shape\":[64]},\"coding\":\"ttfs\",\"readout\":\"membrane\",\"layers\":["
        "{\"connection\":{\"kind\":\"dense\",\"outputs\":8},\"neuron\":\"ttfs\"},"
        "{\"connection\":{\"kind\":\"dense\",\"outputs\":10},\"neuron\":\"ttfs.membrane\"}]}",
        1);
    snn_trainer *its = NULL;
    if (SUCCEEDS(snn_trainer_create(timed, NULL, 1, &its))) {
        SUCCEEDS(snn_network_tensor(timed, 4, NULL, NULL, NULL, NULL));
        SUCCEEDS(snn_trainer_gradients(its, inputs, 128, labels, 2, 2, &out.number));
        REFUSED(snn_trainer_gradient(its, 4, &out.writable, &out.size), ARGUMENT);
    }
    snn_trainer_free(its);
    snn_network_free(timed);

    const char *checkpoint = test_path("trainer"), *plain = test_path("plain"), *foreign = test_path("foreign");
    snn_network *other = test_network(TEST_CONV_NETWORK, 1);
    snn_trainer *other_trainer = NULL;
    SUCCEEDS(snn_trainer_create(other, NULL, 1, &other_trainer));
    SUCCEEDS(snn_trainer_save(trainer, checkpoint));
    SUCCEEDS(snn_trainer_save(other_trainer, foreign));
    SUCCEEDS(snn_network_save(network, plain));
    REFUSED(snn_trainer_save(NULL, checkpoint), ARGUMENT);
    REFUSED(snn_trainer_save(trainer, NULL), ARGUMENT);
    REFUSED(snn_trainer_save(trainer, ""), SNN_E_FILE, ARGUMENT);
    REFUSED(snn_trainer_save(trainer, "/no/such/folder/file"), SNN_E_FILE);
    REFUSED(snn_trainer_resume(NULL, checkpoint), ARGUMENT);
    REFUSED(snn_trainer_resume(trainer, NULL), ARGUMENT);
    REFUSED(snn_trainer_resume(trainer, test_path("absent")), SNN_E_FILE);
    REFUSED(snn_trainer_resume(trainer, foreign), SHAPE);
    REFUSED(snn_trainer_resume(trainer, plain), STATE); /* no moments in it */
    snn_trainer_free(other_trainer);
    snn_network_free(other);
    snn_trainer_free(trainer);
}

int main(void) {
    return check_refusals("bad_training", (void (*const[])(void)){data_sets, trainers, NULL});
}
