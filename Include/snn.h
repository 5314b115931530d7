/* snn.h - train and run spiking neural networks from C.

   One self-contained library, opaque handles, no Python and no GPU. A network is described by a JSON document,
   trained by back-propagation with surrogate gradients, and saved as one safetensors file. Every neuron model,
   coding and learning rule is a plugin that this header can list with its parameters.

   A complete program (build with `cc learn.c $(pkg-config --cflags --libs snn)`):

       #include <snn.h>
       #include <stdio.h>

       int main(void) {
           snn_network *network = NULL;
           snn_report *report = NULL;
           double accuracy = 0;
           snn_status status = snn_recipe_run("digits-lif", NULL, NULL, NULL, &network, &report);
           if (status == SNN_OK) status = snn_report_number(report, "accuracy", &accuracy);
           if (status == SNN_OK) status = snn_network_save(network, "digits.snn");
           if (status != SNN_OK) fprintf(stderr, "%s\n", snn_last_error());
           else printf("test accuracy %.2f %%\n", 100 * accuracy);
           snn_report_free(report);
           snn_network_free(network);
           return status != SNN_OK;
       }

   CONVENTIONS
   Status     Every function that can fail returns snn_status: 0, or a negative code whose number never changes.
              snn_last_error() gives the sentence: the law and the value. On failure nothing is written to the
              caller's buffers unless the function says otherwise, and out-handles are left untouched.
   Ownership  Handles returned through `**out` belong to the caller, who calls the matching _free (NULL is allowed).
              Results are copied into the caller's buffers. Pointers marked «borrowed» belong to the handle they were
              asked from and stay valid as long as the comment says. Strings passed in are copied.
   Sizes      Every buffer comes with its count of elements, not bytes; a wrong count is SNN_E_SHAPE. Text results
              take (buffer, capacity, needed): the text with its final zero is written whole or not at all; `needed`
              (may be NULL) receives its length with the zero in every case. Too small a buffer is SNN_E_SHAPE; buffer
              NULL with capacity 0 only asks for the length and is SNN_OK.
   Shapes     Samples are contiguous rows: an image is channels x height x width (NCHW), a sequence of T frames is
              T such rows; or they are lists of events (snn_events). Recordings are time-major [steps, batch, neurons]; the neurons of an image are in
              height, width, channel order. Weights are [inputs, outputs] and [height, width, in, out].
   Units      Times in ms, potentials without dimension (threshold 1 unless a parameter says otherwise), accuracy
              and probabilities as fractions 0..1.
   Threads    Handles are independent of each other. One handle must not be used by two threads at once, except
              where a function says «any thread». The library starts threads inside a call and ends them before it
              returns; results do not depend on their number, to the bit. It is safe to fork() between calls.
   Numbers    float32. A NaN or an infinity in an input is refused (SNN_E_NOT_FINITE).
   Stability  Within SONAME libsnn.so.1 functions are only added and numbers are never changed; docs/abi.md lists
              what may change. snn_abi_version() tells a program what it runs with. */

#ifndef SNN_H
#define SNN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) && !defined(SNN_NO_VISIBILITY)
#define SNN_API __attribute__((visibility("default")))
#else
#define SNN_API
#endif

/* ---------------------------------------------------------------- version */

#define SNN_VERSION_MAJOR 0
#define SNN_VERSION_MINOR 1
#define SNN_VERSION_PATCH 0
#define SNN_ABI_VERSION 1

/* The version for people, "0.1.0". Static; any thread. */
SNN_API const char *snn_version(void);

/* The ABI number for programs: equals SNN_ABI_VERSION of the header the library was built from. Any thread. */
SNN_API int32_t snn_abi_version(void);

/* One line on the build: version, target processor, compiler. Static; any thread. */
SNN_API const char *snn_build_info(void);

/* SNN_OK, or SNN_E_PROCESSOR where this processor lacks an instruction set the library was built for. Every
   function that creates a handle asks first, so no wide instruction runs on such a machine. Any thread. */
SNN_API int32_t snn_check_processor(void);

/* ---------------------------------------------------------------- status */

/* 0 or one of the negative codes below. A plain int32_t, so that its size is the same for every caller. */
typedef int32_t snn_status;

#define SNN_OK 0
#define SNN_E_ARGUMENT (-1)      /* a null pointer, a zero batch, an argument that makes no sense        */
#define SNN_E_SHAPE (-2)         /* sizes that do not fit together; a buffer that is too small           */
#define SNN_E_UNKNOWN_NAME (-3)  /* a model, layer, tensor, parameter or key nobody knows                */
#define SNN_E_PARAMETER (-4)     /* a parameter outside its range                                        */
#define SNN_E_DOCUMENT (-5)      /* JSON that does not parse, or a field of the wrong type               */
#define SNN_E_FILE (-6)          /* a file that cannot be opened, read, written or renamed               */
#define SNN_E_CORRUPT (-7)       /* a file that was read but is truncated or damaged                     */
#define SNN_E_DATA_MISSING (-8)  /* a data set that is not there; the sentence says where it was sought  */
#define SNN_E_STATE (-9)         /* a call that is right, but not now                                    */
#define SNN_E_NOT_SUPPORTED (-10) /* a combination this version refuses, by name                         */
#define SNN_E_NOT_FINITE (-11)   /* NaN or infinity where a finite number is needed                      */
#define SNN_E_MEMORY (-12)       /* memory was refused, or a byte budget would be exceeded               */
#define SNN_E_PROCESSOR (-13)    /* the processor lacks what the library was built for                   */
#define SNN_E_CANCELLED (-14)    /* the progress callback returned non-zero; everything is consistent    */
#define SNN_E_PLUGIN (-15)       /* a plugin was refused, or one of its functions failed                 */

/* A short name of a status, "SNN_E_SHAPE"; "unknown status" for others. Static; any thread. */
SNN_API const char *snn_status_string(snn_status status);

/* The sentence of the newest failing call on this thread, "" before the first. Borrowed: valid until the next
   failing call on the same thread. A successful call leaves it alone. */
SNN_API const char *snn_last_error(void);

/* ---------------------------------------------------------------- handles */

typedef struct snn_network snn_network;     /* a description, its weights and buffers                     */
typedef struct snn_dataset snn_dataset;     /* samples with labels, and how they are prepared            */
typedef struct snn_trainer snn_trainer;     /* a rule, a loss, an optimizer and its moments              */
typedef struct snn_events snn_events;       /* samples given as spikes rather than as rows of values     */
typedef struct snn_session snn_session;     /* one streaming run: the state of every neuron              */
typedef struct snn_recording snn_recording; /* what was recorded during one window                       */
typedef struct snn_report snn_report;       /* named numbers that a long call returns                    */
#ifndef SNN_PLUGIN_DECLARED
#define SNN_PLUGIN_DECLARED
typedef struct snn_plugin snn_plugin; /* neurons of your own, see snn_plugin.h                              */
#endif

/* Told about the progress of long calls, on the thread that made the call, at most about ten times a second and at
   the end of every epoch. `epoch` counts from 1 (0 during an evaluation), `done` of `total` samples of it are
   finished; `loss` and `accuracy` are the means of this epoch so far. Numbers that a call has none of are NaN. Returning
   non-zero stops the call with SNN_E_CANCELLED. `user` is passed through. */
typedef int32_t (*snn_progress)(void *user, int64_t epoch, int64_t epochs, int64_t done, int64_t total, double loss,
                                double accuracy, double samples_per_second);

/* ---------------------------------------------------------------- plugins
   What descriptions can name: every component (neuron, coding, readout, connection, stage, rule, optimizer,
   schedule, loss, initialiser) with the parameters its JSON object takes. Any thread. */

/* Loads the neurons of a shared object (snn_plugin.h says how to write one), or the neuron that a file NAME.neuron holds
   as text (docs/equations.md), for the rest of the process; again for the same file does nothing. A path with a slash,
   or of a file that is there and ends as these do, is taken as it is; a name alone, as NAME, NAME.so, libNAME.so and
   NAME.neuron, is looked for in the folders of $SNN_PLUGIN_PATH and in $XDG_DATA_HOME/snn/plugins (~/.local/share); a
   failure lists where. Networks name the neurons like any other; a saved network needs the plugin loaded before it is
   read again. Errors: ARGUMENT, FILE (not found), PLUGIN (refused, with the reason), DOCUMENT (a text that cannot be
   read, with line and column). */
SNN_API snn_status snn_plugin_load(const char *path);

/* Takes a plugin that is part of the program. It, and all it points to, stays as it is until the process ends.
   Errors: ARGUMENT, PLUGIN. */
SNN_API snn_status snn_plugin_register(const snn_plugin *plugin);

/* Names a neuron that is given by its equations as text (docs/equations.md), for the rest of the process.
   Errors: ARGUMENT, PLUGIN (the name is taken, or none), DOCUMENT (with line and column). */
SNN_API snn_status snn_plugin_define(const char *name, const char *text);

/* Forgets the neurons of a plugin that was loaded, registered or defined, so that another may take its name. Networks that were
   made with them keep them. Errors: ARGUMENT, UNKNOWN_NAME. */
SNN_API snn_status snn_plugin_remove(const char *name);

/* The number of components; grows when a plugin is loaded. Errors: ARGUMENT. */
SNN_API snn_status snn_component_count(size_t *count);

/* Component `index` of 0..<count: the plugin it comes from ("lif"; "kernel" for built-in parts), its kind
   ("neuron"), its name in JSON ("lif.adaptive") and one sentence. Each out-pointer may be NULL. Static strings.
   Errors: ARGUMENT (index out of range). */
SNN_API snn_status snn_component(size_t index, const char **plugin, const char **kind, const char **name,
                                 const char **summary);

/* The number of parameters of component `index`. Errors: ARGUMENT. */
SNN_API snn_status snn_component_parameter_count(size_t index, size_t *count);

/* Parameter `parameter` of component `index`: name, type ("number", "integer", "list", "boolean", "choice", "text"), unit
   ("ms", "1" without dimension), default and range in words ("> 0", "one of hard, soft, none"), and its meaning. Each out-pointer
   may be NULL. Static strings. Errors: ARGUMENT. */
SNN_API snn_status snn_component_parameter(size_t index, size_t parameter, const char **name, const char **type,
                                           const char **unit, const char **default_value, const char **range,
                                           const char **meaning);

/* ---------------------------------------------------------------- network */

/* Constructor: a network from its JSON document (docs/network.md), weights drawn from `seed`.
   Errors: ARGUMENT, DOCUMENT, UNKNOWN_NAME, PARAMETER, SHAPE, NOT_SUPPORTED, MEMORY, PROCESSOR. */
SNN_API snn_status snn_network_create(const char *json, uint64_t seed, snn_network **out);

/* Constructor: a network from a file that snn_network_save or snn_trainer_save wrote.
   Errors: ARGUMENT, FILE, CORRUPT, and those of snn_network_create. */
SNN_API snn_status snn_network_load(const char *path, snn_network **out);

/* Writes description, weights and buffers as one safetensors file, by way of a temporary name that is synced and
   renamed: killed at any point it leaves the old file or the new one. Errors: ARGUMENT, FILE. */
SNN_API snn_status snn_network_save(const snn_network *network, const char *path);

/* Destructor; NULL is allowed. Free sessions and trainers of a network in any order: each keeps what it needs. */
SNN_API void snn_network_free(snn_network *network);

/* How many threads calls on this network use; 0 means one a core, the default. Results do not depend on it.
   Errors: ARGUMENT (below 0 or above 1024). */
SNN_API snn_status snn_network_set_threads(snn_network *network, int32_t threads);

/* The network's JSON document, defaults filled in. Errors: ARGUMENT, SHAPE. */
SNN_API snn_status snn_network_json(const snn_network *network, char *buffer, size_t capacity, size_t *needed);

/* What memory `network` takes, told before anything runs, as one JSON object: "total_bytes", the peak of resident
   memory above the idle process; "workspace_bytes", "shared_bytes" and "overhead_bytes"; "block" and "slab", the samples
   that a thread takes and that pass all layers together; "workers"; "nodes", for each "name", "weight_bytes",
   "transposed_bytes", "gradient_bytes", "moment_bytes", "activity_bytes" and "recomputed". The caller's inputs and
   results are not counted. `json` may be NULL or say {"batch": 128, "threads": N, "mode": "train" | "inference",
   "optimizer": {"kind": "adam"}, "loss": {...}, "memory_budget": N, "activity": 0.2, "input_activity": 0.2}: threads
   are the network's unless given, activities are the shares of neurons that spike in a step and of inputs that are not
   zero; "activity" may be an object of shares by node, {"hidden": 0.03}, with 0.2 for the others. With a budget the
   plan says which layers compute their currents again so that training fits it.
   Errors: ARGUMENT, SHAPE, DOCUMENT, UNKNOWN_NAME, PARAMETER, MEMORY (the budget is below the least possible). */
SNN_API snn_status snn_network_plan(const snn_network *network, const char *json, char *buffer, size_t capacity,
                                    size_t *needed);

/* Values of one sample, scores of one sample, time steps of one window. Each out-pointer may be NULL.
   Errors: ARGUMENT. */
SNN_API snn_status snn_network_sizes(const snn_network *network, size_t *inputs, size_t *outputs, size_t *steps);

/* The seed that drew the weights; predictions draw random codings and jitter from it. Errors: ARGUMENT. */
SNN_API snn_status snn_network_seed(const snn_network *network, uint64_t *seed);

/* The number of nodes (layers, and groups of stages). Errors: ARGUMENT. */
SNN_API snn_status snn_network_node_count(const snn_network *network, size_t *count);

/* Node `index`: its name (borrowed until the network is freed), the neurons or values it sends, and whether it spikes
   (1 or 0). Each out-pointer may be NULL. Errors: ARGUMENT. */
SNN_API snn_status snn_network_node(const snn_network *network, size_t index, const char **name, size_t *neurons,
                                    int32_t *spikes);

/* The number of trainable tensors. Errors: ARGUMENT. */
SNN_API snn_status snn_network_tensor_count(const snn_network *network, size_t *count);

/* Trainable tensor `index`, without copying: its name ("hidden.weight"), its values (row-major; writing to them changes
   the network), its shape and rank. All borrowed until the network is freed. Each out-pointer may be NULL. Do not write
   while another call uses the network. Errors: ARGUMENT. */
SNN_API snn_status snn_network_tensor(snn_network *network, size_t index, const char **name, float **values,
                                      const int64_t **shape, size_t *rank);

/* Scores [batch, outputs] for inputs [batch, inputs]. `first_sample` numbers the samples for random codings, so that
   one call for 128 samples and 128 calls for one give the same bits; 0 if you do not care.
   Errors: ARGUMENT, SHAPE, PARAMETER (a value that the coding does not take), NOT_FINITE, MEMORY. */
SNN_API snn_status snn_network_predict(const snn_network *network, const float *inputs, size_t inputs_count, size_t batch,
                                       uint64_t first_sample, float *scores, size_t scores_count);

/* How many values a sample has in the per-sample result `name`: "scores", "probabilities" (softmax of the scores),
   "class" (the winner; the lowest index wins a tie), "spike_counts" (spikes sent by each node).
   Errors: ARGUMENT, UNKNOWN_NAME, NOT_SUPPORTED (a result that networks of this kind do not have). */
SNN_API snn_status snn_network_result_size(const snn_network *network, const char *name, size_t *size);

/* As snn_network_predict, for several results at once: results[i] [batch, size of names[i]] of counts[i] values.
   Errors: those of snn_network_predict and snn_network_result_size. */
SNN_API snn_status snn_network_predict_results(const snn_network *network, const float *inputs, size_t inputs_count,
                                               size_t batch, uint64_t first_sample, const char *const *names,
                                               float *const *results, const size_t *counts, size_t results_count);

/* Runs every sample of a data set and reports "accuracy", "loss" (cross-entropy of the scores), "samples", "seconds",
   "samples_per_second", "spikes_per_neuron", "synaptic_operations", "steps", "peak_memory_bytes", "threads", and for
   each node "nodes.NAME.spikes_per_neuron", "nodes.NAME.activity", "nodes.NAME.synaptic_operations". `progress` may be
   NULL. Errors: ARGUMENT, SHAPE, PARAMETER, NOT_SUPPORTED (events, and a coding without them), NOT_FINITE, MEMORY,
   CANCELLED. */
SNN_API snn_status snn_network_evaluate(const snn_network *network, const snn_dataset *dataset, snn_progress progress,
                                        void *user, snn_report **out);

/* Runs one window and records it. `json` chooses: {"nodes": ["hidden"], "spikes": true, "potentials": true,
   "byte_budget": 67108864}; NULL records the spikes of every node within 64 MiB. "input" names the encoded input.
   A recording that would exceed the budget is refused before anything runs.
   Errors: ARGUMENT, SHAPE, DOCUMENT, PARAMETER, UNKNOWN_NAME, NOT_FINITE, MEMORY. */
SNN_API snn_status snn_network_record(const snn_network *network, const float *inputs, size_t inputs_count, size_t batch,
                                      uint64_t first_sample, const char *json, snn_recording **out);

/* ---------------------------------------------------------------- recording */

/* What node `node` sent: signed counts [steps, batch, neurons], multiplied by `scale` on arrival. Borrowed until the
   recording is freed. Each out-pointer may be NULL.
   Errors: ARGUMENT, UNKNOWN_NAME, STATE (its spikes were not recorded or it sends analog values). */
SNN_API snn_status snn_recording_spikes(const snn_recording *recording, const char *node, const int16_t **counts,
                                        float *scale, const int64_t **shape);

/* Membrane potentials of node `node` after charge and before reset [steps, batch, neurons]; for analog nodes the values
   they sent. Borrowed until the recording is freed. Errors: ARGUMENT, UNKNOWN_NAME, STATE. */
SNN_API snn_status snn_recording_potentials(const snn_recording *recording, const char *node, const float **values,
                                            const int64_t **shape);

/* Destructor; NULL is allowed. */
SNN_API void snn_recording_free(snn_recording *recording);

/* ---------------------------------------------------------------- session (streaming)
   The same network one time step at a time; after `steps` steps the scores equal those of snn_network_predict to the
   bit. A session holds a copy of the weights as they were when it was created. A network that sends codes of spikes (fs)
   takes a new sample at the first of every `steps` steps, and its scores come `steps` steps a layer later. */

/* Constructor: `batch` independent streams at rest. Errors: ARGUMENT, NOT_SUPPORTED, MEMORY. */
SNN_API snn_status snn_session_create(const snn_network *network, size_t batch, uint64_t first_sample, snn_session **out);

/* Advances every stream by one step with inputs [batch, inputs of one step]; NULL and 0 repeat the inputs of the step
   before. Errors: ARGUMENT, SHAPE, PARAMETER, NOT_FINITE, STATE (no inputs yet; a sample
   within a window of codes). */
SNN_API snn_status snn_session_step(snn_session *session, const float *inputs, size_t inputs_count);

/* The scores [batch, outputs] after the steps so far. Errors: ARGUMENT, SHAPE, STATE (no step yet). */
SNN_API snn_status snn_session_scores(const snn_session *session, float *scores, size_t scores_count);

/* What node `node` sent in the newest step [batch, neurons]. Errors: ARGUMENT, SHAPE, UNKNOWN_NAME, STATE. */
SNN_API snn_status snn_session_output(const snn_session *session, const char *node, float *values, size_t values_count);

/* Steps since the start or the newest reset. Errors: ARGUMENT. */
SNN_API snn_status snn_session_steps(const snn_session *session, uint64_t *steps);

/* Back to rest, step 0. Errors: ARGUMENT. */
SNN_API snn_status snn_session_reset(snn_session *session);

/* Destructor; NULL is allowed. */
SNN_API void snn_session_free(snn_session *session);

/* ---------------------------------------------------------------- data set */

/* Constructor: `samples` rows of `features` float32 values with labels 0..<classes. Nothing is copied: both arrays must
   stay alive and unchanged until the data set is freed. Errors: ARGUMENT, PARAMETER (a label out of range), NOT_FINITE. */
SNN_API snn_status snn_dataset_from_arrays(const float *inputs, size_t samples, size_t features, const int32_t *labels,
                                           size_t classes, snn_dataset **out);

/* Constructor: a named set ("digits", "yin-yang", "mnist", "nmnist", ...: docs/recipes.md) or a FILE.npz, `split` "train" or
   "test". `directory` holds one folder a set; NULL means $SNN_DATA, else the per-user folder. "digits" is embedded,
   "yin-yang" generated: they need none.
   `json` may be NULL or choose preprocessing and augmentation (docs/recipes.md). Sets of events need the steps of the
   network that will read them: {"events": {"bin": 1, "merge_polarity": true, "steps": 300}}.
   Errors: ARGUMENT, UNKNOWN_NAME, DATA_MISSING, FILE, CORRUPT, DOCUMENT, PARAMETER, SHAPE, NOT_SUPPORTED. */
SNN_API snn_status snn_dataset_open(const char *name, const char *split, const char *directory, const char *json,
                                    snn_dataset **out);

/* Samples, values of a sample, classes. Each out-pointer may be NULL. Errors: ARGUMENT. */
SNN_API snn_status snn_dataset_sizes(const snn_dataset *dataset, size_t *samples, size_t *features, size_t *classes);

/* Copies sample `index` (without augmentation) into `inputs` and its label into `label` (may be NULL).
   Errors: ARGUMENT, SHAPE. */
SNN_API snn_status snn_dataset_sample(const snn_dataset *dataset, size_t index, float *inputs, size_t inputs_count,
                                      int32_t *label);

/* Destructor; NULL is allowed. */
SNN_API void snn_dataset_free(snn_dataset *dataset);

/* ---------------------------------------------------------------- trainer */

/* Constructor: a trainer for `network` from a JSON document: {"rule": ..., "loss": ..., "optimizer": ..., "schedule":
   ..., "batch": 128, "epochs": 5, "memory_budget": N, "reload_best": false} (docs/recipes.md); NULL takes every default.
   `seed` drives shuffling, dropout, random codings and augmentation. The trainer changes the weights of `network`, which must not be used at the same time.
   Errors: ARGUMENT, DOCUMENT, UNKNOWN_NAME, PARAMETER, NOT_SUPPORTED, MEMORY. */
SNN_API snn_status snn_trainer_create(snn_network *network, const char *json, uint64_t seed, snn_trainer **out);

/* One optimizer step on inputs [batch, inputs] and labels: one a sample, or one a sample and step [batch, steps] where
   the loss is per step. `loss` (may be NULL) receives the loss before the step.
   Errors: ARGUMENT, SHAPE, PARAMETER (a label or an input out of range), NOT_FINITE, MEMORY. */
SNN_API snn_status snn_trainer_train_batch(snn_trainer *trainer, const float *inputs, size_t inputs_count,
                                           const int32_t *labels, size_t labels_count, size_t batch, double *loss);

/* As snn_trainer_train_batch, with target values [batch, outputs] (or [batch, steps, outputs]) for the mean squared
   error. Errors: the same, and NOT_SUPPORTED where the loss takes labels. */
SNN_API snn_status snn_trainer_train_batch_values(snn_trainer *trainer, const float *inputs, size_t inputs_count,
                                                  const float *targets, size_t targets_count, size_t batch, double *loss);

/* The first half of snn_trainer_train_batch: fills the gradients and moves nothing, so that a caller may add them up
   over processes, clip or change them before snn_trainer_apply. Errors: those of snn_trainer_train_batch. */
SNN_API snn_status snn_trainer_gradients(snn_trainer *trainer, const float *inputs, size_t inputs_count,
                                         const int32_t *labels, size_t labels_count, size_t batch, double *loss);

/* As snn_trainer_gradients, with target values as snn_trainer_train_batch_values takes them. Errors: the same. */
SNN_API snn_status snn_trainer_gradients_values(snn_trainer *trainer, const float *inputs, size_t inputs_count,
                                                const float *targets, size_t targets_count, size_t batch, double *loss);

/* The second half: one optimizer step with the gradients as they are now. Errors: ARGUMENT, STATE (none
   yet), NOT_FINITE (the weights became infinite or NaN: they diverged). */
SNN_API snn_status snn_trainer_apply(snn_trainer *trainer);

/* The gradient of trainable tensor `index`, without copying, shape as the tensor's. Borrowed until the trainer is freed;
   the values change with every batch. Until gradients are asked for, here or by snn_trainer_gradients, a training step
   keeps none of a large layer. Errors: ARGUMENT (a buffer has none, too), STATE (the last step kept none: call
   snn_trainer_gradients). */
SNN_API snn_status snn_trainer_gradient(snn_trainer *trainer, size_t index, float **values, size_t *count);

/* Trains until `epochs` epochs are complete (counting those done before a resume), each on every sample in a new seeded
   order, and reports "loss", "train_accuracy", "epochs", "seconds", "samples_per_second", "peak_memory_bytes", and per
   epoch "epoch.N.loss", "epoch.N.train_accuracy". Cancelled, it leaves network and trainer as they were after the last
   complete epoch. `progress` may be NULL.
   Errors: ARGUMENT, SHAPE, PARAMETER, NOT_SUPPORTED (events, and a coding without them), NOT_FINITE (the loss
   diverged), MEMORY, CANCELLED. */
SNN_API snn_status snn_trainer_fit(snn_trainer *trainer, const snn_dataset *dataset, int64_t epochs,
                                   snn_progress progress, void *user, snn_report **out);

/* Writes network, moments and counters, with the guarantee of snn_network_save. Errors: ARGUMENT, FILE. */
SNN_API snn_status snn_trainer_save(const snn_trainer *trainer, const char *path);

/* Takes weights, moments, counters and seed from a file of snn_trainer_save; training then goes on to the bit as if
   never interrupted. Errors: ARGUMENT, FILE, CORRUPT, SHAPE (a file of another network or optimizer), STATE (a file
   without training state, such as one of snn_network_save). */
SNN_API snn_status snn_trainer_resume(snn_trainer *trainer, const char *path);

/* Destructor; NULL is allowed. The network stays. */
SNN_API void snn_trainer_free(snn_trainer *trainer);

/* ---------------------------------------------------------------- events
   Samples as the spikes they consist of, as event cameras give them, for networks whose coding is "events" or "frames".
   Results are those of the frames that the events make up, to the bit; the cost is that of the events. */

/* Constructor: offsets_count - 1 samples. Sample s has the events offsets[s] ..< offsets[s + 1], in any order: event i is
   a spike in step steps[i] (from 0) of neuron neurons[i], numbered as the values of a frame are (channels x height x
   width). Events of one neuron in one step add up; with the coding "events" to no more than its "largest_count".
   offsets[0] need not be 0, so part of a long list needs no copy. `offsets` is copied; `steps` and `neurons` are not and
   must stay alive and unchanged until the events, and every data set of them, are freed; where events_count is 0 they may
   be NULL.
   Errors: ARGUMENT, SHAPE (offsets that descend or lie beyond events_count), MEMORY, PROCESSOR. */
SNN_API snn_status snn_events_create(const uint64_t *offsets, size_t offsets_count, const uint32_t *steps,
                                     const uint32_t *neurons, size_t events_count, snn_events **out);

/* Destructor; NULL is allowed. Data sets of these events stay. */
SNN_API void snn_events_free(snn_events *events);

/* As snn_network_predict, for every sample of `events`: scores [samples, outputs].
   Errors: ARGUMENT, SHAPE, PARAMETER (a step outside the window, a neuron outside the input), NOT_SUPPORTED (a coding
   that takes no events), MEMORY. */
SNN_API snn_status snn_network_predict_events(const snn_network *network, const snn_events *events, uint64_t first_sample,
                                              float *scores, size_t scores_count);

/* As snn_network_predict_results. Errors: those of snn_network_predict_events and snn_network_result_size. */
SNN_API snn_status snn_network_predict_results_events(const snn_network *network, const snn_events *events,
                                                      uint64_t first_sample, const char *const *names,
                                                      float *const *results, const size_t *counts, size_t results_count);

/* As snn_network_record. Errors: those of snn_network_predict_events, DOCUMENT, UNKNOWN_NAME. */
SNN_API snn_status snn_network_record_events(const snn_network *network, const snn_events *events, uint64_t first_sample,
                                             const char *json, snn_recording **out);

/* As snn_trainer_train_batch, for a batch of all samples of `events`.
   Errors: those of snn_network_predict_events, NOT_FINITE. */
SNN_API snn_status snn_trainer_train_batch_events(snn_trainer *trainer, const snn_events *events, const int32_t *labels,
                                                  size_t labels_count, double *loss);

/* As snn_trainer_train_batch_values. Errors: those of snn_trainer_train_batch_events. */
SNN_API snn_status snn_trainer_train_batch_values_events(snn_trainer *trainer, const snn_events *events,
                                                         const float *targets, size_t targets_count, double *loss);

/* As snn_trainer_gradients. Errors: those of snn_trainer_train_batch_events. */
SNN_API snn_status snn_trainer_gradients_events(snn_trainer *trainer, const snn_events *events, const int32_t *labels,
                                                size_t labels_count, double *loss);

/* As snn_trainer_gradients_values. Errors: those of snn_trainer_train_batch_events. */
SNN_API snn_status snn_trainer_gradients_values_events(snn_trainer *trainer, const snn_events *events,
                                                       const float *targets, size_t targets_count, double *loss);

/* Constructor: a data set of events in `steps` steps of `neurons` neurons, with one label a sample, 0..<classes, for
   networks of that window and input. Labels are not copied. snn_dataset_sample writes frames [steps, neurons] of counts.
   Errors: ARGUMENT, SHAPE, PARAMETER (an event or a label out of range). */
SNN_API snn_status snn_dataset_from_events(const snn_events *events, size_t steps, size_t neurons, const int32_t *labels,
                                           size_t labels_count, size_t classes, snn_dataset **out);

/* ---------------------------------------------------------------- recipe */

/* Runs a whole experiment: `recipe` is the name of a shipped recipe ("digits-lif"), a path, or a JSON document.
   `json` may be NULL or override: {"data": DIR, "epochs": N, "threads": N, "seed": N, "out": FILE, "resume": FILE,
   "memory_budget": N}.
   `network` (may be NULL) receives the trained network, `report` (may be NULL) the numbers of the last stage:
   "accuracy", "spikes_per_neuron", "synaptic_operations", "steps", "epochs", "seconds", "samples_per_second",
   "peak_memory_bytes", "seed", "threads". Cancelled, the file "out" holds the last complete epoch.
   Errors: ARGUMENT, DOCUMENT, UNKNOWN_NAME, PARAMETER, SHAPE, DATA_MISSING, FILE, CORRUPT, NOT_FINITE, CANCELLED. */
SNN_API snn_status snn_recipe_run(const char *recipe, const char *json, snn_progress progress, void *user,
                                  snn_network **network, snn_report **report);

/* ---------------------------------------------------------------- few-spikes neurons */

/* Finds the table of a few-spikes neuron of `steps_count` steps (1 to 32) that comes closest to a function, by the
   weighted mean of the squared error (docs/few-spikes.md). Without points (x, y and weights NULL, points_count 0) the
   function is a named one: {"function": "gelu", "relu", "sigmoid", "silu" or "tanh", "low": A, "high": B}. With points it
   is straight lines through (x[i], y[i]), x ascending; `weights` (may be NULL) says how much the neighbourhood of each
   point counts. `json` (may be NULL where there are points) further takes
   {"weighting": "uniform", "normal" or "importance", "mean": M, "deviation": S, "spike_price": P, "comparison": "above"
   or "at_least", "method": "annealing" or "surrogate", "moves": N, "seed": N, "threads": N}.
   Writes thresholds, resets and amplitudes, `steps_count` each, in the order of inference; the last reset is 0.
   `report` (may be NULL) receives "mean_squared_error", "largest_error", "largest_error_input", "spikes_per_input",
   "steps", "low", "high", "moves", "seed", "threads", "seconds". `progress` (may be NULL) counts moves as samples of one
   epoch; its loss is the smallest cost so far, its accuracy NaN. The same seed gives the same table, to the bit, for any
   number of threads.
   Errors: ARGUMENT, DOCUMENT, UNKNOWN_NAME, PARAMETER, SHAPE (fewer than two points), NOT_SUPPORTED, NOT_FINITE (the
   function at an x that the sentence names), CANCELLED, PROCESSOR. */
SNN_API snn_status snn_fs_fit(const char *json, const double *x, const double *y, const double *weights,
                              size_t points_count, snn_progress progress, void *user, float *thresholds, float *resets,
                              float *amplitudes, size_t steps_count, snn_report **report);

/* ---------------------------------------------------------------- conversion */

/* Another network that computes what `network` does with other neurons: an analog one (coding "constant", neurons "relu"
   and the like, batch normalisation) as few spikes, rates or spike times, or one of spike times as an analog one
   (docs/network.md). Ranges, thresholds and windows are fitted to `dataset`. `network` stays as it is; `converted` takes
   its number of threads. `json`: {"to": "fs", "if", "ttfs" or "relu", "steps": N, "percentile": P, "margin": M,
   "tolerance": E, "spike_price": C, "shift": S, "low": A, "high": B} as a recipe's stage "convert" takes it
   (docs/recipes.md), and {"report_samples": N, "allowed_loss": L, "page": FILE}: compare both networks on the first N
   samples (1000 unless given; 0: no report), with the loss of accuracy that the steps found to be enough may have
   (0.001), and write an HTML page about it.
   `report` may be NULL. It receives NULL where there is no report: for 0 samples, and for "relu" unless asked for, which
   is refused. Its numbers: "samples", "accuracy_analog", "accuracy_converted", "accuracy_clipped" (the analog network cut
   at what spikes can stand for), "clipping_loss", "rounding_loss", "allowed_loss", "layers_count", and "enough_steps" where
   a window of such a length exists; snn_report_json also has "layers" and "curve", the accuracy and spikes of other steps.
   `progress` (may be NULL) is told while ranges are fitted and biases corrected (epoch 1), and for the report (epoch 0), in
   rounds of samples, moves or layers, each with a `total` of its own.
   Errors: ARGUMENT, DOCUMENT, UNKNOWN_NAME, PARAMETER, SHAPE (a data set of another network), NOT_SUPPORTED (a layer
   that has no counterpart, by name), NOT_FINITE, STATE (a layer that the data never activates), FILE, MEMORY, CANCELLED,
   PROCESSOR. */
SNN_API snn_status snn_network_convert(const snn_network *network, const char *json, const snn_dataset *dataset,
                                       snn_progress progress, void *user, snn_network **converted, snn_report **report);

/* What conversion did to one layer of spiking neurons. Shares are fractions 0..1. Errors are mean squares over samples and
   neurons, in units of the mean square of what the analog layer sends; `error` is all of it, with what the other three
   have in common. Later libraries may add members at the end (docs/abi.md). */
typedef struct snn_conversion_layer {
    const char *name;         /* borrowed until the report is freed                                       */
    const char *model;        /* its neuron, "fs.relu"; borrowed until the report is freed                */
    int64_t neurons;
    double range;             /* the largest value it can send: range, threshold or window; may be INFINITY */
    double correlation;       /* Pearson's, of what it sends with what the analog layer sends             */
    double clipped_share;     /* values above the range                                                   */
    double error;
    double inherited_error;   /* came in with its currents from the layers before it                      */
    double clipping_error;    /* lost above the range                                                     */
    double rounding_error;    /* what codes, times or rates cannot tell apart                             */
    double dead_share;        /* neurons that never sent anything                                         */
    double saturated_share;   /* neurons above the range in at least half of the samples                  */
    double spikes_per_neuron; /* spikes a sample and neuron                                               */
} snn_conversion_layer;

/* Layer `index` of 0..<"layers_count" of a report of snn_network_convert, in the order of the network. `struct_size` is
   sizeof *layer: no more is written, and members that this library does not know become 0.
   Errors: ARGUMENT (index or struct_size out of range), STATE (the report is not of a conversion). */
SNN_API snn_status snn_report_conversion_layer(const snn_report *report, size_t index, size_t struct_size,
                                               snn_conversion_layer *layer);

/* ---------------------------------------------------------------- report */

/* The number called `name`. Errors: ARGUMENT, UNKNOWN_NAME (the sentence lists the names). */
SNN_API snn_status snn_report_number(const snn_report *report, const char *name, double *value);

/* The whole report as one JSON object. Errors: ARGUMENT, SHAPE. */
SNN_API snn_status snn_report_json(const snn_report *report, char *buffer, size_t capacity, size_t *needed);

/* Destructor; NULL is allowed. */
SNN_API void snn_report_free(snn_report *report);

#ifdef __cplusplus
}
#endif

#endif /* SNN_H */
