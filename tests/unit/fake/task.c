/* A current task, files without a file system, and nobody else to schedule. */
#include <linux/fcntl.h>
#include "fake.h"
#include "kernel/fs/vfs.h"
#include "kernel/mm/vm.h"
#include "kernel/task/sched.h"
#include "kernel/task/task.h"
#include "kernel/time/clock.h"

void *calloc(size_t n, size_t size);
void free(void *p);

static struct process process;
static struct pid pid = {.nr = 2};
static struct task task = {.process = &process};
struct cpu cpu_table[MAX_CPUS];
unsigned int cpu_count = 1;
unsigned int fake_kill_count;

void fake_task_init(void)
{
	for (int i = 0; i < RLIM_NLIMITS; i++)
		process.rlimit[i].rlim_cur = process.rlimit[i].rlim_max = ~0ull;
	process.rlimit[RLIMIT_STACK].rlim_cur = 8 << 20;
	process.pid = task.pid = &pid;
	task.killed = false;
	fake_thread_info.task = &task;
}

void fake_rlimit(int which, u64 value)
{
	process.rlimit[which].rlim_cur = value;
}

void fake_task_set_mm(struct mm *mm)
{
	task.mm = mm;
}

struct arch_regs *arch_task_regs(struct task *t __unused)
{
	static struct arch_regs none;

	return &none;
}

vaddr arch_regs_pc(const struct arch_regs *r)
{
	return r->pc;
}

vaddr arch_regs_sp(const struct arch_regs *r)
{
	return r->sp;
}

bool capable(int cap __unused)
{
	return false;
}

void task_for_each(void (*fn)(void *ctx, struct task *t), void *ctx)
{
	fn(ctx, &task);
}

int signal_send_process(struct process *p __unused, int sig __unused,
			const siginfo_t *info __unused)
{
	fake_kill_count++;
	task.killed = true;
	return 0;
}

int waitq_sleep(struct waitq *q __unused, int state __unused, u64 deadline_ns __unused)
{
	return -ETIMEDOUT;
}

void waitq_wake_all(struct waitq *q __unused, u32 key __unused)
{
}

u64 clock_monotonic_ns(void)
{
	return 0;
}

/* ---- files ---- */
static int map_nothing(struct file *f __unused, struct vma *v __unused)
{
	return 0;
}

static const struct file_ops ops = {.mmap = map_nothing};

struct file *fake_file(u64 bytes, u32 open_flags)
{
	struct file *f = calloc(1, sizeof(*f));
	struct inode *i = calloc(1, sizeof(*i));

	mapping_init(&i->mapping, i, NULL);
	i->size = bytes;
	f->ops = &ops;
	f->inode = i;
	f->flags = open_flags;
	f->refcount = 1;
	return f;
}

struct mapping *fake_file_mapping(struct file *f)
{
	return &f->inode->mapping;
}

void fake_file_resize(struct file *f, u64 bytes)
{
	f->inode->size = bytes;
	mapping_truncate(&f->inode->mapping, ALIGN_UP(bytes, PAGE_SIZE) >> PAGE_SHIFT);
}

u32 fake_file_refs(const struct file *f)
{
	return f->refcount;
}

void file_release(struct file *f)
{
	mapping_destroy(&f->inode->mapping);
	free(f->inode);
	free(f);
}

void fake_file_put(struct file *f)
{
	file_put(f);
}

void inode_touch(struct inode *i, bool mtime)
{
	i->mtime_ns += mtime;
}
