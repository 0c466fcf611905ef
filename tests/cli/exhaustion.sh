# Programs that eat all memory, fork or recurse without end: they are stopped, the kernel is not, and nothing is lost.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bb=$(command -v busybox)
program=$work/exhaust
musl-gcc -std=gnu17 -O1 -Wno-infinite-recursion -static -o "$program" "$(dirname "$0")/exhaust.c" || exit 125

# check NAME STATUS OUTPUT ARG...: a run in a small guest
check() {
	local name=$1 want=$2 text=$3 got
	shift 3
	timeout 200 "$MOTE" run --mem 40M --timeout 180 "$@" </dev/null >"$work/out" 2>"$work/err"; got=$?
	if [ $got = "$want" ] && [ "$(cat "$work/out")" = "$text" ]; then
		echo "ok $name"
	else
		echo "FAIL $name: status $got, not $want"
		head -n 5 "$work/out" "$work/err"
	fi
}
says() {
	if grep -qE "$2" "$work/err"; then echo "ok $1"; else echo "FAIL $1: stderr has no '$2'"; fi
}

check eat 137 "" -- "$program" eat
says eat-message 'Out of memory: killed process 2 \(exhaust\)'
check recurse 139 "" -- "$program" recurse
check eat-in-child 0 "eat: signal 9
afterwards: 5" -- "$program" child-eat
check page-tables-in-child 0 "tables: signal 9
afterwards: 5" -- "$program" child-tables
check recurse-in-child 0 "recurse: signal 11
afterwards: 5" -- "$program" child-recurse
check fork-bomb 0 "fork: no more
bomb: signal 9
afterwards: 5" -- "$program" child-bomb
check fork-bomb-smp 0 "fork: no more
bomb: signal 9
afterwards: 5" --cpus 2 -- "$program" child-bomb

# Free pages are counted after rounds of equal work: what the first round left cached, the others find and leave.
cat >"$work/rounds" <<'END'
free() { while read name n unit; do [ "$name" = MemFree: ] && echo $n; done </proc/meminfo; }
round() {
	i=0
	while [ $i -lt 8 ]; do
		(echo x | cat) >/dev/null
		ls /proc /dev >/dev/null
		echo text >/tmp/file; cat /tmp/file >/dev/null; rm /tmp/file
		i=$((i + 1))
	done
}
round; round
before=$(free)
round; round
after=$(free)
[ "$before" = "$after" ] && echo same || echo "before $before, after $after KiB"
END
check no-page-lost 0 same --file "$work/rounds:/rounds" -- "$bb" sh /rounds
