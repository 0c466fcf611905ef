# Real programs, run natively and in a guest; outputs and statuses must be equal.
work=$(mktemp -d)
trap 'rm -rf "$work" /tmp/mote-test-bin' EXIT
here=$(dirname "$0")
export BUSYBOX=$(command -v busybox)

# compare NAME NATIVE-COMMAND... with the guest's run given in GUEST=(...)
compare() {
	local name=$1 want got
	shift
	timeout 120 "$@" </dev/null >"$work/want" 2>"$work/want.err"; want=$?
	timeout 300 "$MOTE" run --timeout 280 "${GUEST[@]}" </dev/null >"$work/got" 2>"$work/got.err"; got=$?
	if [ $want = $got ] && cmp -s "$work/want" "$work/got" && [ -s "$work/want" ]; then
		echo "ok $name"
	else
		echo "FAIL $name: status $got, $want on Linux"
		diff "$work/want" "$work/got" | head -n 20
		head -n 5 "$work/got.err"
	fi
}

GUEST=(--env "BUSYBOX=$BUSYBOX" --file "$here/script:/script" -- "$BUSYBOX" sh /script)
compare busybox-script "$BUSYBOX" sh "$here/script"

head -c 16777216 /dev/urandom >"$work/data"
GUEST=(--file "$work/data:/data" -- "$BUSYBOX" sha256sum /data)
want=$(sha256sum <"$work/data" | cut -d' ' -f1)
got=$("$MOTE" run --timeout 120 "${GUEST[@]}" </dev/null | cut -d' ' -f1)
[ "$want" = "$got" ] && echo "ok sha256-16MiB-file" || echo "FAIL sha256-16MiB-file: $got is not $want"
got=$("$MOTE" run --timeout 120 -- "$BUSYBOX" sha256sum - <"$work/data" | cut -d' ' -f1)
[ "$want" = "$got" ] && echo "ok sha256-16MiB-stdin" || echo "FAIL sha256-16MiB-stdin: $got is not $want"
got=$("$MOTE" run --timeout 120 --file "$work/data:/data" -- "$BUSYBOX" cat /data | sha256sum | cut -d' ' -f1)
[ "$want" = "$got" ] && echo "ok sha256-16MiB-stdout" || echo "FAIL sha256-16MiB-stdout: $got is not $want"

bash_script='
d=/tmp/mote-test-bin; $BUSYBOX mkdir -p $d; $BUSYBOX --install -s $d; PATH=$d
set -o pipefail
declare -A m=([one]=1 [two]=2); for k in "${!m[@]}"; do echo "$k=${m[$k]}"; done | sort
coproc { while read -r l; do echo "got $l"; done; }; echo hello >&"${COPROC[1]}"; read -r x <&"${COPROC[0]}"; echo "$x"
exec {COPROC[1]}>&-
wait; mapfile -t a < <(printf "%s\n" x y z); echo "${#a[@]} ${a[*]}"
f() { trap "echo bye" RETURN; return 7; }; f; echo $?
(kill -TERM $BASHPID); echo "killed $?"
for i in 1 2 3; do (exit $i) & done; wait; echo waited
printf "%s %q\n" a "b c"; [[ abc =~ ^a(.)c$ ]] && echo "${BASH_REMATCH[1]}"
diff <(echo same) <(echo same) && echo equal
'
GUEST=(--env "BUSYBOX=$BUSYBOX" --file "$BUSYBOX" -- /bin/bash -c "$bash_script")
compare bash /bin/bash -c "$bash_script"

python_script='
import os, subprocess, sys, threading, tempfile, hashlib
total = 0
lock = threading.Lock()
def work(n):
    global total
    for i in range(1000):
        with lock:
            total += n
threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
print("threads", total)
p = subprocess.run([sys.executable, "-c", "import sys; print(sys.stdin.read().upper()); sys.exit(5)"], input="piped", capture_output=True, text=True)
print("subprocess", p.returncode, p.stdout.strip())
with tempfile.TemporaryDirectory() as d:
    name = os.path.join(d, "file")
    open(name, "wb").write(b"x" * 100000)
    print("file", os.stat(name).st_size, hashlib.sha256(open(name, "rb").read()).hexdigest())
pid = os.fork()
if pid == 0: os._exit(9)
print("fork", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
r, w = os.pipe(); os.write(w, b"abc"); print("pipe", os.read(r, 10))
try: open("/nonexistent")
except OSError as e: print("error", e.errno, e.strerror)
import signal
signal.signal(signal.SIGALRM, lambda *a: print("alarm")); signal.setitimer(signal.ITIMER_REAL, 0.05); signal.pause()
'
if [ -x /usr/bin/python3 ]; then
	lib=$(/usr/bin/python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
	GUEST=(--mem 512M --file "$lib" -- /usr/bin/python3 -c "$python_script")
	compare python3 /usr/bin/python3 -c "$python_script"
else
	echo "FAIL python3: /usr/bin/python3 is missing: apt-get install python3-minimal"
fi
