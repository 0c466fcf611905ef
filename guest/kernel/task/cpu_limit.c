/* RLIMIT_CPU, getrlimit(2): a timer on the process's own CPU clock, so that nothing ticks for those
 * without a limit. */
#include "kernel/task/task.h"
#include "kernel/time/clock.h"

static u64 seconds_to_ns(u64 seconds)
{
	return seconds > ~0ull / NSEC_PER_SEC ? ~0ull : seconds * NSEC_PER_SEC;
}

static void watch(struct process *p, u64 seconds)
{
	/* A limit of 0 counts as 1 s, as Linux has it. */
	u64 target = seconds_to_ns(MAX(seconds, 1ull));
	clock_timer_start(&p->cpu_limit, cpu_clock_id(p->pid->nr, false, CPU_CLOCK_SCHED), true,
			  target, 0);
}

static void limit_reached(struct clock_timer *timer)
{
	struct process *p = container_of(timer, struct process, cpu_limit);
	struct rlimit64 *limit = &p->rlimit[RLIMIT_CPU];
	u64 user, kernel;
	process_cpu_time(p, &user, &kernel);
	if (user + kernel >= seconds_to_ns(limit->rlim_max)) {
		signal_send_process(p, SIGKILL, NULL);
		return;
	}
	signal_send_process(p, SIGXCPU, NULL);
	limit->rlim_cur = (user + kernel) / NSEC_PER_SEC + 1;
	watch(p, limit->rlim_cur);
}

void process_watch_cpu(struct process *p)
{
	u64 limit = p->rlimit[RLIMIT_CPU].rlim_cur;
	if (limit == RLIM64_INFINITY) {
		if (p->cpu_limit.fn)
			clock_timer_stop(&p->cpu_limit);
		return;
	}
	if (!p->cpu_limit.fn)
		clock_timer_init(&p->cpu_limit, limit_reached);
	watch(p, limit);
}
