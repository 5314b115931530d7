/* Every function with everything that can be wrong about its arguments: each call returns its documented code, leaves a
   sentence behind, writes nothing, and does not crash. */

#include "check.h"

#include <limits.h>
#include <sys/stat.h>

/* Every out-argument of every call points in here, so one comparison tells whether anything was written. */
static struct {
    snn_network *network;
    snn_dataset *dataset;
    snn_trainer *trainer;
    snn_events *events;
    snn_session *session;
    snn_recording *recording;
    snn_report *report;
    size_t size, size2, size3;
    uint64_t number64;
    double number;
    float scale;
    int32_t integer;
    const char *string, *string2;
    const int16_t *spikes;
    const float *values;
    float *writable;
    const int64_t *shape;
    char text[64];
    float floats[8 * TEST_PIXELS];
} out, untouched;

/* Every refused call must bring its own sentence, so another one is provoked before it. */
static const char provoked[] = "{\"a document that is\": \"cut o";

static void before_call(void) {
    memcpy(&out, &untouched, sizeof out);
    snn_network *none = NULL;
    snn_network_create(provoked, 0, &none);
}

static int is_sentence(const char *text) {
    size_t length = strlen(text);
    return length >= 12 && length < 4096 && strchr(text, ' ') != NULL;
}

/* `codes` ends with SNN_OK. */
static void check_refused(snn_status status, const snn_status *codes, const char *provoked_sentence, const char *call,
                          int line) {
    int documented = 0;
    for (; *codes != SNN_OK; codes++) documented |= status == *codes;
    if (!check_that(documented, call, __FILE__, line))
        fprintf(stderr, "    returned %s: %s\n", snn_status_string(status), status ? check_sentence() : "-");
    if (status != SNN_OK) {
        if (!check_that(is_sentence(check_sentence()), "a sentence that states the law and the value", __FILE__, line))
            fprintf(stderr, "    %s -> \"%s\"\n", call, check_sentence());
        if (!check_that(strcmp(check_sentence(), provoked_sentence) != 0, "its own sentence", __FILE__, line))
            fprintf(stderr, "    %s -> \"%s\"\n", call, check_sentence());
    }
    if (!check_that(memcmp(&out, &untouched, sizeof out) == 0, "nothing is written", __FILE__, line))
        fprintf(stderr, "    %s\n", call);
}

/* REFUSED(call, code, ...): the call returns one of the codes. Two codes stand where the header allows two readings. */
#define REFUSED(call, ...)                                                                                             \
    do {                                                                                                               \
        char sentence_before[512];                                                                                     \
        before_call();                                                                                                 \
        snprintf(sentence_before, sizeof sentence_before, "%s", check_sentence());                                     \
        snn_status refused_status = (call);                                                                            \
        check_refused(refused_status, (const snn_status[]){__VA_ARGS__, SNN_OK}, sentence_before, #call, __LINE__);    \
    } while (0)

/* The call may go either way, as long as it returns. */
#define RETURNS(call)                                                                                                  \
    do {                                                                                                               \
        before_call();                                                                                                 \
        snn_status returned_status = (call);                                                                           \
        CHECK(returned_status <= SNN_OK && returned_status >= SNN_E_PLUGIN);                                        \
    } while (0)

#define ARGUMENT SNN_E_ARGUMENT
#define SHAPE SNN_E_SHAPE
#define UNKNOWN_NAME SNN_E_UNKNOWN_NAME
#define PARAMETER SNN_E_PARAMETER
#define DOCUMENT SNN_E_DOCUMENT
#define CORRUPT SNN_E_CORRUPT
#define NOT_FINITE SNN_E_NOT_FINITE
#define MEMORY SNN_E_MEMORY
#define NOT_SUPPORTED SNN_E_NOT_SUPPORTED
#define STATE SNN_E_STATE

static snn_network *network;
static float inputs[4 * TEST_PIXELS], scores[4 * TEST_CLASSES];
static int32_t labels[4] = {1, 2, 3, 4};

/* Calls with inputs that hold one bad value. */
static float *with(float bad) {
    static float copy[4 * TEST_PIXELS];
    memcpy(copy, inputs, sizeof copy);
    copy[TEST_PIXELS + 3] = bad;
    return copy;
}

/* ---------------------------------------------------------------- one function a handle */

static void versions_and_components(void) {
    CHECK(strcmp(snn_status_string(SNN_E_SHAPE), "SNN_E_SHAPE") == 0);
    CHECK(strcmp(snn_status_string(SNN_OK), "SNN_OK") == 0);
    CHECK(strcmp(snn_status_string(1), "unknown status") == 0);
    CHECK(strcmp(snn_status_string(-16), "unknown status") == 0);
    CHECK(strcmp(snn_status_string(INT32_MIN), "unknown status") == 0);

    size_t count = 0, parameters = 0;
    REFUSED(snn_component_count(NULL), ARGUMENT);
    SUCCEEDS(snn_component_count(&count));
    REFUSED(snn_component(count, &out.string, &out.string, &out.string, &out.string2), ARGUMENT);
    REFUSED(snn_component(SIZE_MAX, &out.string, NULL, NULL, NULL), ARGUMENT);
    REFUSED(snn_component_parameter_count(0, NULL), ARGUMENT);
    REFUSED(snn_component_parameter_count(count, &out.size), ARGUMENT);
    REFUSED(snn_component_parameter_count(SIZE_MAX, &out.size), ARGUMENT);
    SUCCEEDS(snn_component_parameter_count(0, &parameters));
    REFUSED(snn_component_parameter(0, parameters, &out.string, NULL, NULL, NULL, NULL, &out.string2), ARGUMENT);
    REFUSED(snn_component_parameter(0, SIZE_MAX, &out.string, NULL, NULL, NULL, NULL, NULL), ARGUMENT);
    REFUSED(snn_component_parameter(SIZE_MAX, 0, &out.string, NULL, NULL, NULL, NULL, NULL), ARGUMENT);
}

#define DENSE(OUTPUTS) "{\"name\":\"out\",\"stages\":[{\"kind\":\"flatten\"}],\"connection\":{\"kind\":\"dense\",\"outputs\":" OUTPUTS "},\"neuron\":{\"model\":\"lif\"}}"
#define NEURON(FIELDS) "{\"stages\":[{\"kind\":\"flatten\"}],\"connection\":{\"kind\":\"dense\",\"outputs\":10},\"neuron\":{" FIELDS "}}"
#define CONV(FIELDS) "{\"connection\":{\"kind\":\"conv2d\"," FIELDS "},\"neuron\":{\"model\":\"lif\"}}," TEST_HIDDEN "," TEST_OUT
#define STAGE(STAGE) "{\"stages\":[" STAGE ",{\"kind\":\"flatten\"}],\"connection\":{\"kind\":\"dense\",\"outputs\":10},\"neuron\":{\"model\":\"lif\"}}"
#define LAYERS(LAYERS) TEST_NETWORK_OF(TEST_CONSTANT, LAYERS, TEST_SPIKE_COUNT)
#define INPUT(SHAPE, STEPS) "{\"input\":{\"shape\":" SHAPE "},\"steps\":" STEPS ",\"coding\":" TEST_CONSTANT ",\"layers\":[" DENSE("10") "],\"readout\":" TEST_SPIKE_COUNT "}"

static void documents(void) {
    static const struct {
        const char *json;
        snn_status codes[4];
    } table[] = {
        /* no JSON, no object, no field */
        {"", {DOCUMENT}},
        {" ", {DOCUMENT}},
        {"null", {DOCUMENT}},
        {"[]", {DOCUMENT}},
        {"17", {DOCUMENT}},
        {"\"lif\"", {DOCUMENT}},
        {"{", {DOCUMENT}},
        {"{}", {DOCUMENT}},
        {"{} {}", {DOCUMENT}},
        {"\xff\xfe{}", {DOCUMENT}},
        {"{\"name\":\"\xc3\x28\"}", {DOCUMENT}},
        {"{\"name\":\"\\ud800\"}", {DOCUMENT}},
        {"{\"input\":{\"shape\":[1,8,8]},\"steps\":10}", {DOCUMENT}},
        {"{\"layers\":[]}", {DOCUMENT}},
        {LAYERS(""), {DOCUMENT, PARAMETER}},
        {LAYERS("null"), {DOCUMENT}},
        {LAYERS("{}"), {DOCUMENT}},
        {LAYERS("\"hidden\""), {DOCUMENT}},
        /* a field of the wrong type */
        {INPUT("\"1,8,8\"", "10"), {DOCUMENT}},
        {INPUT("[\"1\",8,8]", "10"), {DOCUMENT}},
        {INPUT("[1,8,8.5]", "10"), {DOCUMENT, PARAMETER}},
        {INPUT("[1,8,8]", "\"ten\""), {DOCUMENT}},
        {INPUT("[1,8,8]", "true"), {DOCUMENT}},
        {INPUT("[1,8,8]", "2.5"), {DOCUMENT, PARAMETER}},
        {INPUT("[1,8,8]", "1e400"), {DOCUMENT, PARAMETER}},
        {LAYERS(DENSE("\"10\"")), {DOCUMENT}},
        {LAYERS(DENSE("null")), {DOCUMENT}},
        {LAYERS(DENSE("1.5")), {DOCUMENT, PARAMETER}},
        {LAYERS(NEURON("\"model\":7")), {DOCUMENT}},
        {LAYERS(NEURON("\"model\":\"lif\",\"tau_mem\":\"long\"")), {DOCUMENT}},
        /* names nobody knows */
        {TEST_NETWORK_OF("{\"kind\":\"morse\"}", TEST_HIDDEN "," TEST_OUT, TEST_SPIKE_COUNT), {UNKNOWN_NAME}},
        {TEST_NETWORK_OF(TEST_CONSTANT, TEST_HIDDEN "," TEST_OUT, "{\"kind\":\"oracle\"}"), {UNKNOWN_NAME}},
        {LAYERS(NEURON("\"model\":\"hodgkin\"")), {UNKNOWN_NAME}},
        {LAYERS(NEURON("\"model\":\"\"")), {UNKNOWN_NAME}},
        {LAYERS(NEURON("\"model\":\"lif\",\"tau_memm\":20")), {UNKNOWN_NAME}},
        {LAYERS("{\"connection\":{\"kind\":\"denser\",\"outputs\":10},\"neuron\":{\"model\":\"lif\"}}"), {UNKNOWN_NAME}},
        {LAYERS("{\"conection\":{}," NEURON("\"model\":\"lif\"") "}"), {UNKNOWN_NAME, DOCUMENT}},
        {LAYERS(STAGE("{\"kind\":\"squash\"}")), {UNKNOWN_NAME}},
        {LAYERS(TEST_HIDDEN ",{\"inputs\":[\"nobody\"],\"connection\":{\"kind\":\"dense\",\"outputs\":10},"
                            "\"neuron\":{\"model\":\"lif\"}}"), {UNKNOWN_NAME}},
        /* parameters out of range */
        {INPUT("[1,8,8]", "0"), {PARAMETER}},
        {INPUT("[1,8,8]", "-10"), {PARAMETER}},
        {LAYERS(DENSE("0")), {PARAMETER}},
        {LAYERS(DENSE("-1")), {PARAMETER}},
        {LAYERS(NEURON("\"model\":\"lif\",\"tau_mem\":-3")), {PARAMETER}},
        {LAYERS(NEURON("\"model\":\"lif\",\"tau_mem\":0")), {PARAMETER}},
        {LAYERS(NEURON("\"model\":\"lif\",\"tau_mem\":1e39")), {PARAMETER, DOCUMENT}},
        {LAYERS(STAGE("{\"kind\":\"dropout\",\"probability\":1.5}")), {PARAMETER}},
        {LAYERS(STAGE("{\"kind\":\"dropout\",\"chance\":0.5}")), {UNKNOWN_NAME}},
        {LAYERS(CONV("\"channels\":0,\"kernel\":[3,3]")), {PARAMETER}},
        {LAYERS(CONV("\"channels\":4,\"kernel\":[0,3]")), {PARAMETER}},
        {LAYERS(CONV("\"channels\":4,\"kernel\":[-3,3]")), {PARAMETER}},
        {LAYERS(CONV("\"channels\":4,\"kernel\":[]")), {PARAMETER, DOCUMENT, SHAPE}},
        {LAYERS(CONV("\"channels\":4,\"kernel\":[3,3],\"stride\":0")), {PARAMETER}},
        {LAYERS(CONV("\"channels\":4,\"kernel\":[3,3],\"padding\":-1")), {PARAMETER}},
        /* sizes that do not fit */
        {INPUT("[]", "10"), {SHAPE, PARAMETER, DOCUMENT}},
        {INPUT("[0]", "10"), {SHAPE, PARAMETER}},
        {INPUT("[-1,8,8]", "10"), {SHAPE, PARAMETER}},
        {INPUT("[1,1,1,1,1,1,1]", "10"), {SHAPE, PARAMETER, DOCUMENT}},
        {LAYERS(CONV("\"channels\":4,\"kernel\":[9,9]")), {SHAPE, PARAMETER}},
        {LAYERS(CONV("\"channels\":4,\"kernel\":[1000000000,1000000000]")), {SHAPE, PARAMETER, MEMORY}},
        {LAYERS(CONV("\"channels\":4,\"kernel\":[3,3],\"padding\":4611686018427387904")), {SHAPE, PARAMETER, MEMORY, DOCUMENT}},
        {LAYERS(TEST_HIDDEN "," CONV("\"channels\":4,\"kernel\":[3,3]")), {SHAPE}},
        {TEST_NETWORK_OF(TEST_CONSTANT, TEST_HIDDEN "," TEST_OUT, "{\"kind\":\"population\",\"classes\":3}"),
         {SHAPE, PARAMETER, UNKNOWN_NAME}},
        /* absurd sizes: refused before anything is allocated */
        {LAYERS(DENSE("1000000000000")), {MEMORY, PARAMETER, SHAPE}},
        {LAYERS(DENSE("9223372036854775807")), {MEMORY, PARAMETER, SHAPE, DOCUMENT}},
        {LAYERS(DENSE("9223372036854775808")), {MEMORY, PARAMETER, SHAPE, DOCUMENT}},
        {LAYERS(DENSE("144115188075855873")), {MEMORY, PARAMETER, SHAPE, DOCUMENT}}, /* 2^57 + 1: x 64 wraps around to 64 */
        {LAYERS(DENSE("1e300")), {MEMORY, PARAMETER, SHAPE, DOCUMENT}},
        {INPUT("[4294967296,4294967296,16]", "10"), {MEMORY, PARAMETER, SHAPE}},
        {INPUT("[9223372036854775807,2]", "10"), {MEMORY, PARAMETER, SHAPE, DOCUMENT}},
        {INPUT("[9007199254740992,9007199254740992,4]", "10"), {MEMORY, PARAMETER, SHAPE}},
        {INPUT("[1,8,8]", "9223372036854775807"), {MEMORY, PARAMETER, DOCUMENT}},
        {INPUT("[1,8,8]", "1000000000000"), {MEMORY, PARAMETER}},
        {LAYERS(TEST_HIDDEN "," TEST_OUT ",{\"name\":\"sum\",\"inputs\":[\"hidden\",\"out\"],\"connection\":"
                            "{\"kind\":\"dense\",\"outputs\":10},\"neuron\":{\"model\":\"lif\"}}"), {SHAPE}},
        /* two nodes of one name */
        {LAYERS(TEST_HIDDEN "," TEST_HIDDEN), {DOCUMENT, PARAMETER, UNKNOWN_NAME}},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        long failures = check_failures;
        before_call();
        char sentence[512];
        snprintf(sentence, sizeof sentence, "%s", check_sentence());
        snn_status status = snn_network_create(table[i].json, 1, &out.network);
        check_refused(status, (snn_status[]){table[i].codes[0], table[i].codes[1], table[i].codes[2], table[i].codes[3], SNN_OK},
                      *table[i].json == '{' ? "-" : sentence, "snn_network_create(row of the table)", __LINE__);
        if (failures != check_failures) fprintf(stderr, "    row %zu: %s\n", i, table[i].json);
    }

    REFUSED(snn_network_create(NULL, 1, &out.network), ARGUMENT);
    REFUSED(snn_network_create(TEST_NETWORK, 1, NULL), ARGUMENT);

    /* A document that would exhaust the stack of a recursive parser, and one that is just long. */
    enum { deep = 200000 };
    char *nested = malloc(2 * deep + 1);
    memset(nested, '[', deep);
    memset(nested + deep, ']', deep);
    nested[2 * deep] = 0;
    REFUSED(snn_network_create(nested, 1, &out.network), DOCUMENT);
    for (size_t i = 0; i + 5 < 2 * deep; i += 5) memcpy(nested + i, "{\"a\":", 5);
    REFUSED(snn_network_create(nested, 1, &out.network), DOCUMENT);
    memset(nested, ' ', 2 * deep);
    REFUSED(snn_network_create(nested, 1, &out.network), DOCUMENT);
    free(nested);

    /* Cut off at every byte: never accepted, never a crash. */
    for (size_t length = 0; length + 1 < sizeof TEST_NETWORK; length++) {
        char *cut = malloc(length + 1); /* of its own, so that reading on is seen by the sanitizer */
        memcpy(cut, TEST_NETWORK, length);
        cut[length] = 0;
        REFUSED(snn_network_create(cut, 1, &out.network), DOCUMENT);
        free(cut);
    }
}

static void networks(void) {
    size_t nodes = 0, tensors = 0;
    REFUSED(snn_network_set_threads(NULL, 1), ARGUMENT);
    REFUSED(snn_network_set_threads(network, -1), ARGUMENT);
    REFUSED(snn_network_set_threads(network, 1025), ARGUMENT);
    REFUSED(snn_network_set_threads(network, INT32_MIN), ARGUMENT);
    REFUSED(snn_network_json(NULL, out.text, sizeof out.text, &out.size), ARGUMENT);
    REFUSED(snn_network_json(network, NULL, 10, NULL), ARGUMENT);
    REFUSED(snn_network_plan(NULL, NULL, out.text, sizeof out.text, &out.size), ARGUMENT);
    REFUSED(snn_network_plan(network, "{\"batch\": 0}", out.text, sizeof out.text, &out.size), PARAMETER);
    REFUSED(snn_network_plan(network, "{\"bach\": 1}", out.text, sizeof out.text, &out.size), UNKNOWN_NAME);
    REFUSED(snn_network_plan(network, "{\"memory_budget\": 1}", out.text, sizeof out.text, &out.size), MEMORY);
    REFUSED(snn_network_sizes(NULL, &out.size, &out.size2, &out.size3), ARGUMENT);
    REFUSED(snn_network_seed(NULL, &out.number64), ARGUMENT);
    REFUSED(snn_network_seed(network, NULL), ARGUMENT);
    REFUSED(snn_network_node_count(NULL, &out.size), ARGUMENT);
    REFUSED(snn_network_node_count(network, NULL), ARGUMENT);
    SUCCEEDS(snn_network_node_count(network, &nodes));
    REFUSED(snn_network_node(NULL, 0, &out.string, &out.size, &out.integer), ARGUMENT);
    REFUSED(snn_network_node(network, nodes, &out.string, &out.size, &out.integer), ARGUMENT);
    REFUSED(snn_network_node(network, SIZE_MAX, &out.string, &out.size, &out.integer), ARGUMENT);
    REFUSED(snn_network_tensor_count(NULL, &out.size), ARGUMENT);
    REFUSED(snn_network_tensor_count(network, NULL), ARGUMENT);
    SUCCEEDS(snn_network_tensor_count(network, &tensors));
    REFUSED(snn_network_tensor(NULL, 0, &out.string, &out.writable, &out.shape, &out.size), ARGUMENT);
    REFUSED(snn_network_tensor(network, tensors, &out.string, &out.writable, &out.shape, &out.size), ARGUMENT);
    REFUSED(snn_network_tensor(network, SIZE_MAX, &out.string, &out.writable, &out.shape, &out.size), ARGUMENT);

    /* A text buffer that is too small: nothing past its capacity, and what is there ends with a zero. */
    before_call();
    CHECK(snn_network_json(network, out.text, 8, NULL) == SHAPE);
    CHECK(memcmp(out.text + 8, untouched.text + 8, sizeof out.text - 8) == 0);
    CHECK(memcmp(out.text, untouched.text, 8) == 0 || memchr(out.text, 0, 8) != NULL);

#define PREDICT(NETWORK, INPUTS, INPUT_COUNT, BATCH, SCORES, SCORE_COUNT)                                              \
    snn_network_predict(NETWORK, INPUTS, INPUT_COUNT, BATCH, 0, SCORES, SCORE_COUNT)
    REFUSED(PREDICT(NULL, inputs, 128, 2, out.floats, 20), ARGUMENT);
    REFUSED(PREDICT(network, NULL, 128, 2, out.floats, 20), ARGUMENT);
    REFUSED(PREDICT(network, inputs, 128, 2, NULL, 20), ARGUMENT);
    REFUSED(PREDICT(network, inputs, 0, 0, out.floats, 0), ARGUMENT);
    REFUSED(PREDICT(network, inputs, 128, 0, out.floats, 20), ARGUMENT);
    REFUSED(PREDICT(network, inputs, 127, 2, out.floats, 20), SHAPE);
    REFUSED(PREDICT(network, inputs, 129, 2, out.floats, 20), SHAPE);
    REFUSED(PREDICT(network, inputs, 0, 2, out.floats, 20), SHAPE);
    REFUSED(PREDICT(network, inputs, 128, 2, out.floats, 19), SHAPE);
    REFUSED(PREDICT(network, inputs, 128, 2, out.floats, 21), SHAPE);
    REFUSED(PREDICT(network, inputs, 128, 2, out.floats, 0), SHAPE);
    REFUSED(PREDICT(network, inputs, 128, 3, out.floats, 20), SHAPE);
    REFUSED(PREDICT(network, inputs, SIZE_MAX, 2, out.floats, 20), SHAPE);
    REFUSED(PREDICT(network, inputs, 128, SIZE_MAX, out.floats, 20), SHAPE, ARGUMENT, MEMORY);
    /* Products that wrap around to the very counts that are given. */
    REFUSED(PREDICT(network, inputs, 0, (size_t)1 << 58, out.floats, 0), SHAPE, ARGUMENT, MEMORY);
    REFUSED(PREDICT(network, inputs, 64, ((size_t)1 << 58) + 1, out.floats, 10), SHAPE, ARGUMENT, MEMORY);
    REFUSED(PREDICT(network, with(NAN), 128, 2, out.floats, 20), NOT_FINITE);
    REFUSED(PREDICT(network, with(INFINITY), 128, 2, out.floats, 20), NOT_FINITE);
    REFUSED(PREDICT(network, with(-INFINITY), 128, 2, out.floats, 20), NOT_FINITE);
    RETURNS(snn_network_predict(network, with(3e38f), 128, 2, 0, scores, 20));
    RETURNS(snn_network_predict(network, inputs, 128, 2, UINT64_MAX, scores, 20));

    REFUSED(snn_network_result_size(NULL, "scores", &out.size), ARGUMENT);
    REFUSED(snn_network_result_size(network, NULL, &out.size), ARGUMENT);
    REFUSED(snn_network_result_size(network, "scores", NULL), ARGUMENT);
    REFUSED(snn_network_result_size(network, "moods", &out.size), UNKNOWN_NAME);
    REFUSED(snn_network_result_size(network, "", &out.size), UNKNOWN_NAME);

    static float other[40];
    const char *const names[] = {"scores", "class"}, *const no_name[] = {"scores", NULL}, *const strange[] = {"scores", "moods"};
    float *const results[] = {out.floats, out.floats + 100}, *const no_result[] = {out.floats, NULL};
    const size_t counts[] = {20, 2}, wrong[] = {20, 3}, wrong_too[] = {19, 2};
#define RESULTS(NETWORK, INPUTS, INPUT_COUNT, BATCH, NAMES, RESULTS, COUNTS)                                           \
    snn_network_predict_results(NETWORK, INPUTS, INPUT_COUNT, BATCH, 0, NAMES, RESULTS, COUNTS, 2)
    REFUSED(RESULTS(NULL, inputs, 128, 2, names, results, counts), ARGUMENT);
    REFUSED(RESULTS(network, NULL, 128, 2, names, results, counts), ARGUMENT);
    REFUSED(RESULTS(network, inputs, 128, 0, names, results, counts), ARGUMENT);
    REFUSED(RESULTS(network, inputs, 128, 2, NULL, results, counts), ARGUMENT);
    REFUSED(RESULTS(network, inputs, 128, 2, names, NULL, counts), ARGUMENT);
    REFUSED(RESULTS(network, inputs, 128, 2, names, results, NULL), ARGUMENT);
    REFUSED(RESULTS(network, inputs, 128, 2, no_name, results, counts), ARGUMENT);
    REFUSED(RESULTS(network, inputs, 128, 2, names, no_result, counts), ARGUMENT);
    REFUSED(RESULTS(network, inputs, 128, 2, strange, results, counts), UNKNOWN_NAME);
    REFUSED(RESULTS(network, inputs, 128, 2, names, results, wrong), SHAPE);
    REFUSED(RESULTS(network, inputs, 128, 2, names, results, wrong_too), SHAPE);
    REFUSED(RESULTS(network, inputs, 127, 2, names, results, counts), SHAPE);
    REFUSED(RESULTS(network, with(NAN), 128, 2, names, results, counts), NOT_FINITE);
    RETURNS(snn_network_predict_results(network, inputs, 128, 2, 0, names, (float *const[]){other, other}, counts, 0));
}

static void recordings(void) {
    static const char spikes[] = "{\"nodes\":[\"hidden\"],\"spikes\":true,\"potentials\":false}";
#define RECORD(NETWORK, INPUTS, COUNT, BATCH, JSON) snn_network_record(NETWORK, INPUTS, COUNT, BATCH, 0, JSON, &out.recording)
    REFUSED(RECORD(NULL, inputs, 128, 2, NULL), ARGUMENT);
    REFUSED(RECORD(network, NULL, 128, 2, NULL), ARGUMENT);
    REFUSED(snn_network_record(network, inputs, 128, 2, 0, NULL, NULL), ARGUMENT);
    REFUSED(RECORD(network, inputs, 0, 0, NULL), ARGUMENT);
    REFUSED(RECORD(network, inputs, 127, 2, NULL), SHAPE);
    REFUSED(RECORD(network, inputs, 0, (size_t)1 << 58, NULL), SHAPE, ARGUMENT, MEMORY);
    REFUSED(RECORD(network, with(NAN), 128, 2, NULL), NOT_FINITE);
    REFUSED(RECORD(network, inputs, 128, 2, ""), DOCUMENT);
    REFUSED(RECORD(network, inputs, 128, 2, "[]"), DOCUMENT);
    REFUSED(RECORD(network, inputs, 128, 2, "{\"nodes\":\"hidden\"}"), DOCUMENT);
    REFUSED(RECORD(network, inputs, 128, 2, "{\"nodes\":[\"nobody\"]}"), UNKNOWN_NAME);
    REFUSED(RECORD(network, inputs, 128, 2, "{\"knots\":[\"hidden\"]}"), UNKNOWN_NAME);
    REFUSED(RECORD(network, inputs, 128, 2, "{\"byte_budget\":1}"), MEMORY);
    REFUSED(RECORD(network, inputs, 128, 2, "{\"byte_budget\":-1}"), PARAMETER);

    snn_recording *recording = NULL;
    if (!SUCCEEDS(snn_network_record(network, inputs, 128, 2, 0, spikes, &recording))) return;
    REFUSED(snn_recording_spikes(NULL, "hidden", &out.spikes, &out.scale, &out.shape), ARGUMENT);
    REFUSED(snn_recording_spikes(recording, NULL, &out.spikes, &out.scale, &out.shape), ARGUMENT);
    REFUSED(snn_recording_spikes(recording, "nobody", &out.spikes, &out.scale, &out.shape), UNKNOWN_NAME);
    REFUSED(snn_recording_spikes(recording, "out", &out.spikes, &out.scale, &out.shape), STATE);
    REFUSED(snn_recording_potentials(NULL, "hidden", &out.values, &out.shape), ARGUMENT);
    REFUSED(snn_recording_potentials(recording, NULL, &out.values, &out.shape), ARGUMENT);
    REFUSED(snn_recording_potentials(recording, "nobody", &out.values, &out.shape), UNKNOWN_NAME);
    REFUSED(snn_recording_potentials(recording, "hidden", &out.values, &out.shape), STATE);
    snn_recording_free(recording);
}

static void sessions(void) {
    snn_session *session = NULL;
    REFUSED(snn_session_create(NULL, 1, 0, &out.session), ARGUMENT);
    REFUSED(snn_session_create(network, 1, 0, NULL), ARGUMENT);
    REFUSED(snn_session_create(network, 0, 0, &out.session), ARGUMENT);
    REFUSED(snn_session_create(network, (size_t)1 << 58, 0, &out.session), MEMORY, ARGUMENT);
    REFUSED(snn_session_create(network, SIZE_MAX, 0, &out.session), MEMORY, ARGUMENT);
    if (!SUCCEEDS(snn_session_create(network, 2, 0, &session))) return;
    REFUSED(snn_session_step(NULL, inputs, 128), ARGUMENT);
    REFUSED(snn_session_step(session, NULL, 0), STATE);
    REFUSED(snn_session_step(session, NULL, 128), ARGUMENT);
    REFUSED(snn_session_step(session, inputs, 127), SHAPE);
    REFUSED(snn_session_step(session, inputs, 0), SHAPE);
    REFUSED(snn_session_step(session, inputs, SIZE_MAX), SHAPE);
    REFUSED(snn_session_step(session, with(NAN), 128), NOT_FINITE);
    REFUSED(snn_session_scores(session, out.floats, 20), STATE);
    REFUSED(snn_session_output(session, "hidden", out.floats, 64), STATE);
    uint64_t steps = 9;
    SUCCEEDS(snn_session_steps(session, &steps));
    CHECK(steps == 0); /* refused steps do not count */
    SUCCEEDS(snn_session_step(session, inputs, 128));
    REFUSED(snn_session_scores(NULL, out.floats, 20), ARGUMENT);
    REFUSED(snn_session_scores(session, NULL, 20), ARGUMENT);
    REFUSED(snn_session_scores(session, out.floats, 19), SHAPE);
    REFUSED(snn_session_scores(session, out.floats, 21), SHAPE);
    REFUSED(snn_session_output(NULL, "hidden", out.floats, 64), ARGUMENT);
    REFUSED(snn_session_output(session, NULL, out.floats, 64), ARGUMENT);
    REFUSED(snn_session_output(session, "hidden", NULL, 64), ARGUMENT);
    REFUSED(snn_session_output(session, "nobody", out.floats, 64), UNKNOWN_NAME);
    REFUSED(snn_session_output(session, "hidden", out.floats, 63), SHAPE);
    REFUSED(snn_session_steps(NULL, &out.number64), ARGUMENT);
    REFUSED(snn_session_steps(session, NULL), ARGUMENT);
    REFUSED(snn_session_reset(NULL), ARGUMENT);
    snn_session_free(session);
}

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

static void events_of_samples(void) {
    static uint64_t offsets[] = {0, 2, 2, 5};
    static uint32_t steps[] = {0, 9, 3, 3, 3}, neurons[] = {63, 0, 7, 7, 8};
    static const uint64_t descending[] = {0, 3, 2, 5}, beyond[] = {0, 2, 2, 6}, far[] = {0, UINT64_MAX, UINT64_MAX, UINT64_MAX},
                          wrapping[] = {0, (uint64_t)1 << 63, 2, 5}, none[] = {0, 0};
#define EVENTS(OFFSETS, OFFSET_COUNT, STEPS, NEURONS, COUNT)                                                           \
    snn_events_create(OFFSETS, OFFSET_COUNT, STEPS, NEURONS, COUNT, &out.events)
    REFUSED(EVENTS(NULL, 4, steps, neurons, 5), ARGUMENT);
    REFUSED(EVENTS(offsets, 4, NULL, neurons, 5), ARGUMENT);
    REFUSED(EVENTS(offsets, 4, steps, NULL, 5), ARGUMENT);
    REFUSED(snn_events_create(offsets, 4, steps, neurons, 5, NULL), ARGUMENT);
    REFUSED(EVENTS(offsets, 0, steps, neurons, 5), ARGUMENT);
    REFUSED(EVENTS(offsets, 1, steps, neurons, 5), ARGUMENT);
    REFUSED(EVENTS(offsets, SIZE_MAX, steps, neurons, 5), ARGUMENT, MEMORY);
    REFUSED(EVENTS(offsets, (size_t)1 << 61, steps, neurons, 5), MEMORY);
    REFUSED(EVENTS(offsets, (size_t)1 << 62, steps, neurons, 5), MEMORY);
    REFUSED(EVENTS(offsets, (size_t)SIZE_MAX / 2, steps, neurons, 5), MEMORY);
    REFUSED(EVENTS(offsets, 4, steps, neurons, SIZE_MAX), ARGUMENT);
    REFUSED(EVENTS(offsets, 4, steps, neurons, 4), SHAPE);
    REFUSED(EVENTS(offsets, 4, steps, neurons, 0), SHAPE);
    REFUSED(EVENTS(descending, 4, steps, neurons, 5), SHAPE);
    REFUSED(EVENTS(beyond, 4, steps, neurons, 5), SHAPE);
    REFUSED(EVENTS(far, 4, steps, neurons, 5), SHAPE);
    REFUSED(EVENTS(wrapping, 4, steps, neurons, 5), SHAPE);

    snn_network *taker = test_network(TEST_NETWORK_OF("{\"kind\":\"events\"}", TEST_HIDDEN "," TEST_OUT, TEST_SPIKE_COUNT), 1);
    snn_trainer *trainer = NULL, *values = NULL, *of_values = NULL;
    snn_events *events = NULL, *empty = NULL;
    snn_dataset *dataset = NULL, *misfit = NULL;
    SUCCEEDS(snn_trainer_create(taker, NULL, 1, &trainer));
    SUCCEEDS(snn_trainer_create(taker, "{\"loss\":{\"kind\":\"mean_squared_error\"}}", 1, &values));
    SUCCEEDS(snn_trainer_create(network, NULL, 1, &of_values));
    SUCCEEDS(snn_events_create(none, 2, NULL, NULL, 0, &empty));
    if (!SUCCEEDS(snn_events_create(offsets, 4, steps, neurons, 5, &events))) return;
    offsets[1] = UINT64_MAX; /* offsets were copied */
    SUCCEEDS(snn_network_predict_events(taker, empty, 0, scores, 10));
    SUCCEEDS(snn_network_predict_events(taker, events, 0, scores, 30));

    static float targets[30];
    static const int32_t low[3] = {0, -1, 2}, high[3] = {0, 1, 10};
    const char *const names[] = {"scores", "class"}, *const strange[] = {"scores", "moods"}, *const no_name[] = {NULL, "class"};
    float *const results[] = {out.floats, out.floats + 100}, *const no_result[] = {out.floats, NULL};
    const size_t counts[] = {30, 3}, wrong[] = {30, 2};
#define PREDICT_EVENTS(NETWORK, EVENTS, SCORES, COUNT) snn_network_predict_events(NETWORK, EVENTS, 0, SCORES, COUNT)
#define RESULTS_EVENTS(NETWORK, EVENTS, NAMES, RESULTS, COUNTS, COUNT)                                                 \
    snn_network_predict_results_events(NETWORK, EVENTS, 0, NAMES, RESULTS, COUNTS, COUNT)
#define RECORD_EVENTS(NETWORK, EVENTS, JSON) snn_network_record_events(NETWORK, EVENTS, 0, JSON, &out.recording)
#define BOTH_EVENTS(CODE, TRAINER, EVENTS, LABELS, COUNT)                                                              \
    do {                                                                                                               \
        REFUSED(snn_trainer_train_batch_events(TRAINER, EVENTS, LABELS, COUNT, &out.number), CODE);                     \
        REFUSED(snn_trainer_gradients_events(TRAINER, EVENTS, LABELS, COUNT, &out.number), CODE);                       \
    } while (0)
#define BOTH_VALUES(CODE, TRAINER, EVENTS, TARGETS, COUNT)                                                             \
    do {                                                                                                               \
        REFUSED(snn_trainer_train_batch_values_events(TRAINER, EVENTS, TARGETS, COUNT, &out.number), CODE);             \
        REFUSED(snn_trainer_gradients_values_events(TRAINER, EVENTS, TARGETS, COUNT, &out.number), CODE);               \
    } while (0)
#define SET(EVENTS, STEPS, NEURONS, LABELS, COUNT, CLASSES)                                                            \
    snn_dataset_from_events(EVENTS, STEPS, NEURONS, LABELS, COUNT, CLASSES, &out.dataset)
    REFUSED(PREDICT_EVENTS(NULL, events, out.floats, 30), ARGUMENT);
    REFUSED(PREDICT_EVENTS(taker, NULL, out.floats, 30), ARGUMENT);
    REFUSED(PREDICT_EVENTS(taker, events, NULL, 30), ARGUMENT);
    REFUSED(PREDICT_EVENTS(taker, events, out.floats, 29), SHAPE);
    REFUSED(PREDICT_EVENTS(taker, events, out.floats, 0), SHAPE);
    REFUSED(PREDICT_EVENTS(taker, events, out.floats, SIZE_MAX), SHAPE);
    REFUSED(PREDICT_EVENTS(network, events, out.floats, 30), NOT_SUPPORTED);
    REFUSED(RESULTS_EVENTS(NULL, events, names, results, counts, 2), ARGUMENT);
    REFUSED(RESULTS_EVENTS(taker, NULL, names, results, counts, 2), ARGUMENT);
    REFUSED(RESULTS_EVENTS(taker, events, NULL, results, counts, 2), ARGUMENT);
    REFUSED(RESULTS_EVENTS(taker, events, names, NULL, counts, 2), ARGUMENT);
    REFUSED(RESULTS_EVENTS(taker, events, names, results, NULL, 2), ARGUMENT);
    REFUSED(RESULTS_EVENTS(taker, events, no_name, results, counts, 2), ARGUMENT);
    REFUSED(RESULTS_EVENTS(taker, events, names, no_result, counts, 2), ARGUMENT);
    REFUSED(RESULTS_EVENTS(taker, events, names, results, counts, 0), ARGUMENT);
    REFUSED(RESULTS_EVENTS(taker, events, strange, results, counts, 2), UNKNOWN_NAME);
    REFUSED(RESULTS_EVENTS(taker, events, names, results, wrong, 2), SHAPE);
    REFUSED(RESULTS_EVENTS(network, events, names, results, counts, 2), NOT_SUPPORTED);
    REFUSED(RECORD_EVENTS(NULL, events, NULL), ARGUMENT);
    REFUSED(RECORD_EVENTS(taker, NULL, NULL), ARGUMENT);
    REFUSED(snn_network_record_events(taker, events, 0, NULL, NULL), ARGUMENT);
    REFUSED(RECORD_EVENTS(taker, events, "{"), DOCUMENT);
    REFUSED(RECORD_EVENTS(taker, events, "{\"nodes\":[\"nobody\"]}"), UNKNOWN_NAME);
    REFUSED(RECORD_EVENTS(network, events, NULL), NOT_SUPPORTED);
    BOTH_EVENTS(ARGUMENT, NULL, events, labels, 3);
    BOTH_EVENTS(ARGUMENT, trainer, NULL, labels, 3);
    BOTH_EVENTS(ARGUMENT, trainer, events, NULL, 3);
    BOTH_EVENTS(SHAPE, trainer, events, labels, 2);
    BOTH_EVENTS(SHAPE, trainer, events, labels, SIZE_MAX);
    BOTH_EVENTS(PARAMETER, trainer, events, low, 3);
    BOTH_EVENTS(PARAMETER, trainer, events, high, 3);
    BOTH_EVENTS(NOT_SUPPORTED, of_values, events, labels, 3);
    BOTH_VALUES(ARGUMENT, NULL, events, targets, 30);
    BOTH_VALUES(ARGUMENT, values, NULL, targets, 30);
    BOTH_VALUES(ARGUMENT, values, events, NULL, 30);
    BOTH_VALUES(SHAPE, values, events, targets, 29);
    BOTH_VALUES(NOT_SUPPORTED, trainer, events, targets, 30);
    targets[4] = NAN;
    BOTH_VALUES(NOT_FINITE, values, events, targets, 30);
    REFUSED(SET(NULL, 10, 64, labels, 3, 10), ARGUMENT);
    REFUSED(SET(events, 10, 64, NULL, 3, 10), ARGUMENT);
    REFUSED(snn_dataset_from_events(events, 10, 64, labels, 3, 10, NULL), ARGUMENT);
    REFUSED(SET(events, 0, 64, labels, 3, 10), ARGUMENT);
    REFUSED(SET(events, 10, 0, labels, 3, 10), ARGUMENT);
    REFUSED(SET(events, SIZE_MAX, 64, labels, 3, 10), ARGUMENT);
    REFUSED(SET(events, (size_t)1 << 62, (size_t)1 << 62, labels, 3, 10), SHAPE);
    REFUSED(SET(events, (size_t)1 << 57, 64, labels, 3, 10), SHAPE);
    REFUSED(SET(events, 10, 64, labels, 2, 10), SHAPE);
    REFUSED(SET(events, 10, 64, labels, 4, 10), SHAPE);
    REFUSED(SET(events, 10, 64, labels, 3, 0), ARGUMENT);
    REFUSED(SET(events, 10, 64, labels, 3, 3), PARAMETER);
    REFUSED(SET(events, 10, 64, low, 3, 10), PARAMETER);
    REFUSED(SET(events, 9, 64, labels, 3, 10), PARAMETER);
    REFUSED(SET(events, 10, 63, labels, 3, 10), PARAMETER);
    SUCCEEDS(snn_dataset_from_events(events, 10, 64, labels, 3, 10, &dataset));
    SUCCEEDS(snn_dataset_from_events(events, 64, 64, labels, 3, 10, &misfit));
    REFUSED(snn_network_evaluate(taker, misfit, NULL, NULL, &out.report), SHAPE);
    REFUSED(snn_network_evaluate(network, dataset, NULL, NULL, &out.report), NOT_SUPPORTED);
    REFUSED(snn_trainer_fit(of_values, dataset, 1, NULL, NULL, &out.report), NOT_SUPPORTED);

    /* Every event is looked at whenever it is used: it is the caller's memory. */
    static const uint32_t bad[][2] = {{10, 0}, {UINT32_MAX, 0}, {0, 64}, {0, UINT32_MAX}, {UINT32_MAX, UINT32_MAX}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint32_t step = steps[4], neuron = neurons[4];
        steps[4] = bad[i][0], neurons[4] = bad[i][1];
        REFUSED(PREDICT_EVENTS(taker, events, out.floats, 30), PARAMETER);
        CHECK(strstr(check_sentence(), "sample 2, event 2") != NULL);
        REFUSED(RESULTS_EVENTS(taker, events, names, results, counts, 2), PARAMETER);
        REFUSED(RECORD_EVENTS(taker, events, NULL), PARAMETER);
        BOTH_EVENTS(PARAMETER, trainer, events, labels, 3);
        REFUSED(SET(events, 10, 64, labels, 3, 10), PARAMETER);
        REFUSED(snn_network_evaluate(taker, dataset, NULL, NULL, &out.report), PARAMETER);
        REFUSED(snn_trainer_fit(trainer, dataset, 1, NULL, NULL, &out.report), PARAMETER);
        RETURNS(snn_dataset_sample(dataset, 2, (float[640]){0}, 640, NULL));
        steps[4] = step, neurons[4] = neuron;
    }

    /* The same network with rows: whole numbers and nothing else. */
    static float rows[2 * 640];
    static const float strange_values[] = {0.5f, 2, -1};
    for (size_t i = 0; i < sizeof strange_values / sizeof *strange_values; i++) {
        rows[700] = strange_values[i];
        REFUSED(snn_network_predict(taker, rows, 1280, 2, 0, out.floats, 20), PARAMETER);
        REFUSED(snn_trainer_train_batch(trainer, rows, 1280, labels, 2, 2, &out.number), PARAMETER);
    }
    rows[700] = NAN;
    REFUSED(snn_network_predict(taker, rows, 1280, 2, 0, out.floats, 20), NOT_FINITE);

    snn_dataset_free(misfit);
    snn_dataset_free(dataset);
    snn_events_free(empty);
    snn_events_free(events);
    snn_trainer_free(of_values);
    snn_trainer_free(values);
    snn_trainer_free(trainer);
    snn_network_free(taker);
}

static void few_spikes(void) {
    double x[3] = {0, 1, 2}, y[3] = {0, 1, 4}, weights[3] = {1, 0, -1}, back[3] = {0, 2, 1}, wild[3] = {0, NAN, 1};
    float *t = out.floats, *h = out.floats + 40, *d = out.floats + 80;
    const char *silu = "{\"function\":\"silu\"}";
#define FIT(json, x, y, weights, points, steps) snn_fs_fit(json, x, y, weights, points, NULL, NULL, t, h, d, steps, &out.report)
    REFUSED(FIT(NULL, NULL, NULL, NULL, 0, 4), ARGUMENT);
    REFUSED(FIT("{", NULL, NULL, NULL, 0, 4), DOCUMENT);
    REFUSED(FIT("{\"steps\":4}", NULL, NULL, NULL, 0, 4), UNKNOWN_NAME);
    REFUSED(FIT("{\"function\":\"swish\"}", NULL, NULL, NULL, 0, 4), UNKNOWN_NAME);
    REFUSED(FIT("{\"function\":\"silu\",\"method\":\"magic\"}", NULL, NULL, NULL, 0, 4), UNKNOWN_NAME);
    REFUSED(FIT("{\"function\":\"silu\",\"weighting\":\"magic\"}", NULL, NULL, NULL, 0, 4), UNKNOWN_NAME);
    REFUSED(FIT("{\"function\":\"silu\",\"comparison\":\"below\"}", NULL, NULL, NULL, 0, 4), UNKNOWN_NAME);
    REFUSED(FIT("{\"function\":\"silu\",\"low\":3,\"high\":3}", NULL, NULL, NULL, 0, 4), PARAMETER);
    REFUSED(FIT("{\"function\":\"silu\",\"moves\":0}", NULL, NULL, NULL, 0, 4), PARAMETER);
    REFUSED(FIT("{\"function\":\"silu\",\"spike_price\":-1}", NULL, NULL, NULL, 0, 4), PARAMETER);
    REFUSED(FIT("{\"function\":\"silu\",\"threads\":-1}", NULL, NULL, NULL, 0, 4), ARGUMENT);
    REFUSED(FIT("{\"function\":\"silu\",\"mean\":1}", NULL, NULL, NULL, 0, 4), ARGUMENT);
    REFUSED(FIT("{\"function\":\"silu\",\"method\":\"surrogate\",\"spike_price\":1}", NULL, NULL, NULL, 0, 4),
            SNN_E_NOT_SUPPORTED);
    REFUSED(FIT(silu, NULL, NULL, NULL, 0, 0), ARGUMENT);
    REFUSED(FIT(silu, NULL, NULL, NULL, 0, 33), PARAMETER);
    REFUSED(FIT(silu, NULL, NULL, NULL, 0, (size_t)-1), ARGUMENT);
    REFUSED(FIT(silu, x, NULL, NULL, 0, 4), ARGUMENT);
    REFUSED(FIT(silu, x, y, NULL, 3, 4), ARGUMENT); /* a function and points */
    REFUSED(FIT(NULL, x, NULL, NULL, 3, 4), ARGUMENT);
    REFUSED(FIT(NULL, NULL, y, NULL, 3, 4), ARGUMENT);
    REFUSED(FIT(NULL, x, y, NULL, 1, 4), SHAPE);
    REFUSED(FIT(NULL, x, y, NULL, (size_t)-1, 4), ARGUMENT);
    REFUSED(FIT(NULL, x, y, weights, 3, 4), PARAMETER);
    REFUSED(FIT(NULL, back, y, NULL, 3, 4), PARAMETER);
    REFUSED(FIT(NULL, x, wild, NULL, 3, 4), SNN_E_NOT_FINITE);
    REFUSED(FIT("{\"weighting\":\"normal\"}", x, y, x, 3, 4), ARGUMENT);
    REFUSED(snn_fs_fit(silu, NULL, NULL, NULL, 0, NULL, NULL, NULL, h, d, 4, &out.report), ARGUMENT);
    REFUSED(snn_fs_fit(silu, NULL, NULL, NULL, 0, NULL, NULL, t, NULL, d, 4, &out.report), ARGUMENT);
    REFUSED(snn_fs_fit(silu, NULL, NULL, NULL, 0, NULL, NULL, t, h, NULL, 4, &out.report), ARGUMENT);
#undef FIT
}

static void conversions(void) {
    static const char analog_json[] =
        "{\"input\":{\"shape\":[64]},\"readout\":\"membrane\",\"layers\":[{\"name\":\"hidden\",\"connection\":{\"kind\":"
        "\"dense\",\"outputs\":8},\"neuron\":\"relu\"},{\"name\":\"out\",\"connection\":{\"kind\":\"dense\",\"outputs\":10},"
        "\"neuron\":\"relu.identity\"}]}";
    static const uint64_t offsets[] = {0, 1};
    static const uint32_t step = 0, neuron = 1;
    snn_network *analog = test_network(analog_json, 1), *spiking = NULL;
    snn_dataset *dataset = NULL, *misfit = NULL, *crowd = NULL, *timed = NULL;
    snn_events *events = NULL;
    snn_report *report = NULL, *other = NULL;
    SUCCEEDS(snn_dataset_from_arrays(inputs, 4, 64, labels, 10, &dataset));
    SUCCEEDS(snn_dataset_from_arrays(inputs, 4, 63, labels, 10, &misfit));
    SUCCEEDS(snn_dataset_from_arrays(inputs, 4, 64, labels, 11, &crowd));
    SUCCEEDS(snn_events_create(offsets, 2, &step, &neuron, 1, &events));
    SUCCEEDS(snn_dataset_from_events(events, 1, 64, labels, 1, 10, &timed));
#define CONVERT(NETWORK, JSON, DATA) snn_network_convert(NETWORK, JSON, DATA, NULL, NULL, &out.network, &out.report)
    REFUSED(CONVERT(NULL, "{\"to\":\"fs\"}", dataset), ARGUMENT);
    REFUSED(CONVERT(analog, NULL, dataset), ARGUMENT);
    REFUSED(CONVERT(analog, "{\"to\":\"fs\"}", NULL), ARGUMENT);
    REFUSED(snn_network_convert(analog, "{\"to\":\"fs\"}", dataset, NULL, NULL, NULL, &out.report), ARGUMENT);
    REFUSED(CONVERT(analog, "{\"to\":\"fs\"}", misfit), SHAPE);
    REFUSED(CONVERT(analog, "{\"to\":\"fs\"}", crowd), SHAPE);
    REFUSED(CONVERT(analog, "{\"to\":\"fs\"}", timed), NOT_SUPPORTED);
    REFUSED(CONVERT(network, "{\"to\":\"fs\"}", dataset), NOT_SUPPORTED); /* its neurons spike already */
    REFUSED(CONVERT(analog, "{\"to\":\"relu\"}", dataset), NOT_SUPPORTED);
    REFUSED(CONVERT(analog, "{\"to\":\"relu\",\"report_samples\":4}", dataset), NOT_SUPPORTED);
    static const struct {
        const char *json;
        snn_status code;
    } table[] = {
        {"", DOCUMENT},
        {"{", DOCUMENT},
        {"[]", DOCUMENT},
        {"{}", DOCUMENT},
        {"{\"to\":7}", DOCUMENT},
        {"{\"to\":\"morse\"}", UNKNOWN_NAME},
        {"{\"to\":\"\"}", UNKNOWN_NAME},
        {"{\"to\":\"fs\",\"step\":4}", UNKNOWN_NAME},
        {"{\"to\":\"fs\",\"kind\":\"convert\"}", UNKNOWN_NAME},
        {"{\"to\":\"fs\",\"steps\":0}", PARAMETER},
        {"{\"to\":\"fs\",\"steps\":-1}", PARAMETER},
        {"{\"to\":\"fs\",\"steps\":2.5}", DOCUMENT},
        {"{\"to\":\"if\",\"steps\":1048577}", PARAMETER},
        {"{\"to\":\"ttfs\",\"steps\":4}", ARGUMENT},
        {"{\"to\":\"fs\",\"percentile\":NaN}", DOCUMENT},
        {"{\"to\":\"fs\",\"percentile\":101}", PARAMETER},
        {"{\"to\":\"if\",\"percentile\":-1}", PARAMETER},
        {"{\"to\":\"if\",\"margin\":0}", PARAMETER},
        {"{\"to\":\"if\",\"margin\":-1}", PARAMETER},
        {"{\"to\":\"fs\",\"shift\":2}", PARAMETER},
        {"{\"to\":\"if\",\"shift\":0.5}", ARGUMENT},
        {"{\"to\":\"fs\",\"low\":0}", ARGUMENT},
        {"{\"to\":\"ttfs\",\"low\":1,\"high\":1}", PARAMETER},
        {"{\"to\":\"ttfs\",\"low\":\"0\"}", DOCUMENT},
        {"{\"to\":\"fs\",\"report_samples\":-1}", PARAMETER},
        {"{\"to\":\"fs\",\"report_samples\":1e99}", DOCUMENT},
        {"{\"to\":\"fs\",\"allowed_loss\":-0.1}", PARAMETER},
        {"{\"to\":\"fs\",\"allowed_loss\":1.1}", PARAMETER},
        {"{\"to\":\"fs\",\"allowed_loss\":\"none\"}", DOCUMENT},
        {"{\"to\":\"fs\",\"page\":7}", DOCUMENT},
        {"{\"to\":\"fs\",\"page\":\"/no/such/folder/page.html\"}", SNN_E_FILE},
        {"{\"to\":\"fs\",\"page\":\"/tmp\"}", SNN_E_FILE},
        {"{\"to\":\"fs\",\"page\":\"\"}", SNN_E_FILE},
        {"{\"to\":\"fs\",\"page\":\"page.html\",\"report_samples\":0}", ARGUMENT},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        long failures = check_failures;
        REFUSED(CONVERT(analog, table[i].json, dataset), table[i].code);
        if (failures != check_failures) fprintf(stderr, "    row %zu: %s\n", i, table[i].json);
    }

    /* Sizes that no report or window needs. */
    RETURNS(snn_network_convert(analog, "{\"to\":\"fs\",\"steps\":1048576,\"report_samples\":0}", dataset, NULL, NULL,
                                &spiking, NULL));
    snn_network_free(spiking);
    spiking = NULL;
    if (!SUCCEEDS(snn_network_convert(analog, "{\"to\":\"fs\",\"report_samples\":9007199254740992}", dataset, NULL, NULL,
                                      &spiking, &report)))
        return;
    SUCCEEDS(snn_network_evaluate(analog, dataset, NULL, NULL, &other));
    snn_conversion_layer layer, before;
    memset(&layer, 0x55, sizeof layer);
    before = layer;
#define LAYER(REPORT, INDEX, SIZE, LAYER) snn_report_conversion_layer(REPORT, INDEX, SIZE, LAYER)
    REFUSED(LAYER(NULL, 0, sizeof layer, &layer), ARGUMENT);
    REFUSED(LAYER(report, 0, sizeof layer, NULL), ARGUMENT);
    REFUSED(LAYER(report, 1, sizeof layer, &layer), ARGUMENT);
    REFUSED(LAYER(report, SIZE_MAX, sizeof layer, &layer), ARGUMENT);
    REFUSED(LAYER(report, 0, 0, &layer), ARGUMENT);
    REFUSED(LAYER(report, 0, sizeof layer - 1, &layer), ARGUMENT);
    REFUSED(LAYER(report, 0, 65536, &layer), ARGUMENT);
    REFUSED(LAYER(report, 0, SIZE_MAX, &layer), ARGUMENT);
    REFUSED(LAYER(other, 0, sizeof layer, &layer), STATE);
    CHECK(memcmp(&layer, &before, sizeof layer) == 0);
    SUCCEEDS(LAYER(report, 0, sizeof layer, &layer));
    /* Sums that overflow: no range, threshold or window has room for them. */
    float *weight = NULL;
    if (SUCCEEDS(snn_network_tensor(analog, 0, NULL, &weight, NULL, NULL))) {
        for (size_t i = 0; i < 64 * 8; i++) weight[i] = 3e38f;
        REFUSED(CONVERT(analog, "{\"to\":\"fs\"}", dataset), STATE);
        REFUSED(CONVERT(analog, "{\"to\":\"if\"}", dataset), PARAMETER, STATE);
        REFUSED(CONVERT(analog, "{\"to\":\"ttfs\"}", dataset), STATE);
        weight[3] = NAN;
        REFUSED(CONVERT(analog, "{\"to\":\"fs\"}", dataset), NOT_FINITE);
    }
    snn_report_free(other);
    snn_report_free(report);
    snn_network_free(spiking);
    snn_dataset_free(timed), snn_dataset_free(crowd), snn_dataset_free(misfit), snn_dataset_free(dataset);
    snn_events_free(events);
    snn_network_free(analog);
}

static void recipes_and_reports(void) {
    snn_report *report = NULL;
    snn_dataset *dataset = NULL;
    REFUSED(snn_recipe_run(NULL, NULL, NULL, NULL, &out.network, &out.report), ARGUMENT);
    REFUSED(snn_recipe_run("digits-gru", NULL, NULL, NULL, &out.network, &out.report), UNKNOWN_NAME);
    REFUSED(snn_recipe_run("", NULL, NULL, NULL, &out.network, &out.report), UNKNOWN_NAME, ARGUMENT, DOCUMENT);
    REFUSED(snn_recipe_run(test_path("absent.json"), NULL, NULL, NULL, &out.network, &out.report), SNN_E_FILE, UNKNOWN_NAME);
    REFUSED(snn_recipe_run("{\"data\":", NULL, NULL, NULL, &out.network, &out.report), DOCUMENT);
    REFUSED(snn_recipe_run("{}", NULL, NULL, NULL, &out.network, &out.report), DOCUMENT);
    REFUSED(snn_recipe_run("digits-lif", "{", NULL, NULL, &out.network, &out.report), DOCUMENT);
    REFUSED(snn_recipe_run("digits-lif", "{\"epoch\":1}", NULL, NULL, &out.network, &out.report), UNKNOWN_NAME);
    REFUSED(snn_recipe_run("digits-lif", "{\"epochs\":-1}", NULL, NULL, &out.network, &out.report), PARAMETER);
    REFUSED(snn_recipe_run("digits-lif", "{\"threads\":-1}", NULL, NULL, &out.network, &out.report), PARAMETER, ARGUMENT);
    REFUSED(snn_recipe_run("digits-lif", "{\"epochs\":1,\"resume\":\"/no/such/file\"}", NULL, NULL, &out.network, &out.report),
            SNN_E_FILE);

    SUCCEEDS(snn_dataset_from_arrays(inputs, 4, 64, labels, 10, &dataset));
    if (!SUCCEEDS(snn_network_evaluate(network, dataset, NULL, NULL, &report))) return;
    REFUSED(snn_report_number(NULL, "accuracy", &out.number), ARGUMENT);
    REFUSED(snn_report_number(report, NULL, &out.number), ARGUMENT);
    REFUSED(snn_report_number(report, "accuracy", NULL), ARGUMENT);
    REFUSED(snn_report_number(report, "happiness", &out.number), UNKNOWN_NAME);
    CHECK(strstr(check_sentence(), "accuracy") != NULL); /* the sentence lists the names */
    REFUSED(snn_report_json(NULL, out.text, sizeof out.text, &out.size), ARGUMENT);
    REFUSED(snn_report_json(report, NULL, 10, NULL), ARGUMENT);
    snn_report_free(report);
    snn_dataset_free(dataset);
}

/* ---------------------------------------------------------------- files */

static void write_file(const char *path, const unsigned char *bytes, size_t count) {
    FILE *file = fopen(path, "wb");
    CHECK(file && fwrite(bytes, 1, count, file) == count);
    if (file) fclose(file);
}

/* A damaged file is refused with CORRUPT or one of the codes of snn_network_create, or still makes a whole network. */
static void load_damaged(const char *path, const unsigned char *bytes, size_t count, const char *what, size_t where) {
    write_file(path, bytes, count);
    before_call();
    snn_status status = snn_network_load(path, &out.network);
    int documented = status == CORRUPT || (status <= SNN_OK && status >= DOCUMENT) || status == NOT_SUPPORTED || status == MEMORY;
    if (!check_that(documented, "a damaged file gets a documented code", __FILE__, __LINE__))
        fprintf(stderr, "    %s at %zu: %s: %s\n", what, where, snn_status_string(status), check_sentence());
    if (status == SNN_OK) {
        snn_status answer = snn_network_predict(out.network, inputs, TEST_PIXELS, 1, 0, scores, TEST_CLASSES);
        CHECK(answer <= SNN_OK);
        snn_network_free(out.network);
    } else {
        CHECK(is_sentence(check_sentence()));
        CHECK(memcmp(&out, &untouched, sizeof out) == 0);
    }
}

static void files(void) {
    const char *path = test_path("whole"), *damaged = test_path("damaged");
    REFUSED(snn_network_save(NULL, path), ARGUMENT);
    REFUSED(snn_network_save(network, NULL), ARGUMENT);
    REFUSED(snn_network_save(network, ""), SNN_E_FILE, ARGUMENT);
    REFUSED(snn_network_save(network, "/no/such/folder/file"), SNN_E_FILE);
    REFUSED(snn_network_load(NULL, &out.network), ARGUMENT);
    REFUSED(snn_network_load(path, &out.network), SNN_E_FILE); /* not there yet */
    REFUSED(snn_network_load("", &out.network), SNN_E_FILE, ARGUMENT);
    REFUSED(snn_network_load("/tmp", &out.network), SNN_E_FILE);
    const char *folder = test_path("folder");
    CHECK(mkdir(folder, 0700) == 0);
    REFUSED(snn_network_save(network, folder), SNN_E_FILE);
    CHECK(rmdir(folder) == 0); /* and the folder is as empty as before */
    char long_path[9000];
    memset(long_path, 'x', sizeof long_path - 1);
    long_path[0] = '/', long_path[sizeof long_path - 1] = 0;
    REFUSED(snn_network_save(network, long_path), SNN_E_FILE);
    REFUSED(snn_network_load(long_path, &out.network), SNN_E_FILE);

    if (!SUCCEEDS(snn_network_save(network, path))) return;
    REFUSED(snn_network_load(path, NULL), ARGUMENT);
    FILE *file = fopen(path, "rb");
    static unsigned char whole[1 << 20], bytes[1 << 20];
    size_t size = file ? fread(whole, 1, sizeof whole, file) : 0;
    if (file) fclose(file);
    if (!CHECK(size > 1000 && size < sizeof whole)) return;
    uint64_t header = 0;
    memcpy(&header, whole, 8); /* safetensors: a 64-bit length, a JSON header, the tensors */
    if (!CHECK(header + 8 < size)) return;

    /* Truncated anywhere, or with something behind it */
    for (size_t length = 0; length < size; length += length < 64 || length + 8 > header ? 1 + length / 40 : 37) {
        write_file(damaged, whole, length);
        REFUSED(snn_network_load(damaged, &out.network), CORRUPT);
    }
    write_file(damaged, whole, size - 1);
    REFUSED(snn_network_load(damaged, &out.network), CORRUPT);
    memcpy(bytes, whole, size);
    bytes[size] = 0;
    write_file(damaged, bytes, size + 1);
    REFUSED(snn_network_load(damaged, &out.network), CORRUPT);

    /* Header lengths that lie */
    static const uint64_t lengths[] = {0, 1, UINT64_MAX, UINT64_MAX - 7, INT64_MAX, (uint64_t)1 << 40};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        memcpy(bytes, whole, size);
        memcpy(bytes, &lengths[i], 8);
        write_file(damaged, bytes, size);
        REFUSED(snn_network_load(damaged, &out.network), CORRUPT);
    }

    /* One byte changed: every byte up to the end of the header, then here and there */
    for (size_t i = 0; i < size; i += i < header + 8 ? 1 : 997) {
        static const unsigned char flips[] = {0x01, 0x80, 0xff};
        memcpy(bytes, whole, size);
        bytes[i] ^= flips[i % 3];
        load_damaged(damaged, bytes, size, "flipped byte", i);
    }
    /* Digits of the header (offsets, shapes, numbers of the document) replaced by 9: as absurd as the place allows */
    for (size_t i = 8; i < header + 8; i++) {
        if (whole[i] < '0' || whole[i] > '9') continue;
        memcpy(bytes, whole, size);
        for (size_t j = i; j < header + 8 && bytes[j] >= '0' && bytes[j] <= '9'; j++) bytes[j] = '9';
        load_damaged(damaged, bytes, size, "digits", i);
    }
    /* Noise, and a text file */
    uint64_t seed = 7;
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < 2000; i++) bytes[i] = (unsigned char)test_random(&seed);
        if (round % 2) memcpy(bytes, (const uint64_t[]){1000 + (uint64_t)round}, 8), bytes[8] = '{';
        write_file(damaged, bytes, 2000);
        REFUSED(snn_network_load(damaged, &out.network), CORRUPT);
    }
    write_file(damaged, (const unsigned char *)TEST_NETWORK, sizeof TEST_NETWORK);
    REFUSED(snn_network_load(damaged, &out.network), CORRUPT);

    /* The same damage to a checkpoint leaves the trainer as it was. */
    snn_network *copy = NULL;
    snn_trainer *trainer = NULL;
    SUCCEEDS(snn_network_load(path, &copy));
    SUCCEEDS(snn_trainer_create(copy, NULL, 1, &trainer));
    SUCCEEDS(snn_trainer_save(trainer, path));
    file = fopen(path, "rb");
    size = file ? fread(whole, 1, sizeof whole, file) : 0;
    if (file) fclose(file);
    CHECK(size > 1000);
    for (size_t length = 0; length < size; length += 1 + size / 60) {
        write_file(damaged, whole, length);
        REFUSED(snn_trainer_resume(trainer, damaged), CORRUPT);
    }
    CHECK(test_same_weights(copy, network));
    snn_trainer_free(trainer);
    snn_network_free(copy);
}

static void freeing_nothing(void) {
    for (int round = 0; round < 2; round++) {
        snn_network_free(NULL);
        snn_dataset_free(NULL);
        snn_trainer_free(NULL);
        snn_events_free(NULL);
        snn_session_free(NULL);
        snn_recording_free(NULL);
        snn_report_free(NULL);
    }
}

int main(void) {
    memset(&untouched, 0xa5, sizeof untouched);
    CHECK(snn_last_error() != NULL && *check_sentence() == 0); /* "" before the first failure */
    test_fill(inputs, sizeof inputs / sizeof *inputs, 1);
    freeing_nothing();
    versions_and_components();
    documents();
    network = test_network(TEST_NETWORK, 1);
    snn_network *before = test_network(TEST_NETWORK, 1);
    if (!network || !before) return check_report("bad_input");
    networks();
    recordings();
    sessions();
    data_sets();
    trainers();
    events_of_samples();
    few_spikes();
    conversions();
    recipes_and_reports();
    files();
    CHECK(test_same_weights(network, before)); /* nothing of all that moved a weight */
    snn_network_free(before);
    snn_network_free(network);
    return check_report("bad_input");
}
