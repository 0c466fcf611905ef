/* Small kernels that do one thing to the VMM: TEST_<name> is the whole kernel, chosen with
 * -DTEST=<name>. */
#include <linux/errno.h>
#include <stddef.h>
#include <stdint.h>
#include "shared/abi/boot.h"
#include "shared/abi/hypercall.h"

#define CONCAT_(a, b) a##b
#define CONCAT(a, b)  CONCAT_(a, b)

static char stack[16384] __attribute__((aligned(16), used));
static const struct boot_info *boot;

__asm__(".section .text.entry, \"ax\"\n"
	".globl entry\n"
	"entry: mov $stack + 16384, %rsp\n"
	"	xor %ebp, %ebp\n"
	"	push $0\n"
	"	push $0\n"
	"	mov %rsp, %rbp\n"
	"	call start\n"
	".text\n");

static long hc(unsigned int nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	register uint64_t r10 __asm__("r10") = d;
	long answer;

	__asm__ volatile("out %%eax, %[port]"
			 : "=a"(answer)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), [port] "i"(HC_PORT)
			 : "memory");
	return answer;
}

static uint64_t gpa(const void *p)
{
	return (uint64_t)p - BOOT_KERNEL_BASE;
}

_Noreturn static void leave(unsigned int status)
{
	hc(HC_EXIT, status, 0, 0, 0);
	for (;;)
		;
}

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fail(__LINE__);                                                            \
	} while (0)
static void fail(unsigned int line)
{
	static char text[] = "check failed in line 0000\n";

	for (int i = 24; line; i--, line /= 10)
		text[i] = (char)('0' + line % 10);
	hc(HC_CONSOLE, gpa(text), sizeof(text) - 1, 0, 0);
	leave(1);
}

/* ---- ways to break: the names are what the reports must say ---- */
static __attribute__((noinline, used)) void break_here(void)
{
#ifdef BREAK
	__asm__ volatile(BREAK : : : "memory");
#endif
}

static __attribute__((used)) void TEST_break(void)
{
	break_here();
	leave(3);
}

static __attribute__((used)) void TEST_exit(void)
{
	leave(0x107);
}

static __attribute__((used)) void TEST_hang(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

static struct hc_panic report;

static __attribute__((used)) void TEST_panic(void)
{
	static const char text[] = "the sky is falling";

	report.message_gpa = gpa(text);
	report.message_len = sizeof(text) - 1;
	report.frame_count = 1;
	report.frame[0] = (uint64_t)break_here + 1;
	hc(HC_PANIC, gpa(&report), 0, 0, 0);
	leave(3);
}

/* Every number in the report is a lie. */
static __attribute__((used)) void TEST_wild_panic(void)
{
	for (size_t i = 0; i < sizeof(report) / 8; i++)
		((uint64_t *)&report)[i] = ~0ull - i;
	hc(HC_PANIC, gpa(&report), 0, 0, 0);
	leave(3);
}

static __attribute__((used)) void TEST_lost_panic(void)
{
	hc(HC_PANIC, ~0ull - 8, 0, 0, 0);
	leave(3);
}

/* ---- boot data ---- */
static __attribute__((used)) void TEST_boot(void)
{
	CHECK(boot->magic == BOOT_MAGIC && boot->version == BOOT_VERSION);
	CHECK(boot->cpu_count == 2);
	CHECK(boot->ram_end == 64ull << 20 && boot->bootfs_start >= boot->ram_end &&
	      boot->map_end > boot->bootfs_start);
	CHECK(boot->kernel_end > gpa(&report) && boot->free_start > boot->kernel_end &&
	      boot->free_start % 4096 == 0);
	CHECK(boot->counter_hz > 1000000);
	CHECK(boot->argc == 3 && boot->device_count >= 2 && boot->device_count <= BOOT_MAX_DEVICES);
	CHECK(boot->device[0].mmio == BOOT_MMIO_BASE &&
	      boot->device[1].vector == BOOT_DEVICE_VECTOR + 1);
	const uint32_t *fdt = (const uint32_t *)(BOOT_DIRECT_MAP_BASE + boot->fdt_start);
	CHECK(fdt[0] == 0xedfe0dd0);
	const uint64_t *free = (const uint64_t *)(BOOT_DIRECT_MAP_BASE + boot->free_start);
	CHECK(!free[0] && !free[511]);
	const char *s = (const char *)(BOOT_DIRECT_MAP_BASE + boot->strings_start);
	CHECK(s[0] == '/' && !s[boot->strings_len - 1]);
	const uint32_t *bootfs = (const uint32_t *)(BOOT_DIRECT_MAP_BASE + boot->bootfs_start);
	CHECK(bootfs[0] == 0x73666f6d);
	leave(0);
}

/* ---- hypercalls: every range that must be refused, and what must happen otherwise ---- */
#define PAGE 4096ull
#define USER 0x400000ull

static uint64_t tables[5][512] __attribute__((aligned(4096)));
static uint8_t frames[4][PAGE] __attribute__((aligned(4096)));
static uint8_t buffer[4 * PAGE] __attribute__((aligned(4096)));

static void fill(void *p, uint8_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((volatile uint8_t *)p)[i] = value;
}

/* User pages: 0 read-only, 1 and 2 writable, 3 the kernel's. */
static uint64_t make_user(void)
{
	static const unsigned int flags[] = {5, 7, 7, 3};

	tables[0][0] = gpa(tables[1]) | 7;
	tables[1][0] = gpa(tables[2]) | 7;
	tables[2][USER >> 21] = gpa(tables[3]) | 7;
	for (int i = 0; i < 4; i++)
		tables[3][i] = gpa(frames[i]) | flags[i];
	return gpa(tables[0]);
}

static void check_plain(void)
{
	const uint64_t end = boot->map_end;

	CHECK(hc(HC_COUNT + 1000, 0, 0, 0, 0) == -ENOSYS);
	CHECK(hc(HC_CONSOLE, end, 1, 0, 0) == -EFAULT && hc(HC_CONSOLE, 0, 4097, 0, 0) == -EFAULT);
	CHECK(hc(HC_CONSOLE, ~0ull, 2, 0, 0) == -EFAULT &&
	      hc(HC_CONSOLE, 0, ~0ull, 0, 0) == -EFAULT);
	fill(buffer, 7, 64);
	CHECK(hc(HC_COPY, gpa(buffer) + 64, gpa(buffer), 64, 0) == 0 && buffer[127] == 7 &&
	      buffer[128] == 0);
	CHECK(hc(HC_COPY, gpa(buffer), end - 8, 16, 0) == -EFAULT && buffer[0] == 7);
	CHECK(hc(HC_COPY, end - 8, gpa(buffer), 16, 0) == -EFAULT);
	CHECK(hc(HC_COPY, gpa(buffer), gpa(buffer), ~0ull, 0) == -EFAULT);
	CHECK(hc(HC_CLEAR, gpa(buffer) + 1, 126, 0, 0) == 0 && buffer[0] == 7 && !buffer[1] &&
	      buffer[127] == 7);
	CHECK(hc(HC_CLEAR, end, 1, 0, 0) == -EFAULT && hc(HC_CLEAR, ~0ull - 4, 8, 0, 0) == -EFAULT);
	CHECK(hc(HC_CLEAR, end, 0, 0, 0) == 0);
	CHECK(hc(HC_TRACE, end - 8, 0, 0, 0) == -EFAULT);
	CHECK(hc(HC_ORDER, gpa(buffer), sizeof(buffer), 0, 0) == -ENOENT);
	CHECK(hc(HC_ORDER_FILE, end - 8, 16, 0, 0) == -EFAULT && hc(HC_ORDER_FILE, gpa(buffer), ~0ull, 0, 0) == -EFAULT);
	CHECK(hc(HC_ORDER_FILE, gpa(buffer), 8, ~0ull, 0) == -EFAULT && hc(HC_ORDER_FILE, gpa(buffer), 8, 0, 0) == -EBADF);
}

static void check_user(void)
{
	uint64_t root = make_user();

	fill(frames, 'a', sizeof(frames));
	CHECK(hc(HC_COPY_FROM_USER, root, USER + 8, gpa(buffer), 3 * PAGE) == 3 * PAGE - 8 &&
	      buffer[3 * PAGE - 9] == 'a');
	CHECK(hc(HC_COPY_FROM_USER, root, USER + 3 * PAGE, gpa(buffer), 1) == 0);
	CHECK(hc(HC_COPY_FROM_USER, root, USER, boot->map_end, 1) == -EFAULT);
	CHECK(hc(HC_COPY_FROM_USER, root, USER, gpa(buffer), ~0ull) == -EFAULT);
	CHECK(hc(HC_COPY_FROM_USER, ~0ull, USER, gpa(buffer), 8) == 0);
	CHECK(hc(HC_COPY_FROM_USER, root, 1ull << 63, gpa(buffer), 8) == 0);
	CHECK(hc(HC_COPY_TO_USER, root, USER, gpa(buffer), 8) == 0 && frames[0][0] == 'a');
	fill(buffer, 'b', 16);
	CHECK(hc(HC_COPY_TO_USER, root, USER + 2 * PAGE - 8, gpa(buffer), 16) == 16 &&
	      frames[2][7] == 'b' && frames[2][8] == 'a');
	CHECK(hc(HC_COPY_TO_USER, root, USER + 3 * PAGE - 8, gpa(buffer), 16) == 8 &&
	      frames[3][0] == 'a');
	CHECK(hc(HC_CLEAR_USER, root, USER + 3 * PAGE - 8, ~0ull, 0) == 8 && !frames[2][PAGE - 1] &&
	      frames[3][0] == 'a');
	CHECK(hc(HC_CLEAR_USER, root, USER, 8, 0) == 0);
}

static volatile unsigned int started;

static void second_cpu(uint64_t arg)
{
	started = (unsigned int)arg;
	for (;;)
		__asm__ volatile("pause");
}

static __attribute__((used)) void TEST_hypercalls(void)
{
	struct hc_time *time = (struct hc_time *)buffer;

	check_plain();
	check_user();
	CHECK(hc(HC_TIME, boot->map_end - 8, 0, 0, 0) == -EFAULT);
	CHECK(hc(HC_TIME, gpa(time), 0, 0, 0) == 0 && time->realtime_ns > 1600000000000000000ull);
	CHECK(time->counter >= boot->counter_start);
	CHECK(hc(HC_CPU_START, 0, (uint64_t)second_cpu, 1, 0) == -EINVAL);
	CHECK(hc(HC_CPU_START, 2, (uint64_t)second_cpu, 1, 0) == -EINVAL);
	CHECK(hc(HC_CPU_START, ~0ull, (uint64_t)second_cpu, 1, 0) == -EINVAL);
	/* It runs without a stack of its own, hence without a call. */
	CHECK(hc(HC_CPU_START, 1, (uint64_t)second_cpu, 77, 0) == 0);
	CHECK(hc(HC_CPU_START, 1, (uint64_t)second_cpu, 1, 0) == -EBUSY);
	while (started != 77)
		__asm__ volatile("pause");
	leave(0);
}

/* ---- a kernel for mote test: the name of the program that it is told to run says what becomes of it ---- */
static struct {
	struct hc_order order;
	char strings[PAGE];
} order;

static int is_order(const char *name)
{
	const char *p = order.strings;

	for (const char *c = p; *c; c++) {
		if (*c == '/')
			p = c + 1;
	}
	while (*p && *p == *name)
		p++, name++;
	return *p == *name;
}

/* Leave nothing intact that a reset could lean on: tables, descriptors, code, the control page. */
static void ruin(void)
{
	uint64_t *root = (uint64_t *)(boot->boot_root + BOOT_DIRECT_MAP_BASE);

	fill((void *)(boot->control + BOOT_DIRECT_MAP_BASE), 0xff, PAGE);
	fill(tables, 0xff, sizeof(tables));
	fill(stack, 0xff, PAGE);
	for (int i = 0; i < 256; i++)
		root[i] = 3;
	__asm__ volatile("mov %0, %%cr3; ud2" : : "r"(boot->boot_root) : "memory");
}

static __attribute__((used)) void TEST_orders(void)
{
	static volatile unsigned int runs; /* more than one: the machine was not put back */
	static const char hello[] = "hello from the kernel\n";

	if (hc(HC_READY, READY_START, 0, 0, 0) != READY_EXEC)
		leave(99);
	CHECK(hc(HC_ORDER, gpa(&order), sizeof(order), 0, 0) <= (long)sizeof(order));
	CHECK(++runs == 1);
	if (order.order.flags & ORDER_READY)
		hc(HC_READY, READY_PROGRAM, 0, 0, 0);
	CHECK(++runs == 2);
	hc(HC_CONSOLE, gpa(hello), sizeof(hello) - 1, 0, 0);
	if (is_order("panic"))
		TEST_panic();
	if (is_order("wild-panic"))
		TEST_wild_panic();
	if (is_order("hang"))
		TEST_hang();
	if (is_order("spin"))
		for (;;)
			runs = runs + 1;
	if (is_order("triple"))
		__asm__ volatile("ud2");
	if (is_order("stray"))
		*(volatile int *)(0xd00f0000 + BOOT_DIRECT_MAP_BASE) = 1;
	if (is_order("ruin"))
		ruin();
	leave(is_order("pass") ? 0 : is_order("skip") ? 77 : 3);
}

void start(const struct boot_info *info);
void start(const struct boot_info *info)
{
	boot = (const void *)((uint64_t)info + BOOT_DIRECT_MAP_BASE);
	CONCAT(TEST_, TEST)();
}
