#include <snn_plugin.h>

// u = alpha v + i;  s = 1 where u >= threshold;  v = u - threshold s
SNN_FUNCTION(step, size_t n, const float *current, float *v, float *spike, float *distance, float alpha,
             float threshold)
{
    SNN_EACH(k, n) {
        float u = alpha * v[k] + current[k];
        distance[k] = u - threshold;
        spike[k] = distance[k] >= 0;
        v[k] = distance[k] >= 0 ? u - threshold : u;
    }
}

// Its transpose: d_x is dL/dx, slope stands for ds/d(distance).
SNN_FUNCTION(adjoint, size_t n, const float *slope, const float *d_spike, float *d_v, float *d_current,
             float alpha, float threshold)
{
    SNN_EACH(k, n) {
        d_current[k] = d_v[k] + (d_spike[k] - threshold * d_v[k]) * slope[k];
        d_v[k] = alpha * d_current[k];
    }
}

static const snn_state states[] = {{"v", 0, "membrane"}};
static const snn_parameter parameters[] = {
    {"alpha", "1", 0.9, 0, 1, SNN_CLOSED, "share of the membrane that is left after a step"},
    {"threshold", "1", 1, 0, INFINITY, SNN_ABOVE_LOW, "firing threshold"},
};
static const snn_neuron leaky = {
    SNN_NEURON, "leaky", "Leaky integrate-and-fire.", states, SNN_COUNT(states), parameters,
    SNN_COUNT(parameters), .step = SNN_CALL(step), .adjoint = SNN_CALL(adjoint)};
SNN_PLUGIN("leaky", &leaky)
