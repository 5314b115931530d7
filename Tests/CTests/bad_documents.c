/* What is wrong in the documents of networks, and in questions about components. */

#include "refused.h"

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

int main(void) {
    return check_refusals("bad_documents", (void (*const[])(void)){versions_and_components, documents, NULL});
}
