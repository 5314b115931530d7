#include "fixtures.h"

#define PLUGIN(variable, text, neuron)                                                                                 \
    static const snn_neuron *const variable##_neurons[] = {&neuron};                                                   \
    const snn_plugin variable = {sizeof(snn_plugin), SNN_PLUGIN_ABI, text, variable##_neurons, 1};

static const snn_state states[] = {{"v", 0, "membrane"}};
static const snn_parameter parameters[] = {
    {"alpha", "1", 0.9, 0, 1, SNN_CLOSED, "share of the membrane that is left after a step"},
    {"threshold", "1", 1, 0, INFINITY, SNN_ABOVE_LOW, "firing threshold"},
};

/* u = alpha v + i; s = u >= threshold; v = u - threshold s */
SNN_FUNCTION(leaky_step, size_t n, const float *current, float *v, float *spike, float *distance, float *potential,
             float alpha, float threshold)
{
    SNN_EACH(k, n) {
        potential[k] = fmaf(alpha, v[k], current[k]);
        distance[k] = potential[k] - threshold;
        spike[k] = distance[k] >= 0;
        v[k] = potential[k] - threshold * spike[k];
    }
}
SNN_FUNCTION(leaky_adjoint, size_t n, const float *slope, const float *d_spike, float *d_v, float *d_current,
             float alpha, float threshold)
{
    SNN_EACH(k, n) {
        d_current[k] = d_v[k] + (d_spike[k] - threshold * d_v[k]) * slope[k];
        d_v[k] = alpha * d_current[k];
    }
}
static const snn_neuron leaky = {
    SNN_NEURON, "foreign_leaky", "Leaky.", states, 1, parameters, 2, .step = SNN_CALL(leaky_step),
    .adjoint = SNN_CALL(leaky_adjoint)};
PLUGIN(fixture_leaky, "foreign_leaky", leaky)

SNN_FUNCTION(window_step, size_t n, size_t steps, const float *current, float *v, float *spike, float *distance,
             float *potential, float alpha, float threshold)
{
    for (size_t t = 0; t < steps; t++, current += n, spike += n, distance += n, potential += n)
        leaky_step(n, current, v, spike, distance, potential, alpha, threshold);
}
SNN_CHECKED_FUNCTION(window_adjoint, size_t n, size_t steps, const snn_host *host, const float *slope,
                     const float *d_spike, float *d_current, float alpha, float threshold)
{
    float *d_v = host->allocate(n * sizeof *d_v);
    if (!d_v || (uintptr_t)d_v % 64 != 0) return 1;
    for (size_t k = 0; k < n; k++) d_v[k] = 0;
    for (size_t t = steps; t-- > 0;)
        leaky_adjoint(n, slope + t * n, d_spike + t * n, d_v, d_current + t * n, alpha, threshold);
    host->release(d_v);
    return 0;
}
static const snn_neuron window = {
    SNN_NEURON, "foreign_window", "Leaky.", states, 1, parameters, 2, .step = SNN_CALL(window_step),
    .adjoint = SNN_CALL(window_adjoint)};
PLUGIN(fixture_window, "foreign_window", window)

/* Sends v = alpha v + i, with the form for windows on the way back only. */
SNN_FUNCTION(values_step, size_t n, const float *current, float *v, float *sent, float alpha)
{
    SNN_EACH(k, n) sent[k] = v[k] = fmaf(alpha, v[k], current[k]);
}
SNN_FUNCTION(values_adjoint, size_t n, size_t steps, const float *d_sent, float *d_current, float alpha)
{
    for (size_t t = steps; t-- > 0;)
        for (size_t k = 0; k < n; k++)
            d_current[t * n + k] = d_sent[t * n + k] + (t + 1 < steps ? alpha * d_current[(t + 1) * n + k] : 0);
}
static const snn_neuron values = {
    SNN_NEURON, "foreign_values", "Integrator.", states, 1, parameters, 1, .step = SNN_CALL(values_step),
    .adjoint = SNN_CALL(values_adjoint)};
PLUGIN(fixture_values, "foreign_values", values)

static const snn_neuron inference = {
    SNN_NEURON, "foreign_inference", "Leaky.", states, 1, parameters, 2, .step = SNN_CALL(leaky_step)};
PLUGIN(fixture_inference, "foreign_inference", inference)

/* v' = v + i / 2^shift, from the start that rest writes; sends v' plus the step's length. */
SNN_FUNCTION(typed_rest, size_t n, float *v, double start)
{
    for (size_t k = 0; k < n; k++) v[k] = (float)start;
}
SNN_FUNCTION(typed_step, int64_t many, size_t n, const float *current, float *v, double dt, float *sent, int32_t shift)
{
    for (size_t k = 0; k < n; k++) {
        v[k] += current[k] / (float)(1 << shift);
        sent[k] = v[k] + (float)dt + (float)(many >> 40);
    }
}
static const snn_parameter typed_parameters[] = {
    {"start", "1", 0.25, -INFINITY, INFINITY, SNN_CLOSED, "state at rest"},
    {"shift", "1", 1, 0, 8, SNN_INTEGER, "halvings of the current"},
    {"many", "1", 0, 0, 9007199254740992.0, SNN_INTEGER | SNN_REQUIRED, "a large number"},
};
static const snn_neuron typed = {
    SNN_NEURON, "foreign_typed", "Types.", states, 1, typed_parameters, 3, .rest = SNN_CALL(typed_rest),
    .step = SNN_CALL(typed_step)};
PLUGIN(fixture_typed, "foreign_typed", typed)

SNN_FUNCTION(loud_step, size_t n, const float *current, float *spike)
{
    for (size_t k = 0; k < n; k++) spike[k] = current[k] > 1 ? 2 : 0;
}
static const snn_neuron loud = {SNN_NEURON, "foreign_loud", "Spikes worth 2.", NULL, 0, NULL, 0,
                                .step = SNN_CALL(loud_step)};
PLUGIN(fixture_loud, "foreign_loud", loud)

SNN_FUNCTION(nan_step, size_t n, const float *current, float *v, float *spike)
{
    for (size_t k = 0; k < n; k++) {
        spike[k] = 0;
        v[k] = sqrtf(-current[k]);
    }
}
static const snn_neuron nan_neuron = {SNN_NEURON, "foreign_nan", "A state that is no number.", states, 1, NULL, 0,
                                      .step = SNN_CALL(nan_step)};
PLUGIN(fixture_nan, "foreign_nan", nan_neuron)

SNN_CHECKED_FUNCTION(failing_step, size_t n, const float *current, float *spike, const snn_host *host, float limit)
{
    for (size_t k = 0; k < n; k++) {
        spike[k] = 0;
        if (current[k] > limit) return host->log(SNN_LOG_ERROR, "the current is above the limit"), 7;
    }
    return 0;
}
static const snn_parameter limit[] = {{"limit", "1", 1, 0, 1e9, SNN_CLOSED, "largest current"}};
static const snn_neuron failing = {SNN_NEURON, "foreign_failing", "Fails.", NULL, 0, limit, 1,
                                   .step = SNN_CALL(failing_step)};
PLUGIN(fixture_failing, "foreign_failing", failing)
