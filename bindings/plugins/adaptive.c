/* Leaky integrate-and-fire whose threshold rises with each spike, in the form for whole windows: one call a window.
   Source: Bellec et al., NeurIPS 2018.

       cc -O3 -march=native -fno-trapping-math -shared -fPIC $(pkg-config --cflags snn) adaptive.c -o adaptive.so -lm */
#include <snn_plugin.h>

SNN_FUNCTION(step, size_t n, size_t steps, const float *current, float *v, float *a, float *spike, float *distance,
             float *potential, float tau_mem, float tau_adapt, float adaptation, float v_threshold, float dt)
{
    const float alpha = expf(-dt / tau_mem), rho = expf(-dt / tau_adapt);
    for (size_t t = 0; t < steps * n; t += n)
        SNN_EACH(k, n) {
            potential[t + k] = alpha * v[k] + current[t + k];
            distance[t + k] = potential[t + k] - v_threshold - adaptation * a[k];
            spike[t + k] = distance[t + k] >= 0;
            v[k] = potential[t + k] - (distance[t + k] >= 0 ? v_threshold : 0);
            a[k] = rho * a[k] + (distance[t + k] >= 0);
        }
}

/* d_v and d_a are scratch: the host gives them back as they came, for a window starts at rest. */
SNN_CHECKED_FUNCTION(adjoint, size_t n, size_t steps, const float *slope, const float *d_spike, float *d_current,
                     const snn_host *host, float tau_mem, float tau_adapt, float adaptation, float v_threshold, float dt)
{
    const float alpha = expf(-dt / tau_mem), rho = expf(-dt / tau_adapt);
    float *d_v = host->allocate(2 * n * sizeof *d_v), *d_a = d_v + n;
    if (!d_v) return host->log(SNN_LOG_ERROR, "no memory for the adjoint"), 1;
    SNN_EACH(k, 2 * n) d_v[k] = 0;
    for (size_t t = steps * n; t > 0; t -= n)
        SNN_EACH(k, n) {
            float through = (d_spike[t - n + k] - v_threshold * d_v[k] + d_a[k]) * slope[t - n + k];
            d_current[t - n + k] = d_v[k] + through;
            d_v[k] = alpha * d_current[t - n + k];
            d_a[k] = rho * d_a[k] - adaptation * through;
        }
    host->release(d_v);
    return 0;
}

static const snn_state states[] = {{"v", 0, "membrane"}, {"a", 0, "spikes of the past, forgotten with tau_adapt"}};
static const snn_parameter parameters[] = {
    {"tau_mem", "ms", 20, 0, INFINITY, SNN_ABOVE_LOW, "time constant of the membrane"},
    {"tau_adapt", "ms", 200, 0, INFINITY, SNN_ABOVE_LOW, "time constant of the threshold"},
    {"adaptation", "1", 0.1, 0, INFINITY, SNN_CLOSED, "rise of the threshold a spike"},
    {"v_threshold", "1", 1, 0, INFINITY, SNN_ABOVE_LOW, "threshold at rest"}};
static const snn_neuron adaptive = {
    SNN_NEURON, "adaptive", "Leaky integrate-and-fire with an adaptive threshold.", states, SNN_COUNT(states), parameters,
    SNN_COUNT(parameters), .step = SNN_CALL(step), .adjoint = SNN_CALL(adjoint)};
SNN_PLUGIN("adaptive", &adaptive)
