#!/usr/bin/env bash
# snn.h and snn_plugin.h compile, alone and in either order, as C99, C11 and C++17 with gcc and clang, all warnings on.
# A second inclusion changes nothing.
set -euo pipefail
cd "$(dirname "$0")/../../.."

# Debian's clang, else the one that every Swift toolchain brings.
clang=$(command -v clang || true)
clang=${clang:-$(dirname "$(command -v swift)")/clang}
warnings=(-Wall -Wextra -Werror -pedantic -fsyntax-only)
for compiler in gcc "$clang"; do
    for language in c:c99 c:c11 c++:c++17; do
        for order in "snn snn" "snn_plugin snn_plugin" "snn snn_plugin" "snn_plugin snn"; do
            { printf '#include "%s.h"\n' $order && echo 'typedef int only_so_that_the_unit_is_not_empty;'; } |
                "$compiler" -x "${language%%:*}" "-std=${language#*:}" "${warnings[@]}" -I Include -
        done
        echo "$compiler -std=${language#*:}: no warning"
    done
done
