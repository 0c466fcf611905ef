# Standard streams between host and guest: ends of file, back pressure, closed readers, odd descriptors.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bb=$(command -v busybox)

# same NAME WANT GOT
same() {
	if [ "$2" = "$3" ]; then echo "ok $1"; else echo "FAIL $1: got '$3', not '$2'"; fi
}
mote() { timeout 120 "$MOTE" run --timeout 100 "$@"; }
sum() { sha256sum | cut -d' ' -f1; }

head -c 3000000 /dev/urandom >"$work/random"
want=$(sum <"$work/random")
same pipe-to-pipe "$want" "$(cat "$work/random" | mote -- "$bb" cat | sum)"
same file-to-file "$want" "$(mote -- "$bb" cat <"$work/random" >"$work/copy"; sum <"$work/copy")"
same small-reads "$want" "$(mote -- "$bb" dd bs=1000 <"$work/random" 2>/dev/null | sum)"
same slow-reader "$want" "$(mote -- "$bb" cat <"$work/random" | (sleep 1; sum))"
same slow-writer "one two " "$( (echo one; sleep 1; echo two) | mote -- "$bb" sh -c 'while read -r x; do printf "%s " $x; done')"
same append "a b" "$(echo a >"$work/log"; mote -- "$bb" echo b >>"$work/log"; echo $(cat "$work/log"))"
same reopened "again" "$(mote -- "$bb" sh -c 'echo again >/dev/stdout')"
same reopened-stderr "again" "$(mote -- "$bb" sh -c 'echo again >/dev/stderr' 2>&1 >/dev/null)"
same reopened-stdin "abc" "$(echo abc | mote -- "$bb" cat /dev/stdin)"
same is-a-pipe "p" "$(mote -- "$bb" sh -c '[ -p /dev/stdout ] && echo p')"
same poll-timeout "late" "$( (sleep 2; echo late) | mote -- "$bb" sh -c 'while ! read -r -t 1 x; do :; done; echo $x')"

# what the guest does not read stays for the next reader
printf 'first\nsecond\n' >"$work/lines"
same unread-input "first second" "$( (mote -- "$bb" sh -c 'read x; printf "$x "'; cat) <"$work/lines")"
same unused-input "first second" "$( (mote -- "$bb" true; echo $(cat)) <"$work/lines")"

# nobody reads any more
mote -- "$bb" yes 2>/dev/null | head -n 1 >/dev/null
same sigpipe 141 "${PIPESTATUS[0]}"
mote -- "$bb" sh -c 'trap "" PIPE; while echo x; do :; done 2>/dev/null; echo over >&2' 2>"$work/err" | true
same epipe over "$(tail -n 1 "$work/err")"
mote -- "$bb" sh -c 'echo out; echo err >&2' 2>"$work/err" >&-
same closed-stdout err "$(tail -n 1 "$work/err")"
mote -- "$bb" sh -c 'echo x || echo failed >&2' 2>"$work/err" >/dev/full
same full "0 1" "$? $(grep -c 'No space left' "$work/err")"
same closed-stdin 0 "$(mote -- "$bb" wc -c <&-)"

# an end from outside does not wait for a reader that does not read
start=$SECONDS
timeout 60 "$MOTE" run --timeout 1 -- "$bb" yes | sleep 20 &
pipeline=$!
while pgrep -f "$MOTE run --timeout 1 -- $bb yes" >/dev/null && [ $((SECONDS - start)) -lt 15 ]; do sleep 0.1; done
same timeout-with-full-pipe 1 "$([ $((SECONDS - start)) -lt 12 ] && echo 1)"
kill $pipeline 2>/dev/null

# descriptors that are not blocking, and sockets
same odd-descriptors "1000000 1000000" "$(python3 - "$MOTE" "$bb" <<'PY'
import fcntl, os, socket, subprocess, sys, threading
mote, bb = sys.argv[1:]
r, w = os.pipe()
fcntl.fcntl(w, fcntl.F_SETFL, os.O_NONBLOCK)
p = subprocess.Popen([mote, "run", "--timeout", "60", "--", bb, "head", "-c", "1000000", "/dev/zero"],
                     stdin=subprocess.DEVNULL, stdout=w)
os.close(w)
nonblocking = sum(iter(lambda: len(os.read(r, 65536)), 0))
p.wait()
a, b = socket.socketpair()
p = subprocess.Popen([mote, "run", "--timeout", "60", "--", bb, "cat"], stdin=b, stdout=b)
b.close()
def feed():
    a.sendall(b"y" * 1000000)
    a.shutdown(socket.SHUT_WR)
threading.Thread(target=feed).start()
print(nonblocking, sum(iter(lambda: len(a.recv(65536)), 0)))
p.wait()
PY
)"
