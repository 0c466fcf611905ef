#include "kernel/control.h"

#include "kernel/boot.h"
#include "kernel/fuzz/fuzz.h"
#include "kernel/lib/log.h"
#include "kernel/lib/random.h"
#include "kernel/mm/page.h"
#include "shared/abi/control.h"

static struct machine_control *control; /* NULL: the VMM made none */
static u64 *tables;			 /* its bitmap, NULL when not wanted */

void control_init(void)
{
	if (!boot_info->control)
		return;
	control = phys_to_virt(boot_info->control);
	if (control->version != CONTROL_VERSION)
		panic("control page version %u of a VMM that does not fit", control->version);
	if (control->tables)
		tables = phys_to_virt(control->tables);
	control->clock = virt_to_phys(arch_clock_data());
	control->random = virt_to_phys(random_control());
	control->apply = (u64)arch_apply_stores;
	klog_place(&control->log, &control->log_size, &control->log_written);
	coverage_place(control);
}

void control_note_table(const struct page *p)
{
	u64 i = (u64)(p - page_map);

	if (tables)
		tables[i / 64] |= 1ull << i % 64;
}

void control_program_random(phys_addr pa)
{
	if (control)
		control->program_random = pa;
}
