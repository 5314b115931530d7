#!/usr/bin/env bash
# The plugin of plugins/README.md is what the page says: in a copy of this package, its files and one word in
# Package.swift are enough to compile it, to pass the conformance kit, and to use it by name. The equations of README.md
# compile in its company and pass the kit, too.
set -euo pipefail
cd "$(dirname "$0")/../.."
swift=${SWIFT:-swift}
# Within the folder of the tests' objects, so that a second run has its own of the first.
copy=${TEST_SCRATCH:-.build-test}/plugin-page
mkdir -p "$copy"

find "$copy" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
cp -rp Package.swift Include Sources Tests plugins recipes "$copy"
[[ ! -e Package.resolved ]] || cp -p Package.resolved "$copy"
# The tests of others are compiled elsewhere; a test target needs a file.
for tests in "$copy"/Tests/SNN*Tests "$copy"/plugins/*/Tests; do
    rm -rf "$tests"
    mkdir "$tests"
    echo '// Nothing here.' > "$tests/Empty.swift"
done

# The blocks in Swift of a page, one file each, with the importer of Testing among the tests: blocks PAGE FOLDER
blocks() {
    awk -v fence='```swift' -v folder="$2" '
        function close_file() { printf "%s", text > (text ~ /import Testing/ ? folder "/Tests/" : folder "/") "Block" number ".swift" }
        $0 == fence { number++; inside = 1; text = ""; next }
        /^```/ && inside { inside = 0; close_file() }
        inside { text = text $0 "\n" }
        END { exit number == 0 }' "$1"
}
name=$(sed -n 's/.*To add one called `\([A-Za-z]*\)`.*/\1/p' plugins/README.md)
identifier=$(sed -n 's/.*static let identifier = "\([a-z_]*\)".*/\1/p' plugins/README.md)
[[ -n $name && -n $identifier ]] || { echo "plugins/README.md must name its plugin and its identifier" >&2 && exit 1; }
plugin=$copy/plugins/$name
mkdir -p "$plugin/Tests"
blocks plugins/README.md "$plugin"
sed -i "s/^let plugins = \\[/&\"$name\", /" "$copy/Package.swift"
grep -q "^let plugins = \\[\"$name\", " "$copy/Package.swift"

# The README shows equations alone: here are the import and the model around them.
mkdir -p "$copy/readme/Tests"
blocks README.md "$copy/readme"
{
    echo 'import SNNKernel'
    cat "$copy"/readme/Block*.swift
    cat << 'SWIFT'
struct LeakyModel: ClockDrivenNeuron {
    let surrogate: Surrogate
    var equations: Leaky<SIMD16<Float>> { leaky(SIMD16<Float>.self) }
    var sends: ActivityKind { .raster }
    func equations<V: Lane>(over lane: V.Type) -> (any StepEquations<V>)? { leaky(lane) }
    func leaky<V: Lane>(_ lane: V.Type) -> Leaky<V> { Leaky(alpha: V(0.9), threshold: V(1), surrogate: surrogate) }
}
SWIFT
} > "$plugin/Leaky.swift"
cat > "$plugin/Tests/LeakyTests.swift" << SWIFT
import SNNKernel
import SNNTestKit
import Testing

@testable import ${name}Plugin

@Test("the equations in the README obey every law of a neuron model")
func leaky() throws { checkConformance(of: LeakyModel(surrogate: try Surrogate(.arctan, width: 0.5))) }
SWIFT

cd "$copy"
flags=(-c "${CONFIGURATION:-debug}" -Xswiftc -use-ld=lld --scratch-path build)
"$swift" build "${flags[@]}" --build-tests > build.log 2>&1 || {
    cat build.log >&2
    echo "the Swift of plugins/README.md or README.md does not compile as plugins/$name" >&2
    exit 1
}
if grep "plugins/$name/.*warning:" build.log >&2; then exit 1; fi
"$swift" test "${flags[@]}" --skip-build --filter "${name}PluginTests" 2>&1 | tee test.log | grep -E '✘|issue|Test run' || true
# A filter that matches nothing passes too.
grep -Eq 'Test run with [2-9] tests.* passed' test.log || {
    grep '^↳' test.log >&2
    echo "the plugin of plugins/README.md, or the equations of README.md, break a law of the kit" >&2
    exit 1
}
snn=$("$swift" build "${flags[@]}" --show-bin-path)/snn-cli
"$snn" plugins "$identifier" | tee list.log
grep -q "^$identifier (neuron, plugin $identifier)" list.log
cat > recipe.json << JSON
{"data": {"set": "digits", "preprocessing": {"samples": 64}}, "stages": [{"kind": "train"}],
 "network": {"input": {"shape": [1, 8, 8]}, "steps": 2, "layers": [
  {"stages": ["flatten"], "connection": {"kind": "dense", "outputs": 10}, "neuron": {"model": "$identifier"}}]}}
JSON
"$snn" train recipe.json --json 2> /dev/null | tail -n 1 | grep -q '"accuracy"'
echo "a network of the page's neurons trains"
