#!/usr/bin/env bash
# The folders of plugins/ are the words of the `plugins` array in Package.swift.
set -euo pipefail
cd "$(dirname "$0")/../.."

array=$(tr '\n' ' ' < Package.swift | grep -o 'let plugins = \[[^]]*\]' | grep -o '"[^"]*"' | tr -d '"' | sort)
folders=$(find plugins -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort)
if [[ -z $array || $array != "$folders" ]]; then
    echo "The \`plugins\` array in Package.swift and the folders of plugins/ must be the same." >&2
    echo "Only in the array (<), only a folder (>):" >&2
    diff <(echo "$array") <(echo "$folders") | grep '^[<>]' >&2 || true
    exit 1
fi
echo "plugins:" $array
