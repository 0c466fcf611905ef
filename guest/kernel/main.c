/* How the kernel comes up. */
#include "kernel/boot.h"

#include <linux/virtio_mmio.h>
#include "arch/arch.h"
#include "kernel/control.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/log.h"
#include "kernel/lib/string.h"
#include "kernel/mm/page.h"
#include "kernel/task/sched.h"
#include "kernel/task/task.h"
#include "kernel/task/trace.h"
#include "kernel/time/clock.h"
#include "kernel/time/virtual.h"

const struct boot_info *boot_info;

static void read_tree(const struct boot_info *info, struct boot_info *out)
{
	int err;

	arch_foreign_code_begin();
	err = fdt_read_boot_info(phys_to_virt(info->fdt_start), info->fdt_len, out);
	arch_foreign_code_end();
	if (err)
		panic("bad device tree: error %d", err);
	out->fdt_start = info->fdt_start;
	out->fdt_len = info->fdt_len;
}

/* A tree says where devices are; what they are says their register (virtio 1.2, 4.2.2 "DeviceID"). */
static void ask_device_ids(struct boot_info *info)
{
	for (unsigned int i = 0; i < info->device_count; i++)
		info->device[i].device_id = *(volatile u32 *)phys_to_virt(info->device[i].mmio + VIRTIO_MMIO_DEVICE_ID);
}

/* The tree rules; a VMM's digest of it must say the same, but for what the tree leaves out. */
static void check_digest(const struct boot_info *info)
{
	static struct boot_info tree;

	read_tree(info, &tree);
	for (unsigned int i = 0; i < tree.device_count; i++)
		tree.device[i].device_id = info->device[i].device_id;
	memcpy(tree.early_random, info->early_random, sizeof(tree.early_random));
	if (memcmp(info, &tree, sizeof(tree)))
		panic("the digest and the device tree disagree");
}

static void adopt_boot_info(phys_addr gpa)
{
	static struct boot_info filled;

	boot_info = phys_to_virt(gpa);
	if (boot_info->magic != BOOT_MAGIC || boot_info->version != BOOT_VERSION)
		panic("boot_info version %u of a VMM that does not fit", boot_info->version);
	if (!boot_info->ram_end) {
		read_tree(boot_info, &filled);
		ask_device_ids(&filled);
		boot_info = &filled;
	}
#ifdef KERNEL_DEBUG
	check_digest(boot_info);
#else
	(void)check_digest;
#endif
}

static void start_other_cpus(void)
{
	for (unsigned int cpu = 1; cpu < cpu_count; cpu++) {
		struct task *idle = sched_create_idle(cpu);
		int err = idle ? arch_cpu_start(cpu) : -ENOMEM;

		if (err)
			panic("CPU %u does not start: error %d", cpu, err);
	}
}

void kernel_main(phys_addr info)
{
	bool heavy;

	adopt_boot_info(info);
	arch_cpu_init(0);
	virtual_time_init(boot_info);
	heavy = arch_heavy_begin();
	page_init(boot_info);
	cpu_count = MIN(boot_info->cpu_count, (unsigned int)MAX_CPUS);
	sched_init();
	trace_init(boot_info);
	clock_init(boot_info);
	control_init();
	if (fs_init(boot_info))
		panic("no root file system");
	process_start_first(boot_info);
	start_other_cpus();
	arch_heavy_end(heavy);
	cpu_idle_loop();
}

void cpu_secondary_main(unsigned int cpu)
{
	BUG_ON(cpu != arch_thread_info()->cpu);
	kernel_lock();
	cpu_idle_loop();
}
