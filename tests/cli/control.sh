# What tests ask of their machine (images/include/mote/test.h, /dev/mote), as the host sees it: input, events, exit, device faults, snapshots;
# and allocations that fail while things come into being.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bb=$(command -v busybox)
here=$(cd "$(dirname "$0")" && pwd)
include=$here/../../images/include
program=$work/control
musl-gcc -std=gnu17 -O1 -Wall -Wextra -Werror -Wno-unused-result -I"$include" -static -o "$program" "$here/control.c" || exit 125
gcc -std=gnu17 -O1 -w -I"$include" -o "$program-dynamic" "$here/control.c" || exit 125

# same NAME WANT GOT
same() {
	if [ "$2" = "$3" ]; then echo "ok $1"; else echo "FAIL $1: got '$3', not '$2'"; fi
}
mote() { timeout 120 "$MOTE" run --timeout 100 "$@"; }

# ---- the header ----
cat >"$work/all.c" <<'C'
#include <mote/test.h>
int main(void)
{
	struct mote_counts c;
	char b[1];
	return mote_present() + mote_snapshot() + mote_exit(0) + mote_event("") + (int)mote_input_size() + (int)mote_input(b, 1, 0) +
	       mote_fail_alloc(0) + (int)mote_count_allocs() + mote_fail_io("", 0, 0) + mote_shorten_io("", 0, 0) + mote_advance_clock(0) +
	       mote_coverage(0) + mote_get_counts(&c);
}
C
echo '#include <mote/test.h>' >"$work/unused.c"
# compiles NAME COMMAND...
compiles() {
	local name=$1 out
	shift
	for f in all unused; do
		out=$("$@" -Wall -Wextra -pedantic -Werror -I"$include" -c -o "$work/header.o" "$work/$f.c" 2>&1) || {
			echo "FAIL $name: $(echo "$out" | head -n 1)"
			return
		}
	done
	echo "ok $name"
}
for std in c99 c11 c17 gnu17; do compiles "header-$std" gcc -std=$std -Wconversion -Wsign-conversion; done
for std in c++11 c++17 c++20; do compiles "header-$std" g++ -x c++ -std=$std; done
compiles header-musl musl-gcc -std=c99

# ---- the example of README.md, as it is printed there ----
awk '/^### Tests in the guest/ { on = 1 } /^```$/ { on = 0; code = 0 } code { print } on && /^```c$/ { code = 1 }' "$here/../../README.md" >"$work/hello_test.c"
(cd "$work" && musl-gcc -Wall -Wextra -Werror -static -I "$include" -o hello_test hello_test.c && echo world >name)
same readme-example "mote: event: begin
hello, world" "$(cd "$work" && mote -v --input name ./hello_test 2>&1 </dev/null)"
same readme-example-on-linux "0 hello, " "$("$work/hello_test" >"$work/out"; echo $? "$(cat "$work/out")")"

# ---- input ----
head -c 300001 /dev/urandom >"$work/input"
mote --input "$work/input" -- "$program" input >"$work/copy" </dev/null
same input "0 $(sha256sum <"$work/input")" "$? $(sha256sum <"$work/copy")"
same input-by-shell "$(sha256sum <"$work/input")" "$(mote --input "$work/input" -- "$bb" cat /dev/mote | sha256sum)"
same input-pipe "from a pipe" "$(mote --input <(echo from a pipe) -- "$program" input)"
same input-none "0" "$(mote -- "$program" input | wc -c)"
same input-offset "89" "$(printf 0123456789 >"$work/digits"; mote --input "$work/digits" -- "$bb" dd if=/dev/mote bs=1 skip=8 2>/dev/null)"
mote --input "$work/none" -- "$bb" true 2>"$work/err"
same input-missing "125 mote: --input $work/none: No such file or directory" "$? $(cat "$work/err")"
mote --input "$work" -- "$bb" true 2>"$work/err"
same input-directory "125 mote: --input $work: Is a directory" "$? $(cat "$work/err")"
mote --input /dev/zero -- "$bb" true 2>"$work/err"
same input-endless "125 mote: --input /dev/zero: File too large" "$? $(cat "$work/err")"

# ---- events ----
events() { mote "$@" 2>&1 >/dev/null </dev/null | grep '^mote: event' ; }
same event "mote: event: half way" "$(events -v -- "$bb" sh -c 'echo half way >/dev/mote')"
same event-quiet "" "$(events -- "$bb" sh -c 'echo half way >/dev/mote')"
same event-bytes 'mote: event: \x1b[31mred\x0amote: event: forged\x5c\x00' "$(events -v -- "$bb" sh -c 'printf "\033[31mred\nmote: event: forged\\\\\000" >/dev/mote')"
same event-long "4109" "$(events -v -- "$bb" dd if=/dev/zero of=/dev/mote bs=5000 count=1 conv=notrunc | sed 's/\\x00/0/g' | head -n 1 | tr -d '\n' | wc -c)"

# ---- exit ----
mote -- "$program" end >"$work/out" </dev/null
same exit "42 50000" "$? $(tr -cd x <"$work/out" | wc -c)"
mote --cpus 2 -- "$program" end >"$work/out" </dev/null
same exit-2-cpus "42 50000" "$? $(tr -cd x <"$work/out" | wc -c)"

# ---- faults of the console: the write that they strike learns of them, the bytes that were not taken are not there ----
out() { mote -- "$program" "$@" 2>"$work/err" </dev/null >"$work/out"; }
out out-error 28
same stdout-error "one
three
five 1st 4
2nd -1 No space left on device
3rd 6
4th -1 No space left on device
5th 5" "$(cat "$work/out") $(cat "$work/err")"
out out-short
same stdout-short "small 3
large 7
second half 65538
not short 4
65552" "$(cat "$work/err"; wc -c <"$work/out")"
same stdout-short-bytes "abc-+end" "$(tr -s '+-' <"$work/out")"
out streams-apart
same streams-apart "out
4 -1
out
4 -1" "$(cat "$work/out")"
out pipe-signal
same stdout-sigpipe 141 $?
(sleep 0.5; cat) >"$work/slow" < <(mote -- "$program" out-short 2>"$work/err" </dev/null)
wait
# ... or, the write being over when the host gets there, the next one does
same stdout-short-slow "abc-+" "$(tr -s '+-' <"$work/slow" | sed 's/end//')"
same stdout-short-slow-bytes 65548 "$(tr -d end <"$work/slow" | wc -c)"
mote -- "$program" in-short <<<abcdefghijklmnopqrstuvwxyz 2>"$work/err"
same stdin-short "read 10
read 3
read 10
read 4" "$(cat "$work/err")"
out random
same rng-short 0 $?

# ---- faults of a disk ----
for c in a b c d e f g h i j k l m n o p; do head -c 512 /dev/zero | tr '\0' $c; done >"$work/disk"
cp "$work/disk" "$work/disk2"
mote --disk "$work/disk2" -- "$program" disk-read 2>"$work/err" </dev/null
same disk-read "0 error -1 I/O error
next 2048
short 1024
bytes 1
in the middle 924
bytes 1
10 bytes of the first 10
less than a sector -1 I/O error
not short 2048
unsupported -1 Not supported" "$? $(cat "$work/err")"
mote --disk "$work/disk2" -- "$program" disk-write 2>"$work/err" </dev/null
same disk-write "0 error -1 I/O error
torn -1 I/O error
read before -1 I/O error
fsync -1 I/O error
fsync 0
whole 512
other disk -1 No such device" "$? $(cat "$work/err")"
same disk-bytes abcdXghijklXnop "$(tr -s a-zX <"$work/disk2")"

# ---- snapshots ----
"$MOTE" snapshot --asked -o "$work/snapshot" -- "$program" remembered >/dev/null 2>"$work/err" || cat "$work/err"
for i in 1 2; do
	"$MOTE" run --from "$work/snapshot" >"$work/out" 2>"$work/err"
	same "fault-in-snapshot-$i" "first
sethird 6 2 6" "$(cat "$work/out") $(cat "$work/err")"
done
"$MOTE" snapshot --asked -o "$work/snapshot" --input /dev/null -- "$bb" sh -c 'cat /dev/mote; true' >/dev/null 2>"$work/err"
same not-asked "125 mote: the program ended with status 0 before it was ready" "$? $(cat "$work/err")"

# a reset undoes what was done to the clock
out=$(timeout 200 "$BUILD/tests/reset/reset" -k "$BUILD/kernel" -n 20 -- "$BUILD/tests/guest/control_clock" 2>&1) && echo "ok reset-clock" || echo "FAIL reset-clock: $out"

# ---- allocations fail while things come into being ----
mkdir -p "$work/dirs"
for n in $(seq 99); do
	mkdir -p "$work/dirs/$n/sub"
	echo x >"$work/dirs/$n/file"
	echo y >"$work/dirs/$n/sub/file"
	ln -s file "$work/dirs/$n/link"
done
for kernel in kernel kernel-debug; do
	n=0 status=0
	while [ $status = 0 ] && [ $n -lt 300 ]; do
		n=$((n + 1))
		head -c 100000 /dev/zero | mote --kernel "$BUILD/$kernel" --disk "$work/disk" -- "$program" first-use $n >/dev/null 2>"$work/err"
		status=${PIPESTATUS[1]}
	done
	same "first-use-$kernel" "7 many" "$status $([ $n -gt 40 ] && echo many)$(head -n 3 "$work/err")"
	mote --kernel "$BUILD/$kernel" --file "$work/dirs:/dirs" -- "$program" boot-directories 2>"$work/err" </dev/null
	same "boot-directories-$kernel" 0 "$?$(head -n 3 "$work/err")"
	mote --kernel "$BUILD/$kernel" -- "$program" exec "$program" true 2>"$work/err" </dev/null
	same "exec-$kernel" 0 "$?$(grep '^allocation' "$work/err")"
	mote --kernel "$BUILD/$kernel" -- "$program-dynamic" exec "$program-dynamic" true 2>"$work/err" </dev/null
	same "exec-dynamic-$kernel" 0 "$?$(grep '^allocation' "$work/err")"
done
