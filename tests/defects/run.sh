#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Puts each defect of this folder into a copy of the tree, and requires that a test which the patch names fails.
# A test that nothing can make fail shows nothing. Takes minutes: not part of scripts/test.
#
#   tests/defects/run.sh [--only NAME]...
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
only=
while [ $# -gt 0 ]; do
	case $1 in
	--only) [ $# -ge 2 ] || { echo "run.sh: --only needs a name" >&2; exit 2; }; only="$only ${2%.patch}"; shift 2 ;;
	*) sed -n '3,6s/^# \{0,1\}//p' "$0"; exit 2 ;;
	esac
done
[ -n "$only" ] || only=$(cd "$top/tests/defects" && ls ./*.patch | sed 's,^\./,,; s,\.patch$,,')

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
trap 'exit 1' INT TERM
(cd "$top" && git ls-files -z | xargs -0 cp --parents -t "$copy")
cd "$copy"
export GIT_CEILING_DIRECTORIES="${copy%/*}" # git apply takes the copy as it is, whatever repository is around it
meson setup build -Dwerror=false >setup.log 2>&1 || { cat setup.log >&2; exit 1; }

tests_of() { sed -n 's/^Tests: //p' "$1"; }
build() { ninja -C build $(for test in "$@"; do echo "tests/unit/$test"; done) >build.log 2>&1; }
failing() { for test in "$@"; do timeout 120 "build/tests/unit/$test" >/dev/null 2>&1 || echo "$test"; done; }

# Without a defect all of them pass, or their failing would mean nothing.
all=$(for name in $only; do tests_of "$top/tests/defects/$name.patch"; done | tr ' ' '\n' | sort -u)
build $all || { tail -n 20 build.log >&2; exit 1; }
broken=$(failing $all)
[ -z "$broken" ] || { echo "run.sh: without a defect these fail already:" $broken >&2; exit 1; }

caught=0 missed=0
for name in $only; do
	patch=$top/tests/defects/$name.patch
	git apply "$patch"
	if ! build $(tests_of "$patch"); then
		echo "DOES NOT BUILD  $name"
		grep -m 3 error: build.log || true
		missed=$((missed + 1))
	elif failed=$(failing $(tests_of "$patch")) && [ -n "$failed" ]; then
		echo "caught  $name:" $failed
		caught=$((caught + 1))
	else
		echo "MISSED  $name: $(sed -n 's/^Defect: //p' "$patch")"
		missed=$((missed + 1))
	fi
	git apply -R "$patch"
done
echo "$caught caught, $missed missed"
[ "$missed" = 0 ]
