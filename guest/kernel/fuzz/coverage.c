/*
 * Coverage of the kernel: clang puts a counter on each edge (-fsanitize-coverage=inline-8bit-counters,pc-table, SanitizerCoverage in
 * clang's documentation). kernel.ld gathers them; whoever started the machine reads them there.
 */
#include "kernel/fuzz/fuzz.h"

#include "kernel/lib/log.h"
#include "kernel/mm/page.h"

/* Named by the linker. */
extern u8 __start___sancov_cntrs[], __stop___sancov_cntrs[];
extern const struct control_edge __start___sancov_pcs[], __stop___sancov_pcs[];

void coverage_place(struct machine_control *c)
{
	c->coverage_size = (u64)(__stop___sancov_cntrs - __start___sancov_cntrs);
	BUG_ON((u64)(__stop___sancov_pcs - __start___sancov_pcs) != c->coverage_size);
	BUG_ON((uintptr_t)__start___sancov_cntrs & ~PAGE_MASK);
	c->coverage_edges = virt_to_phys(__start___sancov_pcs);
	c->coverage = virt_to_phys(__start___sancov_cntrs);
}

/* Each object has a constructor that would call these. None runs here. */
void __sanitizer_cov_8bit_counters_init(u8 *start, u8 *stop);
void __sanitizer_cov_8bit_counters_init(u8 *start __unused, u8 *stop __unused)
{
}

void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *stop);
void __sanitizer_cov_pcs_init(const uintptr_t *start __unused, const uintptr_t *stop __unused)
{
}
