#include "kernel/lib/log.h"
#include "arch/arch.h"
#include "shared/abi/hypercall.h"

/* Static: a broken kernel may have no stack to spare. */
static struct hc_panic report;
static char message[512];
static bool panicking;

void panic(const char *fmt, ...)
{
	va_list ap;
	int n;

	if (!panicking) {
		panicking = true;
		va_start(ap, fmt);
		n = kvsnprintf(message, sizeof(message), fmt, ap);
		va_end(ap);
		report.message_gpa = virt_to_phys(message);
		report.message_len = (u64)MIN(n, (int)sizeof(message) - 1);
		arch_panic_context(&report);
	}
	for (;;)
		arch_hypercall(HC_PANIC, virt_to_phys(&report), 0, 0, 0);
}

/* Library code as shipped (libfdt) checks its stack and calls this. */
_Noreturn void __stack_chk_fail(void);
void __stack_chk_fail(void)
{
	panic("a library smashed its stack");
}
