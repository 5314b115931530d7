/* The example, as a part of the tests. */
#include "../../bindings/plugins/izhikevich.c"

#include "fixtures.h"

const snn_plugin *fixture_izhikevich(void) { return snn_plugin_entry(SNN_PLUGIN_ABI, 0); }
