/* CPU-time clocks of processes and threads. */
#include "kernel/time/clock.h"
#include <linux/time.h>
#include "kernel/task/task.h"

#define CPU_CLOCK_THREAD 4

int cpu_clock_resolve(int clockid)
{
	if (clockid == CLOCK_PROCESS_CPUTIME_ID)
		return cpu_clock_id(task_tgid(task_current()), false, CPU_CLOCK_SCHED);
	if (clockid == CLOCK_THREAD_CPUTIME_ID)
		return cpu_clock_id(task_tid(task_current()), true, CPU_CLOCK_SCHED);
	if (clockid < 0 && ~(clockid >> 3) == 0) /* id 0: the caller */
		return cpu_clock_id(clockid & CPU_CLOCK_THREAD ? task_tid(task_current())
							       : task_tgid(task_current()),
				    clockid & CPU_CLOCK_THREAD, clockid & 3);
	return clockid;
}

void task_cpu_time(const struct task *t, u64 *user, u64 *kernel)
{
	*user = t->user_ns;
	*kernel = t->kernel_ns;
	if (t->on_cpu) { /* since the last charge */
		u64 now = clock_monotonic_ns();

		*user += now > t->last_ns ? now - t->last_ns : 0;
	}
}

void process_cpu_time(const struct process *p, u64 *user, u64 *kernel)
{
	const struct task *t;

	*user = p->cpu_user_ns;
	*kernel = p->cpu_kernel_ns;
	list_for_each(t, &p->threads, thread_link) {
		u64 u, k;

		task_cpu_time(t, &u, &k);
		*user += u;
		*kernel += k;
	}
}

int cpu_clock_read(int clockid, u64 *ns)
{
	int id = ~(clockid >> 3), what = clockid & 3;
	u64 user, kernel;

	if (clockid >= 0 || what > CPU_CLOCK_SCHED)
		return -EINVAL;
	if (clockid & CPU_CLOCK_THREAD) {
		struct task *t = task_find(id);

		if (!t)
			return -EINVAL;
		task_cpu_time(t, &user, &kernel);
	} else {
		struct process *p = process_find(id);

		if (!p)
			return -EINVAL;
		process_cpu_time(p, &user, &kernel);
	}
	*ns = what == CPU_CLOCK_VIRT ? user : user + kernel;
	return 0;
}

bool cpu_clock_permitted(int clockid)
{
	struct task *t;

	if (clockid >= 0 || !(clockid & CPU_CLOCK_THREAD))
		return true;
	t = task_find(~(clockid >> 3));
	return t && t->process == task_current()->process;
}

u32 cpu_clock_rate(int clockid)
{
	struct process *p = clockid & CPU_CLOCK_THREAD ? NULL : process_find(~(clockid >> 3));

	return p && p->thread_count ? p->thread_count : 1;
}
