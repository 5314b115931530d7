/* A plugin of a host that is not there yet. */
#include <snn_plugin.h>

const snn_plugin *snn_plugin_entry(uint32_t host_abi, const snn_host *host)
{
    static const snn_plugin plugin = {sizeof(snn_plugin), SNN_PLUGIN_ABI + 1, "other_abi", 0, 1};
    (void)host_abi, (void)host;
    return &plugin;
}
