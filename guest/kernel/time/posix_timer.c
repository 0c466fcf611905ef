#include "kernel/time/posix_timer.h"
#include "kernel/mm/slab.h"
#include "kernel/task/signal_internal.h"
#include "kernel/time/clock.h"

struct posix_timer {
	struct list link; /* process.posix_timers */
	int id;
	int clockid; /* as it was created, CPU clocks resolved */
	int notify;
	struct process *process;
	struct pid *thread; /* referenced; SIGEV_THREAD_ID */
	struct clock_timer timer;
	u64 overrun;	       /* of the signal taken last */
	struct sigqueue *queue; /* NULL: SIGEV_NONE */
	bool queued;
};

static SLAB_CACHE(posix_timer_cache, "posix_timer", struct posix_timer);

/* A signal that nobody takes is not worth more interrupts than this. */
#define IGNORED_NS 4000000ull

/* The signal cannot be taken: the timer goes on by itself. */
static void posix_timer_ignored(struct posix_timer *t)
{
	if (t->timer.interval)
		clock_timer_forward_by(&t->timer, t->timer.interval < IGNORED_NS ? IGNORED_NS : 0);
}

static void posix_timer_expired(struct clock_timer *ct)
{
	struct posix_timer *t = container_of(ct, struct posix_timer, timer);
	struct task *target = t->thread ? t->thread->task : process_main_thread(t->process);

	/*
	 * A periodic timer is armed again when its signal is taken: the periods between count as
	 * overruns.
	 */
	if (!target || t->queued)
		return;
	t->queue->info.si_overrun = 0;
	t->queued = true;
	if (signal_send_queued(target, !t->thread, t->queue)) {
		t->queued = false;
		posix_timer_ignored(t);
	}
}

void posix_timer_signal_taken(struct posix_timer *t, siginfo_t *info)
{
	u64 periods = 0;

	t->queued = false;
	if (t->timer.interval && t->timer.target) {
		if (!t->timer.timer.armed)
			periods = clock_timer_forward_by(&t->timer, t->timer.interval < CLOCK_TIMER_SIGNAL_NS ? CLOCK_TIMER_SIGNAL_NS : 0);
	} else if (t->timer.target && !t->timer.timer.armed) {
		clock_timer_stop(&t->timer);
	}
	t->overrun = periods ? periods - 1 : 0;
	info->si_overrun = MIN(t->overrun, (u64)INT32_MAX);
}

void posix_timer_signal_dropped(struct posix_timer *t)
{
	t->queued = false;
	if (t->timer.target && !t->timer.timer.armed)
		posix_timer_ignored(t);
}

/* SIGEV_THREAD_ID: a thread of this process, with its reference. */
static int posix_timer_thread(struct posix_timer *t, int tid)
{
	struct task *target = task_find(tid);

	if (!target || target->process != t->process)
		return -EINVAL;
	t->thread = pid_get(target->pid);
	return 0;
}

static int posix_timer_next_id(struct process *p)
{
	do {
		int id = p->next_timer_id;

		p->next_timer_id = id == INT32_MAX ? 0 : id + 1;
		if (!posix_timer_find(id))
			return id;
	} while (true);
}

static int posix_timer_signal_init(struct posix_timer *t, int sig, int tid, sigval_t value)
{
	if (t->notify & SIGEV_THREAD_ID) {
		int err = posix_timer_thread(t, tid);

		if (err)
			return err;
	}
	t->queue = sigqueue_create(task_current());
	if (!t->queue)
		return -EAGAIN;
	t->queue->timer = t;
	t->queue->info = (siginfo_t){.si_signo = sig, .si_code = SI_TIMER};
	t->queue->info.si_value = value;
	t->queue->info.si_tid = t->id;
	return 0;
}

static bool posix_timer_event_ok(int notify, int sig)
{
	switch (notify) {
	case SIGEV_NONE:
		return true;
	case SIGEV_SIGNAL:
	case SIGEV_THREAD:
	case SIGEV_SIGNAL | SIGEV_THREAD_ID:
		return sig > 0 && sig <= SIGNAL_COUNT;
	default:
		return false;
	}
}

long posix_timer_create(int clockid, int notify, int sig, int tid, sigval_t value, bool value_is_id)
{
	struct process *p = task_current()->process;
	struct posix_timer *t;
	int id, err = 0;
	u64 now;

	/* Clocks that can only be read. */
	if (clockid == CLOCK_MONOTONIC_RAW || clockid == CLOCK_REALTIME_COARSE || clockid == CLOCK_MONOTONIC_COARSE ||
	    clock_is_device(clockid))
		return -EOPNOTSUPP;
	if (clockid >= 0 && clock_read(clockid, &now))
		return -EINVAL;
	/* What fails from here on has used up an id, as on Linux. */
	id = posix_timer_next_id(p);
	if (!posix_timer_event_ok(notify, sig) || clock_read(clockid, &now))
		return -EINVAL;
	t = slab_zalloc(&posix_timer_cache);
	if (!t)
		return -EAGAIN;
	t->process = p;
	t->notify = notify;
	t->clockid = cpu_clock_resolve(clockid);
	t->id = id;
	clock_timer_init(&t->timer, posix_timer_expired);
	if (value_is_id)
		value.sival_int = t->id;
	if (notify != SIGEV_NONE)
		err = posix_timer_signal_init(t, sig, tid, value);
	if (err) {
		if (t->thread)
			pid_put(t->thread);
		slab_free(&posix_timer_cache, t);
		return err;
	}
	list_push_back(&p->posix_timers, &t->link);
	return t->id;
}

struct posix_timer *posix_timer_find(int id)
{
	struct process *p = task_current()->process;
	struct posix_timer *t;

	list_for_each(t, &p->posix_timers, link)
		if (t->id == id)
			return t;
	return NULL;
}

void posix_timer_set(struct posix_timer *t, bool absolute, const struct posix_timer_setting *new)
{
	t->overrun = 0;
	clock_timer_start(&t->timer, t->clockid, absolute, new->value, new->interval);
	if (t->notify == SIGEV_NONE) /* nobody is told: only its reading counts */
		timer_cancel(&t->timer.timer);
}

void posix_timer_get(struct posix_timer *t, struct posix_timer_setting *out)
{
	struct clock_timer *ct = &t->timer;

	if (t->notify == SIGEV_NONE && ct->target && clock_timer_left(ct) == 1) {
		if (ct->interval)
			clock_timer_forward(ct);
		else
			clock_timer_stop(ct);
		timer_cancel(&ct->timer);
	}
	out->interval = ct->interval;
	out->value = 0;
	if (ct->interval || ct->timer.armed || t->notify == SIGEV_NONE)
		out->value = clock_timer_left(ct);
}

int posix_timer_overrun(const struct posix_timer *t)
{
	return MIN(t->overrun, (u64)INT32_MAX);
}

void posix_timer_delete(struct posix_timer *t)
{
	clock_timer_stop(&t->timer);
	list_remove(&t->link);
	if (t->queue) {
		t->queue->timer = NULL; /* on a queue it stays to be taken, and is freed then */
		if (!t->queued)
			sigqueue_destroy(t->queue);
	}
	if (t->thread)
		pid_put(t->thread);
	slab_free(&posix_timer_cache, t);
}

void posix_timers_release(struct process *p)
{
	struct posix_timer *t, *next;

	if (!p->posix_timers.next) /* the kernel's own process never had any */
		return;
	list_for_each_safe(t, next, &p->posix_timers, link)
		posix_timer_delete(t);
}
