#include "kernel/task/ready.h"

#include <linux/auxvec.h>
#include <linux/personality.h>
#include "kernel/boot.h"
#include "kernel/control.h"
#include "kernel/fs/file.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/log.h"
#include "kernel/lib/string.h"
#include "kernel/mm/pgtable.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/vm.h"
#include "kernel/task/first.h"
#include "kernel/task/sched.h"
#include "kernel/task/task.h"

#define FILE_PIECE 65536 /* bytes that are asked for at once */

/* The order: mostly it fits here, which spares the allocation and lets it be fetched in supervisor mode. */
static u8 usual_order[PAGE_SIZE] __aligned(8);

void ready_point_request(enum ready_point why)
{
	task_current()->ready_why = (u8)why;
	arch_thread_info()->work |= WORK_READY;
}

static vaddr aux_value(const struct mm *mm, u64 type)
{
	for (size_t i = 0; i + 1 < ARRAY_SIZE(mm->auxv) && mm->auxv[i] != AT_NULL; i += 2)
		if (mm->auxv[i] == type)
			return mm->auxv[i + 1];
	return 0;
}

/* Where the program that is about to start will find its 16 random bytes: getauxval(3). */
static phys_addr program_random(struct mm *mm)
{
	vaddr va = aux_value(mm, AT_RANDOM);
	unsigned int flags;
	phys_addr pa;

	if (!va || va % 16 || !pgtable_lookup(&mm->pgtable, va, &pa, &flags))
		return 0;
	return pa | (va & (PAGE_SIZE - 1));
}

/* As much of the order as fits: its length. */
static size_t fetch_order(void *room, size_t size)
{
	long answer = arch_hypercall(HC_ORDER, virt_to_phys(room), size, 0, 0);

	BUG_ON(answer < (long)sizeof(struct hc_order));
	return (size_t)answer;
}

/* All of an order that is too long for usual_order. */
static struct hc_order *fetch_long_order(size_t size)
{
	struct hc_order *order = kmalloc(size);

	if (!order || fetch_order(order, size) != size)
		panic("no memory for the next program's arguments");
	return order;
}

/* ---- a file that goes with it ---- */

/* The directories on the way to name. 0 or -errno. */
static int make_way(char *name)
{
	int err = 0;

	for (char *slash = strchr(name + 1, '/'); slash && !err; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		err = vfs_mkdir(AT_FDCWD, name, 0755);
		*slash = '/';
		if (err == -EEXIST)
			err = 0;
	}
	return err;
}

/* Write what the VMM hands out to f through buf. 0 or -errno. */
static int copy_file(struct file *f, void *buf, size_t size)
{
	file_off at = 0;
	isize n;

	while ((n = arch_hypercall(HC_ORDER_FILE, virt_to_phys(buf), size, (u64)at, 0)) > 0) {
		isize done = file_write_at(f, buf, (size_t)n, at);

		if (done != n)
			return done < 0 ? (int)done : -ENOSPC;
		at += n;
	}
	return (int)n;
}

static int fill_file(struct file *f)
{
	size_t size = FILE_PIECE;
	void *buf = kmalloc(size);

	if (!buf) {
		size = PAGE_SIZE;
		buf = kmalloc(size);
	}
	int err = buf ? copy_file(f, buf, size) : -ENOMEM;
	kfree(buf);
	return err;
}

/* A new file at name, absolute: what has the old one open or runs it keeps that. 0 or -errno. */
static int take_file(char *name)
{
	struct file *f;
	int err = make_way(name);

	if (!err)
		err = vfs_unlink(AT_FDCWD, name);
	if (!err || err == -ENOENT)
		err = file_open(AT_FDCWD, name, O_WRONLY | O_CREAT | O_EXCL, 0755, &f);
	if (err)
		return err;
	err = fill_file(f);
	if (!err)
		err = vfs_chmod(&f->path, 0755);
	file_put(f);
	return err;
}

static void exec_order(void)
{
	size_t size = fetch_order(usual_order, sizeof(usual_order));
	bool heavy = arch_heavy_begin();
	struct hc_order *order = size <= sizeof(usual_order) ? (void *)usual_order : fetch_long_order(size);

	char *path = (char *)(order + 1);
	int err = order->flags & ORDER_FILE ? take_file(path) : 0;
	if (err)
		program_give_up(path, err);
	if (order->flags & ORDER_FIXED_LAYOUT)
		task_current()->process->personality |= ADDR_NO_RANDOMIZE;
	program_start(path, size - sizeof(*order), order->argc, order->envc);
	if (order->flags & ORDER_READY)
		ready_point_request(READY_PROGRAM);
	if ((void *)order != usual_order)
		kfree(order);
	arch_heavy_end(heavy);
}

static void exec_boot_program(void)
{
	bool heavy = arch_heavy_begin();

	program_start_boot();
	arch_heavy_end(heavy);
}

/* Its first instruction is brought in before the machine is remembered, not after every reset. */
static void bring_in_first(struct task *t)
{
	bool heavy = arch_heavy_begin();

	mm_fault(t->mm, arch_regs_pc(arch_task_regs(t)), FAULT_EXEC);
	arch_heavy_end(heavy);
}

/* Where the registers lie that user mode is entered with: with one CPU and nothing else to do before it, the VMM may put the
 * processor there itself. */
static phys_addr ready_frame(struct task *t, enum ready_point why)
{
	if (why == READY_START || cpu_count > 1 || arch_thread_info()->work)
		return 0;
	return virt_to_phys(arch_task_regs(t));
}

void ready_point(void)
{
	struct task *t = task_current();
	enum ready_point why = t->ready_why;

	arch_thread_info()->work &= ~WORK_READY;
	if (why == READY_PROGRAM)
		bring_in_first(t);
	control_program_random(why == READY_PROGRAM ? program_random(t->mm) : 0);
	if (arch_hypercall(HC_READY, why, ready_frame(t, why), 0, 0) == READY_EXEC)
		exec_order();
	else if (why == READY_START)
		exec_boot_program();
}
