#!/usr/bin/env bash
# The command as a user meets it: cli.sh build/snn. Needs python3 (standard library only), no network.
set -euo pipefail
snn=$(realpath "${1:?usage: cli.sh build/snn}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
# Nobody's own data sets, and none of the other settings that a user may have.
export XDG_DATA_HOME="$folder/home" XDG_CACHE_HOME="$folder/cache" LC_ALL=C
unset SNN_DATA

passed=0
say() { passed=$((passed + 1)); echo "ok: $1"; }
die() { echo "FAILED: $1" >&2; exit 1; }

cat > tools.py << 'PYTHON'
import json, struct, sys

def tensors(path):
    data = open(path, "rb").read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    metadata = header.pop("__metadata__", {})
    body = data[8 + size:]
    return {n: (e["dtype"], e["shape"], body[slice(*e["data_offsets"])]) for n, e in header.items()}, metadata

def last_line(path):
    return json.loads(open(path).read().splitlines()[-1])

def same(first, second):
    a, b = tensors(first)[0], tensors(second)[0]
    assert a and a.keys() == b.keys(), (a.keys(), b.keys())
    different = [n for n in a if a[n] != b[n]]
    assert not different, f"{first} and {second} differ in {different}"

def fields(path):
    report = last_line(path)
    names = ["accuracy", "spikes_per_neuron", "synaptic_operations", "steps", "epochs", "seconds", "samples_per_second",
             "peak_memory_bytes", "seed", "threads", "version"]
    for part in [report] + report["stages"]:
        missing = [n for n in names if n not in part]
        assert not missing, f"missing: {missing}"
        assert 0 <= part["accuracy"] <= 1 and part["seconds"] > 0 and part["peak_memory_bytes"] > 1 << 20
        assert part["epochs"] == 2 and part["seed"] == 5 and part["threads"] == 1 and part["steps"] == 20

def equal(first, second, *names):
    a, b = last_line(first), last_line(second)
    for name in names:
        assert a[name] == b[name], (name, a[name], b[name])

def epochs(path):
    print(json.loads(tensors(path)[1]["snn.progress"])["epochs_done"])

if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
PYTHON
tool() { python3 tools.py "$@"; }

# One sentence on standard error, nothing on standard output, the code given.
fails() { # name, code, a word the sentence must hold, then the arguments
    local name=$1 code=$2 word=$3 got=0
    shift 3
    "$snn" "$@" > out.txt 2> err.txt || got=$?
    [[ $got == "$code" ]] || die "$name: exit code $got instead of $code: $(cat err.txt)"
    [[ ! -s out.txt ]] || die "$name: standard output is not empty"
    [[ $(wc -l < err.txt) == 1 ]] || die "$name: not one line: $(cat err.txt)"
    grep -q -e "$word" err.txt || die "$name: no '$word' in: $(cat err.txt)"
    say "$name"
}

# A pattern that the command's output shows.
shows() { # pattern, then the arguments
    local pattern=$1
    shift
    "$snn" "$@" > out.txt
    grep -q -e "$pattern" out.txt || die "snn $* must show '$pattern': $(cat out.txt)"
}

# ---- training: the report, and the same bits whatever the number of threads
"$snn" train digits-lif --epochs 2 --seed 5 --threads 1 --out one.st --json > one.json 2> one.err
tool fields one.json
[[ $(grep -c '^epoch' one.err) == 2 ]] || die "two epochs must give two lines of progress"
say "train --json ends with every field"
"$snn" train digits-lif --epochs 2 --seed 5 --threads 2 --out two.st --json > two.json 2> /dev/null
tool same one.st two.st
tool equal one.json two.json accuracy spikes_per_neuron synaptic_operations loss
say "1 and 2 threads give equal bits"
"$snn" train digits-lif --epochs 2 --seed 6 --out other.st --json > /dev/null 2>&1
if tool same one.st other.st 2> /dev/null; then die "another seed must give other weights"; fi
say "another seed gives other weights"

# ---- a schedule that does not know the end, so that a shorter run is the beginning of a longer one
cat > constant.json << 'JSON'
{"name": "constant", "data": {"set": "digits"}, "seed": 3,
 "network": {"input": {"shape": [1, 8, 8]}, "steps": 10,
  "layers": [
   {"name": "hidden", "stages": [{"kind": "flatten"}, {"kind": "dropout", "probability": 0.1}],
    "connection": {"kind": "dense", "outputs": 64}, "neuron": "lif"},
   {"name": "out", "connection": {"kind": "dense", "outputs": 10}, "neuron": "lif"}]},
 "stages": [{"kind": "train", "epochs": 400, "batch": 32}]}
JSON
"$snn" train constant.json --epochs 2 --out a.st > /dev/null 2>&1
"$snn" train constant.json --resume a.st --epochs 4 --out b.st > /dev/null 2>&1
"$snn" train constant.json --epochs 4 --out c.st > /dev/null 2>&1
tool same b.st c.st
say "2 epochs and 2 more are 4, to the bit"
"$snn" train --resume a.st --epochs 4 --out d.st > /dev/null 2>&1
tool same c.st d.st
say "a checkpoint carries its recipe"
"$snn" train constant.json --resume c.st --epochs 4 --out e.st > /dev/null 2>&1
tool same c.st e.st
say "nothing left to train still writes the file"
fails "another seed on resume" 1 "seed" train constant.json --resume a.st --seed 9 --epochs 4

# ---- Ctrl-C keeps the last complete epoch, and going on gives the uninterrupted weights
interrupt() { # file, how often
    python3 - "$snn" "$1" "$2" << 'PYTHON'
import os, signal, subprocess, sys, time
snn, out, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
run = subprocess.Popen([snn, "train", "constant.json", "--out", out], stdout=subprocess.DEVNULL, stderr=open("int.err", "w"))
while not os.path.exists(out):
    assert run.poll() is None, "training ended too early"
    time.sleep(0.01)
for _ in range(times):
    run.send_signal(signal.SIGINT)
    time.sleep(0.001)
code = run.wait(timeout=60)
assert code in ((130,) if times == 1 else (130, -signal.SIGINT)), code
PYTHON
}
interrupt i.st 1
grep -q -- "--resume i.st" int.err || die "the message must say how to go on: $(cat int.err)"
"$snn" eval i.st --json > /dev/null
done=$(tool epochs i.st)
"$snn" train constant.json --resume i.st --epochs $((done + 1)) --out j.st > /dev/null 2>&1
"$snn" train constant.json --epochs $((done + 1)) --out k.st > /dev/null 2>&1
tool same j.st k.st
say "Ctrl-C after epoch $done: exit code 130, a file that loads, and resuming gives equal bits"
interrupt m.st 2
"$snn" info m.st > /dev/null
say "a second Ctrl-C leaves a file that loads, too"
[[ -z $(find . -name '.*.tmp') ]] || echo "note: a killed save left a temporary file"

# ---- eval, predict, info
"$snn" eval one.st --json > eval.json 2> /dev/null
tool equal one.json eval.json accuracy spikes_per_neuron synaptic_operations steps seed
say "eval finds the accuracy that train reported"
"$snn" predict one.st --sample 3 --sample 0 --results scores,probabilities,class,spike_counts --json > predict.json
python3 - << 'PYTHON'
import json
samples = json.load(open("predict.json"))["samples"]
assert [s["sample"] for s in samples] == [3, 0]
for s in samples:
    assert len(s["scores"]) == 10 and abs(sum(s["probabilities"]) - 1) < 1e-4
    assert s["class"] == s["scores"].index(max(s["scores"])) and 0 <= s["label"] <= 9
    assert s["spike_counts"]["out"] == sum(s["scores"]) and "hidden" in s["spike_counts"]
PYTHON
say "predict gives scores, probabilities, classes, labels and spikes"
"$snn" predict one.st > predict.txt
grep -q "of 10 right" predict.txt || die "predict must show ten samples"
fails "a sample beyond the set" 1 "0 \.\.\. 358, got 359" predict one.st --sample 359
fails "an unknown result" 1 "known: class" predict one.st --results speed
shows "hidden" info one.st
"$snn" info one.st --json | python3 -c 'import json, sys; assert json.load(sys.stdin)["training"]["epochs"] == 2'
say "info shows the network and the training"

# ---- the user's own arrays, written without numpy
python3 - << 'PYTHON'
import struct, zipfile
def npy(kind, shape, body):
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': ({', '.join(map(str, shape))},), }}"
    text += " " * (63 - (10 + len(text)) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + body
rows = lambda n: b"".join(struct.pack("<64f", *[((s + i) % 10 == 0) * 1.0 for i in range(64)]) for s in range(n))
labels = lambda n: struct.pack(f"<{n}q", *[s % 10 for s in range(n)])
with zipfile.ZipFile("own.npz", "w") as file:
    for part, count in (("train", 100), ("test", 20)):
        file.writestr(f"x_{part}.npy", npy("<f4", (count, 8, 8), rows(count)))
        file.writestr(f"y_{part}.npy", npy("<i8", (count,), labels(count)))
with zipfile.ZipFile("rows.npz", "w") as file:
    file.writestr("x_test.npy", npy("<f4", (5, 64), rows(5)))
PYTHON
"$snn" train constant.json --data own.npz --epochs 20 --out own.st --json > own.json 2> /dev/null
python3 -c 'import tools; assert tools.last_line("own.json")["accuracy"] == 1'
"$snn" predict own.st --input rows.npz --json |
    python3 -c 'import json, sys; s = json.load(sys.stdin)["samples"]; assert [p["class"] for p in s] == [0, 1, 2, 3, 4]; assert "label" not in s[0]'
say "own arrays train a network, and rows without labels are predicted"

# ---- recorded events: the binning stands in the file
cat > events.py << 'PYTHON'
import struct, zipfile
def npy(numbers):
    text = f"{{'descr': '<i4', 'fortran_order': False, 'shape': ({len(numbers)},), }}"
    text += " " * (63 - (10 + len(text)) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + struct.pack(f"<{len(numbers)}i", *numbers)
# Sample s sends one event of neuron s % 4 each 10 ms in both polarities, two of ten after the window.
with zipfile.ZipFile("events.npz", "w") as file:
    file.writestr("shape.npy", npy([2, 1, 4]))
    for part, count in (("train", 40), ("test", 8)):
        file.writestr(f"{part}_times.npy", npy([10000 * e for s in range(count) for e in range(10)]))
        file.writestr(f"{part}_units.npy", npy([4 * (e % 2) + s % 4 for s in range(count) for e in range(10)]))
        file.writestr(f"{part}_offsets.npy", npy([10 * s for s in range(count + 1)]))
        file.writestr(f"{part}_labels.npy", npy([s % 4 for s in range(count)]))
PYTHON
python3 events.py
cat > events.json << 'JSON'
{"name": "events", "data": {"set": "events.npz", "preprocessing": {"events": {"bin": 5, "merge_polarity": true}}}, "seed": 1,
 "network": {"input": {"shape": [4]}, "steps": 16, "coding": "events", "readout": "membrane", "layers": [
  {"name": "out", "connection": {"kind": "dense", "outputs": 4}, "neuron": "lif.integrator"}]},
 "stages": [{"kind": "train", "epochs": 30, "batch": 8, "optimizer": {"kind": "adam", "learning_rate": 0.05}}]}
JSON
"$snn" train events.json --out events.st --json > events.txt 2> /dev/null
"$snn" eval events.st --json > eval.txt 2> /dev/null
tool equal events.txt eval.txt accuracy events_dropped
python3 -c 'import tools; report = tools.last_line("eval.txt"); assert report["accuracy"] == 1 and report["events_dropped"] == 16, report'
"$snn" predict events.st --input events.npz --json |
    python3 -c 'import json, sys; s = json.load(sys.stdin)["samples"]; assert [p["class"] for p in s] == [0, 1, 2, 3] * 2'
say "recorded events are binned as the recipe says, also by eval and predict"

# ---- conversion to spike times and back
cat > analog.json << 'JSON'
{"name": "analog", "data": {"set": "digits"}, "seed": 3,
 "network": {"input": {"shape": [1, 8, 8]}, "readout": "membrane",
  "layers": [
   {"name": "conv", "connection": {"kind": "conv2d", "channels": 8, "kernel": 3, "padding": 1}, "neuron": "relu"},
   {"name": "norm", "connection": "batch_norm", "neuron": "relu.identity"},
   {"name": "out", "stages": [{"kind": "max_pool", "kernel": 2}, "flatten"],
    "connection": {"kind": "dense", "outputs": 10}, "neuron": "relu.identity"}]},
 "stages": [{"kind": "train", "epochs": 3, "batch": 32}]}
JSON
"$snn" train analog.json --out analog.st --json > analog.txt 2> /dev/null
"$snn" convert analog.st --to ttfs --percentile 100 --margin 1.5 --out times.st --json > times.txt 2> /dev/null
"$snn" eval times.st --json > eval.txt 2> /dev/null
python3 - << 'PYTHON'
import tools
analog, times, evaluated = (tools.last_line(name) for name in ("analog.txt", "times.txt", "eval.txt"))
assert times["accuracy"] == times["accuracy_ann"] == analog["accuracy"] == evaluated["accuracy"] > 0.8, times
assert 0 < times["spikes_per_neuron"] < 1 and times["steps"] == 1, times
PYTHON
"$snn" convert times.st --to relu --out back.st > out.txt 2> /dev/null
"$snn" eval back.st --json > back.txt 2> /dev/null
tool equal analog.txt back.txt accuracy
say "convert gives spike times of the same accuracy, and back"
for price in "" "--spike-price 0.1"; do
    "$snn" convert analog.st --to fs --steps 4 $price --out codes.st --json 2> /dev/null
done > codes.txt
python3 -c 'import json; a, b = map(json.loads, open("codes.txt")); assert b["spikes_per_neuron"] < a["spikes_per_neuron"], (a, b)' \
    || die "a price on spikes saves some: $(cat codes.txt)"
fails "a price for too many steps" 1 "with spike_price steps must be 1 ... 8, got 10" \
    convert analog.st --to fs --spike-price 0.1 --out no.st
fails "a network that cannot be converted" 1 "convert, not lif" convert one.st --to ttfs --out no.st
fails "a conversion that cannot be written" 1 "cannot write" convert analog.st --to ttfs --out nowhere/file.st
fails "an unknown target" 1 "unknown target 'lif'; known: fs, if, relu, ttfs" convert analog.st --to lif --out no.st

# ---- lists
shows "lif.adaptive" plugins
shows "tau_mem *ms *20 *> 0" plugins lif
"$snn" plugins lif --json | python3 -c '
import json, sys
parameters = {p["name"]: p for p in json.load(sys.stdin)["components"][0]["parameters"]}
assert parameters["tau_mem"]["unit"] == "ms" and parameters["tau_mem"]["default"] == 20'
say "plugins tells unit, default and range"

# ---- plugin check: a verdict for every law, for people and as JSON
shows "^lif.adaptive: all [0-9]* laws that apply hold" plugin check lif.adaptive
shows "holds  *step_split" plugin check lif.adaptive
shows "does not apply  *binary_spikes  *it sends values per step" plugin check lif.integrator
"$snn" plugin check lif --json | python3 -c '
import json, sys
report = json.loads(sys.stdin.read())
assert report["plugin"] == "lif" and report["broken"] == []
names = [model["name"] for model in report["models"]]
assert names == ["lif", "lif.synaptic", "lif.adaptive", "lif.integrator"], names
for model in report["models"]:
    assert all(law["verdict"] in ("holds", "not_applicable") and law["sentence"] for law in model["laws"])
    assert model["speed"]["forward_ns"] > 0 and model["speed"]["backward_ns"] > 0'
say "plugin check tells what holds, and how fast a model is"
shows "^lif: all [0-9]* laws that apply hold" plugin check lif --set reset=hard --set v_reset=-0.25
fails "a setting that no model has" 1 "unknown parameter of relu 'tau'" plugin check relu --set tau=3
fails "a setting outside its range" 1 "tau_mem must be > 0 ms, got -1" plugin check lif --set tau_mem=-1
fails "checking an unknown plugin" 1 "unknown plugin or component 'lfi'" plugin check lfi
fails "checking a file that is not there" 1 "there is no plugin ./none.so" plugin check ./none.so
shows "digits-lif.*accuracy >= 97" recipes
shows "mnist.*no" data list
"$snn" data list --json | python3 -c 'import json, sys; assert json.load(sys.stdin)["sets"][0]["present"]'
shows "yin-yang *20,000 *10,000 .*carried" data list
shows "^snn [0-9]" --version
say "recipes, data list and --version"

# ---- failures: one sentence that states the law and the value
fails "an unknown recipe" 1 "unknown recipe 'nothing'; known: .*digits-lif" train nothing
fails "no epochs" 1 "epochs must be >= 1, got 0" train digits-lif --epochs 0
fails "negative threads" 1 "threads must be 0 \.\.\. 1024, got -1" train digits-lif --threads -1
fails "a folder without data" 1 "snn data fetch mnist" train mnist-lif-mlp --data nowhere
fails "a file that cannot be written" 1 "cannot write" train digits-lif --out nowhere/file.st
fails "an unknown component" 1 "unknown component or plugin 'lfi'" plugins lfi
fails "an unknown set" 1 "unknown data set" data fetch nothing
fails "an import without files" 1 "missing" data import mnist .
fails "a file that is not there" 1 "none.st" eval none.st
head -c 1000 one.st > short.st
fails "a truncated file" 1 "short.st" eval short.st
python3 -c 'd = bytearray(open("one.st", "rb").read()); d[20] ^= 255; open("bad.st", "wb").write(d)'
fails "a corrupt file" 1 "bad.st" info bad.st
fails "a checkpoint of another network" 1 "own\|tensor\|shape" train digits-lif --resume a.st --epochs 3
printf '{"name": "x", "dta": {}}' > misspelt.json
fails "a misspelt key" 1 "dta" train misspelt.json
if [[ -c /dev/full ]]; then
    if "$snn" recipes > /dev/full 2> err.txt; then die "a full disk must fail"; fi
    grep -q "standard output" err.txt || die "a full disk: $(cat err.txt)"
    say "results that cannot be written"
fi
"$snn" train > /dev/null 2> err.txt && die "train without a recipe must fail"
grep -q "Usage: snn train" err.txt || die "a usage mistake must show the usage"
say "a usage mistake shows the usage"

# ---- cold start: processes that build a network and infer once
"$snn" bench h --json --repetitions 3 > h.json
python3 -c 'import json; assert 0 < json.load(open("h.json"))["seconds"] < 5' || die "cold start: $(cat h.json)"
say "a cold start"

# ---- memory: planned and measured, each in a process of its own
cat > memory.py << 'PYTHON'
import json, subprocess, sys
cases = ["a", "b", "e", "g", "g --activity 0.05", "a --hidden 8000", "g --width 2048 --steps 100", "b --steps 200 --batch 16",
         "a --steps 1000 --hidden 2000 --batch 32", "e --steps 4000 --batch 16"]
worst = 0
for case in cases:
    for mode in ("train", "inference"):
        for threads in ("1", "2"):
            words = [sys.argv[1], "bench", *case.split(), "--mode", mode, "--threads", threads]
            words += ["--repetitions", "1", "--seconds", "0", "--json"]
            # How two threads meet on a busy machine adds to a peak now and then: then it is looked at again.
            for attempt in range(3):
                run = subprocess.run(words, capture_output=True, check=True)
                report = json.loads(run.stdout.splitlines()[-1])
                measured, planned = report["peak_memory_bytes"], report["planned_memory_bytes"]
                # The constant: pages of the program, stacks, holes in the allocator's heap.
                allowed = 0.1 * measured + 1e6
                if abs(planned - measured) <= allowed:
                    break
            print(f"{case:40} {mode:10} {threads}  {measured / 1e6:7.2f} MB, planned {planned / 1e6:7.2f} MB")
            assert abs(planned - measured) <= allowed, (case, mode, threads, measured, planned)
PYTHON
python3 memory.py "$snn" > memory.txt || die "planned memory must be within 10 % and 1 MB: $(tail -n 3 memory.txt)"
say "planned memory is what is measured"
cat > deep.json << 'JSON'
{"input": {"shape": [64]}, "steps": 400, "coding": {"kind": "rate"}, "layers": [
  {"name": "one", "connection": {"kind": "dense", "outputs": 512}, "neuron": "lif"},
  {"name": "two", "connection": {"kind": "dense", "outputs": 512}, "neuron": "lif"},
  {"name": "three", "connection": {"kind": "dense", "outputs": 512}, "neuron": "lif"},
  {"name": "out", "connection": {"kind": "dense", "outputs": 10}, "neuron": "lif"}]}
JSON
"$snn" plan deep.json --threads 1 --json > deep.txt
budget=$(python3 -c 'import json; print(json.load(open("deep.txt"))["total_bytes"] - 100000)')
"$snn" plan deep.json --threads 1 --activity 0.1 --activity two=0.01 --input-activity 0.2 --json > quiet.txt
python3 -c 'import json; a, b = (json.load(open(f))["total_bytes"] for f in ("quiet.txt", "deep.txt")); assert a < b, (a, b)' \
    || die "fewer spikes take less memory"
fails "the activity of no node" 1 "unknown node in activity: 'four'; known: one, out, three, two" plan deep.json --activity four=0.1
shows "recomputed" plan deep.json --threads 1 --memory-budget "$budget"
shows "slab" plan one.st --mode inference --optimizer sgd
fails "a budget below the least" 1 "memory_budget must be >= .* got 1000" plan deep.json --memory-budget 1000
fails "training below the least" 1 "memory_budget must be >= .* got 1000" train digits-lif --memory-budget 1000
"$snn" train digits-lif --epochs 2 --seed 5 --threads 1 --memory-budget 100000000 --out budget.st > /dev/null 2>&1
tool same one.st budget.st
say "a budget leaves the weights as they are"

# ---- few-spikes neurons
"$snn" fs-fit gelu --steps 8 --moves 20000 --seed 3 --threads 1 --picture pictures/gelu.svg --out gelu.json --json > fit.json 2> fit.err
python3 - << 'PYTHON' || die "fs-fit --json, --out and --picture must agree"
import json, xml.dom.minidom
fit, neuron = json.loads(open("fit.json").read().splitlines()[-1]), json.load(open("gelu.json"))
for name in ["function", "steps", "low", "high", "mean_squared_error", "largest_error", "spikes_per_input", "thresholds",
             "resets", "amplitudes", "comparison", "seed", "seconds"]:
    assert name in fit, name
assert fit["steps"] == 8 and fit["seed"] == 3 and 0 < fit["mean_squared_error"] < 0.02
assert neuron.pop("model") == "fs" and len(neuron) == 4
assert all(fit[name] == value for name, value in neuron.items())
text = xml.dom.minidom.parse("pictures/gelu.svg").documentElement.toxml()
assert "gelu as a staircase of 8 steps" in text and text.count("<rect") > 10
PYTHON
grep -q "100.0 %" fit.err || die "fs-fit must tell its progress: $(cat fit.err)"
"$snn" fs-fit gelu --steps 8 --moves 20000 --seed 3 --threads 2 --out two.json > out.txt 2> /dev/null
cmp gelu.json two.json || die "threads must not change a table"
grep -q "mean squared error" out.txt || die "fs-fit must print the error"
say "fs-fit prints, writes and draws a table, the same for any number of threads"
fails "fs-fit of an unknown function" 1 "unknown function 'swish'; known: gelu" fs-fit swish
fails "fs-fit of 33 steps" 1 "steps must be 1 ... 32, got 33" fs-fit gelu --steps 33
fails "fs-fit of an empty interval" 1 "low must be below high" fs-fit gelu --low 2 --high 2
fails "fs-fit with a mean and no weighting" 1 "mean and deviation must come with weighting" fs-fit gelu --mean 1
fails "fs-fit by an unknown method" 1 "unknown method 'magic'; known: annealing, surrogate" fs-fit gelu --method magic

# ---- no network: addresses that nobody answers
fetched=0
http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 "$snn" data fetch mnist --data sets > out.txt 2> err.txt || fetched=$?
[[ $fetched == 1 ]] || die "data fetch without network must fail"
tail -n 1 err.txt | grep -q "by hand" || die "data fetch must say where to put the files: $(tail -n 1 err.txt)"
[[ -z $(find sets -type f) ]] || die "a failed fetch must leave nothing"
say "data fetch without network says what to do by hand"

# ---- verify and demo
sed 's/"epochs": 400/"epochs": 2/; s/"seed": 3,/"seed": 3, "expect": {"accuracy": 0.5},/' constant.json > easy.json
"$snn" verify easy.json > verify.txt 2> /dev/null
grep -q "reached" verify.txt || die "verify must say reached"
sed 's/"accuracy": 0.5/"accuracy": 1.5/' easy.json > hard.json
if "$snn" verify hard.json > verify.txt 2> /dev/null; then die "verify must fail where a bar is missed"; fi
grep -q "MISSED" verify.txt || die "verify must say which bar was missed"
say "verify compares with the bar"
"$snn" demo --epochs 2 --out pictures/demo.svg > demo.txt 2> /dev/null
grep -q "spikes per neuron" demo.txt || die "demo must print spikes per neuron"
python3 -c 'import xml.dom.minidom as m; m.parse("pictures/demo.svg")'
say "demo draws a picture that is XML"

echo "$passed checks passed"
