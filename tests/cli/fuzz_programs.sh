# Fuzzed programs as C: those of the seeds compile without a warning, and where nothing depends on time or rights do the same on Linux and in a guest.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
seeds=${BUILD:-build}/fuzz/seeds
[ -d "$seeds" ] || { echo "FAIL fuzz-programs: $seeds is missing: make fuzz"; exit 1; }

compile() {
	"$MOTE" fuzz c "$1" >"$work/case.c" 2>"$work/err" || { echo "mote fuzz c: $(head -n 1 "$work/err")"; return; }
	musl-gcc -std=gnu17 -Wall -Wextra -Werror -static -o "$work/case" "$work/case.c" 2>"$work/err" || head -n 1 "$work/err"
}
# both NAME: the answers on Linux and in a guest
both() {
	local why
	why=$(compile "$seeds/$1")
	[ -z "$why" ] || { echo "FAIL fuzz-c-$1: $why"; return; }
	timeout 60 "$work/case" >"$work/linux" 2>&1
	"$MOTE" run --timeout 100 --deterministic 1 -- "$work/case" >"$work/guest" 2>&1 || { echo "FAIL fuzz-c-$1: status $? in a guest"; return; }
	cmp -s "$work/linux" "$work/guest" || { echo "FAIL fuzz-c-$1: $(diff "$work/linux" "$work/guest" | sed -n 2p)"; return; }
	grep -q '^0: .* = ' "$work/guest" || { echo "FAIL fuzz-c-$1: no results"; return; }
	echo "ok fuzz-c-$1"
}
for name in directories fcntl_locks files links mmap_file pipe_fork signals; do
	both $name
done

# what nobody meant to be a program
head -c 1500 "$MOTE" >"$work/random"
head -c 700 /dev/urandom >>"$work/random"
why=$(compile "$work/random")
if [ -z "$why" ]; then echo "ok fuzz-c-any-bytes"; else echo "FAIL fuzz-c-any-bytes: $why"; fi

left=$(ls -d /tmp/fuzz-case-* 2>/dev/null | head -n 1)
if [ -z "$left" ]; then echo "ok fuzz-c-leaves-nothing"; else echo "FAIL fuzz-c-leaves-nothing: $left"; fi
