# The VMM against kernels that misbehave, and the hypercall contract: small kernels made for it.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=tests/cli/kernel
bb=$(command -v busybox)

# build NAME TEST [BREAK]
build() {
	gcc -std=gnu17 -O1 -g -Wall -Wextra -Werror -Wno-unused-function -ffreestanding -fno-pic -fno-pie -no-pie -fno-stack-protector \
		-fno-omit-frame-pointer -fcf-protection=none -mgeneral-regs-only -mno-red-zone -mcmodel=kernel -nostdlib -static \
		-Wl,--build-id=none -Wl,--no-warn-rwx-segments -I. -DTEST="$2" ${3:+-DBREAK="\"$3\""} -T $here/kernel.ld \
		-o "$work/$1" $here/kernel.c || echo "FAIL build-$1: does not compile"
}
# expect NAME STATUS [PATTERN]: the exit status, and a line of stderr
expect() {
	local name=$1 want=$2 pattern=$3 got
	shift 3
	timeout 60 "$MOTE" run --mem 64M --cpus 2 --kernel "$work/$name" "$@" "$bb" one two </dev/null >"$work/out" 2>"$work/err"; got=$?
	if [ $got != "$want" ]; then
		echo "FAIL $name: exit status $got, not $want: $(head -n 2 "$work/err")"
	elif [ -n "$pattern" ] && ! grep -qE "$pattern" "$work/err"; then
		echo "FAIL $name: stderr has no '$pattern': $(head -n 2 "$work/err")"
	else
		echo "ok $name"
	fi
}
# traced NAME: the backtrace of the report just printed names the function and its caller
traced() {
	if grep -q ' break_here+' "$work/err" && grep -q ' start+' "$work/err"; then echo "ok $1-trace"
	else echo "FAIL $1-trace: $(tail -n 3 "$work/err")"; fi
}

build exit exit; expect exit 7 ''
build triple break 'ud2'; expect triple 125 '^mote: the guest kernel .*triple fault'; traced triple
build unknown-instruction break 'mov $0, %%ecx; xgetbv'; expect unknown-instruction 125 '^mote: the guest kernel '; traced unknown-instruction
build stray-mmio break 'mov $0xffff8880d00f0000, %%rax; mov (%%rax), %%eax'; expect stray-mmio 125 '0xd00f0000 .*where nothing is'; traced stray-mmio
build stray-port break 'out %%al, $0x80'; expect stray-port 125 'port 0x80'; traced stray-port
build narrow-port break 'out %%al, $0xf4'; expect narrow-port 125 'port 0xf4'
build panic panic; expect panic 125 '^mote: guest kernel panic .*the sky is falling'
if grep -q ' break_here+0x1' "$work/err"; then echo "ok panic-trace"; else echo "FAIL panic-trace: $(cat "$work/err")"; fi
build wild-panic wild_panic; expect wild-panic 125 '^mote: guest kernel panic'
build lost-panic lost_panic; expect lost-panic 125 'outside memory'
build hang hang; expect hang 124 '' --timeout 0.5
build boot boot; expect boot 0 ''
build hypercalls hypercalls; expect hypercalls 0 ''
