/* The system as a whole: uname(2), sethostname(2), sysinfo(2), personality(2), syslog(2),
 * reboot(2). */
#include <linux/capability.h>
#include <linux/reboot.h>
#include <linux/sysinfo.h>
#include "arch/arch.h"
#include "kernel/lib/log.h"
#include "kernel/lib/string.h"
#include "kernel/mm/page.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/first.h"
#include "kernel/task/sched.h"
#include "kernel/task/task.h"
#include "kernel/time/clock.h"
#include "kernel/uts.h"
#include "syscall/syscall.h"

/* ---- names ---- */

long sys_uname(void __user *buf)
{
	return copy_to_user(buf, uts_names(), sizeof(struct new_utsname));
}

static long set_name(int (*set)(const char *name, size_t len), const void __user *from, int len)
{
	char name[__NEW_UTS_LEN];
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (len < 0 || len > (int)sizeof(name))
		return -EINVAL;
	if (copy_from_user(name, from, (size_t)len))
		return -EFAULT;
	return set(name, (size_t)len);
}

long sys_sethostname(const void __user *name, size_t len)
{
	return set_name(uts_set_nodename, name, (int)len); /* an int in Linux: what is above it does not count */
}

long sys_setdomainname(const void __user *name, size_t len)
{
	return set_name(uts_set_domainname, name, (int)len);
}

/* ---- figures ---- */

long sys_sysinfo(void __user *info)
{
	struct page_counts pages;
	struct sysinfo s;
	u64 load[3];
	memset(&s, 0, sizeof(s));
	page_counts(&pages);
	sched_load(load);
	s.uptime = (__kernel_long_t)(clock_monotonic_ns() / NSEC_PER_SEC);
	for (int i = 0; i < 3; i++)
		s.loads[i] = load[i];
	s.totalram = pages.total * PAGE_SIZE;
	s.freeram = pages.free * PAGE_SIZE;
	s.procs = (u16)task_count();
	s.mem_unit = 1;
	return copy_to_user(info, &s, sizeof(s));
}

#define PERSONALITY_QUERY 0xffffffffu

long sys_personality(unsigned long persona)
{
	struct process *p = task_current()->process;
	unsigned long old = p->personality;
	if ((u32)persona != PERSONALITY_QUERY)
		p->personality = (u32)persona;
	return (long)old;
}

/* ---- the kernel log: syslog(2) ---- */

enum log_action {
	LOG_CLOSE,
	LOG_OPEN,
	LOG_READ,
	LOG_READ_ALL,
	LOG_READ_CLEAR,
	LOG_CLEAR,
	LOG_OFF,
	LOG_ON,
	LOG_LEVEL,
	LOG_UNREAD,
	LOG_BUFFER
};

static u64 log_read_to, log_cleared_to;

static long copy_log(u64 from, char __user *buf, size_t n)
{
	char *text = kmalloc(n);
	if (!text)
		return -ENOMEM;
	n = klog_read(from, text, n);
	long result = copy_to_user(buf, text, n) ? -EFAULT : (long)n;
	kfree(text);
	return result;
}

/* What is left of the log from position `from`. */
static size_t log_left(u64 from)
{
	u64 end = klog_written(), start = end > LOG_SIZE ? end - LOG_SIZE : 0;
	return (size_t)(end - MAX(from, start));
}

static long read_all(char __user *buf, size_t len, bool clear)
{
	u64 end = klog_written();
	size_t n = MIN(log_left(log_cleared_to), len);
	long result = n ? copy_log(end - n, buf, n) : 0;
	if (clear && result >= 0)
		log_cleared_to = end;
	return result;
}

/* Reads what was not read yet. The manual's wait for more never ends here unless the kernel logs
 * something: 0 instead. */
static long read_new(char __user *buf, size_t len)
{
	u64 end = klog_written();
	size_t left = log_left(log_read_to), n = MIN(left, len);
	long result = n ? copy_log(end - left, buf, n) : 0;
	if (result > 0)
		log_read_to = end - left + (u64)result;
	return result;
}

static long log_read_action(int type, void __user *buf, int len)
{
	if (!buf || len < 0)
		return -EINVAL;
	if (!len)
		return 0;
	if (!user_range_ok(buf, (size_t)len))
		return -EFAULT;
	if (type == LOG_READ)
		return read_new(buf, (size_t)len);
	return read_all(buf, (size_t)len, type == LOG_READ_CLEAR);
}

long sys_syslog(int type, void __user *buf, int len)
{
	if (type != LOG_READ_ALL && type != LOG_BUFFER && !capable(CAP_SYSLOG))
		return -EPERM;
	switch (type) {
	case LOG_CLOSE:
	case LOG_OPEN:
	case LOG_OFF:
	case LOG_ON: return 0; /* there is no console log level to move */
	case LOG_READ:
	case LOG_READ_ALL:
	case LOG_READ_CLEAR: return log_read_action(type, buf, len);
	case LOG_CLEAR:
		log_cleared_to = klog_written();
		return 0;
	case LOG_LEVEL: return len >= 1 && len <= 8 ? 0 : -EINVAL;
	case LOG_UNREAD: return (long)log_left(log_read_to);
	case LOG_BUFFER: return LOG_SIZE;
	default: return -EINVAL;
	}
}

/* ---- reboot(2) ---- */

static bool magic_ok(unsigned int magic1, unsigned int magic2)
{
	return magic1 == LINUX_REBOOT_MAGIC1 &&
	       (magic2 == LINUX_REBOOT_MAGIC2 || magic2 == LINUX_REBOOT_MAGIC2A ||
		magic2 == LINUX_REBOOT_MAGIC2B || magic2 == LINUX_REBOOT_MAGIC2C);
}

/* Every way down ends the machine: `mote run` starts a fresh one. */
long sys_reboot(unsigned int magic1, unsigned int magic2, unsigned int cmd, void __user *arg)
{
	char command[256];
	if (!capable(CAP_SYS_BOOT))
		return -EPERM;
	if (!magic_ok(magic1, magic2))
		return -EINVAL;
	switch (cmd) {
	case LINUX_REBOOT_CMD_CAD_ON:
	case LINUX_REBOOT_CMD_CAD_OFF:
		return 0; /* there are no keys to hold down */
	case LINUX_REBOOT_CMD_RESTART2:
		if (strncpy_from_user(command, arg, sizeof(command)) == -EFAULT)
			return -EFAULT;
		machine_end(0);
	case LINUX_REBOOT_CMD_RESTART:
	case LINUX_REBOOT_CMD_HALT:
	case LINUX_REBOOT_CMD_POWER_OFF:
		machine_end(0);
	default:
		return -EINVAL;
	}
}
