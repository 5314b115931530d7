#!/usr/bin/env bash
# plugins/README.md followed literally, in a copy of the checkout: plugin_page.sh SNN
#
# `snn new-plugin` writes two plugins; one stays as it is (README.md shows its equations), the other becomes that of the page.
# Both compile, pass their tests, pass `snn plugin check` and train. So does a package of its own.
set -euo pipefail
snn=$(realpath "$1")
cd "$(dirname "$0")/../.."
swift=${SWIFT:-swift}
fail() { echo "$1" >&2 && exit 1; }
# Within the folder of the tests' objects, so that a second run has its own of the first.
copy=$(realpath -m "${TEST_SCRATCH:-.build-test}/plugin-page")
mkdir -p "$copy"

find "$copy" -mindepth 1 -maxdepth 1 ! -name build ! -name outside-build -exec rm -rf {} +
mkdir "$copy/bindings"
cp -rp Package.swift Include Sources Tests plugins recipes README.md "$copy"
cp -rp bindings/plugins "$copy/bindings"
[[ ! -e Package.resolved ]] || cp -p Package.resolved "$copy"
# The tests of others are compiled elsewhere; a test target needs a file.
for tests in "$copy"/Tests/SNN*Tests "$copy"/plugins/*/Tests; do
    rm -rf "$tests"
    mkdir "$tests"
    echo '// Nothing here.' > "$tests/Empty.swift"
done
cd "$copy"

name=$(sed -n 's|.*build/snn new-plugin \([A-Za-z]*\)$|\1|p' plugins/README.md)
[[ -n $name ]] || fail "plugins/README.md must say: build/snn new-plugin NAME"
(cd plugins && "$snn" new-plugin Leaky)
"$snn" new-plugin "$name"
if "$snn" new-plugin "$name" 2> error; then fail "a second plugin of one name must be refused"; fi
for wrong in leaky "Two Words" Lif TTFS ""; do
    if "$snn" new-plugin "$wrong" 2> error; then fail "new-plugin '$wrong' must be refused"; fi
done
if (cd / && "$snn" new-plugin Stray) 2> error; then fail "outside of a checkout new-plugin must be refused"; fi
grep -q -- '--package' error || fail "the refusal must name --package: $(cat error)"

# The blocks in Swift of a page, one after another, into the files that are named.
blocks() { # a page, then files
    awk -v fence='```swift' -v names="${*:2}" '
        BEGIN { split(names, files, " ") }
        $0 == fence { number++; inside = 1; text = ""; next }
        /^```/ && inside { inside = 0; if (number in files) printf "%s", text > files[number] }
        inside { text = text $0 "\n" }
        END { exit number != length(files) }' "$1"
}
blocks README.md equations.swift || fail "README.md must have one block in Swift"
# Lines of the template are wrapped as the formatter wants them; words are compared.
words() { tr -s '[:space:]' ' ' < "$1"; }
[[ $(words plugins/Leaky/Leaky.swift) == *"$(words equations.swift)"* ]] ||
    fail "the equations in README.md must be those that snn new-plugin writes"
blocks plugins/README.md "plugins/$name/$name.swift" "plugins/$name/Plugin.swift" "plugins/$name/Tests/${name}Tests.swift" ||
    fail "plugins/README.md must have three blocks in Swift: model, entry, test"

flags=(-c "${CONFIGURATION:-debug}" -Xswiftc -use-ld=lld)
compiled() { # a log, then the command
    "${@:2}" > "$1" 2>&1 || { cat "$1" >&2 && fail "what snn new-plugin and plugins/README.md give does not compile"; }
    # Of the code that is new here.
    if grep -E "(plugins/($name|Leaky)|outside)/.*warning:" "$1" >&2; then exit 1; fi
}
compiled build.log "$swift" build "${flags[@]}" --scratch-path build --build-tests
"$swift" test "${flags[@]}" --scratch-path build --skip-build --filter "${name}PluginTests|LeakyPluginTests" 2>&1 |
    tee test.log | grep -E '✘|issue|Test run' || true
# A filter that matches nothing passes too.
grep -Eq 'Test run with [3-9] tests.* passed' test.log || fail "a plugin breaks its tests"
own=$("$swift" build "${flags[@]}" --scratch-path build --show-bin-path)/snn-cli
for identifier in leaky "${name,,}"; do
    "$own" plugins "$identifier" > list.log
    grep -q "^$identifier (neuron, plugin $identifier)" list.log
    "$own" plugin check "$identifier" 2> check.log > laws.log || fail "$identifier breaks a law: $(tail -n 5 laws.log)"
    tail -n 1 laws.log
    sed 's/"epochs": 10/"epochs": 1/' "digits-$identifier.json" > recipe.json
    "$own" train recipe.json --json 2> train.log | tail -n 1 | grep -q '"accuracy"' || fail "$(tail -n 2 train.log)"
done
echo "a network of the page's neurons trains"

# A package of its own.
"$snn" new-plugin TwoStage --package outside
if "$snn" new-plugin TwoStage --package outside 2> error; then fail "a folder that is there must be refused"; fi
compiled outside.log "$swift" build "${flags[@]}" --package-path outside --scratch-path outside-build --build-tests
"$swift" test "${flags[@]}" --package-path outside --scratch-path outside-build --skip-build 2>&1 |
    tee test.log | grep -E '✘|issue|Test run' || true
grep -Eq 'Test run with [2-9] tests.* passed' test.log || fail "the package of its own breaks its tests"
found=$("$("$swift" build "${flags[@]}" --package-path outside --scratch-path outside-build --show-bin-path)/demo")
echo "$found"
awk -v found="${found%% *}" 'BEGIN { exit !(found > 0.9) }' || fail "the package's demo must learn"
