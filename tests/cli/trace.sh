# mote run --trace, mote syscalls, the man page and the completion.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bb=$(command -v busybox)

# has NAME PATTERN: a line of the trace matches
has() {
	if grep -qE "$2" "$work/trace"; then echo "ok $1"; else echo "FAIL $1: no line '$2'"; tail -n 5 "$work/trace"; fi
}
trace() { timeout 120 "$MOTE" run --trace -- "$@" >"$work/out" 2>"$work/trace" </dev/null; }

trace "$bb" sh -c 'cat /etc/passwd >/dev/null; cat /nothing 2>/dev/null; kill -TERM $$'
has open '^openat\(AT_FDCWD, "/etc/passwd", O_RDONLY[|A-Z_]*\) += [0-9]+$|^\[pid +[0-9]+\] openat\(AT_FDCWD, "/etc/passwd", O_RDONLY'
has error '"/nothing", .* = -1 ENOENT \(No such file or directory\)$'
has flags 'mprotect\(0x[0-9a-f]+, [0-9]+, PROT_READ\) += 0$'
has child 'CLONE_CHILD_CLEARTID\|CLONE_CHILD_SETTID\|SIGCHLD'
has exec 'execve\("/proc/self/exe", \["cat", "/etc/passwd"\], 0x[0-9a-f]+ /\* [0-9]+ vars \*/\) += 0'
has pid '^\[pid +3\] '
has unfinished ' <unfinished \.\.\.>$'
has resumed '<\.\.\. wait4 resumed>'
has exit '^\[pid +3\] \+\+\+ exited with 0 \+\+\+$'
has signal '^--- SIGCHLD \{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=[0-9]+\} ---$'
has killed '^\+\+\+ killed by SIGTERM \+\+\+$'
trace "$bb" echo hello
if [ "$(cat "$work/out")" = hello ]; then echo "ok output-apart"; else echo "FAIL output-apart: $(head -n 1 "$work/out")"; fi
has write '^write\(1, "hello\\n", 6\) +(= 6| <unfinished)'

"$MOTE" syscalls --tsv >"$work/tsv"
bad=$(awk -F'\t' 'NR > 1 && (NF != 6 || $5 !~ /^(implemented|refused|absent)$/ || ($5 == "implemented" && system("test -f " $6)))' "$work/tsv")
if [ -z "$bad" ] && [ "$(wc -l <"$work/tsv")" -gt 360 ]; then echo "ok syscalls-tsv"; else echo "FAIL syscalls-tsv: $bad"; fi
if [ "$(awk -F'\t' '$1 == "read" { print $2, $3, $5 }' "$work/tsv")" = "0 63 implemented" ]; then echo "ok syscalls-read"; else echo "FAIL syscalls-read"; fi
# a row of table.def that promises a handler has one
missing=$(awk -F'\t' '$5 == "absent" { print $1 }' "$work/tsv" | while read -r n; do grep -E "^SYSCALL[0-6]\(.*, $n[,)]" guest/syscall/table.def | grep -E "^SYSCALL[0-6]\([^,]*, [^,]*, \"[^\"]*\", [^,]*, $n[,)]"; done)
if [ -z "$missing" ]; then echo "ok syscalls-complete"; else echo "FAIL syscalls-complete: $missing"; fi

if bash -n images/completion/mote; then echo "ok completion"; else echo "FAIL completion"; fi
for option in $("$MOTE" run --help | grep -oE -- '--[a-z]+'); do
	grep -qF -- "\\-\\-${option#--}" docs/mote.1 || echo "FAIL man-page: $option is missing"
	grep -qF -- "$option" images/completion/mote || echo "FAIL completion: $option is missing"
done
exit 0
