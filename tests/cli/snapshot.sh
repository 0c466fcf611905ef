# Snapshots: mote snapshot, mote run --from, and resets in place (tests/reset).
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bb=$(command -v busybox)
case $bb in /*) ;; *) bb=/bin/busybox ;; esac # a shell that is busybox has it built in
from() { "$MOTE" run --timeout 60 --from "$@" </dev/null; }
is() { # NAME EXPECTED ACTUAL
	if [ "$2" = "$3" ]; then echo "ok snapshot-$1"; else echo "FAIL snapshot-$1: '$3', not '$2'"; fi
}
# NAME TEXT COMMAND...: fails with 125 and says just one line, which holds TEXT
refuses() {
	local name=$1 text=$2
	shift 2
	"$@" >"$work/out" 2>"$work/err" </dev/null
	local status=$?
	if [ $status -eq 125 ] && grep -qF -- "$text" "$work/err" && [ "$(wc -l <"$work/err")" -eq 1 ] && [ ! -s "$work/out" ]; then
		echo "ok snapshot-$name"
	else
		echo "FAIL snapshot-$name: status $status, $(cat "$work/err")"
	fi
}

"$MOTE" snapshot -o "$work/echo" -- "$bb" echo one two >"$work/said" 2>&1 || echo "FAIL snapshot-take: $(cat "$work/said")"
is output "one two" "$(from "$work/echo")"
is again "one two" "$(from "$work/echo")"
is arguments "three four" "$(from "$work/echo" -- echo three four)"
is check 0 "$("$MOTE" snapshot --check "$work/echo" >/dev/null; echo $?)"
occupied=$(($(stat -c %b "$work/echo") / 2))
is sparse yes "$([ $occupied -lt 4096 ] && [ "$(stat -c %s "$work/echo")" -gt 268435456 ] && echo yes || echo "$occupied KiB")"
is no-debris "echo" "$(cd "$work" && ls -d echo* | tr '\n' ' ' | sed 's/ $//')"

"$MOTE" snapshot -o "$work/sh" --cpus 2 -- "$bb" sh -c 'read -r line; echo "$line"; read -r up idle </proc/uptime; echo "${up%%.*}"; exit 7' >/dev/null
sleep 1
out=$(echo hello | "$MOTE" run --from "$work/sh" 2>&1)
is status 7 "$?"
is input-and-uptime "hello
0" "$out"

# Two machines from one file are different where they must be, and have the right time.
"$MOTE" snapshot -o "$work/random" --file "$bb:/bin/od" --file "$bb:/bin/date" -- "$bb" sh -c 'od -An -tx8 -N 8 /dev/urandom; date +%s' >/dev/null
now=$(date +%s)
a=$(from "$work/random") b=$(from "$work/random")
is random-differs yes "$([ -n "$a" ] && [ "${a%%
*}" != "${b%%
*}" ] && echo yes || echo "$a, $b")"
then=$(echo "$a" | tail -n 1)
is wall-clock yes "$([ "$then" -ge "$now" ] && [ "$then" -le $((now + 10)) ] && echo yes || echo "$then, now $now")"

# Many at once from one file.
for i in 1 2 3 4 5 6 7 8; do from "$work/echo" >"$work/par$i" & done
wait
is parallel "8" "$(cat "$work"/par? | grep -c 'one two')"

# Disks are not in it.
head -c 1048576 /dev/zero >"$work/disk"
"$MOTE" snapshot -o "$work/d" --file "$bb:/bin/dd" --disk "$work/disk,private" -- "$bb" sh -c 'echo data >/dev/vda; dd if=/dev/vda bs=4 count=1 2>/dev/null' >/dev/null
is disk data "$(from "$work/d" --disk "$work/disk,private")"
is disk-untouched yes "$([ -z "$(tr -d '\000' <"$work/disk" | head -c 1)" ] && echo yes)"
refuses disk-missing "disks" "$MOTE" run --from "$work/d"

# What is no snapshot, or no longer one.
refuses no-file "No such file" "$MOTE" run --from "$work/none"
refuses foreign "not a snapshot" "$MOTE" run --from /bin/sh
refuses directory "not a snapshot" "$MOTE" run --from /tmp
: >"$work/empty"
refuses empty "not a snapshot" "$MOTE" run --from "$work/empty"
head -c 1000000 "$work/echo" >"$work/bad"
refuses truncated "truncated" "$MOTE" run --from "$work/bad"
damaged() { # NAME OFFSET TEXT COMMAND...: with one byte of the snapshot changed
	local name=$1 at=$2 text=$3 file=$work/echo
	shift 3
	dd if="$file" of="$work/byte" bs=1 skip="$at" count=1 2>/dev/null
	tr '\000-\377' '\200-\377\000-\177' <"$work/byte" | dd of="$file" bs=1 seek="$at" conv=notrunc 2>/dev/null
	refuses "$name" "$text" "$@" "$file"
	dd if="$work/byte" of="$file" bs=1 seek="$at" conv=notrunc 2>/dev/null
}
damaged newer 9 "a newer mote" "$MOTE" run --from
damaged damaged-head 40 "damaged" "$MOTE" run --from
damaged damaged-state 5000 "damaged" "$MOTE" run --from
damaged damaged-memory 1200000 "damaged" "$MOTE" snapshot --check
is whole-again "one two" "$(from "$work/echo")"

# The command line.
refuses settled "settled by the snapshot" "$MOTE" run --from "$work/echo" --mem 1G
refuses no-output "no -o FILE" "$MOTE" snapshot "$bb" true
refuses no-program "no PROGRAM" "$MOTE" snapshot -o "$work/x"
refuses other-command "no option --from" "$MOTE" snapshot --from "$work/echo" -o "$work/x"
refuses not-run "no option -o" "$MOTE" run -o "$work/x" "$bb" true
refuses unwritable "cannot write" "$MOTE" snapshot -o "$work/none/x" "$bb" true
if [ "$(id -u)" = 0 ] && mkdir "$work/small" && mount -t tmpfs -o size=256k none "$work/small" 2>/dev/null; then
	refuses full-disk "No space left" "$MOTE" snapshot -o "$work/small/x" "$bb" true
	is full-disk-debris "" "$(ls "$work/small")"
	umount "$work/small"
fi

# RESETS divides how often things are done, for slow hosts.
often() { echo $(($1 / ${RESETS:-1} + 1)); }

# In place: memory, processors and devices are the snapshot's again, after whatever a run did.
reset() { # NAME OPTION...
	local name=$1
	shift
	if timeout 500 "$BUILD/tests/reset/reset" -k "$BUILD/kernel" "$@" >"$work/out" 2>"$work/err"; then
		echo "ok reset-$name"
	else
		echo "FAIL reset-$name: $(tail -n 3 "$work/out" | tr '\n' ' ')"
	fi
}
reset nothing -n $(often 2000) -- "$BUILD/bench/hello"
reset fork-files -n $(often 300) -- "$bb" sh -c 'for i in 1 2 3; do echo $i | cat >/tmp/f$i; done; cat /tmp/f*; mkdir /tmp/d; mv /tmp/f1 /tmp/d; ls /tmp'
reset exec -n $(often 300) -s -- "$bb" sh -c 'for i in 1 2 3; do echo $i | cat >/tmp/f$i; done; cat /tmp/f*'
reset two-processors -n $(often 40) -c 2 -- "$bb" sh -c 'for i in 1 2 3; do echo $i | cat >/tmp/f$i; done; cat /tmp/f*'
reset panic -n $(often 200) -- "$bb" sh -c 'echo before; echo c >/proc/sysrq-trigger'
reset hang -n $(often 8) -t 400 -- "$bb" sh -c 'echo before; while :; do :; done'
reset killed -n $(often 100) -- "$bb" sh -c 'kill -9 $$'
reset memory -n $(often 10) -- "$bb" sh -c 'dd if=/dev/zero of=/tmp/big bs=1048576 count=64 2>/dev/null; ls -l /tmp/big | cut -c1-10'
for t in mmap signal_context tty_jobs fs_rename; do reset "guest-$t" -n $(often 5) -- "$BUILD/tests/guest/$t"; done
