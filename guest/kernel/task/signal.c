/*
 * Signal state: actions, queues, masks. Sending is signal_send.c, taking signal_deliver.c, job
 * control stop.c.
 */
#include "kernel/lib/refcount.h"
#include "kernel/task/signal.h"
#include "kernel/mm/slab.h"
#include "kernel/task/signal_internal.h"
#include "kernel/time/itimer.h"
#include "kernel/time/posix_timer.h"

/* ---- actions ---- */

static SLAB_CACHE(sighand_cache, "sighand", struct sighand);

struct sighand *sighand_create(void)
{
	struct sighand *s = slab_zalloc(&sighand_cache);

	if (s) {
		s->refcount = 1;
		waitq_init(&s->signalfd_wait);
	}
	return s;
}

struct sighand *sighand_copy(const struct sighand *s)
{
	struct sighand *copy = slab_alloc(&sighand_cache);

	if (copy) {
		copy->refcount = 1;
		copy->changed = s->changed;
		waitq_init(&copy->signalfd_wait);
		memcpy(copy->action, s->action, sizeof(copy->action));
	}
	return copy;
}

struct sighand *sighand_get(struct sighand *s)
{
	refcount_get(&s->refcount);
	return s;
}

void sighand_put(struct sighand *s)
{
	if (!s || !refcount_put(&s->refcount))
		return;
	/* an epoll instance may still watch a signalfd in the name of a process that is gone */
	while (!list_empty(&s->signalfd_wait.waiters))
		list_remove(s->signalfd_wait.waiters.next);
	slab_free(&sighand_cache, s);
}

void sighand_reset_for_exec(struct sighand *s)
{
	for (u64 left = s->changed; left; left &= left - 1) {
		struct sigaction_k *a = &s->action[__builtin_ctzll(left)];
		bool ignored = a->handler == SIGNAL_IGN;

		*a = (struct sigaction_k){.handler = ignored ? SIGNAL_IGN : SIGNAL_DFL};
	}
}

/*
 * What programs may set; other bits read back as 0 (sigaction(2), "Dynamically probing for flag bit
 * support").
 */
#define SA_KNOWN                                                                                \
	(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER |      \
	 SA_RESETHAND | SA_EXPOSE_TAGBITS | SA_RESTORER)

int signal_action(int sig, const struct sigaction_k *new, struct sigaction_k *old)
{
	struct task *t = task_current();
	struct sigaction_k *a;

	if (sig < 1 || sig > SIGNAL_COUNT || (new && signal_in(SIGNAL_UNBLOCKABLE, sig)))
		return -EINVAL;
	a = &t->sighand->action[sig - 1];
	if (old)
		*old = *a;
	if (!new)
		return 0;
	t->sighand->changed |= SIGNAL_BIT(sig);
	*a = *new;
	a->flags &= SA_KNOWN;
	a->mask &= ~SIGNAL_UNBLOCKABLE;
	/* POSIX: setting a pending signal to be ignored discards it, blocked or not. */
	if (a->handler == SIGNAL_IGN ||
	    (a->handler == SIGNAL_DFL && signal_in(SIGNALS_IGNORED, sig)))
		signal_cancel(t->process, SIGNAL_BIT(sig));
	return 0;
}

/* ---- queue entries ---- */

/* RLIMIT_SIGPENDING counts by real user id. */
struct signal_user {
	struct list link;
	u32 uid;
	u32 count;
};

static SLAB_CACHE(sigqueue_cache, "sigqueue", struct sigqueue);
static struct list signal_users = LIST_INIT(signal_users);

static struct signal_user *signal_user_find(u32 uid)
{
	struct signal_user *u;

	list_for_each(u, &signal_users, link)
		if (u->uid == uid)
			return u;
	return NULL;
}

static struct signal_user *signal_user_get(u32 uid)
{
	struct signal_user *u = signal_user_find(uid);

	if (u)
		return u;
	u = kmalloc(sizeof(*u));
	if (!u)
		return NULL;
	u->uid = uid;
	u->count = 0;
	list_push_front(&signal_users, &u->link);
	return u;
}

static void signal_user_release(struct signal_user *u)
{
	if (u->count || u->uid == 0) /* root's stays: it comes back at once */
		return;
	list_remove(&u->link);
	kfree(u);
}

u32 signal_user_count(u32 uid)
{
	struct signal_user *u = signal_user_find(uid);

	return u ? u->count : 0;
}

static struct sigqueue *sigqueue_alloc(struct task *t, bool beyond_limit)
{
	struct signal_user *u = signal_user_get(t->cred->uid);
	struct sigqueue *q = NULL;

	if (!u)
		return NULL;
	if (beyond_limit || u->count < t->process->rlimit[RLIMIT_SIGPENDING].rlim_cur)
		q = slab_alloc(&sigqueue_cache);
	if (!q) {
		signal_user_release(u);
		return NULL;
	}
	u->count++;
	list_init(&q->link);
	q->account = u;
	q->timer = NULL;
	return q;
}

struct sigqueue *sigqueue_create(struct task *t)
{
	return sigqueue_alloc(t, false);
}

void sigqueue_destroy(struct sigqueue *q)
{
	q->account->count--;
	signal_user_release(q->account);
	slab_free(&sigqueue_cache, q);
}

/* Off its queue; a timer keeps its own entry. */
static void sigqueue_unlink(struct sigqueue *q)
{
	list_remove(&q->link);
	if (!q->timer)
		sigqueue_destroy(q);
}

/* ---- queues ---- */

void sigpending_init(struct sigpending *p)
{
	p->set = 0;
	list_init(&p->queue);
}

void sigpending_flush(struct sigpending *p)
{
	sigpending_remove(p, ~0ull);
}

void sigpending_remove(struct sigpending *p, u64 set)
{
	struct sigqueue *q, *next;

	if (!(p->set & set))
		return;
	p->set &= ~set;
	list_for_each_safe(q, next, &p->queue, link)
		if (signal_in(set, q->info.si_signo)) {
			struct posix_timer *timer = q->timer;

			sigqueue_unlink(q);
			if (timer)
				posix_timer_signal_dropped(timer);
		}
}

void signal_cancel(struct process *p, u64 set)
{
	struct task *t;

	sigpending_remove(&p->pending, set);
	list_for_each(t, &p->threads, thread_link)
		sigpending_remove(&t->pending, set);
}

/*
 * A standard signal is stored whatever the limit, and comes without details when there is no
 * memory; a queued real-time signal is refused (sigqueue(3): EAGAIN).
 */
int sigpending_add(struct task *t, struct sigpending *pending, int sig, const siginfo_t *info)
{
	bool standard = sig < SIGRTMIN;
	struct sigqueue *q = NULL;

	if (standard && signal_in(pending->set, sig))
		return 0;
	if (sig != SIGKILL)
		q = sigqueue_alloc(t, standard && (!info || info->si_code >= 0));
	if (!q && !standard && info && info->si_code != SI_USER)
		return -EAGAIN;
	if (q) {
		if (info)
			signal_info_copy(&q->info, info);
		else
			q->info = (siginfo_t){.si_code = SI_KERNEL};
		q->info.si_signo = sig;
		list_push_back(&pending->queue, &q->link);
	}
	pending->set |= SIGNAL_BIT(sig);
	return 0;
}

static int signal_lowest(u64 set)
{
	u64 faults = set & SIGNALS_FAULT;

	return __builtin_ctzll(faults ? faults : set) + 1;
}

/* Take the oldest entry of sig; its timer, if it belongs to one. */
static struct posix_timer *sigpending_take(struct sigpending *p, int sig, siginfo_t *info)
{
	struct sigqueue *q, *first = NULL;
	struct posix_timer *timer = NULL;
	bool more = false;

	list_for_each(q, &p->queue, link) {
		if (q->info.si_signo != sig)
			continue;
		more = first != NULL;
		if (more)
			break;
		first = q;
	}
	if (!more)
		p->set &= ~SIGNAL_BIT(sig);
	if (!first) { /* its details found no room */
		static const siginfo_t unknown = {.si_code = SI_USER};
		signal_info_copy(info, &unknown);
		info->si_signo = sig;
		return NULL;
	}
	signal_info_copy(info, &first->info);
	timer = first->timer;
	sigqueue_unlink(first);
	return timer;
}

int signal_dequeue(u64 set, siginfo_t *info)
{
	struct task *t = task_current();
	struct process *p = t->process;
	struct posix_timer *timer;
	int sig;

	if (t->pending.set & set) {
		sig = signal_lowest(t->pending.set & set);
		timer = sigpending_take(&t->pending, sig, info);
	} else if (p->pending.set & set) {
		sig = signal_lowest(p->pending.set & set);
		timer = sigpending_take(&p->pending, sig, info);
		if (sig == SIGALRM)
			itimer_signal_taken(p);
	} else {
		sig = 0;
		timer = NULL;
	}
	if (timer)
		posix_timer_signal_taken(timer, info);
	signal_recalc(t);
	return sig;
}

/* ---- masks ---- */

u64 signal_pending_set(void)
{
	struct task *t = task_current();

	return t->pending.set | t->process->pending.set;
}

/*
 * Only the task itself may find that nothing is left: it may be between a wakeup and the delivery
 * that the wakeup is for.
 */
void signal_recalc(struct task *t)
{
	struct process *p = t->process;

	if (((t->pending.set | p->pending.set) & ~t->blocked) || t->killed || p->stopped)
		task_info(t)->work |= WORK_SIGNAL;
	else if (t == task_current())
		task_info(t)->work &= ~WORK_SIGNAL;
}

/*
 * t no longer takes the process's signals in `set`: let other threads look at those that are
 * pending.
 */
static void signal_pass_on(struct task *t, u64 set)
{
	struct process *p = t->process;
	struct task *other;

	set &= p->pending.set;
	list_for_each(other, &p->threads, thread_link) {
		if (!set)
			return;
		if (other == t || !task_living(other) || !(set & ~other->blocked))
			continue;
		set &= other->blocked;
		if (!task_work_signal(other))
			signal_wake(other, false);
	}
}

void signal_set_mask(u64 mask)
{
	struct task *t = task_current();
	u64 blocked_now;

	mask &= ~SIGNAL_UNBLOCKABLE;
	blocked_now = mask & ~t->blocked;
	t->blocked = mask;
	if (blocked_now & t->process->pending.set)
		signal_pass_on(t, blocked_now);
	signal_recalc(t);
}

void signal_swap_mask(u64 mask)
{
	struct task *t = task_current();

	t->saved_mask = t->blocked;
	task_info(t)->work |= WORK_RESTORE_MASK;
	signal_set_mask(mask);
}

void signal_restore_mask(void)
{
	struct task *t = task_current();

	if (!(task_info(t)->work & WORK_RESTORE_MASK))
		return;
	task_info(t)->work &= ~WORK_RESTORE_MASK;
	signal_set_mask(t->saved_mask);
}

void signal_thread_exit(struct task *t)
{
	signal_pass_on(t, ~t->blocked);
	if (t->process->stopped)
		stop_thread_left(t->process);
}

struct task *process_main_thread(struct process *p)
{
	struct task *t;

	if (p->leader && task_living(p->leader))
		return p->leader;
	list_for_each(t, &p->threads, thread_link)
		if (task_living(t))
			return t;
	return NULL;
}
