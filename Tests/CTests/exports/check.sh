#!/usr/bin/env bash
# The release library exports every prototype of snn.h and nothing else, needs no Swift runtime, has the right name and
# is small: check.sh FOLDER-WITH-libsnn.so
set -euo pipefail
export LC_ALL=C # one sort order everywhere
library=$1/libsnn.so
cd "$(dirname "$0")/../../.."
failed=0
refuse() {
    echo "$*" >&2
    failed=1
}

exports=$(nm -D --defined-only --extern-only "$library" | awk '{print $NF}' | sort)
names=$(python3 Tests/CTests/make_stub.py --names Include/snn.h)
missing=$(comm -13 <(echo "$exports") <(echo "$names"))
extra=$(comm -23 <(echo "$exports") <(echo "$names"))
[[ -z $missing ]] || refuse "In snn.h, not in the library (is the Swift function public?):"$'\n'"$missing"
[[ -z $extra ]] || refuse "In the library, not in snn.h:"$'\n'"$extra"

# glibc merged libpthread, libdl and librt into libc in 2.34; older ones have them apart.
allowed='^(libc\.so\.6|libm\.so\.6|libstdc\+\+\.so\.6|libgcc_s\.so\.1|libz\.so\.1|ld-linux.*|libpthread\.so\.0|libdl\.so\.2|librt\.so\.1)$'
needed=$(readelf -d "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
foreign=$(echo "$needed" | grep -Ev "$allowed" || true)
[[ -z $foreign ]] || refuse "The library needs what users may not have:" $foreign

soname=$(readelf -d "$library" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
wanted=libsnn.so.$(sed -n 's/^#define SNN_ABI_VERSION //p' Include/snn.h)
[[ $soname == "$wanted" ]] || refuse "SONAME must be $wanted, is ${soname:-absent}"

size=$(stat -L -c %s "$library")
((size <= 20000000)) || refuse "The library must have at most 20000000 bytes, has $size"

((failed == 0))
echo "$(echo "$exports" | wc -l) functions; $soname; $size bytes; needs" $needed
