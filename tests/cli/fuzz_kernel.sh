# The kernel of `make FUZZ=1`: it runs programs, counts what they leave behind, and without a rig behind it nobody fuzzes.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kernel=$BUILD/fuzz/kernel
here=$(dirname "$0")
[ -e "$kernel" ] || { echo "FAIL fuzz-kernel: $kernel is missing: make FUZZ=1"; exit 1; }
compile() {
	musl-gcc -std=gnu17 -O1 -Wall -D_GNU_SOURCE -I"$here/../.." -static -o "$work/$1" "$here/$1.c" || exit 125
}
compile census

# every guest test but those that make allocations fail, which count for themselves and at length, and two that want output read
set -- $(cd "$here/../guest" && ls *.c | sed -n -e '/^control_/d' -e '/^munmap\|^stdio/d' -e "s|\\(.*\\)\\.c|$BUILD/tests/guest/\\1|p")
[ -e "$1" ] || { echo "FAIL fuzz-kernel: guest tests are missing: make guest-tests"; exit 1; }
for p; do echo "--file"; echo "$p"; done >"$work/files"
"$MOTE" run --timeout 300 --kernel "$kernel" $(cat "$work/files") -- "$work/census" "$@" 2>"$work/err" ||
	{ echo "FAIL census: exit status $?"; cat "$work/err"; }
