# mote run --deterministic: the same output and the same system-call trace every time.
#
# MOTE_REPEAT=N: how often each program runs (20). PROGRAM=FILE: deterministic.c compiled. Plain sh: busybox runs it in the referee.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bb=$(command -v busybox)
[ -e "$bb" ] || bb=/bin/busybox
program=${PROGRAM:-$work/deterministic}
repeat=${MOTE_REPEAT:-20}
[ -n "${PROGRAM:-}" ] ||
	musl-gcc -std=gnu17 -O1 -D_GNU_SOURCE -static -o "$program" "$(dirname "$0")/deterministic.c" -pthread || exit 125

# run OUT SEED ARG...: OUT.out and OUT.err get what it writes; standard input is the file $input
input=/dev/null
run() {
	local out=$1 seed=$2
	shift 2
	"$MOTE" run --timeout 100 --deterministic "$seed" "$@" <"$input" >"$out.out" 2>"$out.err"
}
# differs A B: which of the two streams
differs() {
	cmp -s "$1.out" "$2.out" || { echo "the output"; diff "$1.out" "$2.out" | head -n 10 >&2; return; }
	cmp -s "$1.err" "$2.err" || { echo "the trace"; diff "$1.err" "$2.err" | head -n 10 >&2; }
}
# same NAME TIMES ARG...: the traced runs are one another's equals, byte for byte
same() {
	local name=$1 times=$2 i=1 what
	shift 2
	run "$work/first" 1 --trace "$@" || { echo "FAIL $name: exit status $?"; head -n 5 "$work/first.err"; return; }
	[ -s "$work/first.out" ] || { echo "FAIL $name: no output"; return; }
	while [ $i -lt "$times" ]; do
		i=$((i + 1))
		run "$work/next" 1 --trace "$@"
		what=$(differs "$work/first" "$work/next")
		[ -z "$what" ] || { echo "FAIL $name: run $i differs in $what"; return; }
	done
	echo "ok $name"
}
# seeds NAME ARG...: two seeds, two outputs
seeds() {
	local name=$1
	shift
	run "$work/first" 1 "$@"
	run "$work/next" 2 "$@"
	if cmp -s "$work/first.out" "$work/next.out"; then echo "FAIL $name: another seed changes nothing"; else echo "ok $name"; fi
}
# is NAME WANT GOT
is() {
	if [ "$2" = "$3" ]; then echo "ok $1"; else echo "FAIL $1: got '$3', not '$2'"; fi
}
# says NAME PATTERN: the last stderr is one line that matches
says() {
	if grep -qE "$2" "$work/out.err" && [ "$(wc -l <"$work/out.err")" = 1 ]; then echo "ok $1"; else
		echo "FAIL $1: stderr is not one line with '$2'"; head -n 5 "$work/out.err"; fi
}

for what in race locks storm pipes clocks sleepers timers waits random places files proc; do
	same "$what" "$repeat" -- "$program" "$what"
done
for what in look look-and-poll; do
	same "$what" 3 -- "$program" "$what"
done

script='
for i in 1 2 3 4 5 6; do (busybox sleep 0.$i; echo "child $i $$ $RANDOM") & done; wait
busybox seq 1 300 | busybox sort -r | busybox awk "{ s += \$1 } END { print s, systime(), rand() }"
busybox cat /dev/urandom | busybox head -c 3000 | busybox sha256sum
(while :; do echo y; done) | busybox head -n 2000 | busybox wc
busybox mktemp; busybox date; busybox uptime; busybox ps; busybox ls -la / /proc/self/fd/; busybox dd if=/dev/zero of=/x bs=4k count=100
(trap "echo caught; exit 3" TERM; while :; do busybox usleep 70000; done) & busybox sleep 1; kill $!; wait $!; echo $?
' # dd's speed is virtual, too
same shell "$repeat" --file "$bb:/bin/busybox" -- "$bb" sh -c "$script"

head -c 50000 "$program" >"$work/input"
input=$work/input
same input-from-a-file 5 -- "$bb" sh -c 'read -r x; echo "${#x}"; md5sum & wc; wait'
input=/dev/null
cp "$work/input" "$work/disk"
same disk 5 --disk "$work/disk" -- "$bb" sh -c 'md5sum /dev/vda & dd if=/dev/vda of=/dev/vda bs=100 count=9; sync; wait; md5sum /dev/vda'

python=/usr/bin/python3
script='
import os, random, sys, tempfile, threading, time, uuid, subprocess
print(hash("a string"), set("abcdefghijklm"), id(object()))
print(random.random(), uuid.uuid4(), os.urandom(8), time.time(), time.perf_counter_ns(), time.process_time_ns())
order = []
def work(n):
    for i in range(100):
        order.append(n)
        time.sleep(random.random() / 100)
threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
for t in threads: t.start()
for t in threads: t.join()
print(order)
print(tempfile.mktemp(), os.getpid(), subprocess.run(["/bin/busybox", "date"], capture_output=True).stdout)
'
if [ -x "$python" ]; then
	lib=$("$python" -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
	same python $((repeat / 4 + 1)) --mem 512M --file "$bb:/bin/busybox" --file "$lib" -- "$python" -c "$script"
fi

seeds seed-schedule -- "$program" race
seeds seed-random -- "$program" random
seeds seed-layout -- "$program" places
run "$work/first" 16 -- "$program" random
run "$work/next" 0x10 -- "$program" random
is seed-hexadecimal "" "$(differs "$work/first" "$work/next")"

# A snapshot goes on as the machine it was taken of would have, each time; so does a machine that is reset.
"$MOTE" snapshot -o "$work/snapshot" --deterministic 1 -- "$program" race >"$work/out.out" 2>&1 || {
	echo "FAIL snapshot"
	head -n 5 "$work/out.out"
}
run "$work/first" 1 -- "$program" race
for i in 1 2 3; do
	"$MOTE" run --from "$work/snapshot" </dev/null >"$work/next.out" 2>"$work/next.err"
	is "from-snapshot-$i" "" "$(differs "$work/first" "$work/next")"
done
# Short ones: the state is that of all memory, where the host's timer of two seconds would leave its traces.
for what in waits random pipes places; do
	is "reset-$what" same "$("$BUILD/tests/reset/deterministic" "$BUILD/kernel" "$program" "$what" 2>&1)"
done

start=$(date +%s)
run "$work/out" 1 -- "$bb" sh -c 'date; sleep 100000; date; cut -d" " -f1 /proc/uptime'
is sleep-takes-no-time 1 $(($(date +%s) - start < 10))
is date-is-fixed "Tue Jan  1 00:00:00 UTC 2030
Wed Jan  2 03:46:40 UTC 2030
100000.00" "$(cat "$work/out.out")"
run "$work/out" 1 --timeout 2 -- "$bb" sleep 2000000000; is sleep-for-ever 124 $?

# Standard output that is read slowly is waited for; nothing of that is seen inside.
"$MOTE" run --deterministic 1 -- "$bb" sh -c 'head -c 300000 /dev/zero; cat /proc/uptime >&2' 2>"$work/fast" | wc -c >"$work/n"
"$MOTE" run --deterministic 1 -- "$bb" sh -c 'head -c 300000 /dev/zero; cat /proc/uptime >&2' 2>"$work/slow" |
	(sleep 1; wc -c) >>"$work/n"
is slow-reader "300000 300000" "$(tr '\n' ' ' <"$work/n" | sed 's/ $//')"
is slow-reader-unseen "$(cat "$work/fast")" "$(cat "$work/slow")"

# What only spinning threads do for one another goes on, and is told.
run "$work/out" 1 -- "$program" spin; is spin 0 $?
is spin-output "12 turns" "$(cat "$work/out.out")"
says spin-is-told 'not deterministic'
run "$work/out" 1 --timeout 60 -- "$program" spin-alarm; is spin-for-alarm 0 $?

run "$work/out" 1 --cpus 2 -- "$bb" true; is two-cpus 125 $?
says two-cpus-message 'one processor'
for seed in x -1 1x 0x 18446744073709551616 ''; do
	run "$work/out" "$seed" -- "$bb" true; is "bad-seed-$seed" 125 $?
	says "bad-seed-message-$seed" 'must be a number'
done
run "$work/out" 18446744073709551615 -- "$bb" true; is largest-seed 0 $?
