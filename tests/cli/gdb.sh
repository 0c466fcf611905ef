# mote run --gdb with Debian's gdb: the kernel, programs, monitor commands, clients that misbehave, guest/gdb.py.
# Plain sh: busybox runs it in the referee too, with GDB_PROGRAM, a gdb_target made elsewhere.
work=$(mktemp -d)
trap 'kill $mote_pid 2>/dev/null; rm -rf "$work"' EXIT
here=tests/cli
kernel=$BUILD/kernel
program=$work/target
if [ -n "$GDB_PROGRAM" ]; then
	cp "$GDB_PROGRAM" "$program"
else
	musl-gcc -std=gnu17 -O0 -g -static -D_GNU_SOURCE -o "$program" $here/gdb_target.c -pthread || exit 2
fi
mote_pid=

line() { echo "gdb_target.c:$(grep -n "line: $1" $here/gdb_target.c | cut -d: -f1)"; }
# busybox's timeout has a child that it knows nothing of
limit() {
	if timeout --version >/dev/null 2>&1; then timeout "$@"; else shift; "$@"; fi
}
# wait_for COMMAND...: until it succeeds, 15 seconds at most
wait_for() {
	n=0
	until "$@" 2>/dev/null || [ $n -ge 150 ]; do sleep 0.1; n=$((n + 1)); done
}
# start ARGUMENTS: mote run in the background, which waits for gdb
start() {
	rm -f "$work/socket"
	"$MOTE" run --timeout 100 --gdb=unix:"$work/socket" "$@" >"$work/out" 2>"$work/err" </dev/null &
	mote_pid=$!
	wait_for [ -S "$work/socket" ]
}
# finish NAME STATUS: mote's end
finish() {
	wait $mote_pid
	got=$?
	mote_pid=
	if [ $got = "$2" ]; then echo "ok $1"; else echo "FAIL $1: exit status $got, not $2: $(cat "$work/err")"; fi
}
# g COMMAND...: gdb on it
g() {
	count=$#
	for command; do set -- "$@" -ex "$command"; done
	shift $count
	limit 90 gdb -nx -q -batch -ex 'set pagination off' -ex 'set confirm off' -ex 'set width 0' -ex 'set trust-readonly-sections on' \
		-ex "file $kernel" -ex "target remote $work/socket" -ex "add-symbol-file $program" "$@" >"$work/gdb" 2>&1 </dev/null
}
# has NAME PATTERN...: gdb's output has lines that match, in this order
has() {
	name=$1
	shift
	from=1
	for pattern; do
		at=$(tail -n +$from "$work/gdb" | grep -nE -- "$pattern" | head -n 1 | cut -d: -f1)
		if [ -z "$at" ]; then
			echo "FAIL $name: gdb did not say '$pattern'"
			tail -n 40 "$work/gdb" | sed 's/^/    /'
			return
		fi
		from=$((from + at))
	done
	echo "ok $name"
}
says() {
	if grep -qE -- "$2" "$work/err"; then echo "ok $1"; else echo "FAIL $1: mote did not say '$2': $(cat "$work/err")"; fi
}
prints() {
	if grep -qE -- "$2" "$work/out"; then echo "ok $1"; else echo "FAIL $1: the program did not print '$2': $(cat "$work/out" "$work/err")"; fi
}
# misbehave WHAT: gdb_client.py
misbehave() {
	GDB_SOCKET=$work/socket limit 60 gdb -nx -q -batch -ex "file $program" -ex "python what = '$1'" -x $here/gdb_client.py 2>&1 </dev/null |
		grep -E '^(ok|FAIL)|Error' | sed "s/^ok /ok $1: /; s/^FAIL /FAIL $1: /; s/^\([^oF].*\)/FAIL $1: \1/"
}

# ---- the kernel ----
start "$program" plain
g 'info threads' 'break kernel_main' 'continue' 'backtrace' 'stepi' 'next' 'next' \
	'break sys_getppid' 'continue' 'backtrace' 'print nosuch' 'print cpu_table[0]' 'print kernel_lock_state' \
	'info registers cr3 efer cs fs_base rip' 'print $xmm0' 'finish' 'delete' 'continue'
has first-instruction '^\* 1 +Thread 1 \(CPU 0\)'
has kernel-break '^Breakpoint 1, kernel_main \(info=[0-9]+\) at guest/kernel/main.c:[0-9]+'
has kernel-step '^#0 +kernel_main \(info=' '^[0-9]+' '^[0-9]+'
has handler-break '^Breakpoint 2, sys_getppid \(\) at guest/syscall/process.c:[0-9]+'
has handler-backtrace '^Breakpoint 2' '^#0 +sys_getppid \(\) at guest/syscall' '^#[0-9]+ .*(call_handler|syscall_slow) \(.*=0x[0-9a-f]+.*\) at guest/syscall/dispatch.c:[0-9]+' \
	'^#[0-9]+ +<signal handler called>' '^#[0-9]+ .*getppid' "^#[0-9]+ .*plain \\(\\) at .*gdb_target.c:[0-9]+" '^#[0-9]+ .*main \(argc=2, argv=0x[0-9a-f]+\) at'
has no-symbol 'No symbol "nosuch"'
has kernel-struct '= \{id = 0, online = true, idle_now = false, current = 0x[0-9a-f]+' '= \{ticket = [0-9]+, serving = [0-9]+\}'
has registers '^cr3 +0x[0-9a-f]+000 ' '^efer +0x[0-9a-f]+ .*\[ .*LMA.*\]' '^cs +0x10 ' '^fs_base +0x[0-9a-f]+' '^rip +0xffffffff80[0-9a-f]+.*<sys_getppid' 'v4_float = '
has kernel-finish '^0x[0-9a-f]+ in .*call_handler' '^Value returned is \$[0-9]+ = 1'
has exited 'exited with code 051'
finish kernel-status 41
prints kernel-output '^counter 33$'
if [ -e "$work/socket" ]; then echo "FAIL socket-removed: it is there"; else echo "ok socket-removed"; fi
says invitation "^mote: waiting for gdb: gdb -ex 'file .*kernel' -ex 'target remote $work/socket'"

# ---- a watchpoint in the kernel, functions called in it, a breakpoint that is not the program's ----
start "$program" sleep
g 'break sys_nanosleep' 'continue' 'set can-use-hw-watchpoints 0' 'print sched_runnable()' 'print task_count()' \
	'watch cpu_table[0].switches' 'continue' 'backtrace 3' 'delete' 'kill'
has kernel-call '^\$1 = 1' '^\$2 = 2'
has kernel-watch '^Watchpoint 2: cpu_table\[0\].switches' '^Old value = ([0-9]+)' '^New value = [0-9]+' '^#0 .*(switch_to|schedule) \('
finish kernel-kill 137
says kernel-killed '^mote: gdb ended the machine$'

# ---- a program ----
start "$program" plain
g 'break plain' 'continue' 'backtrace' 'next' 'step' 'step' 'info locals' 'print initialised' 'print where' 'print where.name' 'set var initialised = 77' \
	'print $rsp' 'x/2i $pc' 'set can-use-hw-watchpoints 0' 'watch counter' 'continue' 'continue' 'delete 2' \
	'print add(100, 23)' 'finish' "tbreak $(line counted)" 'continue' 'print counter' 'up' 'print argc' 'continue'
has main-break '^Breakpoint 1, plain \(\) at .*gdb_target.c:[0-9]+'
has program-backtrace '^#0 +plain \(\) at' '^#1 .*main \(argc=2, argv='
has program-step '^add \(a=0, b=10\) at' '^sum = '
has program-print '= 41$' '= \{x = 3, y = 4, name = 0x[0-9a-f]+ "here"\}' '= 0x[0-9a-f]+ "here"'
has program-watch '^Watchpoint 2: counter' '^Old value = 0$' '^New value = 10$' '^Old value = 10$' '^New value = 21$'
has program-call '^\$[0-9]+ = 123$' '^Value returned is \$[0-9]+ = 11'
has program-continue 'Temporary breakpoint 3, plain' '= 156$' '^#1 ' '^\$[0-9]+ = 2$' 'exited with code 0115'
finish program-status 77
prints program-output '^counter 156$'

# ---- hardware watchpoints: they work or are refused ----
start "$program" plain
g 'break plain' 'continue' 'watch counter' 'continue' 'print counter' 'delete' 'kill'
if grep -q 'Could not insert hardware watchpoint' "$work/gdb"; then
	says no-hardware 'KVM here has no hardware breakpoints and watchpoints: in gdb, set can-use-hw-watchpoints 0'
else
	has hardware-watch '^Hardware watchpoint 2: counter' '^New value = 10' '= 10$'
fi
finish hardware-status 137

# ---- its own breakpoint instruction ----
start "$program" trap
g 'break own_trap' 'continue' 'delete' 'continue' 'x/i $pc' 'signal SIGTRAP'
has own-trap 'received signal SIGTRAP' 'exited with code 05'
finish own-trap-status 5
start "$program" trap
g 'continue' 'continue'
has own-trap-swallowed 'received signal SIGTRAP' 'exited normally'
finish own-trap-swallowed-status 0

# ---- every instruction: system calls, faults ----
start "$program" plain
g 'break plain' 'continue' 'tbreak getppid' 'continue' 'stepi' 'x/i $pc' 'stepi' 'x/i $pc' 'stepi' 'stepi 3' 'delete' 'continue'
has stepi '<getppid\+5>:.*syscall' '<getppid\+7>:.*ret' '^plain \(\) at' 'exited with code 051'
finish stepi-status 41

# ---- forks: breakpoints and pages of both sides ----
start "$program" fork
g 'break in_child' 'continue' 'monitor ps' 'print n' 'set var children = 5' 'continue' 'print n' 'print children' 'delete' "tbreak $(line forked)" 'continue' 'print initialised' 'print sum' 'continue'
has fork-child '^Breakpoint 1, in_child \(n=1\)' '^ +3 +3 +2 R +0' '^Breakpoint 1, in_child \(n=2\)' '= 0$'
has fork-parent 'Temporary breakpoint 2, forks' '= 41$' '= 82$'
finish fork-status 83

# ---- pages that are not there yet, and that are shared ----
start "$program" lazy
g "break $(line looked)" 'continue' 'print text' 'print fresh[4000]' 'set var fresh[5000] = 40' 'set var fresh[70000] = 2' 'set var where.x = 9' 'print where.x' 'print *(char *)1' \
	'set var *(char *)lazy = 0' 'continue'
has lazy-read '= 0x[0-9a-f]+ "never touched"' "= 0 '" '= 9$' 'Cannot access memory at address 0x1' 'Cannot access memory at address 0x40'
finish lazy-status 42

# ---- threads on two CPUs, Ctrl-C ----
start --cpus 2 "$program" spin
g 'python import threading, os, signal' 'python threading.Timer(3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()' 'continue' 'info threads' \
	'print turns > 100' 'thread 2' 'backtrace' 'stepi' 'stepi' 'set var stop = 1' 'continue'
has interrupt 'received signal SIGINT' '^ +2 +Thread 2 \(CPU 1: [0-9]+ target\)' '= 1$' '^#[0-9]+ .*spin \(arg=' 'exited with code 05'
finish spin-status 5

# every CPU that comes by is seen
start --cpus 2 "$program" race
g 'break pass if i == 100' 'break passes' 'ignore 2 1000' 'break sys_getppid' 'ignore 3 1000' 'continue' 'continue' 'info breakpoints' "break $(line raced)" 'continue' 'continue'
has race-conditions '^Thread [12] hit Breakpoint 1, pass \(who=[01], i=100\)' '^Thread [12] hit Breakpoint 1, pass \(who=[01], i=100\)'
has race-counts 'breakpoint already hit 2 times' 'breakpoint already hit [2-4] times' 'breakpoint already hit 12 times' 'Breakpoint 4, race' 'exited with code 06'
finish race-status 6

# ---- a breakpoint in a page that another program shares, at another address ----
if command -v gcc >/dev/null; then
	gcc -std=gnu17 -O0 -g -D_GNU_SOURCE -o "$work/shared" $here/gdb_target.c -pthread
	cp "$work/shared" "$work/other"
	start --file "$work/other":/tmp/other "$work/shared" share
	g 'break sys_getppid' 'continue' 'delete' \
		"python base = [l for l in gdb.execute('monitor maps 2', to_string=True).splitlines() if 'libc.so' in l][0]" \
		"python library, base = base.split()[-1], int(base.split('-')[0], 16)" \
		"python gdb.execute('add-symbol-file %s -o %#x' % (library, base), to_string=True)" \
		'break *getppid' 'continue' 'continue' 'monitor ps' 'info breakpoints' 'delete' 'continue'
	has shared-page 'Breakpoint 2, .*getppid' 'Breakpoint 2, .*getppid' '^ +2 +2 +1 R +0 +shared' 'already hit 2 times' 'exited with code 051'
	finish shared-status 41
	prints shared-output '^counter 33$'
fi

# ---- monitor commands ----
start "$program" plain
g 'monitor help' 'monitor program' 'break plain' 'continue' 'monitor ps' 'monitor maps 2' 'monitor maps 1' 'monitor maps 77' 'monitor maps x' 'monitor phys 0x100000 20' 'monitor phys 0xffff0000' \
	'monitor phys' 'monitor trace on' 'monitor nonsense' 'monitor program a/b' 'monitor program' "tbreak $(line counted)" 'continue' 'monitor trace off' 'monitor trace maybe' 'monitor reset' 'continue'
has monitor-help '^monitor ps ' '^monitor reset '
has monitor-ps 'program that is run first' '^ +1 +1 +0 S +- k mote' '^ +2 +2 +1 R +0 +target'
has monitor-maps '^[0-9a-f]+-[0-9a-f]+ r-xp [0-9a-f]+ .*/target$' '^[0-9a-f]+-[0-9a-f]+ rw-p 00000000 \[stack\]' 'process 1 has no memory of its own' 'there is no process 77' '^monitor maps PID'
has monitor-phys '^000100000 ( [0-9a-f]{2}){16} ' '^000100010 ( [0-9a-f]{2}){4} ' 'guest memory ends at 0x' '^monitor phys ADDRESS'
has monitor-wrong 'there is no command "nonsense": monitor help' 'monitor program NAME' 'in the program target$' 'monitor trace on\|off' 'nothing to come back to'
says monitor-trace '^getppid\(\) += 1$'
finish monitor-status 41
if grep -qE '^(writev?|exit_group)\(' "$work/err"; then echo "FAIL monitor-trace-off: $(tail -n 1 "$work/err")"; else echo "ok monitor-trace-off"; fi

# ---- snapshot, reset ----
start "$program" plain
g 'break plain' 'continue' 'monitor snapshot' 'break add' 'continue' 'continue' 'print counter' 'monitor reset' 'maintenance flush register-cache' 'backtrace 1' 'print counter' \
	'continue' 'continue' 'print counter' 'print a' 'set var $rip = 0x1234' 'continue' 'continue'
has reset '^Breakpoint 1, plain' 'remembered' '^Breakpoint 2(\.[0-9])?, add \(a=0, b=10\)' '^Breakpoint 2(\.[0-9])?, add \(a=1, b=10\)' '= 10$' 'stands where the snapshot was taken' '^#0 +plain \(\)' '= 0$'
has reset-again 'flush|stands where' '^Breakpoint [12](\.[0-9])?, ' '^Breakpoint 2(\.[0-9])?, add' '^\$[0-9]+ = [01]'
finish reset-status 139

# ---- a kernel that breaks stands, can be looked at, and comes back ----
start "$program" plain
g 'break sys_getppid' 'continue' 'monitor snapshot' 'set var $rip = 0x10' 'continue' 'backtrace 2' 'monitor ps' 'monitor reset' 'maintenance flush register-cache' 'print $pc' 'set var $rip = 0x10' 'delete' 'continue' 'continue'
has panic 'received signal SIGABRT' '^#0 ' '^ +2 +2 +1 R +0 +target' '<sys_getppid>' 'received signal SIGABRT' 'exited with code 0175'
finish panic-status 125
says panic-told 'guest kernel panic on cpu 0: page fault in the kernel at address 0x10'

# ---- detach, attach again ----
start "$program" sleep
g 'break sys_nanosleep' 'continue' 'detach'
has detach 'detached'
if kill -0 $mote_pid 2>/dev/null; then echo "ok detached-runs"; else echo "FAIL detached-runs: it has ended"; fi
says detached '^mote: gdb has left; the machine goes on$'
g 'backtrace 1' 'monitor ps' 'break usleep' 'continue' 'kill'
has attach-again '^#0 ' 'target$' '^Breakpoint 1, 0x[0-9a-f]+ in usleep'
finish attach-status 137
start "$program" plain
g 'break plain' 'continue'
finish quit-detaches 41

# ---- clients that misbehave ----
start "$program" plain
misbehave noise
says noise-told 'sent bytes that are no packet'
says checksum-told 'wrong checksum'
says long-told 'longer than agreed'
says vanished-waiting 'gdb is gone; still waiting for one'
misbehave nonsense
g 'continue'
finish nonsense-status 41
start "$program" sleep
misbehave second
says second-told '^mote: a second gdb was refused: one is attached$'
says second-vanished '^mote: gdb is gone without a word; the machine goes on'
g 'kill'
finish second-status 137
start "$program" plain
misbehave vanish
finish vanish-status 41
prints vanish-output '^counter 33$'

# ---- guest/gdb.py ----
start "$program" sleep
g 'source guest/gdb.py' 'break sys_nanosleep' 'continue' 'mote tasks' 'mote files' 'mote files 1' 'mote page $current()' 'mote page 0x100000' 'mote page -1' \
	'print $current()->files->files[1]->path' 'print task_list' 'print $task(2)->pid->nr' 'print $task(9)' "mote list task_list 'struct task' all_link" \
	'mote backtrace 2' 'break cpu_idle_loop' 'tbreak schedule' 'continue' 'delete' 'tbreak arch_idle' 'continue' 'mote backtrace 2' 'backtrace 1' 'monitor snapshot' 'tbreak sys_nanosleep' 'continue' 'mote reset' 'kill'
has py-tasks '^ +1 +1 +0 +[a-z]+ +- 0x[0-9a-f]+ mote' '^ +2 +2 +1 +running +0 0x[0-9a-f]+ target'
has py-files '^ +0 0x[0-9a-f]+ ' 'PAGE_SLAB' 'slab of task' 'no memory is at physical'
has py-print '= list of 2 from 0x' '= 2$' 'there is no task 9' '^\[0\] \(struct task \*\)' '^\[1\] \(struct task \*\)'
has py-backtrace 'the task is running' '^#0 .*(switch_to|schedule) \(' '^#[0-9]+ .*sys_nanosleep \(' '^#[0-9]+ +<signal handler called>' '^#[0-9]+ .*clock_nanosleep \(\)' '^#0 .*arch_(idle|wait_interrupt)'
has py-reset 'stands where the snapshot was taken' '^#0 .*arch_(idle|wait_interrupt)'
finish py-status 137

# ---- where ----
bad() {
	limit 20 "$MOTE" run --gdb="$2" -- "$program" plain >"$work/out" 2>"$work/err" </dev/null
	got=$?
	if [ $got = 125 ] && grep -qE -- "$3" "$work/err" && [ "$(wc -l <"$work/err")" = 1 ]; then echo "ok $1"; else echo "FAIL $1: status $got: $(cat "$work/err")"; fi
}
bad where-name example.org:1 'must be ADDRESS:PORT'
bad where-port 127.0.0.1:99999 'must be ADDRESS:PORT'
bad where-none 127.0.0.1 'must be ADDRESS:PORT'
bad where-directory "unix:$work/no/such" 'cannot listen there: No such file'
bad where-taken "unix:$program" 'cannot listen there: Address already in use'
"$MOTE" run --timeout 60 --gdb=127.0.0.1:0 "$program" plain >"$work/out" 2>"$work/err" </dev/null &
mote_pid=$!
wait_for grep -q 'target remote' "$work/err"
where=$(sed -n "s/.*target remote \([0-9.:]*\)'.*/\1/p" "$work/err")
limit 60 gdb -nx -q -batch -ex "file $kernel" -ex "target remote $where" -ex 'continue' >"$work/gdb" 2>&1 </dev/null
has tcp 'exited with code 051'
finish tcp-status 41
# a socket file left by a mote that was killed
start "$program" plain
kill -9 $mote_pid
wait $mote_pid 2>/dev/null
: >"$work/err"
"$MOTE" run --timeout 60 --gdb=unix:"$work/socket" "$program" plain >"$work/out" 2>"$work/err" </dev/null &
mote_pid=$!
wait_for grep -q 'target remote' "$work/err"
g 'continue'
finish stale-socket 41
# whoever waits for gdb can be stopped
start "$program" plain
kill $mote_pid
finish ended-waiting 143
if [ -e "$work/socket" ]; then echo "FAIL ended-socket: it is there"; else echo "ok ended-socket"; fi
exit 0
