/* Plugins for the tests of SNNForeign: healthy ones, and ones that must be refused. */
#include "../../../Include/snn_plugin.h"

/* One neuron each: leaky, step by step; the same in the form for windows; the same that sends its membrane; one without an
   adjoint; with a function rest, integers and doubles; with a spike worth 2; whose state becomes NaN; whose step fails. */
extern const snn_plugin fixture_leaky, fixture_window, fixture_values, fixture_inference, fixture_typed, fixture_loud,
    fixture_nan, fixture_failing;

/* The neuron of bindings/plugins/izhikevich.c. */
const snn_plugin *fixture_izhikevich(void);

/* Descriptors that must be refused, and words of the reason. */
typedef struct fixture_refused {
    const snn_plugin *plugin;
    const char *reason;
} fixture_refused;
const fixture_refused *fixture_refused_at(size_t index); /* NULL behind the last */
