/* A plugin that refuses, with a reason. */
#include <snn_plugin.h>

const snn_plugin *snn_plugin_entry(uint32_t host_abi, const snn_host *host)
{
    float a[3], b[2];
    host->random(1, 2, 3, 3, a);
    host->random(1, 2, 4, 2, b);
    if (host_abi != SNN_PLUGIN_ABI || a[1] != b[0] || a[2] != b[1] || a[0] == a[1]) return 0;
    host->log(SNN_LOG_ERROR, "this machine has no cortex");
    return 0;
}
