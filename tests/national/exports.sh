#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The library gives away the national functions and nothing else, and wants nothing that a desk does not have.
#   exports.sh LIBRARY functions.def
set -eu
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
sed -n 's/^SSC_SHIM_FUNCTION(\(i[A-Za-z0-9_]*\),.*/\1/p' "$2" | LC_ALL=C sort >"$here/wanted"
nm -D --defined-only "$1" | awk '$2 != "A" { print $3 }' | LC_ALL=C sort >"$here/given"
[ "$(wc -l <"$here/wanted")" -eq 23 ]
diff "$here/wanted" "$here/given"
strange=$(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vE '^(libjansson|libinih|libc|ld-linux[^.]*|lib[a-z]*san|libpthread|libm|libgcc_s)\.so' || true)
[ -z "$strange" ] || { echo "needs $strange"; exit 1; }
