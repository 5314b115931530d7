/* snn_plugin.h - write a neuron model in C, or in any language that has C functions.

   A plugin is one shared object that links against nothing, or a part of your program. It says what its neurons are
   called, which numbers they carry from step to step and which parameters they take, and gives plain functions over
   rows of neurons. The kernel reads the argument list of each function as text, finds every argument by its name, and
   builds the call when the plugin is loaded.

   EXAMPLE (complete; cc -O3 -march=native -fno-trapping-math -shared -fPIC leaky.c -o leaky.so)

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

   FUNCTIONS
   A function gets rows of n neurons: those of some samples of a layer, one after another. Neurons do not know each
   other, n may be anything, and several threads call at once: write to the rows you are given and to nothing else.
   Each argument means what its name says, in any order; leave out what you do not need.

       name           type                 in                  meaning
       n              size_t               all                 neurons of the rows
       steps          size_t               step, adjoint       makes it the form for a whole window, see below
       current        const float *        step, adjoint       the current of this step
       STATE          float *              rest, step          a state row: written by rest, moved on by step
       STATE          const float *        adjoint             the state before the step
       spike          float *              step                to write: 1 where a neuron fires, else 0
       sent           float *              step                instead of spike: a number that the neuron sends
       distance       float *              step                to write: how far the potential is above the threshold; a
                                                               neuron fires where it is >= 0
       potential      float *              step                to write: what recordings show; else the first state row
       slope          const float *        adjoint             the surrogate's derivative at `distance`
       d_spike        const float *        adjoint             dL/d(spike), or d_sent: dL/d(sent)
       d_STATE        float *              adjoint             dL/d(state after the step) on entry; to overwrite with
                                                               dL/d(state before it); a state without one passes none
       d_current      float *              adjoint             to write: dL/d(current)
       dt             float or double      all                 length of a step, ms
       PARAMETER      float, double, int32_t, int64_t  all     its value; integers need the flag SNN_INTEGER
       host           const snn_host *     all                 services, below

   A function returns nothing (SNN_FUNCTION), or 0 and anything else for failure (SNN_CHECKED_FUNCTION); a failure ends
   the call of the host with SNN_E_PLUGIN and the reason given to host->log.

   step      One step. Needs current, and spike or sent; distance as well where a neuron that spikes is to learn.
   adjoint   Its transpose; without one the neuron serves inference only. Needs d_current and d_spike or d_sent; of a
             neuron that spikes, slope. The kernel chooses the slope by the parameters `surrogate`, `surrogate_width` and
             `surrogate_unit_area` that every such neuron then has, and runs the steps again to know the states.
   rest      Writes the state a window starts from. Without one every row starts at the `start` of its snn_state.

   Whole windows: a function that takes `steps` gets all steps of a window at once. current, spike, sent, distance,
   potential, slope, d_spike, d_sent and d_current are then [steps][n]; state rows stay [n]. step goes on from the state
   it finds and leaves the last; adjoint finds the state at rest and no d_STATE. steps may be 1.

   What is written is looked at: a spike that is neither 0 nor 1, or a state that is not finite, ends the host's call
   with an error that names neuron and step. */

#ifndef SNN_PLUGIN_H
#define SNN_PLUGIN_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The number of everything below. A host refuses a plugin of another. */
#define SNN_PLUGIN_ABI 1

/* Services of the host; valid while the process lives. Any thread. */
typedef struct snn_host {
    uint32_t struct_size;
    uint32_t abi;        /* SNN_PLUGIN_ABI of the host */
    const char *version; /* of the host, for people */
    /* Memory aligned to 64 bytes, or NULL; given back by release, which takes NULL too. */
    void *(*allocate)(size_t bytes);
    void (*release)(void *memory);
    /* n numbers of 0 <= x < 1 that depend on (seed, stream, first + place) alone: random, and the same again. */
    void (*random)(uint64_t seed, uint64_t stream, uint64_t first, size_t n, float *numbers);
    /* SNN_LOG_ERROR: the reason for the failure that this function is about to return; it stands in the host's error.
       SNN_LOG_NOTE: a line for whoever debugs the plugin; on standard error where SNN_PLUGIN_LOG=1 is set, else lost. */
    void (*log)(int32_t level, const char *text);
} snn_host;

#define SNN_LOG_ERROR 0
#define SNN_LOG_NOTE 1

/* A function and the text of its result and arguments: "void(size_t n, const float *current, float *v)". */
typedef struct snn_function {
    void (*address)(void);
    const char *signature;
} snn_function;

/* A number that every neuron carries from step to step. */
typedef struct snn_state {
    const char *name;    /* a letter, then letters, digits, underscores; at most 63 */
    double start;        /* at rest, where the neuron has no function rest */
    const char *meaning; /* one sentence */
} snn_state;

#define SNN_CLOSED 0     /* low <= x <= high; infinite ends are none */
#define SNN_ABOVE_LOW 1  /* low < x */
#define SNN_BELOW_HIGH 2 /* x < high */
#define SNN_INTEGER 4    /* whole numbers only; low and high within +-2^53 */
#define SNN_REQUIRED 8   /* no default */

/* A parameter. The host checks it before any function sees it. */
typedef struct snn_parameter {
    const char *name;
    const char *unit; /* "ms"; "1" without dimension */
    double initial;   /* the default */
    double low, high;
    uint32_t flags;
    const char *meaning; /* one sentence */
} snn_parameter;

/* A neuron model. Everything it points to stays as it is while the process lives. */
typedef struct snn_neuron {
    uint32_t struct_size; /* sizeof(snn_neuron) */
    uint32_t reserved;    /* 0 */
    const char *name;     /* in JSON: the plugin's name, or plugin.model */
    const char *summary;  /* one sentence */
    const snn_state *states;
    size_t state_count; /* at most 64 */
    const snn_parameter *parameters;
    size_t parameter_count; /* at most 64 */
    snn_function rest;      /* may be empty */
    snn_function step;
    snn_function adjoint; /* may be empty */
} snn_neuron;

/* A plugin: one or more neurons. */
#ifndef SNN_PLUGIN_DECLARED
#define SNN_PLUGIN_DECLARED
typedef struct snn_plugin snn_plugin;
#endif
struct snn_plugin {
    uint32_t struct_size; /* sizeof(snn_plugin) */
    uint32_t abi;         /* SNN_PLUGIN_ABI */
    const char *name;     /* lower case: a letter, then letters, digits, underscores; at most 63 */
    const snn_neuron *const *neurons;
    size_t neuron_count; /* 1 ... 256 */
};

/* What a shared object exports. Returns the plugin, or NULL and a reason given to host->log. */
const snn_plugin *snn_plugin_entry(uint32_t host_abi, const snn_host *host);

/* Defines a function together with the text of its arguments, which so cannot differ. */
#define SNN_FUNCTION(name, ...) SNN_FUNCTION_OF(void, name, __VA_ARGS__)
#define SNN_CHECKED_FUNCTION(name, ...) SNN_FUNCTION_OF(int32_t, name, __VA_ARGS__)
#define SNN_FUNCTION_OF(result, name, ...)                                                                             \
    static const char name##_signature[] = #result "(" #__VA_ARGS__ ")";                                               \
    static result name(__VA_ARGS__)
/* Such a function as a member of snn_neuron. */
#define SNN_CALL(name) {(void (*)(void))name, name##_signature}
#define SNN_COUNT(array) (sizeof(array) / sizeof(array)[0])
/* The first members of snn_neuron. */
#define SNN_NEURON sizeof(snn_neuron), 0

/* for (size_t k = 0; k < n; k++), told to be free of order: rows never overlap, so the compiler may take many at once. */
#if defined(__clang__)
#define SNN_EACH(k, n) _Pragma("clang loop vectorize(assume_safety)") for (size_t k = 0; k < (n); k++)
#elif defined(__GNUC__)
#define SNN_EACH(k, n) _Pragma("GCC ivdep") for (size_t k = 0; k < (n); k++)
#else
#define SNN_EACH(k, n) for (size_t k = 0; k < (n); k++)
#endif

#if defined(__GNUC__)
#define SNN_PLUGIN_EXPORT __attribute__((visibility("default")))
#else
#define SNN_PLUGIN_EXPORT
#endif

/* Defines the entry of a shared object: its name and pointers to its neurons. */
#define SNN_PLUGIN(plugin_name, ...)                                                                                   \
    static const snn_neuron *const snn_plugin_neurons[] = {__VA_ARGS__};                                               \
    SNN_PLUGIN_EXPORT const snn_plugin *snn_plugin_entry(uint32_t host_abi, const snn_host *host)                      \
    {                                                                                                                  \
        static const snn_plugin plugin = {sizeof(snn_plugin), SNN_PLUGIN_ABI, plugin_name, snn_plugin_neurons,         \
                                          SNN_COUNT(snn_plugin_neurons)};                                              \
        (void)host;                                                                                                    \
        return host_abi == SNN_PLUGIN_ABI ? &plugin : 0;                                                               \
    }

#ifdef __cplusplus
}
#endif

#endif
