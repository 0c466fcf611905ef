# mote run as a user meets it: exit statuses, streams, options, errors.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bb=$(command -v busybox)

# status NAME EXPECTED COMMAND...: the exit status must be EXPECTED
status() {
	local name=$1 want=$2 got
	shift 2
	timeout 120 "$@" </dev/null >"$work/out" 2>"$work/err"; got=$?
	if [ $got = "$want" ]; then echo "ok $name"; else echo "FAIL $name: exit status $got, not $want"; head -n 5 "$work/err"; fi
}
# says NAME PATTERN: the last stderr must match, in one line
says() {
	if grep -qE "$2" "$work/err"; then echo "ok $1"; else echo "FAIL $1: stderr has no '$2'"; head -n 5 "$work/err"; fi
}
# same NAME WANT GOT
same() {
	if [ "$2" = "$3" ]; then echo "ok $1"; else echo "FAIL $1: got '$3', not '$2'"; fi
}
mote() { timeout 120 "$MOTE" "$@"; }

status exit-0 0 "$MOTE" run -- "$bb" true
status exit-1 1 "$MOTE" run -- "$bb" false
status exit-77 77 "$MOTE" run -- "$bb" sh -c 'exit 77'
status signal-9 137 "$MOTE" run -- "$bb" sh -c 'kill -9 $$'
status signal-15 143 "$MOTE" run -- "$bb" sh -c 'kill -TERM $$'
status timeout 124 "$MOTE" run --timeout 1 -- "$bb" sleep 100
status timeout-busy 124 "$MOTE" run --timeout 1 -- "$bb" sh -c 'while :; do :; done'
status not-found 127 "$MOTE" run -- /nonexistent/program
says not-found-message '/nonexistent/program'
status not-found-path 127 "$MOTE" run no-such-program-anywhere
: >"$work/plain"; status not-executable 126 "$MOTE" run -- "$work/plain"
says not-executable-message 'plain'
status directory 126 "$MOTE" run -- "$work"
echo garbage >"$work/garbage"; chmod +x "$work/garbage"
status not-a-program 126 "$MOTE" run -- "$work/garbage"
head -c 100 "$bb" >"$work/short"; chmod +x "$work/short"
status truncated-elf 126 "$MOTE" run -- "$work/short"
status bad-option 125 "$MOTE" run --no-such-option -- "$bb" true
says bad-option-message 'no-such-option'
status bad-mem 125 "$MOTE" run --mem 12X -- "$bb" true
status tiny-mem 125 "$MOTE" run --mem 64K -- "$bb" true
status bad-cpus 125 "$MOTE" run --cpus 0 -- "$bb" true
status bad-timeout 125 "$MOTE" run --timeout never -- "$bb" true
status bad-file 125 "$MOTE" run --file /nonexistent/file -- "$bb" true
status bad-kernel 125 "$MOTE" run --kernel "$work/garbage" -- "$bb" true
status no-program 125 "$MOTE" run
status no-command 125 "$MOTE"
status bad-command 125 "$MOTE" frobnicate
status help 0 "$MOTE" --help
status run-help 0 "$MOTE" run --help
same help-fits-a-screen 1 "$([ "$("$MOTE" run --help | wc -l)" -le 24 ] && echo 1)"
status check 0 "$MOTE" check
status version 0 "$MOTE" --version

same streams-apart "out" "$(mote run -- "$bb" sh -c 'echo out; echo err >&2' 2>/dev/null)"
same streams-apart-err "err" "$(mote run -- "$bb" sh -c 'echo out; echo err >&2' 2>&1 >/dev/null)"
same stdin "HELLO" "$(echo hello | mote run -- "$bb" tr a-z A-Z)"
same stdin-empty "0" "$(mote run -- "$bb" wc -c </dev/null)"
head -c 300000 /dev/urandom >"$work/random"
mote run -- "$bb" cat <"$work/random" >"$work/copy"
same binary-clean "$(sha256sum <"$work/random")" "$(sha256sum <"$work/copy")"
same stdout-closed-early "y" "$(mote run -- "$bb" yes 2>/dev/null | head -n 1)"
same env "value" "$(mote run --env KEY=value -- "$bb" sh -c 'echo $KEY')"
same cwd "/tmp" "$(mote run --cwd /tmp -- "$bb" pwd)"
same cpus "2" "$(mote run --cpus 2 -- "$bb" grep -c ^processor /proc/cpuinfo)"
same argv "a  b|c" "$(mote run -- "$bb" printf '%s|%s\n' 'a  b' c)"
mkdir -p "$work/dir/sub"; echo one >"$work/dir/one"; echo two >"$work/dir/sub/two"; ln -s one "$work/dir/link"
same file-directory "one two one" "$(mote run --file "$work/dir:/data" -- "$bb" sh -c 'echo $(cat /data/one /data/sub/two /data/link)')"
same file-same-path "one" "$(mote run --file "$work/dir/one" -- "$bb" cat "$work/dir/one")"
printf '#!%s sh\necho script "$@"\n' "$bb" >"$work/script"; chmod +x "$work/script"
same hash-bang "script x y" "$(mote run -- "$work/script" x y)"
same path-search "0" "$(mote run busybox true; echo $?)"

(cd "$work/dir" && find . | cpio -o -H newc --quiet) >"$work/root.cpio"
gzip -k "$work/root.cpio"
same initrd-cpio "two" "$(mote run --initrd "$work/root.cpio" -- "$bb" cat /sub/two)"
same initrd-gzip "two" "$(mote run --initrd "$work/root.cpio.gz" -- "$bb" cat /sub/two)"
head -c 200 "$work/root.cpio" >"$work/cut.cpio"
status initrd-truncated 125 "$MOTE" run --initrd "$work/cut.cpio" -- "$bb" true
says initrd-truncated-message 'cut.cpio'
head -c 150 "$work/root.cpio.gz" >"$work/cut.gz"
status initrd-truncated-gzip 125 "$MOTE" run --initrd "$work/cut.gz" -- "$bb" true
status initrd-garbage 125 "$MOTE" run --initrd "$work/random" -- "$bb" true

truncate -s 1M "$work/disk"; echo "first sector" | dd of="$work/disk" conv=notrunc 2>/dev/null
same disk-read "first sector" "$(mote run --disk "$work/disk" -- "$bb" head -n 1 /dev/vda)"
mote run --disk "$work/disk" -- "$bb" sh -c 'echo written >/dev/vda; sync' </dev/null
same disk-write "written" "$(head -n 1 "$work/disk")"
status disk-read-only 1 "$MOTE" run --disk "$work/disk,ro" -- "$bb" sh -c 'echo again >/dev/vda'
same disk-untouched "written" "$(head -n 1 "$work/disk")"

mote run --trace -- "$bb" cat /etc/hostname >/dev/null 2>"$work/trace" </dev/null
same trace-open "1" "$(grep -cE 'open(at)?\(.*"/etc/hostname", O_RDONLY.*\) = 3' "$work/trace")"
same trace-exit "1" "$(grep -cF '+++ exited with 0 +++' "$work/trace")"
same syscalls-lines "1" "$([ "$("$MOTE" syscalls --tsv | wc -l)" -ge 360 ] && echo 1)"
same syscalls-row "read" "$("$MOTE" syscalls --tsv | awk -F'\t' '$1 == "read" && $2 == 0 && $3 == 63 && $5 == "implemented" {print $1}')"

# hostile programs: the offender is killed, mote survives
status fork-bomb 124 "$MOTE" run --timeout 5 -- "$bb" sh -c 'f() { f | f & }; f; while :; do sleep 1; done'
same memory-eater "137 alive" "$(mote run --timeout 100 --mem 64M -- "$bb" sh -c "$bb"' sh -c "x=aaaaaaaaaaaaaaaa; while :; do x=\$x\$x; done" 2>/dev/null; echo $? alive')"
for sig in INT TERM KILL; do
	"$MOTE" run -- "$bb" sleep 1000 </dev/null >/dev/null 2>&1 &
	pid=$!
	sleep 0.5; kill -$sig $pid; wait $pid 2>/dev/null; got=$?
	same "killed-by-$sig" "$((128 + $(kill -l $sig)))" "$got"
done
same nothing-left "" "$(pgrep -f "$MOTE run -- $bb sleep 1000")"
