/* Izhikevich's neuron: two equations that spike, burst and adapt like cortical cells.
   Source: E. M. Izhikevich, IEEE Trans. Neural Networks 14(6), 2003. Forward Euler; potentials in mV.

       cc -O3 -march=native -fno-trapping-math -shared -fPIC $(pkg-config --cflags snn) izhikevich.c -o izhikevich.so */
#include <snn_plugin.h>

#define CHARGE (v[k] + dt * (0.04f * v[k] * v[k] + 5 * v[k] + 140 - u[k] + gain * current[k]))

SNN_FUNCTION(step, size_t n, const float *current, float *v, float *u, float *spike, float *distance, float *potential,
             float a, float b, float c, float d, float v_peak, float gain, float dt)
{
    SNN_EACH(k, n) {
        potential[k] = CHARGE;
        distance[k] = potential[k] - v_peak;
        spike[k] = distance[k] >= 0;
        u[k] += dt * a * (b * v[k] - u[k]) + (distance[k] >= 0 ? d : 0);
        v[k] = distance[k] >= 0 ? c : potential[k];
    }
}

/* The gradient leaves out the path through the reset. */
SNN_FUNCTION(adjoint, size_t n, const float *current, const float *v, const float *u, const float *slope,
             const float *d_spike, float *d_v, float *d_u, float *d_current, float a, float b, float v_peak, float gain,
             float dt)
{
    SNN_EACH(k, n) {
        float d_charge = (CHARGE < v_peak ? d_v[k] : 0) + d_spike[k] * slope[k];
        d_current[k] = dt * gain * d_charge;
        d_v[k] = (1 + dt * (0.08f * v[k] + 5)) * d_charge + dt * a * b * d_u[k];
        d_u[k] = (1 - dt * a) * d_u[k] - dt * d_charge;
    }
}

static const snn_state states[] = {{"v", -65, "membrane, mV"}, {"u", -13, "recovery, mV"}};
static const snn_parameter parameters[] = {
    {"a", "1/ms", 0.02, 0, 1, SNN_CLOSED, "how fast the recovery follows the membrane"},
    {"b", "1", 0.2, -1, 1, SNN_CLOSED, "how strongly it does"},
    {"c", "mV", -65, -100, 0, SNN_CLOSED, "membrane after a spike"},
    {"d", "mV", 8, -100, 100, SNN_CLOSED, "what a spike adds to the recovery"},
    {"v_peak", "mV", 30, 0, 100, SNN_ABOVE_LOW, "where a spike ends and the membrane is reset"},
    {"gain", "mV/ms", 20, 0, 1000, SNN_ABOVE_LOW, "what a current of 1 drives the membrane with"}};
static const snn_neuron izhikevich = {
    SNN_NEURON, "izhikevich", "Izhikevich's spiking neuron, forward Euler.", states, SNN_COUNT(states), parameters,
    SNN_COUNT(parameters), .step = SNN_CALL(step), .adjoint = SNN_CALL(adjoint)};
SNN_PLUGIN("izhikevich", &izhikevich)
