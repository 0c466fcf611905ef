# mote: `make run`, `make test`, `make bench`; see README.md.

BUILD ?= build
ARCH := x86_64
V ?= 0
ifeq ($(V),0)
Q := @
say = @printf '  %-5s %s\n' $(1) $(2);
endif

CC := gcc
MUSL_CC := musl-gcc
CROSS_CC := aarch64-linux-gnu-gcc
WARN := -Wall -Wextra -Wmissing-prototypes -Wundef -Wvla -Werror

# ---- the guest kernel: every source below guest/ except other architectures ----
KERNEL_CFLAGS := -std=gnu17 -O2 -g $(WARN) -ffreestanding -fno-pic -fno-pie -fno-stack-protector \
	-fno-asynchronous-unwind-tables -fno-strict-aliasing -fno-common -fno-omit-frame-pointer \
	-fcf-protection=none -fno-tree-loop-distribute-patterns -Iguest -Iguest/arch/$(ARCH) -I.
KERNEL_ARCHFLAGS := -march=x86-64 -mgeneral-regs-only -mno-red-zone -mcmodel=kernel
ifeq ($(DEBUG),1)
KERNEL_CFLAGS += -DKERNEL_DEBUG -fsanitize=undefined -fsanitize-undefined-trap-on-error -fno-sanitize=alignment
KERNEL_DIR := $(BUILD)/kernel-debug.d
KERNEL := $(BUILD)/kernel-debug
else
KERNEL_DIR := $(BUILD)/kernel.d
KERNEL := $(BUILD)/kernel
endif
GENERIC_SRC := $(sort $(wildcard guest/kernel/*.c guest/kernel/*/*.c guest/syscall/*.c guest/drivers/virtio/*.c))
KERNEL_SRC := $(filter-out guest/kernel/fuzz/%,$(GENERIC_SRC)) $(sort $(wildcard guest/arch/$(ARCH)/*.c guest/arch/$(ARCH)/*.S))
KERNEL_OBJ := $(patsubst %,$(KERNEL_DIR)/%.o,$(KERNEL_SRC))
VDSO := $(BUILD)/vdso.so
KERNEL_LDS := guest/arch/$(ARCH)/kernel.ld
KERNEL_LINK := $(CC) -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments -T $(KERNEL_LDS)

# ---- the kernel for fuzzing: clang, every check of the debug kernel, a counter on each edge ----
# Not checked: sums of pointers, for those of programs (NULL, say) are only numbers until uaccess has looked at them.
FUZZ_CC := clang
FUZZ_DIR := $(BUILD)/kernel-fuzz.d
FUZZ_CFLAGS := $(filter-out -fno-tree-loop-distribute-patterns -fsanitize% -fno-sanitize% -DKERNEL_DEBUG,$(KERNEL_CFLAGS)) \
	-DKERNEL_DEBUG -DKERNEL_COVERAGE -fsanitize=undefined -fno-sanitize=alignment,pointer-overflow -fno-sanitize-recover=undefined
FUZZ_SRC := $(KERNEL_SRC) $(filter guest/kernel/fuzz/%,$(GENERIC_SRC))
FUZZ_OBJ := $(patsubst %,$(FUZZ_DIR)/%.o,$(FUZZ_SRC))
# What counts is which way a system call went. Not counted is what runs at any time or alike for all: the library (strings, text, trees),
# boot, the allocators and the scheduler with their timers and clocks (their ways follow from what ran before), the test device itself.
FUZZ_UNCOUNTED := $(addprefix guest/kernel/,lib/% fuzz/% main.c fdt.c control.c devices.c debug_layout.c testdev.c fs/boot.c \
	mm/page.c mm/slab.c mm/pgtable.c task/first.c task/ready.c task/trace.c task/sched.c task/runqueue.c task/lock.c task/load.c \
	task/wait.c task/mutex.c time/timer.c time/clock.c time/cpu_clock.c time/virtual.c) guest/syscall/dispatch.c guest/syscall/arch.c
# The file with a bug on purpose, FUZZ_PLANT=1: what a fuzzer must find.
PLANTED := $(FUZZ_DIR)/guest/kernel/fs/rw.c
COUNTERS := -fsanitize-coverage=inline-8bit-counters,pc-table

# ---- the VMM ----
VMM_CFLAGS := -std=gnu17 -O2 -g $(WARN) -D_GNU_SOURCE -Ivmm -I. -pthread
VMM_LIBS := -lfdt -lz -lseccomp -pthread
VMM_SRC := $(sort $(wildcard vmm/*.c vmm/debug/*.c vmm/devices/*.c vmm/fuzz/*.c shared/fuzz/*.c vmm/arch/$(ARCH)*.c))
CLI_SRC := $(sort $(wildcard vmm/cli/*.c))
VMM_OBJ := $(patsubst %,$(BUILD)/%.o,$(VMM_SRC))
CLI_OBJ := $(patsubst %,$(BUILD)/%.o,$(CLI_SRC))

.PHONY: all
all: $(BUILD)/mote $(KERNEL)

# What `mote fuzz` takes from beside mote.
.PHONY: fuzz
fuzz: $(BUILD)/fuzz/kernel
ifeq ($(FUZZ),1)
all: fuzz
endif
ifeq ($(FUZZ_PLANT),1)
all fuzz: $(BUILD)/fuzz/kernel-planted
endif

$(BUILD)/libmote.a: $(VMM_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/mote: $(CLI_OBJ) $(BUILD)/libmote.a
	$(call say,LD,$@)
	$(Q)$(CC) -static -o $@ $^ $(VMM_LIBS)

# where each system call is defined, for `mote syscalls`
SYSCALL_SOURCES := $(sort $(wildcard guest/syscall/*.c guest/kernel/*/*.c))
$(BUILD)/syscall_sources.inc: $(SYSCALL_SOURCES)
	$(Q)mkdir -p $(@D) && { grep -Ho '^long sys_[A-Za-z0-9_]*(' $^ || true; } | \
		sed 's|^\(.*\):long sys_\(.*\)($$|{"\2", "\1"},|' > $@
$(BUILD)/vmm/cli/syscalls.c.o $(BUILD)/check-arch/vmm/cli/syscalls.c.o: $(BUILD)/syscall_sources.inc
$(BUILD)/vmm/cli/syscalls.c.o $(BUILD)/check-arch/vmm/cli/syscalls.c.o: VMM_CFLAGS += -I$(BUILD)

$(BUILD)/vmm/%.c.o: vmm/%.c Makefile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(VMM_CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/shared/%.c.o: shared/%.c Makefile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(VMM_CFLAGS) -MMD -MP -c -o $@ $<

$(KERNEL): $(KERNEL_OBJ) $(KERNEL_LDS)
	$(call say,LD,$@)
	$(Q)$(KERNEL_LINK) -o $@ $(KERNEL_OBJ) -lfdt -lgcc

$(KERNEL_DIR)/%.c.o: %.c Makefile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(KERNEL_CFLAGS) $(KERNEL_ARCHFLAGS) -MMD -MP -c -o $@ $<

$(KERNEL_DIR)/%.S.o: %.S Makefile
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(KERNEL_CFLAGS) $(KERNEL_ARCHFLAGS) -D__ASSEMBLY__ -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/kernel: $(FUZZ_OBJ) $(KERNEL_LDS)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(KERNEL_LINK) -o $@ $(FUZZ_OBJ) -lfdt -lgcc

$(BUILD)/fuzz/kernel-planted: $(FUZZ_OBJ) $(PLANTED).planted.o $(KERNEL_LDS)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(KERNEL_LINK) -o $@ $(FUZZ_OBJ:$(PLANTED).o=$(PLANTED).planted.o) -lfdt -lgcc
$(PLANTED).planted.o: guest/kernel/fs/rw.c Makefile
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(FUZZ_CC) $(FUZZ_CFLAGS) -DFUZZ_PLANT $(COUNTERS) $(KERNEL_ARCHFLAGS) -MMD -MP -c -o $@ $<

$(patsubst %,$(FUZZ_DIR)/%.o,$(filter-out $(FUZZ_UNCOUNTED),$(GENERIC_SRC))): FUZZ_CFLAGS += $(COUNTERS)
$(FUZZ_DIR)/%.c.o: %.c Makefile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(FUZZ_CC) $(FUZZ_CFLAGS) $(KERNEL_ARCHFLAGS) -MMD -MP -c -o $@ $<

$(FUZZ_DIR)/%.S.o: %.S Makefile
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(KERNEL_CFLAGS) $(KERNEL_ARCHFLAGS) -DKERNEL_COVERAGE -D__ASSEMBLY__ -MMD -MP -c -o $@ $<

# ---- the vDSO: a shared object in the kernel image ----
VDSO_DIR := guest/arch/$(ARCH)/vdso
$(VDSO): $(VDSO_DIR)/vdso.c $(VDSO_DIR)/vdso.ld shared/abi/clock.h
	$(call say,VDSO,$@)
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu17 -O2 $(WARN) -fpic -shared -nostdlib -ffreestanding -fno-stack-protector -fno-builtin \
		-fvisibility=default -mcmodel=small -march=x86-64 -fcf-protection=none -I. -Wl,-soname=linux-vdso.so.1 -Wl,--hash-style=both \
		-Wl,--build-id=none -Wl,--eh-frame-hdr -Wl,-z,noexecstack -Wl,-Bsymbolic -Wl,-T,$(VDSO_DIR)/vdso.ld -o $@ $<
VDSO_OBJ := $(patsubst %,%/guest/arch/$(ARCH)/vdso.S.o,$(KERNEL_DIR) $(FUZZ_DIR))
$(VDSO_OBJ): $(VDSO)
$(VDSO_OBJ): KERNEL_CFLAGS += -DVDSO_IMAGE='"$(VDSO)"'

# ---- unit tests: a file names its sources in a line "sources: a.c b.c" ----
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(sort $(wildcard tests/unit/test_*.c)))
UNIT_CFLAGS := -std=gnu17 -O1 -g $(WARN) -D_GNU_SOURCE -DKERNEL_DEBUG -fsanitize=address,undefined \
	-fno-sanitize-recover=all -fno-strict-aliasing -fno-builtin-printf -Itests/unit/fake -Itests/unit -Iguest -Ivmm -I.

.SECONDEXPANSION:
unit_sources = $(shell sed -n 's/^.*sources: *//p' $(1) | head -n 1)
$(BUILD)/tests/unit/%: tests/unit/%.c $$(call unit_sources,tests/unit/$$*.c) $(wildcard tests/unit/fake/*.h tests/unit/*.h)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(UNIT_CFLAGS) -MMD -MP -MF $@.d -o $@ $(filter %.c,$^) -lcheck -lsubunit -lm -lrt $(VMM_LIBS)

.PHONY: unit
unit: $(UNIT)
	$(Q)fail=0; for t in $(UNIT); do $$t || fail=1; done; exit $$fail

# ---- the VMM's own parsers under libFuzzer: a harness names its sources as unit tests do, and perhaps flags ----
FUZZ_VMM := $(patsubst tests/fuzz/vmm/%.c,$(BUILD)/fuzz/vmm/%,$(sort $(wildcard tests/fuzz/vmm/*.c)))
FUZZ_VMM_CFLAGS := -std=gnu17 -O1 -g $(WARN) -Wno-gnu-variable-sized-type-not-at-end -D_GNU_SOURCE -fsanitize=fuzzer,address,undefined \
	-fno-sanitize-recover=undefined -fno-strict-aliasing -Itests/fuzz/vmm -Itests/fuzz/vmm/lib -Ivmm -I. -pthread $(FUZZ_VMM_FLAGS)
harness_flags = $(shell sed -n 's/^.*flags: *//p' $(1) | head -n 1)
$(BUILD)/fuzz/vmm/%: tests/fuzz/vmm/%.c $$(call unit_sources,tests/fuzz/vmm/$$*.c) $(wildcard tests/fuzz/vmm/lib/*.h)
	$(call say,CLANG,$@)
	$(Q)mkdir -p $(@D) && clang $(call harness_flags,$<) $(FUZZ_VMM_CFLAGS) -MMD -MP -MF $@.d -o $@ $(filter %.c,$^) $(VMM_LIBS)
$(BUILD)/fuzz/vmm-seeds/made: tests/fuzz/vmm/seeds.py
	$(Q)python3 $< $(@D) && touch $@

# the same, built to count lines: tests/fuzz/vmm/run coverage
FUZZ_VMM_COVERED := $(patsubst $(BUILD)/fuzz/vmm/%,$(BUILD)/fuzz/covered/%,$(FUZZ_VMM))
$(BUILD)/fuzz/covered/%: tests/fuzz/vmm/%.c $$(call unit_sources,tests/fuzz/vmm/$$*.c) $(wildcard tests/fuzz/vmm/lib/*.h)
	$(call say,CLANG,$@)
	$(Q)mkdir -p $(@D) && clang $(call harness_flags,$<) $(FUZZ_VMM_CFLAGS) -fprofile-instr-generate -fcoverage-mapping \
		-MMD -MP -MF $@.d -o $@ $(filter %.c,$^) $(VMM_LIBS)

TIME ?= 60
.PHONY: fuzz-vmm fuzz-vmm-run fuzz-vmm-coverage
fuzz-vmm-coverage: $(FUZZ_VMM_COVERED) $(BUILD)/fuzz/vmm-seeds/made
	$(Q)tests/fuzz/vmm/run coverage
fuzz-vmm: $(FUZZ_VMM) $(BUILD)/fuzz/vmm-seeds/made
fuzz-vmm-run: fuzz-vmm
	$(Q)tests/fuzz/vmm/run fuzz $(TIME)

# ---- guest tests: static programs, run on Linux and in a guest ----
GUEST_TESTS := $(patsubst tests/guest/%.c,$(BUILD)/tests/guest/%,$(sort $(wildcard tests/guest/*.c)))
$(BUILD)/tests/guest/%: tests/guest/%.c $(wildcard tests/guest/*.h images/include/mote/*.h)
	$(call say,MUSL,$@)
	$(Q)mkdir -p $(@D) && $(MUSL_CC) -std=gnu17 -O1 -g -Wall -Wextra -Werror -Wno-nonnull -D_GNU_SOURCE -Itests/guest -Iimages/include -static -o $@ $< -pthread

.PHONY: guest-tests
guest-tests: $(GUEST_TESTS)

# ---- libmote's users among the tests: static, so that they run in the referee ----
$(BUILD)/tests/reset/%: tests/reset/%.c $(BUILD)/libmote.a
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(VMM_CFLAGS) -MMD -MP -MF $@.d -static -o $@ $< $(BUILD)/libmote.a $(VMM_LIBS)
RESET_TESTS := $(patsubst tests/reset/%.c,$(BUILD)/tests/reset/%,$(sort $(wildcard tests/reset/*.c)))
.PHONY: reset-tests
reset-tests: $(RESET_TESTS)

# ---- the same for those of rigs ----
RIG_TESTS := $(BUILD)/tests/fuzz/determinism
$(RIG_TESTS): $(BUILD)/tests/fuzz/%: tests/fuzz/%.c $(BUILD)/libmote.a
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(VMM_CFLAGS) -MMD -MP -MF $@.d -static -o $@ $< $(BUILD)/libmote.a $(VMM_LIBS)
.PHONY: rig-tests
rig-tests: $(RIG_TESTS)

# ---- what mote bench starts ----
BENCH_PROGRAMS := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(sort $(wildcard tests/bench/*.c)))
$(BUILD)/bench/%: tests/bench/%.c
	$(call say,MUSL,$@)
	$(Q)mkdir -p $(@D) && $(MUSL_CC) -std=gnu17 -O2 -Wall -Wextra -Werror -D_GNU_SOURCE $(BENCH_FLAGS) -static -o $@ $<
$(BUILD)/bench/first: BENCH_FLAGS := -nostartfiles

.PHONY: bench-programs
bench-programs: $(BENCH_PROGRAMS)

# ---- what mote fuzz needs beside mote ----
EXECUTOR_SRC := $(sort $(wildcard images/fuzz/*.c)) images/fuzz/$(ARCH).S $(addprefix shared/fuzz/,grammar.c decode.c tree.c)
EXECUTOR_OBJ := $(patsubst %,$(BUILD)/fuzz/executor.d/%.o,$(EXECUTOR_SRC))
EXECUTOR_CFLAGS := -std=gnu17 -O2 -g $(WARN) -ffreestanding -fno-pic -fno-pie -fno-stack-protector -fno-asynchronous-unwind-tables \
	-fno-strict-aliasing -fno-tree-loop-distribute-patterns -fcf-protection=none -I.
$(BUILD)/fuzz/executor: $(EXECUTOR_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,noexecstack,-z,norelro -o $@ $^
$(BUILD)/fuzz/executor.d/%.c.o: %.c Makefile
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(EXECUTOR_CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/fuzz/executor.d/%.S.o: %.S Makefile
	$(Q)mkdir -p $(@D) && $(CC) -c -o $@ $<

MUTATOR_SRC := $(sort $(wildcard vmm/fuzz/mutator/*.c)) vmm/trace_flags.c \
	$(addprefix shared/fuzz/,grammar.c decode.c encode.c edit.c set.c tree.c)
MUTATOR_OBJ := $(patsubst %,$(BUILD)/fuzz/mutator.d/%.o,$(MUTATOR_SRC))
$(BUILD)/fuzz/mutator.so: $(MUTATOR_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) -shared -o $@ $^
$(BUILD)/fuzz/mutator.d/%.c.o: %.c Makefile
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(VMM_CFLAGS) -fPIC -fvisibility=hidden -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/mkseeds: tests/fuzz/mkseeds.c $(BUILD)/libmote.a
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(VMM_CFLAGS) -MMD -MP -MF $@.d -o $@ $< $(BUILD)/libmote.a $(VMM_LIBS)
SEEDS := $(patsubst tests/fuzz/seeds/%.txt,$(BUILD)/fuzz/seeds/%,$(sort $(wildcard tests/fuzz/seeds/*.txt)))
$(SEEDS): $(BUILD)/fuzz/seeds/%: tests/fuzz/seeds/%.txt $(BUILD)/fuzz/mkseeds
	$(Q)mkdir -p $(@D) && $(BUILD)/fuzz/mkseeds $< $@

.PHONY: fuzz
fuzz: $(BUILD)/fuzz/executor $(BUILD)/fuzz/mutator.so $(SEEDS)

# The oracle's sandbox and its list of allowed differences.
SANDBOX_SRC := $(sort $(wildcard vmm/fuzz/sandbox/*.c))
$(BUILD)/fuzz/sandbox: $(patsubst %,$(BUILD)/%.o,$(SANDBOX_SRC))
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) -static -o $@ $^
$(BUILD)/fuzz/oracle-allow: tests/fuzz/oracle-allow
	$(Q)mkdir -p $(@D) && cp $< $@

.PHONY: fuzz
fuzz: $(BUILD)/fuzz/sandbox $(BUILD)/fuzz/oracle-allow

# ---- libmote's users among the fuzzing tests ----
FUZZ_TESTS := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(sort $(wildcard tests/fuzz/oracle_*.c)))
$(FUZZ_TESTS): $(BUILD)/tests/fuzz/%: tests/fuzz/%.c $(BUILD)/libmote.a
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(VMM_CFLAGS) -MMD -MP -MF $@.d -static -o $@ $< $(BUILD)/libmote.a $(VMM_LIBS)
.PHONY: fuzz-tests
fuzz-tests: $(FUZZ_TESTS)

# ---- the seam: all generic code compiles for aarch64 ----
CHECK_ARCH_OBJ := $(patsubst %,$(BUILD)/check-arch/%.o,$(GENERIC_SRC) $(sort $(wildcard guest/arch/aarch64/*.c)))
CHECK_ARCH_VMM := $(patsubst %,$(BUILD)/check-arch/%.o,$(filter-out vmm/arch/$(ARCH)%,$(VMM_SRC)) $(SANDBOX_SRC) vmm/arch/aarch64.c $(CLI_SRC))
.PHONY: check-arch
check-arch: $(CHECK_ARCH_OBJ) $(CHECK_ARCH_VMM)
	@echo "check-arch: $(words $(CHECK_ARCH_OBJ) $(CHECK_ARCH_VMM)) files of kernel and VMM compile for aarch64"
$(BUILD)/check-arch/vmm/%.c.o: vmm/%.c
	$(Q)mkdir -p $(@D) && $(CROSS_CC) $(VMM_CFLAGS) -idirafter /usr/include -MMD -MP -c -o $@ $<
$(BUILD)/check-arch/shared/%.c.o: shared/%.c
	$(Q)mkdir -p $(@D) && $(CROSS_CC) $(VMM_CFLAGS) -idirafter /usr/include -MMD -MP -c -o $@ $<
$(BUILD)/check-arch/%.c.o: %.c
	$(Q)mkdir -p $(@D) && $(CROSS_CC) $(subst arch/$(ARCH),arch/aarch64,$(filter-out -fcf-protection=none,$(KERNEL_CFLAGS))) \
		-DKERNEL_COVERAGE -mgeneral-regs-only -MMD -MP -c -o $@ $<

# ---- user pointers are followed only by uaccess: sparse checks the address spaces ----
SPARSE := sparse -Wno-decl -Wno-bitwise -std=gnu17 -ffreestanding -nostdinc -isystem $(shell $(CC) -print-file-name=include) \
	-isystem /usr/include -isystem /usr/include/x86_64-linux-gnu -D__x86_64__ -DKERNEL_COVERAGE -Iguest -Iguest/arch/$(ARCH) -I.
.PHONY: sparse
sparse:
	$(Q)for f in $(GENERIC_SRC); do $(SPARSE) $$f 2>&1; done | awk '{ print } END { exit NR > 0 }'

# ---- installing: make install [PREFIX=/usr/local] [DESTDIR=] ----
PREFIX ?= /usr/local
DESTDIR ?=
DEST := $(DESTDIR)$(PREFIX)
VERSION := $(shell sed -n 's/^\#define MOTE_VERSION "\(.*\)"/\1/p' vmm/mote.h)
HEADERS := vmm/mote.h shared/abi/boot.h $(wildcard images/include/mote/*.h)
FUZZ_PARTS := kernel executor mutator.so sandbox oracle-allow
INSTALLED := bin/mote lib/mote/kernel $(addprefix lib/mote/fuzz/,$(FUZZ_PARTS) $(patsubst $(BUILD)/fuzz/%,%,$(SEEDS))) lib/libmote.a lib/pkgconfig/mote.pc share/man/man1/mote.1 \
	share/bash-completion/completions/mote share/zsh/site-functions/_mote $(addprefix include/mote/,$(notdir $(HEADERS)))

.PHONY: install uninstall
install: all fuzz $(BUILD)/libmote.a
	$(Q)install -d $(sort $(dir $(addprefix $(DEST)/,$(INSTALLED))))
	$(Q)install -m 755 $(BUILD)/mote $(DEST)/bin/mote
	$(Q)install -m 644 $(KERNEL) $(DEST)/lib/mote/kernel
	$(Q)install -m 644 $(addprefix $(BUILD)/fuzz/,kernel oracle-allow) $(DEST)/lib/mote/fuzz/
	$(Q)install -m 755 $(addprefix $(BUILD)/fuzz/,executor mutator.so sandbox) $(DEST)/lib/mote/fuzz/
	$(Q)install -m 644 $(SEEDS) $(DEST)/lib/mote/fuzz/seeds/
	$(Q)install -m 644 $(BUILD)/libmote.a $(DEST)/lib/libmote.a
	$(Q)install -m 644 $(HEADERS) $(DEST)/include/mote/
	$(Q)install -m 644 docs/mote.1 $(DEST)/share/man/man1/mote.1
	$(Q)install -m 644 images/completion/mote $(DEST)/share/bash-completion/completions/mote
	$(Q)install -m 644 images/completion/_mote $(DEST)/share/zsh/site-functions/_mote
	$(Q)sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' vmm/mote.pc.in >$(DEST)/lib/pkgconfig/mote.pc

# Directories that are mote's alone go too.
uninstall:
	$(Q)rm -f $(addprefix $(DEST)/,$(INSTALLED))
	$(Q)rmdir $(DEST)/lib/mote/fuzz/seeds $(DEST)/lib/mote/fuzz $(DEST)/lib/mote $(DEST)/include/mote 2>/dev/null || true

# ---- packages ----
PACKAGES := gcc g++ make sparse libc6-dev libfdt-dev zlib1g-dev libseccomp-dev musl-tools check libsubunit-dev busybox-static cpio gcc-aarch64-linux-gnu \
	libc6-dev-arm64-cross qemu-system-x86 clang libclang-rt-14-dev afl++ binutils file python3-minimal libpython3-stdlib procps gdb perl pkg-config
.PHONY: deps
deps:
	$(Q)missing=; for p in $(PACKAGES); do \
		dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	[ -z "$$missing" ] || { \
		if [ "$$(id -u)" != 0 ]; then echo "mote needs these packages: apt-get install$$missing" >&2; exit 1; fi; \
		echo "installing:$$missing"; apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; }

# ---- what a user calls ----
.PHONY: run test test-svm bench
run: deps
	$(Q)$(MAKE) -s all
	$(Q)$(BUILD)/mote run --file images/demo.sh:/demo.sh -- /bin/busybox sh /demo.sh
	$(Q)if [ -t 0 ] && [ -t 1 ]; then echo; echo "A shell in a fresh guest (exit ends it):"; \
		$(BUILD)/mote run --file images/shell.sh:/shell.sh -- /bin/busybox sh /shell.sh; fi

test: deps
	$(Q)$(MAKE) -s all fuzz fuzz-vmm fuzz-tests unit-build guest-tests reset-tests rig-tests bench-programs
	$(Q)$(MAKE) -s DEBUG=1 all
	$(Q)$(MAKE) -s FUZZ_PLANT=1 fuzz
	$(Q)tests/run

test-svm: deps
	$(Q)$(MAKE) -s all guest-tests reset-tests bench-programs
	$(Q)tests/run svm svm-gdb

bench: deps
	$(Q)$(MAKE) -s all bench-programs
	$(Q)$(BUILD)/mote bench

.PHONY: unit-build
unit-build: $(UNIT)

.PHONY: clean
clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' -type f 2>/dev/null)
