/* What the file system leans on: a current task with files and credentials, user memory, clock, sleep. */
#include "fake.h"
#include "fake_fs.h"
#include "kernel/fs/vfs.h"
#include "kernel/mm/uaccess.h"
#include "kernel/mm/vm.h"
#include "kernel/task/task.h"
#include "kernel/time/clock.h"
#include "kernel/devices.h"
#include <string.h>

static struct pid pid = {.nr = 2};
static struct process process = {.pid = &pid};
static struct cred root_cred = {.cap_effective = ~0ull, .cap_permitted = ~0ull};
static struct cred user_cred = {.uid = 1000, .euid = 1000, .suid = 1000, .fsuid = 1000,
				.gid = 1000, .egid = 1000, .sgid = 1000, .fsgid = 1000};
static struct task task = {.process = &process, .pid = &pid, .cred = &root_cred};
bool (*fake_sleep_hook)(void);
int fake_last_signal;

void fake_fs_init(void)
{
	for (int i = 0; i < RLIM_NLIMITS; i++)
		process.rlimit[i].rlim_cur = process.rlimit[i].rlim_max = ~0ull;
	process.rlimit[RLIMIT_NOFILE].rlim_cur = 1024;
	fake_thread_info.task = &task;
	task.files = fd_table_create();
}

void fake_limit(int which, u64 value)
{
	process.rlimit[which].rlim_cur = value;
}

void fake_be_root(bool root)
{
	task.cred = root ? &root_cred : &user_cred;
}

bool capable(int cap)
{
	return task.cred->cap_effective >> cap & 1;
}

bool cred_in_group(const struct cred *c, u32 gid)
{
	for (u32 i = 0; i < c->group_count; i++)
		if (c->group[i] == gid)
			return true;
	return false;
}

u64 clock_realtime_ns(void)
{
	static u64 now = 1000000000000000000ull;
	return now += 1000;
}

int signal_send_task(struct task *t, int sig, const siginfo_t *info)
{
	(void)t, (void)info;
	fake_last_signal = sig;
	return 0;
}

int waitq_sleep(struct waitq *q, int state, u64 deadline)
{
	(void)q, (void)state, (void)deadline;
	return fake_sleep_hook && fake_sleep_hook() ? 0 : -ERESTARTSYS;
}

void waitq_wake_all(struct waitq *q, u32 key)
{
	(void)q, (void)key;
}

/* ---- user memory is the test's own; the first page is not mapped ---- */
static bool mapped(const void *p)
{
	return (uintptr_t)p >= PAGE_SIZE;
}

size_t copy_from_user_partial(void *dst, const void __user *src, size_t n)
{
	if (!mapped(src))
		return 0;
	memcpy(dst, src, n);
	return n;
}

size_t copy_to_user_partial(void __user *dst, const void *src, size_t n)
{
	if (!mapped(dst))
		return 0;
	memcpy(dst, src, n);
	return n;
}

int copy_from_user(void *dst, const void __user *src, size_t n)
{
	return n && !copy_from_user_partial(dst, src, n) ? -EFAULT : 0;
}

int copy_to_user(void __user *dst, const void *src, size_t n)
{
	return n && !copy_to_user_partial(dst, src, n) ? -EFAULT : 0;
}

size_t clear_user_partial(void __user *dst, size_t n)
{
	if (!mapped(dst))
		return 0;
	memset(dst, 0, n);
	return n;
}

int clear_user(void __user *dst, size_t n)
{
	return n && !clear_user_partial(dst, n) ? -EFAULT : 0;
}

isize strncpy_from_user(char *dst, const char __user *src, size_t size)
{
	if (!mapped(src))
		return -EFAULT;
	size_t n = strnlen(src, size);
	if (n == size)
		return -ENAMETOOLONG;
	memcpy(dst, src, n + 1);
	return (isize)n;
}

/* ---- not part of these tests ---- */
void mapping_zap_range(struct mapping *m, u64 first, u64 last, bool cows)
{
	(void)m, (void)first, (void)last, (void)cows;
}

void mapping_protect_range(struct mapping *m, u64 first, u64 last)
{
	(void)m, (void)first, (void)last;
}

int vma_set_anonymous(struct vma *v)
{
	(void)v;
	return -ENOMEM;
}

void devices_register(void)
{
}

static int mount_nothing(const struct fs_type *t, const char *source, unsigned long flags, const char *data,
			 struct super **out)
{
	(void)t, (void)source, (void)flags, (void)data, (void)out;
	return -ENODEV;
}

struct fs_type proc_type = {.name = "proc", .mount = mount_nothing};
struct fs_type sysfs_type = {.name = "sysfs", .mount = mount_nothing};

void epoll_file_release(struct file *f)
{
	(void)f;
}

struct pid *pid_find(int nr)
{
	return nr == pid.nr ? &pid : NULL;
}

struct process *process_find(int nr)
{
	return nr == pid.nr ? &process : NULL;
}

struct task *task_find(int nr)
{
	return nr == pid.nr ? &task : NULL;
}
