#include "fixtures.h"

static void nothing(void) {}

static const snn_state v[] = {{"v", 0, "m"}}, two[] = {{"v", 0, "m"}, {"v", 0, "m"}}, spike[] = {{"spike", 0, "m"}},
                       gradient[] = {{"d_v", 0, "m"}}, nameless[] = {{NULL, 0, "m"}}, endless[] = {{"v", NAN, "m"}},
                       spaced[] = {{"a b", 0, "m"}};
static const snn_parameter a[] = {{"a", "1", 0.5, 0, 1, 0, "m"}}, outside[] = {{"a", "1", 2, 0, 1, 0, "m"}},
                           crossed[] = {{"a", "1", 0, 1, 0, 0, "m"}}, unit[] = {{"a", NULL, 0, 0, 1, 0, "m"}},
                           flags[] = {{"a", "1", 0, 0, 1, 64, "m"}},
                           integer[] = {{"a", "1", 0, -INFINITY, 1, SNN_INTEGER, "m"}};
static const snn_parameter wide[] = {{"a", "1", 0, 0, 4294967296.0, SNN_INTEGER, "m"}};
static char endless_text[5000];

#define STEP "void(size_t n, const float *current, float *spike)"
#define NEURON(...)                                                                                                    \
    {&(const snn_plugin){sizeof(snn_plugin), SNN_PLUGIN_ABI, "p",                                                      \
                         (const snn_neuron *const[]){&(const snn_neuron){__VA_ARGS__}}, 1},
#define SIGNATURE(text) NEURON(SNN_NEURON, "p", "s", v, 1, a, 1, .step = {nothing, text})
#define ADJOINT(step_text, text)                                                                                       \
    NEURON(SNN_NEURON, "p", "s", v, 1, a, 1, .step = {nothing, step_text}, .adjoint = {nothing, text})
#define STATES(list, count) NEURON(SNN_NEURON, "p", "s", list, count, a, 1, .step = {nothing, STEP})
#define PARAMETERS(list, count) NEURON(SNN_NEURON, "p", "s", v, 1, list, count, .step = {nothing, STEP})

static const fixture_refused refused[] = {
    {NULL, "must not be NULL"},
    {(const snn_plugin *)16, "cannot be read"},
    {&(const snn_plugin){sizeof(snn_plugin), 2, "p", NULL, 1}, "ABI number must be 1"},
    {&(const snn_plugin){8, SNN_PLUGIN_ABI, "p", NULL, 1}, "struct_size must be"},
    {&(const snn_plugin){sizeof(snn_plugin), SNN_PLUGIN_ABI, NULL, NULL, 1}, "name must not be NULL"},
    {&(const snn_plugin){sizeof(snn_plugin), SNN_PLUGIN_ABI, (const char *)3, NULL, 1}, "cannot be read"},
    {&(const snn_plugin){sizeof(snn_plugin), SNN_PLUGIN_ABI, endless_text, NULL, 1}, "at most 63 bytes"},
    {&(const snn_plugin){sizeof(snn_plugin), SNN_PLUGIN_ABI, "Capital", NULL, 1}, "lower-case letters"},
    {&(const snn_plugin){sizeof(snn_plugin), SNN_PLUGIN_ABI, "\xff", NULL, 1}, "must be UTF-8"},
    {&(const snn_plugin){sizeof(snn_plugin), SNN_PLUGIN_ABI, "p", NULL, 0}, "neuron_count must be 1 ... 256, got 0"},
    {&(const snn_plugin){sizeof(snn_plugin), SNN_PLUGIN_ABI, "p", NULL, SIZE_MAX}, "got a count of 18446744073709551615"},
    {&(const snn_plugin){sizeof(snn_plugin), SNN_PLUGIN_ABI, "p", NULL, 3}, "neurons must not be NULL"},
    {&(const snn_plugin){sizeof(snn_plugin), SNN_PLUGIN_ABI, "p", (const snn_neuron *const[]){NULL}, 1},
     "neurons[0] must not be NULL"},
    {&(const snn_plugin){sizeof(snn_plugin), SNN_PLUGIN_ABI, "p", (const snn_neuron *const *)8, 1}, "cannot be read"},
    NEURON(12, 0, "p", "s") "struct_size must be"},
    NEURON(sizeof(snn_neuron), 1, "p", "s") "reserved must be 0"},
    NEURON(SNN_NEURON, NULL, "s") "name must not be NULL"},
    NEURON(SNN_NEURON, "q", "s") "must be 'p' or 'p.model'"},
    NEURON(SNN_NEURON, "p.", "s") "must be 'p' or 'p.model'"},
    NEURON(SNN_NEURON, "p", NULL) "summary must not be NULL"},
    NEURON(SNN_NEURON, "p", "s", v, 1, a, 1) "step must not be empty"},
    NEURON(SNN_NEURON, "p", "s", v, 1, a, 1, .step = {NULL, STEP}) "a signature and no address"},
    NEURON(SNN_NEURON, "p", "s", v, 1, a, 1, .step = {nothing, NULL}) "signature must not be NULL"},
    NEURON(SNN_NEURON, "p", "s", v, 1, a, 1, .step = {(void (*)(void))24, STEP}) "cannot be read"},
    STATES(v, 65) "at most 64, got a count of 65"},
    STATES(NULL, 1) "states must not be NULL"},
    STATES(nameless, 1) "states[0].name must not be NULL"},
    STATES(spaced, 1) "got 'a b'"},
    STATES(endless, 1) "must be finite"},
    STATES(two, 2) "'v' stands twice"},
    STATES(spike, 1) "'spike' is a name of the kernel's"},
    STATES(gradient, 1) "'d_v' is a name of the kernel's"},
    PARAMETERS(a, SIZE_MAX / 2) "parameters: at most 64"},
    PARAMETERS(outside, 1) "a must be >= 0 and <= 1, got 2"},
    PARAMETERS(crossed, 1) "low must be <= high"},
    PARAMETERS(unit, 1) "parameters[0].unit must not be NULL"},
    PARAMETERS(flags, 1) "unknown flags 64"},
    PARAMETERS(integer, 1) "an integer needs whole low and high"},
    NEURON(SNN_NEURON, "p", "s", v, 1, wide, 1,
           .step = {nothing, "void(size_t n, const float *current, float *spike, int32_t a)"}) "take int64_t a"},
    SIGNATURE("") "must be UTF-8 and not empty"},
    SIGNATURE("nonsense") "must be «result(type name, ...)»"},
    SIGNATURE("char *(size_t n)") "must return void, int or int32_t"},
    SIGNATURE("void(void)") "must take size_t n"},
    SIGNATURE("void(size_t n)") "must take const float *current"},
    SIGNATURE("void(size_t n, const float *current)") "float *spike or float *sent, and not both"},
    SIGNATURE("void(size_t n, const float *current, float *spike, float *sent)") "and not both"},
    SIGNATURE("void(size_t n, const float *current, float *sent, float *distance)") "distance is of neurons that spike"},
    SIGNATURE("void(size_t n, float *current, float *spike)") "must be const float *current"},
    SIGNATURE("void(size_t n, const float *current, const float *spike)") "must be float *spike"},
    SIGNATURE("void(size_t n, const double *current, float *spike)") "must be const float *current"},
    SIGNATURE("void(int n, const float *current, float *spike)") "«int n» is no argument it can have"},
    SIGNATURE("void(size_t n, const float *current, float *spike, float w)") "«float w» is no argument it can have"},
    SIGNATURE("void(size_t n, const float *current, float *spike, float *a)") "must be float or double a"},
    SIGNATURE("void(size_t n, const float *current, float *spike, int32_t a)") "must be float or double a"},
    SIGNATURE("void(size_t n, const float *current, float *spike, float a, float a)") "'a' stands twice"},
    SIGNATURE("void(size_t n, const float **current, float *spike)") "argument 2: «const float **current»"},
    SIGNATURE("void(size_t n, const float *current, float *spike, struct x y)") "argument 4: «struct x y»"},
    SIGNATURE("void(size_t n,, const float *current, float *spike)") "argument 2: «»"},
    ADJOINT(STEP, "void(size_t n, const float *d_spike, float *d_current)") "must take const float *slope"},
    ADJOINT(STEP, "void(size_t n, const float *d_spike, const float *slope, float *d_current)") "writes float *distance"},
    ADJOINT(STEP, "void(size_t n, const float *d_spike)") "must take float *d_current"},
    ADJOINT(STEP, "void(size_t n, float *d_current)") "must take const float *d_spike"},
    ADJOINT("void(size_t n, const float *current, float *sent)", "void(size_t n, float *d_current, const float *slope)")
    "«const float *slope» is no argument"},
    ADJOINT("void(size_t n, const float *current, float *sent)",
            "void(size_t n, size_t steps, float *d_current, const float *d_sent, float *d_v)") "takes no d_STATE"},
};

const fixture_refused *fixture_refused_at(size_t index)
{
    for (size_t k = 0; k + 1 < sizeof endless_text; k++) endless_text[k] = 'a';
    return index < SNN_COUNT(refused) ? &refused[index] : NULL;
}
