/* What is wrong in calls of networks, recordings and sessions. */

#include "refused.h"

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
    REFUSED(snn_network_plan(network, "{\"activity\": {\"hiden\": 0.1}}", out.text, sizeof out.text, &out.size), UNKNOWN_NAME);
    REFUSED(snn_network_plan(network, "{\"activity\": {\"hidden\": 2}}", out.text, sizeof out.text, &out.size), PARAMETER);
    REFUSED(snn_network_plan(network, "{\"activity\": \"much\"}", out.text, sizeof out.text, &out.size), DOCUMENT);
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

int main(void) {
    return check_refusals("bad_networks", (void (*const[])(void)){networks, recordings, sessions, NULL});
}
