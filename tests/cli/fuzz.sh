# mote fuzz: a campaign with afl-fuzz that finds a bug put there on purpose, what is done with it then, and all that can go wrong.
work=$(mktemp -d)
trap 'kill -9 $(jobs -p) 2>/dev/null; umount "$work/small" 2>/dev/null; rm -rf "$work"' EXIT
planted=$BUILD/fuzz/kernel-planted
# A seed that lacks one call of the three that the planted bug takes.
printf 'memfd_create("a", 0)\nftruncate(r0, 8192)\nlseek(r0, 0, 4)\n' >"$work/almost.txt"
"$BUILD/fuzz/mkseeds" "$work/almost.txt" "$work/almost" || echo "FAIL seed: not made"
printf 'memfd_create("a", 0)\nftruncate(r0, 8192)\ndup(r0)\nlseek(r0, 0, 4)\n' >"$work/plant.txt"
"$BUILD/fuzz/mkseeds" "$work/plant.txt" "$work/plant" || echo "FAIL seed: not made"
cd "$work" || exit 125

# same NAME WANT GOT
same() {
	if [ "$2" = "$3" ]; then echo "ok $1"; else echo "FAIL $1: got '$3', not '$2'"; fi
}
# says NAME PATTERN [FILE]: a line of it matches
says() {
	if grep -qE -- "$2" "${3:-out}"; then echo "ok $1"; else echo "FAIL $1: no '$2' in: $(head -c 600 "${3:-out}")"; fi
}
# fails NAME PATTERN ARG...: mote fuzz ends with 125 and says so in one line
fails() {
	local name=$1 pattern=$2
	shift 2
	timeout 60 "$MOTE" fuzz "$@" </dev/null >out 2>err
	same "$name" "125 0 1" "$? $(wc -l <out) $(wc -l <err)"
	says "$name-message" "$pattern" err
}
fuzz() { timeout 200 "$MOTE" fuzz "$@" </dev/null; }
# start DIR ARG...: a campaign in the background, where shells ignore SIGINT for their children
start() {
	dir=$1
	shift
	env --default-signal=INT,QUIT "$MOTE" fuzz -o "$dir" "$@" </dev/null >out 2>err &
	pid=$!
}
# wait_for SECONDS COMMAND...: until it is true
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.5
	done
}
# What runs for the campaign in DIR besides mote: of_afl DIR, of_target DIR, their pids
of_afl() { pgrep -f "^afl-fuzz .* -o $1 "; }
of_target() { pgrep -f "^[^ ]*mote fuzz target .*$1/"; }
any_left() { [ -n "$(of_afl "$1")$(of_target "$1")" ]; }
none_left() { ! any_left "$1"; }
runs_cases() { [ -s "$1/main/findings" ] && [ "$(od -An -t u8 -j 24 -N 8 "$1/main/findings")" -gt "${2:-0}" ]; }
stop() { kill -"${1:-INT}" "$pid"; wait "$pid"; status=$?; }

# ---- the command line ----
for c in "" repro min c report; do
	"$MOTE" fuzz $c --help >out 2>err
	same "help-${c:-campaign}" "0 1 0" "$? $([ "$(wc -l <out)" -le 24 ] && echo 1) $(wc -l <err)"
done
fails no-directory 'no -o DIR'
fails bad-option 'unknown option --frob' -o d --frob
fails bad-command "unknown command 'fuzz frob'" frob
fails bad-jobs 'must be a number from 1 to 64' -o d -j 0
fails bad-time 'must be a time like 90' -o d --time 10x
fails bad-time-0 'must be a time like 90' -o d --time 0
fails bad-calls "'frobnicate' is no implemented system call" -o d --calls open,frobnicate
fails bad-seeds '--seed /nonexistent: No such file' -o d1 --seed /nonexistent
fails bad-name 'letters, digits' -o d --name a/b
fails bad-kernel 'nonexistent' -o d --kernel /nonexistent
fails no-parent 'No such file or directory' -o no/such/dir
fails resume-nothing "holds no campaign 'main'" -o d --resume
fails repro-no-file 'no FILE given' repro
fails repro-missing 'No such file' repro /nonexistent
fails repro-directory 'Is a directory' repro .
fails min-missing 'No such file' min /nonexistent
fails c-missing 'No such file' c /nonexistent
fails report-nothing 'holds no campaign' report -o "$work"
fails report-no-directory 'no -o DIR' report
mkdir bin
for tool in bash env timeout wc grep head; do ln -s "$(command -v $tool)" bin/; done
PATH=$work/bin fails no-afl-fuzz 'install the package afl\+\+' -o d
cp "$MOTE" bin/mote; MOTE=$work/bin/mote fails no-parts 'build it with make fuzz' -o d
rm bin/mote
same nothing-made "" "$(ls -d d 2>/dev/null)"

# ---- a campaign finds what is there to be found ----
begin=$SECONDS
mkdir seeds; cp almost seeds/; : >seeds/empty; head -c 5000 /dev/zero >seeds/long; mkdir seeds/sub; mkfifo seeds/fifo
head -c 300 /dev/urandom >seeds/garbage; ln -s /nonexistent seeds/dangling
start found -j 1 --time 120 --seed seeds --calls dup,lseek,ftruncate --kernel "$planted"
wait_for 130 grep -q 'planted_shared' out || echo "FAIL planted-found: not within 130 s: $(tail -n 2 out) $(cat err)"
stop INT
same planted-status 1 $status
says planted 'finding: assertion .* in planted_shared'
says planted-summary '^1 findings in found|^[2-9] findings in found'
says planted-last 'x  assertion .*planted_shared'
says seeds-left-out 'left out \(1 empty, 1 too long, 2 no file, 1 unreadable\)' err
wait_for 5 none_left found; same interrupt-leaves-nothing "" "$(of_afl found; of_target found)"
same afl-saved 1 "$([ -s found/main/fuzzer_stats ] && [ -s found/main/fuzz_bitmap ] && echo 1)"
fails refused 'holds a campaign: --resume goes on' -o found --kernel "$planted"
case=$(ls -d found/reproducers/assertion-*.case | head -n 1)

# ---- what is done with it ----
fuzz repro --kernel "$planted" -n 20 "$case" >out 2>err; same repro-status 2 $?
says repro-call 'lseek\(.*SEEK_HOLE'
says repro-signature '^assertion: assertion .*planted_shared'
says repro-backtrace 'planted_shared\+0x.*rw.c:'
says repro-same 'the same 20 times out of 20'
fuzz repro "$case" >out 2>&1; same repro-fine "0 fine" "$? $(tail -n 1 out)"
fuzz repro - <"$case" >out 2>&1; same repro-fine-stdin 0 $?
timeout 60 "$MOTE" fuzz repro --kernel "$planted" - <plant >out 2>&1; same repro-stdin 2 $?
head -c 4000 /dev/urandom | timeout 60 "$MOTE" fuzz repro - >out 2>&1; same repro-garbage 1 "$([ $? -ne 125 ] && grep -qE '^case -: 4000 bytes, 64 calls' out && echo 1)"
fuzz min --kernel "$planted" "$case" >out 2>err; same min-status "0" "$?$(cat err)"
same min-calls 1 "$([ "$(grep -cE '^ +[0-9]+  (main|thread|child)' out)" -le 4 ] && echo 1)"
fuzz repro --kernel "$planted" "$case.min" >out 2>&1; same min-repeats "2 1" "$? $(grep -c '^assertion: .*planted_shared' out)"
same min-not-longer 1 "$([ "$(wc -c <"$case.min")" -le "$(wc -c <"$case")" ] && echo 1)"
fuzz min --kernel "$planted" -o - plant >minimal 2>err; same min-stdout "0 1" "$? $(grep -c '^plant: .* -: ' err)"
fuzz repro --kernel "$planted" minimal >out 2>&1; same min-stdout-repeats 2 $?
fuzz min almost >out 2>err; same min-nothing "1 1" "$? $(grep -c 'nothing to keep' err)"
fuzz c "$case.min" >case.c 2>err; same c-status "0" "$?$(cat err)"
gcc -Wall -Wextra -Werror -O2 -pthread -o case-gcc case.c 2>err; same c-gcc "0" "$?$(head -n 3 err)"
musl-gcc -Wall -Wextra -Werror -static -pthread -o case-musl case.c 2>err; same c-musl "0" "$?$(head -n 3 err)"
timeout 60 "$MOTE" run ./case-musl >out 2>&1; same c-guest "0 1" "$? $(grep -c 'lseek(' out)"
timeout 60 ./case-gcc >out 2>&1; same c-linux "0 1" "$? $(grep -c 'lseek(' out)"

fuzz report -o found --kernel "$planted" >out 2>err; same report-status "1" "$?$(cat err)"
python3 - <<-'END' >out 2>&1
	import json, re, html.parser
	r = json.load(open('found/report.json'))
	f = [f for f in r['findings'] if 'planted_shared' in f['signature']][0]
	assert f['kind'] == 'assertion' and f['runs'] == f['shown'] == 100, f
	assert f['count'] >= 1 and f['first_seen'] > 1e9 and any('SEEK_HOLE' in c for c in f['program']) and 'planted_shared' in f['log']
	assert r['executions'] > 0 and r['coverage']['hit'] > 1000
	rw = [f for f in r['coverage']['files'] if f['file'] == 'guest/kernel/fs/rw.c'][0]
	assert any(f['hit'] for f in rw['functions']) and any(f['missed_lines'] for f in rw['functions'])
	dup = [c for c in r['calls'] if c['call'] == 'dup'][0]
	assert dup['made'] > 0 and dup['succeeded'] > 0
	page = open('found/report.html', encoding='utf-8').read()
	assert 'planted_shared' in page and 'rw.c' in page
	assert not re.search(r'(src|href)\s*=|url\(|@import|https?://', page), 'something is loaded from elsewhere'
	open_tags = []
	class Parser(html.parser.HTMLParser):
	    def handle_starttag(self, tag, attrs):
	        assert tag not in ('script', 'iframe', 'img'), tag
	        if tag in ('main', 'article', 'details', 'pre', 'table', 'div', 'svg', 'figure', 'code'):
	            open_tags.append(tag)
	    def handle_endtag(self, tag):
	        if tag in ('main', 'article', 'details', 'pre', 'table', 'div', 'svg', 'figure', 'code'):
	            assert open_tags and open_tags.pop() == tag, tag
	Parser().feed(page)
	assert not open_tags, open_tags
	print('good')
END
same report-content good "$(tail -n 3 out)"
same report-reproducer 1 "$(ls found/reproducers/assertion-*.case | grep -c .)"

# ---- going on, and processes that die ----
start found -j 1 --resume --kernel "$planted"
wait_for 60 test -n "$(sleep 1; of_target found)"; sleep 3
fails busy 'a campaign is running there' -o found --resume --kernel "$planted"
before=$(of_afl found); kill -9 $before
wait_for 60 test -n "$(sleep 3; of_afl found | grep -vx "${before:-none}")"; says afl-killed 'afl-fuzz \(main\) was killed: Killed; it is started again' err
again() { [ -n "$(of_target found)" ] && grep -q 'All set and ready' found/logs/main.log; }
: >found/logs/main.log
wait_for 60 again
before=$(of_target found | head -n 1); kill -9 $before
renewed() { of_target found | grep -vxq "$before" && [ -z "$(of_target found | grep -x "$before")" ]; }
wait_for 60 renewed && echo "ok target-killed" || echo "FAIL target-killed: $(cat err)"
stop TERM
same resumed-status 1 $status
wait_for 5 none_left found; same terminated-leaves-nothing "" "$(of_afl found; of_target found)"
same finding-kept 1 "$([ -e "$case" ] && grep -c 'planted_shared' out)"
start found -j 1 --resume --kernel "$planted"
wait_for 60 test -n "$(sleep 2; of_target found)"
kill -9 $pid; wait $pid 2>/dev/null
wait_for 20 none_left found; same mote-killed-leaves-nothing "" "$(of_afl found; of_target found)"

# ---- another machine's instance: a foreign directory is imported ----
mkdir -p two/other/queue; cp plant "two/other/queue/id:000000,orig:plant"; cp almost "two/other/queue/id:000001,orig:almost"
start two -j 1 --time 100 --kernel "$planted"
imported() { ls two/main/crashes/ two/main/queue/ 2>/dev/null | grep -q 'sync:other'; }
wait_for 90 imported && echo "ok foreign-import" || echo "FAIL foreign-import: $(ls two/main/queue two/main/crashes | tail -n 5) $(cat err)"
wait_for 20 grep -q planted_shared out && echo "ok foreign-finding" || echo "FAIL foreign-finding: $(tail -n 3 out)"
stop INT
start two -j 1 --name box2 --time 3 --kernel "$planted"; wait $pid; same other-name "1 1" "$? $([ -s two/box2/fuzzer_stats ] && echo 1)"

# ---- a disk that is full, and settings that afl-fuzz does not like ----
if [ "$(id -u)" = 0 ] && mkdir small && mount -t tmpfs -o size=8m none small 2>/dev/null; then
	start small/d -j 1
	wait_for 60 runs_cases small/d || echo "FAIL full-disk-begins: $(cat err)"; head -c 8m /dev/zero >small/full 2>/dev/null
	wait_for 60 eval '! kill -0 $pid 2>/dev/null'; stop TERM 2>/dev/null
	same full-disk 125 $status
	says full-disk-message 'small/d: no space left.*--resume' err
	wait_for 5 none_left small/d; same full-disk-leaves-nothing "" "$(of_afl small/d; of_target small/d)"
	rm small/full
	fuzz -o small/d -j 1 --resume --time 5 >out 2>err; same full-disk-resumed 1 "$([ $? -le 1 ] && echo 1)"
	umount small
	mount -t tmpfs -o size=1m none small
	fuzz -o small/d -j 1 --time 20 >out 2>err; same tiny-disk 125 $?
	says tiny-disk-message 'o space left' err
	umount small
fi
echo '|/bin/true' >core_pattern
if [ "$(id -u)" = 0 ] && unshare -m sh -c 'mount --bind "$1" /proc/sys/kernel/core_pattern' sh "$work/core_pattern" 2>/dev/null; then
	timeout 60 unshare -m sh -c 'mount --bind "$1" /proc/sys/kernel/core_pattern; exec "$2" fuzz -o settings -j 1 --time 3' sh "$work/core_pattern" "$MOTE" \
		>out 2>err </dev/null
	same core-pattern 1 "$([ $? -le 1 ] && echo 1)"
	says core-pattern-message 'core_pattern.*AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1' err
fi

# ---- gdb ----
if command -v gdb >/dev/null; then
	timeout 100 "$MOTE" fuzz repro --kernel "$planted" --gdb=unix:"$work/gdb" plant >out 2>err </dev/null &
	pid=$!
	wait_for 30 test -S gdb
	timeout 90 gdb -q -batch -ex "file $planted" -ex "target remote $work/gdb" -ex 'break sys_lseek' -ex continue -ex 'backtrace 3' -ex continue >gdb.out 2>&1 </dev/null
	wait $pid
	same gdb-status 2 $?
	says gdb-stops 'sys_lseek \(' gdb.out
	says gdb-panic 'SIGABRT' gdb.out
fi
