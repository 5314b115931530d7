/* A healthy neuron, and with -DFAULT_... the same with one fault; check.sh says which law each one breaks.

   Leaky integrate-and-fire with a threshold that rises with each spike:

       u = alpha v + i;  b = rho a;  s = 1 where u - 1 - b >= 0;  v' = u - s;  a' = b + adaptation s */
#include <snn_plugin.h>

static float decay_of_adaptation(double tau_adapt, double dt)
{
#ifdef FAULT_RANGE_IGNORED
    return (float)(1 - dt / tau_adapt); /* 0 is in the range that is declared */
#else
    return tau_adapt > 0 ? (float)exp(-dt / tau_adapt) : 0;
#endif
}

SNN_FUNCTION(step, size_t n, const float *current, float *v, float *a, float *spike, float *distance, float *potential,
             double tau_mem, double tau_adapt, float adaptation, double dt)
{
    const float alpha = (float)exp(-dt / tau_mem), rho = decay_of_adaptation(tau_adapt, dt);
#ifdef FAULT_THREAD_DEPENDENCE
    static float shared[1 << 16]; /* one row for all threads */
    float *u = n <= 1 << 16 ? shared : potential;
#else
    float *u = potential;
#endif
    for (size_t k = 0; k < n; k++) {
        u[k] = alpha * v[k] + current[k];
#ifdef FAULT_NAN
        u[k] *= current[k] / current[k]; /* 0 / 0 where nothing arrives */
#endif
#ifdef FAULT_INPUT_WRITTEN
        ((float *)current)[k] = 0;
#endif
#ifdef FAULT_STATE_LEAK
        if (k > 0) u[k] += 0.01f * v[k - 1]; /* the neuron before may be of another sample */
#endif
#ifdef FAULT_BATCH_DEPENDENCE
        u[k] += 0.001f * (float)n;
#endif
    }
    int fired = 0;
    for (size_t k = 0; k < n; k++) {
        float b = rho * a[k];
        potential[k] = u[k];
        distance[k] = u[k] - 1 - b;
        spike[k] = distance[k] >= 0;
        v[k] = u[k] - spike[k];
        a[k] = b + adaptation * spike[k];
        fired |= distance[k] >= 0;
#ifdef FAULT_SPIKE_COUNT
        spike[k] *= 2;
#endif
    }
#ifdef FAULT_SILENT_RESET
    for (size_t k = 0; k < n; k++) v[k] *= spike[k] || !fired; /* one that fires resets those that do not */
#endif
    (void)fired;
}

#ifdef FAULT_OFF_BY_ONE
/* A window whose every step takes the current of the next. */
SNN_FUNCTION(window, size_t n, size_t steps, const float *current, float *v, float *a, float *spike, float *distance,
             float *potential, double tau_mem, double tau_adapt, float adaptation, double dt)
{
    (void)step_signature;
    for (size_t t = 0; t < steps; t++)
        step(n, current + (t + 1 < steps ? t + 1 : t) * n, v, a, spike + t * n, distance + t * n, potential + t * n,
             tau_mem, tau_adapt, adaptation, dt);
}
#define FORWARD SNN_CALL(window)
#else
#define FORWARD SNN_CALL(step)
#endif

SNN_FUNCTION(adjoint, size_t n, const float *slope, const float *d_spike, float *d_v, float *d_a, float *d_current,
             double tau_mem, double tau_adapt, float adaptation, double dt)
{
    const float alpha = (float)exp(-dt / tau_mem), rho = decay_of_adaptation(tau_adapt, dt);
#ifdef FAULT_WRONG_SIGN
    const float sign = 1; /* the threshold rises, so the distance falls */
#else
    const float sign = -1;
#endif
    for (size_t k = 0; k < n; k++) {
        float d_distance = (d_spike[k] - d_v[k] + adaptation * d_a[k]) * slope[k];
        d_current[k] = d_v[k] + d_distance;
        d_v[k] = alpha * d_current[k];
        d_a[k] = rho * (d_a[k] + sign * d_distance);
    }
}

static const snn_state states[] = {{"v", 0, "membrane"}, {"a", 0, "how far the threshold is raised"}};
static const snn_parameter parameters[] = {
    {"tau_mem", "ms", 20, 0, INFINITY, SNN_ABOVE_LOW, "time constant of the membrane"},
    {"tau_adapt", "ms", 50, 0, INFINITY, SNN_CLOSED, "time constant of the threshold; 0 forgets at once"},
    {"adaptation", "1", 0.3, 0, INFINITY, SNN_CLOSED, "how far a spike raises the threshold"},
};
static const snn_neuron neuron = {
    SNN_NEURON, "planted", "Leaky integrate-and-fire with a threshold that rises.", states, SNN_COUNT(states),
    parameters, SNN_COUNT(parameters), .step = FORWARD, .adjoint = SNN_CALL(adjoint)};
SNN_PLUGIN("planted", &neuron)
