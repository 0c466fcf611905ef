# The oracle: what keeps programs apart from this host, comparing, what is left behind, and refusal.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod a+rx "$work"
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
build=$(dirname "$MOTE")

# same NAME WANT GOT
same() {
	if [ "$2" = "$3" ]; then echo "ok $1"; else echo "FAIL $1: got '$3', not '$2'"; fi
}
# says NAME PATTERN FILE
says() {
	if grep -qE -- "$2" "$3"; then echo "ok $1"; else echo "FAIL $1: no '$2' in: $(head -c 600 "$3")"; fi
}
# Processes with the user ids that sandboxes have on the host, but for those below a sandbox of another build (a campaign beside this test).
leftover() {
	ps -eo uid=,pid=,ppid=,args= | awk -v own="$build/fuzz/sandbox" '
		{ line[$2] = $0; uid[$2] = $1; up[$2] = $3; command[$2] = $4 }
		END {
			for (p in uid) {
				if (uid[p] >= 0 && uid[p] < 2147483648) continue
				for (q = p; q > 1 && (command[q] == own || command[q] !~ /\/fuzz\/sandbox$/); q = up[q]);
				if (q <= 1) print line[p]
			}
		}'
}
# The last ones may be on their way out.
gone() { for _ in $(seq 100); do [ -z "$(leftover)" ] && return; sleep 0.1; done; leftover; }

gcc -std=gnu17 -O1 -D_GNU_SOURCE -Wall -Wextra -Werror -I"$top" -static -o "$work/escape" "$here/fuzz_escape.c" || exit 125
cp "$build/tests/fuzz/oracle_run" "$build/fuzz/sandbox" "$build/fuzz/executor" "$build/fuzz/oracle-allow" "$work" || exit 125
cd "$work" || exit 125
# oracle EXECUTOR COUNT TEXT
oracle() { timeout 60 ./oracle_run "./$1" ./sandbox ./oracle-allow "$2" "$3"; }

# ---- the sandbox holds ----
# escapes NAME: the lines of `out`
escapes() {
	same "$1" "" "$(grep ESCAPED out)"
	same "$1-all-tried" yes "$([ "$(grep -c ^held out)" -ge 75 ] && grep -q '^held parent' out && echo yes || grep -c ^held out)"
}
cat /proc/self/mounts >mounts-before
cat /proc/sys/kernel/hostname >name-before
sleep 300 & canary=$!
oracle escape 1 all >out 2>err
escapes sandbox
same sandbox-canary alive "$(kill -0 $canary && echo alive)"
kill $canary
same sandbox-mounts "$(cat mounts-before)" "$(cat /proc/self/mounts)"
same sandbox-hostname "$(cat name-before)" "$(cat /proc/sys/kernel/hostname)"
oracle executor 20 "0some bytes" >out 2>err
says sandbox-executor '^stage 3' out
same sandbox-leaves-nothing "" "$(gone)"

# Programs that fill, fork and never end are ended, all of them.
for how in fork fill wait; do
	begin=$(date +%s%N)
	oracle escape 1 $how >out 2>err
	took=$((($(date +%s%N) - begin) / 1000000))
	says "bounded-$how" '^stage 0' out
	same "bounded-$how-time" yes "$([ $took -lt 15000 ] && echo yes || echo "$took ms")"
	same "bounded-$how-gone" "" "$(gone)"
done

# kill -9 of its owner takes everything along.
./oracle_run ./escape ./sandbox ./oracle-allow 20 fork >out 2>err & owner=$!
for _ in $(seq 100); do leftover | grep -q executor && break; sleep 0.05; done
same killed-runs yes "$(leftover | grep -q executor && echo yes)"
kill -9 $owner
wait $owner 2>/dev/null
same killed-gone "" "$(gone)"

# As an ordinary user.
if [ "$(id -u)" = 0 ] && setpriv --reuid 65534 --regid 65534 --clear-groups unshare -U true 2>/dev/null; then
	user="setpriv --reuid 65534 --regid 65534 --clear-groups timeout 60"
	$user ./oracle_run ./escape ./sandbox ./oracle-allow 1 all >out 2>err
	escapes user
	$user ./oracle_run ./executor ./sandbox ./oracle-allow 1 "0some bytes" >out 2>err
	says user-executor '^stage 3' out
fi

# ---- refusals ----
unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_user_namespaces; ./oracle_run ./executor ./sandbox ./oracle-allow 1 0' >out 2>err
same refusal-namespaces "1 0 1" "$? $(wc -l <out) $(wc -l <err)"
says refusal-namespaces-why 'user namespace.*max_user_namespaces' err
unshare -Ur ./oracle_run ./executor ./sandbox ./oracle-allow 1 0 >out 2>err
same refusal-ids "1 0 1" "$? $(wc -l <out) $(wc -l <err)"
says refusal-ids-why 'cannot map user ids.*CAP_SETUID' err
./oracle_run ./nothing ./sandbox ./oracle-allow 1 0 >out 2>err
same refusal-executor "1 0 1" "$? $(wc -l <out) $(wc -l <err)"
says refusal-executor-why './nothing: No such file' err
./oracle_run /bin/false ./sandbox ./oracle-allow 1 0 >out 2>err
same refusal-other-program "1 0 1" "$? $(wc -l <out) $(wc -l <err)"
says refusal-other-program-why 'does not run an empty program' err
echo "mote-oracle-allow 7" >list
./oracle_run ./executor ./sandbox ./list 1 0 >out 2>err
same refusal-list "1 0 1" "$? $(wc -l <out) $(wc -l <err)"
says refusal-list-why './list:1: .*another version' err

# ---- comparing: mote fuzz repro --oracle ----
if [ ! -w /dev/kvm ]; then exit; fi
# program NAME TEXT: a case of these calls
program() { printf '%s\n' "$2" >"$1.txt" && "$build/fuzz/mkseeds" "$1.txt" "$1" || echo "FAIL $1: mkseeds"; }
repro() { timeout 100 "$MOTE" fuzz repro "$@" </dev/null; }

program equal 'openat(AT_FDCWD, "d/x", 02, 0)
write(r0, @0="hello", 5)
lseek(r0, 3, 4)
close(r0)'
repro --oracle equal >out 2>err
same equal "0 0" "$? $(wc -l <err)"
says equal-says '^Linux and mote answer alike' out

# A difference that the list allows: a device that is nobody's in the sandbox.
program allowed 'fchmod(0, 0777)'
repro --oracle allowed >out 2>err
same allowed 0 $?
says allowed-alike '^Linux and mote answer alike' out
says allowed-shown '^ !  0 fchmod' out
says allowed-linux 'Linux = -1 EPERM' out
# What was once found by comparing.
for found in "$top"/tests/fuzz/found/linux-*.case; do
	name=found-$(basename "$found" .case)
	repro --oracle "$found" >out 2>err
	same "$name" "0 0" "$? $(wc -l <err)"
	says "$name-alike" '^Linux and mote answer alike' out
done
same leaves-nothing "" "$(gone)"
