/* Neurons of the program, and of shared objects in $SNN_TEST_PLUGINS: listed, trained, refused, removed; and two copies of
   the library in one process that do not know of each other. */
#include <dlfcn.h>
#include <snn_plugin.h>

#include "check.h"

/* Plugins that are already built carry these layouts: whoever changes one must give SNN_PLUGIN_ABI another number. */
#define LAYOUT(structure, size, member, place)                                                                         \
    _Static_assert(sizeof(structure) == size && offsetof(structure, member) == place, "another SNN_PLUGIN_ABI")
_Static_assert(SNN_PLUGIN_ABI == 1, "the layouts below are those of number 1");
LAYOUT(snn_host, 48, log, 40);
LAYOUT(snn_function, 16, signature, 8);
LAYOUT(snn_state, 24, meaning, 16);
LAYOUT(snn_parameter, 56, meaning, 48);
LAYOUT(snn_neuron, 104, adjoint, 88);
LAYOUT(snn_plugin, 32, neuron_count, 24);

SNN_FUNCTION(step, size_t n, const float *current, float *v, float *spike, float *distance, float alpha)
{
    SNN_EACH(k, n) {
        float u = alpha * v[k] + current[k];
        distance[k] = u - 1;
        spike[k] = u >= 1;
        v[k] = u - spike[k];
    }
}

SNN_FUNCTION(adjoint, size_t n, const float *slope, const float *d_spike, float *d_v, float *d_current, float alpha)
{
    SNN_EACH(k, n) {
        d_current[k] = d_v[k] + (d_spike[k] - d_v[k]) * slope[k];
        d_v[k] = alpha * d_current[k];
    }
}

static const snn_state states[] = {{"v", 0, "membrane"}};
static const snn_parameter parameters[] = {{"alpha", "1", 0.9, 0, 1, SNN_CLOSED, "share left after a step"}};
static const snn_neuron own = {SNN_NEURON, "own", "Leaky.", states, 1, parameters, 1, {0, 0}, SNN_CALL(step), SNN_CALL(adjoint)};
static const snn_neuron *const neurons[] = {&own};
static const snn_plugin plugin = {sizeof(snn_plugin), SNN_PLUGIN_ABI, "own", neurons, 1};
static const snn_plugin other_abi = {sizeof(snn_plugin), 7, "own", neurons, 1};
static const snn_plugin namesake = {sizeof(snn_plugin), SNN_PLUGIN_ABI, "lif", neurons, 1};

#define NETWORK(neuron)                                                                                                \
    "{\"input\": {\"shape\": [1, 8, 8]}, \"steps\": 10, \"layers\": [{\"stages\": [\"flatten\"], \"connection\": "     \
    "{\"kind\": \"dense\", \"outputs\": 64}, \"neuron\": \"" neuron "\"}, {\"connection\": {\"kind\": \"dense\", "      \
    "\"outputs\": 10}, \"neuron\": \"lif\"}]}"

/* The functions of a copy of the library. */
struct library {
    snn_status (*load)(const char *);
    snn_status (*create)(const char *, uint64_t, snn_network **);
    snn_status (*open)(const char *, const char *, const char *, const char *, snn_dataset **);
    snn_status (*trainer)(snn_network *, const char *, uint64_t, snn_trainer **);
    snn_status (*fit)(snn_trainer *, const snn_dataset *, int64_t, snn_progress, void *, snn_report **);
    snn_status (*tensor)(snn_network *, size_t, const char **, float **, const int64_t **, size_t *);
    snn_status (*count)(size_t *);
    snn_status (*number)(const snn_report *, const char *, double *);
    void (*free_network)(snn_network *);
    void (*free_dataset)(snn_dataset *);
    void (*free_trainer)(snn_trainer *);
    void (*free_report)(snn_report *);
};

static struct library here(void)
{
    return (struct library){snn_plugin_load, snn_network_create, snn_dataset_open, snn_trainer_create,
                            snn_trainer_fit, snn_network_tensor, snn_component_count, snn_report_number,
                            snn_network_free, snn_dataset_free, snn_trainer_free, snn_report_free};
}

/* Trains for two epochs, after which the loss has fallen; the sum of some bits of the weights. */
static uint64_t trained(struct library library, const char *json)
{
    snn_report *report = NULL;
    double first = 0, second = 0;
    snn_network *network = NULL;
    snn_dataset *digits = NULL;
    snn_trainer *trainer = NULL;
    CHECK(library.create(json, 3, &network) == SNN_OK);
    CHECK(library.open("digits", "train", NULL, NULL, &digits) == SNN_OK);
    CHECK(library.trainer(network, "{\"batch\": 64}", 3, &trainer) == SNN_OK);
    CHECK(library.fit(trainer, digits, 2, NULL, NULL, &report) == SNN_OK);
    CHECK(library.number(report, "epoch.1.loss", &first) == SNN_OK);
    CHECK(library.number(report, "epoch.2.loss", &second) == SNN_OK && second < first);
    float *values = NULL;
    CHECK(library.tensor(network, 0, NULL, &values, NULL, NULL) == SNN_OK);
    uint64_t sum = 0;
    for (size_t k = 0; k < 64 * 64; k++) {
        uint32_t bits;
        memcpy(&bits, &values[k], sizeof bits);
        sum = sum * 31 + bits;
    }
    library.free_report(report);
    library.free_trainer(trainer);
    library.free_dataset(digits);
    library.free_network(network);
    return sum;
}

static int listed(const char *wanted)
{
    size_t count = 0;
    CHECK(snn_component_count(&count) == SNN_OK);
    for (size_t k = 0; k < count; k++) {
        const char *from, *kind, *name;
        CHECK(snn_component(k, &from, &kind, &name, NULL) == SNN_OK);
        if (strcmp(name, wanted) == 0) return strcmp(kind, "neuron") == 0;
    }
    return 0;
}

static void own_neurons(void)
{
    snn_network *network = NULL;
    CHECK(snn_network_create(NETWORK("own"), 1, &network) == SNN_E_UNKNOWN_NAME);
    CHECK(!listed("own"));
    CHECK(snn_plugin_register(NULL) == SNN_E_ARGUMENT);
    CHECK(snn_plugin_register(&other_abi) == SNN_E_PLUGIN && strstr(snn_last_error(), "ABI number must be 1"));
    CHECK(snn_plugin_register(&namesake) == SNN_E_PLUGIN && strstr(snn_last_error(), "'lif'"));
    CHECK(snn_plugin_register(&plugin) == SNN_OK);
    CHECK(snn_plugin_register(&plugin) == SNN_OK);
    CHECK(listed("own"));
    size_t count = 0;
    CHECK(snn_component_count(&count) == SNN_OK);
    const char *name, *type, *unit, *initial, *range, *meaning;
    CHECK(snn_component_parameter(count - 1, 0, &name, &type, &unit, &initial, &range, &meaning) == SNN_OK);
    CHECK(!strcmp(name, "alpha") && !strcmp(type, "number") && !strcmp(unit, "1") && !strcmp(initial, "0.9"));
    CHECK(!strcmp(range, ">= 0 and <= 1") && !strcmp(meaning, "share left after a step"));
    uint64_t first = trained(here(), NETWORK("own"));
    CHECK(first == trained(here(), NETWORK("own")));

    /* A network keeps the neurons of a plugin that is gone, and what was borrowed stays. */
    CHECK(snn_network_create(NETWORK("own"), 1, &network) == SNN_OK);
    CHECK(snn_plugin_remove("own") == SNN_OK);
    CHECK(snn_plugin_remove("own") == SNN_E_UNKNOWN_NAME && snn_plugin_remove("lif") == SNN_E_UNKNOWN_NAME);
    CHECK(snn_plugin_remove(NULL) == SNN_E_ARGUMENT);
    CHECK(!listed("own") && !strcmp(name, "alpha"));
    float input[64] = {0.5f}, scores[10];
    CHECK(snn_network_predict(network, input, 64, 1, 0, scores, 10) == SNN_OK);
    snn_network_free(network);
    CHECK(snn_plugin_register(&plugin) == SNN_OK);
}

static void files(const char *folder)
{
    char path[4096];
    CHECK(snn_plugin_load(NULL) == SNN_E_ARGUMENT);
    CHECK(snn_plugin_load("") == SNN_E_ARGUMENT);
    CHECK(snn_plugin_load("nobody_has_this") == SNN_E_FILE && strstr(snn_last_error(), "snn/plugins"));
    CHECK(snn_plugin_load("/no/such/plugin.so") == SNN_E_FILE);
    CHECK(snn_plugin_load("/etc/passwd") == SNN_E_PLUGIN);
    CHECK(snn_plugin_load(getenv("SNN_TEST_LIBRARY")) == SNN_E_PLUGIN && strstr(snn_last_error(), "snn_plugin_entry"));
    for (const char *const *bad = (const char *const[]){"refusing", "other_abi", NULL}; *bad; bad++) {
        snprintf(path, sizeof path, "%s/%s.so", folder, *bad);
        CHECK(snn_plugin_load(path) == SNN_E_PLUGIN);
        printf("%s\n", snn_last_error());
    }
    snprintf(path, sizeof path, "%s/adaptive.so", folder);
    CHECK(snn_plugin_load(path) == SNN_OK && snn_plugin_load(path) == SNN_OK);
    CHECK(listed("adaptive"));
    setenv("SNN_PLUGIN_PATH", folder, 1);
    CHECK(snn_plugin_load("leaky") == SNN_OK && listed("leaky"));
    CHECK(snn_plugin_load("izhikevich") == SNN_OK && listed("izhikevich"));
    uint64_t first = trained(here(), NETWORK("izhikevich"));
    CHECK(first == trained(here(), NETWORK("izhikevich")));

    CHECK(snn_plugin_define("text", NULL) == SNN_E_ARGUMENT && snn_plugin_define(NULL, "") == SNN_E_ARGUMENT);
    CHECK(snn_plugin_define("Capital", "dv/dt = (i - v)/(20 ms)") == SNN_E_PLUGIN);
    CHECK(snn_plugin_define("lif", "dv/dt = (i - v)/(20 ms)") == SNN_E_PLUGIN);
    CHECK(snn_plugin_define("text", "dv/dt = (i - v") == SNN_E_DOCUMENT && strstr(snn_last_error(), "line 1"));
    CHECK(snn_plugin_define("text", "dv/dt = (i - v)/(20 ms); spike when v >= 1 ms") == SNN_E_DOCUMENT);
    CHECK(snn_plugin_define("text", "dv/dt = (9*i - v)/(20 ms); spike when v >= 1; v -= 1") == SNN_OK);
    CHECK(listed("text"));
    trained(here(), NETWORK("text"));
    CHECK(snn_plugin_remove("text") == SNN_OK && !listed("text"));
}

static void two_copies(const char *folder)
{
    char path[4096], command[8192];
    snprintf(path, sizeof path, "%s/libsnn_copy.so", getenv("TMPDIR"));
    snprintf(command, sizeof command, "cp '%s' '%s'", getenv("SNN_TEST_LIBRARY"), path);
    CHECK(system(command) == 0);
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!CHECK(object != NULL)) return;
    struct library copy;
    *(void **)&copy.load = dlsym(object, "snn_plugin_load");
    *(void **)&copy.create = dlsym(object, "snn_network_create");
    *(void **)&copy.open = dlsym(object, "snn_dataset_open");
    *(void **)&copy.trainer = dlsym(object, "snn_trainer_create");
    *(void **)&copy.fit = dlsym(object, "snn_trainer_fit");
    *(void **)&copy.tensor = dlsym(object, "snn_network_tensor");
    *(void **)&copy.free_network = dlsym(object, "snn_network_free");
    *(void **)&copy.free_dataset = dlsym(object, "snn_dataset_free");
    *(void **)&copy.free_trainer = dlsym(object, "snn_trainer_free");
    *(void **)&copy.free_report = dlsym(object, "snn_report_free");
    *(void **)&copy.number = dlsym(object, "snn_report_number");
    *(void **)&copy.count = dlsym(object, "snn_component_count");
    if (!CHECK(copy.load && copy.load != snn_plugin_load)) return;
    /* What the program told one, the other does not know. */
    size_t mine = 0, theirs = 0;
    snn_network *network = NULL;
    CHECK(snn_component_count(&mine) == SNN_OK && copy.count(&theirs) == SNN_OK && theirs < mine);
    CHECK(copy.create(NETWORK("own"), 1, &network) == SNN_E_UNKNOWN_NAME);
    /* One shared object serves both. */
    uint64_t before = trained(here(), NETWORK("adaptive"));
    snprintf(path, sizeof path, "%s/adaptive.so", folder);
    CHECK(copy.load(path) == SNN_OK);
    uint64_t in_copy = trained(copy, NETWORK("adaptive"));
    CHECK(in_copy == before && trained(here(), NETWORK("adaptive")) == before);
}

int main(void)
{
    const char *folder = getenv("SNN_TEST_PLUGINS");
    if (!CHECK(folder != NULL)) return check_report("neurons of one's own");
    own_neurons();
    files(folder);
    two_copies(folder);
    return check_report("neurons of one's own");
}
