/* Signal queues: merging, order, limits and failing allocations, discarding, who is woken. Run by test_signal.c. */
#include "kernel/lib/log.h"
#include "kernel/mm/slab.h"
#include "kernel/task/sched.h"
#include "kernel/task/signal_internal.h"
#include "kernel/time/clock.h"
#include "kernel/time/itimer.h"
#include "kernel/time/posix_timer.h"
#include "signal_cases.h"

void *calloc(size_t n, size_t size);
void free(void *p);

/* ---- the kernel around it ---- */

struct thread_info fake_thread_info;
unsigned char *fake_memory;
struct process init_process;

void panic(const char *fmt, ...)
{
	signal_case_failed(__FILE__, __LINE__, fmt, 0, 0);
	__builtin_unreachable();
}

static long allocations_left = -1; /* -1: no limit */
static long objects;

static void *allocate(size_t size)
{
	if (allocations_left == 0)
		return NULL;
	if (allocations_left > 0)
		allocations_left--;
	objects++;
	return calloc(1, size);
}

void *slab_alloc(struct slab_cache *c)
{
	return allocate(c->size);
}

void *slab_zalloc(struct slab_cache *c)
{
	return allocate(c->size);
}

void slab_free(struct slab_cache *c __unused, void *object)
{
	objects--;
	free(object);
}

void *kmalloc(size_t size)
{
	return allocate(size);
}

void kfree(void *p)
{
	objects -= p != NULL;
	free(p);
}

static struct task *woken;

void task_wake(struct task *t)
{
	woken = t;
	t->state = TASK_RUNNING;
}

void task_kick(struct task *t)
{
	woken = t;
}

void schedule(void)
{
}

void waitq_wake_all(struct waitq *q __unused, u32 key __unused)
{
}

void process_begin_exit(struct process *p, int status)
{
	p->group_exit = true;
	p->exit_code = status;
}

struct pid *pid_find(int nr __unused)
{
	return NULL;
}

bool capable(int cap __unused)
{
	return false;
}

void process_cpu_time(const struct process *p __unused, u64 *user, u64 *kernel)
{
	*user = *kernel = 0;
}

static int alarms_taken;

void itimer_signal_taken(struct process *p __unused)
{
	alarms_taken++;
}

void posix_timer_signal_taken(struct posix_timer *t __unused, siginfo_t *info __unused)
{
}

void posix_timer_signal_dropped(struct posix_timer *t __unused)
{
}

/* ---- a process of two threads; the first is running ---- */

static struct thread_info info_of[2];
static struct task task[2];
static struct process process;
static struct cred cred;
static struct pid pid;

void signal_set_up(void)
{
	memset(&process, 0, sizeof(process));
	memset(task, 0, sizeof(task));
	memset(info_of, 0, sizeof(info_of));
	allocations_left = -1;
	objects = 0;
	alarms_taken = 0;
	woken = NULL;
	list_init(&process.threads);
	sigpending_init(&process.pending);
	process.pid = &pid;
	process.leader = &task[0];
	process.rlimit[RLIMIT_SIGPENDING].rlim_cur = 100;
	cred.uid = 7;
	for (int i = 0; i < 2; i++) {
		task[i].process = &process;
		task[i].cred = &cred;
		task[i].stack = i ? &info_of[1] : &fake_thread_info;
		sigpending_init(&task[i].pending);
		list_push_back(&process.threads, &task[i].thread_link);
	}
	fake_thread_info.task = &task[0];
	fake_thread_info.work = 0;
	task[0].sighand = sighand_create();
	task[1].sighand = sighand_get(task[0].sighand);
	task[1].state = TASK_INTERRUPTIBLE;
	TRUE(task[0].sighand);
}

void signal_tear_down(void)
{
	sigpending_flush(&process.pending);
	sigpending_flush(&task[0].pending);
	sigpending_flush(&task[1].pending);
	sighand_put(task[0].sighand);
	sighand_put(task[1].sighand);
	SAME(objects, 0);
	SAME(signal_user_count(7), 0);
}

static int send(int sig, int code, int value)
{
	siginfo_t info = {.si_code = code};

	info.si_value.sival_int = value;
	return signal_send_process(&process, sig, &info);
}

static int take(siginfo_t *info)
{
	return signal_dequeue(~0ull, info);
}

static void order_and_merging(void)
{
	static const int expected[][2] = {{SIGSEGV, 5}, {SIGUSR1, 1}, {40, 2}, {40, 4}, {41, 3}, {0, 0}};
	siginfo_t info;

	SAME(send(SIGUSR1, SI_QUEUE, 1), 0);
	SAME(send(40, SI_QUEUE, 2), 0);
	SAME(send(41, SI_QUEUE, 3), 0);
	SAME(send(40, SI_QUEUE, 4), 0);
	SAME(send(SIGUSR1, SI_QUEUE, 9), 0); /* merged into the first */
	SAME(send(SIGSEGV, SI_QUEUE, 5), 0); /* a fault comes first */
	SAME(signal_user_count(7), 5);
	for (unsigned int i = 0; i < ARRAY_SIZE(expected); i++) {
		SAME(take(&info), expected[i][0]);
		if (expected[i][0])
			SAME(info.si_value.sival_int, expected[i][1]);
	}
	SAME(fake_thread_info.work & WORK_SIGNAL, 0);
}

static void own_before_shared(void)
{
	siginfo_t info;

	send(SIGUSR1, SI_USER, 0);
	SAME(signal_send_task(&task[0], SIGUSR2, NULL), 0);
	SAME(take(&info), SIGUSR2);
	SAME(info.si_code, SI_KERNEL);
	SAME(take(&info), SIGUSR1);
	signal_send_process(&process, SIGALRM, NULL);
	SAME(take(&info), SIGALRM);
	SAME(alarms_taken, 1);
}

static void limit(void)
{
	siginfo_t info;

	process.rlimit[RLIMIT_SIGPENDING].rlim_cur = 2;
	SAME(send(40, SI_QUEUE, 1), 0);
	SAME(send(40, SI_QUEUE, 2), 0);
	SAME(send(40, SI_QUEUE, 3), -EAGAIN);
	SAME(send(41, SI_QUEUE, 3), -EAGAIN);
	SAME(send(41, SI_USER, 3), 0);     /* kill(2): the signal without its details */
	SAME(send(SIGUSR1, SI_USER, 4), 0); /* beyond the limit */
	SAME(signal_user_count(7), 3);
	SAME(take(&info), SIGUSR1);
	SAME(info.si_value.sival_int, 4);
	SAME(take(&info), 40);
	SAME(take(&info), 40);
	SAME(take(&info), 41);
	SAME(info.si_value.sival_int, 0);
}

/* The n-th allocation fails, for every n: a standard signal arrives all the same, a queued one is refused, nothing leaks. */
static void no_memory(void)
{
	for (int n = 0; n < 4; n++) {
		siginfo_t info;
		int queued;

		allocations_left = n;
		SAME(send(SIGUSR1, SI_USER, 1), 0);
		queued = send(40, SI_QUEUE, 2);
		TRUE(queued == 0 || queued == -EAGAIN);
		SAME(take(&info), SIGUSR1);
		SAME(take(&info), queued ? 0 : 40);
		allocations_left = -1;
	}
}

static void ignoring(void)
{
	struct sigaction_k ignore = {.handler = SIGNAL_IGN}, old;
	siginfo_t info;

	send(SIGCHLD, SI_USER, 0); /* by default */
	SAME(take(&info), 0);
	task[0].blocked = SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(40);
	send(SIGCHLD, SI_USER, 0); /* blocked: the action may yet change */
	send(40, SI_QUEUE, 1);
	send(40, SI_QUEUE, 2);
	SAME(signal_pending_set(), task[0].blocked);
	SAME(signal_action(40, &ignore, &old), 0);
	SAME(signal_pending_set(), SIGNAL_BIT(SIGCHLD));
	SAME(signal_action(SIGKILL, &ignore, NULL), -EINVAL);
	SAME(signal_action(0, NULL, NULL), -EINVAL);
	SAME(signal_action(65, NULL, NULL), -EINVAL);
	SAME(take(&info), SIGCHLD);
}

static void choice(void)
{
	task[0].blocked = SIGNAL_BIT(SIGUSR1);
	send(SIGUSR1, SI_USER, 0);
	SAME(woken, &task[1]);
	TRUE(info_of[1].work & WORK_SIGNAL);
	SAME(fake_thread_info.work & WORK_SIGNAL, 0);
	/* the sleeper blocks it before it looks: back to nobody, until the running thread unblocks it */
	task[1].blocked = SIGNAL_BIT(SIGUSR1);
	signal_set_mask(0);
	TRUE(fake_thread_info.work & WORK_SIGNAL);
	/* blocked here, open there: passed on */
	task[1].blocked = 0;
	info_of[1].work = 0;
	task[1].state = TASK_INTERRUPTIBLE;
	woken = NULL;
	signal_set_mask(~0ull);
	SAME(woken, &task[1]);
	SAME(task[0].blocked, ~SIGNAL_UNBLOCKABLE);
}

static void stop_and_continue(void)
{
	siginfo_t info;

	task[0].blocked = SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGCONT);
	send(SIGTSTP, SI_USER, 0);
	send(SIGCONT, SI_USER, 0);
	SAME(signal_pending_set(), SIGNAL_BIT(SIGCONT));
	send(SIGTSTP, SI_USER, 0);
	SAME(signal_pending_set(), SIGNAL_BIT(SIGTSTP));
	SAME(take(&info), SIGTSTP);
	stop_begin(SIGTSTP);
	TRUE(process.stopped);
	TRUE(fake_thread_info.work & WORK_SIGNAL);
	task[1].state = TASK_STOPPED;
	send(SIGCONT, SI_USER, 0);
	TRUE(!process.stopped && process.continued);
	SAME(task[1].state, TASK_RUNNING);
}

static void killing(void)
{
	siginfo_t info;

	allocations_left = 0;
	SAME(signal_send_task(&task[1], SIGKILL, NULL), 0);
	TRUE(process.group_exit);
	SAME(process.exit_code, SIGKILL);
	TRUE(task[0].killed);
	/* a process that ends takes nothing more */
	SAME(send(40, SI_QUEUE, 1), 0);
	SAME(send(SIGUSR1, SI_USER, 1), 0);
	SAME(signal_pending_set() & ~SIGNAL_BIT(SIGKILL), 0);
	take(&info);
}

static void faults(void)
{
	siginfo_t info;

	task[0].blocked = SIGNAL_BIT(SIGSEGV);
	task[0].sighand->action[SIGSEGV - 1].handler = 0x1000;
	signal_fault(SIGSEGV, SEGV_MAPERR, 0x1234);
	SAME(task[0].sighand->action[SIGSEGV - 1].handler, SIGNAL_DFL);
	SAME(task[0].blocked, 0);
	SAME(take(&info), SIGSEGV);
	SAME(info.si_code, SEGV_MAPERR);
	SAME(info.si_addr, (void *)0x1234);
	task[0].sighand->action[SIGSEGV - 1].handler = 0x1000;
	signal_fault(SIGSEGV, SEGV_ACCERR, 0);
	SAME(task[0].sighand->action[SIGSEGV - 1].handler, 0x1000);
}

const struct signal_case signal_cases[] = {
	{"order_and_merging", order_and_merging},
	{"own_before_shared", own_before_shared},
	{"limit", limit},
	{"no_memory", no_memory},
	{"ignoring", ignoring},
	{"choice", choice},
	{"stop_and_continue", stop_and_continue},
	{"killing", killing},
	{"faults", faults},
};
const int signal_case_count = ARRAY_SIZE(signal_cases);
