/* sched_setscheduler(2), sched_setparam(2), sched_get_priority_max(2), sched_rr_get_interval(2), sched_setattr(2), sched_yield(2). */
#include "test.h"
#include <sched.h>
#ifndef SCHED_RESET_ON_FORK
#define SCHED_RESET_ON_FORK 0x40000000
#endif
#define NORMAL 0

struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};

static long setscheduler(int pid, int policy, int priority)
{
	struct { int priority; } p = {priority};
	return syscall(SYS_sched_setscheduler, pid, policy, &p);
}

static long getscheduler(int pid)
{
	return syscall(SYS_sched_getscheduler, pid);
}

static void policies(void)
{
	int p = -1;
	CHECK_EQ(getscheduler(0), NORMAL);
	CHECK_EQ(setscheduler(0, SCHED_BATCH, 0), 0);
	CHECK_EQ(getscheduler(0), SCHED_BATCH);
	CHECK_EQ(setscheduler(0, SCHED_IDLE, 0), 0);
	CHECK_EQ(getscheduler(getpid()), SCHED_IDLE);
	CHECK_EQ(setscheduler(0, SCHED_RR, 10), 0);
	CHECK_EQ(getscheduler(0), SCHED_RR);
	CHECK_EQ(syscall(SYS_sched_getparam, 0, &p), 0);
	CHECK_EQ(p, 10);
	p = 20;
	CHECK_EQ(syscall(SYS_sched_setparam, 0, &p), 0);
	CHECK_EQ(setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, 1), 0);
	CHECK_EQ(getscheduler(0), SCHED_FIFO | SCHED_RESET_ON_FORK);
	int status;
	pid_t pid = fork();
	if (!pid)
		_exit(getscheduler(0));
	waitpid(pid, &status, 0);
	CHECK_EQ(status, NORMAL);
	CHECK_EQ(sched_yield(), 0);
	CHECK_EQ(setscheduler(0, NORMAL, 0), 0);
	CHECK_EQ(sched_yield(), 0);
}

static void errors(void)
{
	int p = 0;
	CHECK_ERR(setscheduler(-1, NORMAL, 0), EINVAL);
	CHECK_ERR(setscheduler(30001, NORMAL, 0), ESRCH);
	CHECK_ERR(setscheduler(0, 4, 0), EINVAL);
	CHECK_ERR(setscheduler(0, 77, 0), EINVAL);
	CHECK_ERR(setscheduler(0, -1, 0), EINVAL);
	CHECK_ERR(setscheduler(0, NORMAL, 1), EINVAL);
	CHECK_ERR(setscheduler(0, SCHED_FIFO, 0), EINVAL);
	CHECK_ERR(setscheduler(0, SCHED_FIFO, 100), EINVAL);
	CHECK_ERR(syscall(SYS_sched_setscheduler, 0, NORMAL, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_sched_setscheduler, 0, NORMAL, BAD_ADDRESS), EFAULT);
	CHECK_ERR(syscall(SYS_sched_setparam, 0, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_sched_setparam, -1, &p), EINVAL);
	CHECK_ERR(syscall(SYS_sched_getparam, 0, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_sched_getparam, 30001, &p), ESRCH);
	CHECK_ERR(syscall(SYS_sched_getparam, 0, BAD_ADDRESS), EFAULT);
	CHECK_ERR(getscheduler(-1), EINVAL);
	CHECK_ERR(getscheduler(30001), ESRCH);
}

static void ranges(void)
{
	CHECK_EQ(sched_get_priority_max(SCHED_FIFO), 99);
	CHECK_EQ(sched_get_priority_min(SCHED_RR), 1);
	CHECK_EQ(sched_get_priority_max(NORMAL), 0);
	CHECK_EQ(sched_get_priority_min(SCHED_IDLE), 0);
	CHECK_ERR(sched_get_priority_max(4), EINVAL);
	CHECK_ERR(sched_get_priority_min(-1), EINVAL);
	struct timespec ts = {-1, -1};
	setscheduler(0, SCHED_RR, 5);
	CHECK_EQ(syscall(SYS_sched_rr_get_interval, 0, &ts), 0);
	CHECK(ts.tv_sec == 0 && ts.tv_nsec > 0);
	setscheduler(0, SCHED_FIFO, 5);
	CHECK_EQ(syscall(SYS_sched_rr_get_interval, 0, &ts), 0);
	CHECK(ts.tv_sec == 0 && ts.tv_nsec == 0);
	setscheduler(0, NORMAL, 0);
	CHECK_ERR(syscall(SYS_sched_rr_get_interval, -1, &ts), EINVAL);
	CHECK_ERR(syscall(SYS_sched_rr_get_interval, 30001, &ts), ESRCH);
	CHECK_ERR(syscall(SYS_sched_rr_get_interval, 0, BAD_ADDRESS), EFAULT);
}

static void attributes(void)
{
	struct attr a;
	memset(&a, 0x77, sizeof(a));
	CHECK_EQ(syscall(SYS_sched_getattr, 0, &a, 48, 0), 0);
	CHECK(a.size == 48 && a.policy == NORMAL && a.nice == 0 && a.priority == 0);
	CHECK_EQ(syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0), 0);
	CHECK(a.size == sizeof(a));
	CHECK_ERR(syscall(SYS_sched_getattr, 0, &a, 47, 0), EINVAL);
	CHECK_ERR(syscall(SYS_sched_getattr, 0, &a, 5000, 0), EINVAL);
	CHECK_ERR(syscall(SYS_sched_getattr, 0, &a, 48, 1), EINVAL);
	CHECK_ERR(syscall(SYS_sched_getattr, 0, NULL, 48, 0), EINVAL);
	CHECK_ERR(syscall(SYS_sched_getattr, 30001, &a, 48, 0), ESRCH);
	a = (struct attr){.size = 48, .policy = SCHED_RR, .priority = 3};
	CHECK_EQ(syscall(SYS_sched_setattr, 0, &a, 0), 0);
	CHECK_EQ(getscheduler(0), SCHED_RR);
	a = (struct attr){.size = 48, .policy = NORMAL, .nice = 5};
	CHECK_EQ(syscall(SYS_sched_setattr, 0, &a, 0), 0);
	CHECK_EQ(syscall(SYS_getpriority, 0, 0), 15);
	a.nice = 0;
	CHECK_EQ(syscall(SYS_sched_setattr, 0, &a, 0), 0);
	a.size = 40;
	CHECK_ERR(syscall(SYS_sched_setattr, 0, &a, 0), E2BIG);
	CHECK(a.size >= 48);
	a.size = 48;
	CHECK_ERR(syscall(SYS_sched_setattr, 0, &a, 1), EINVAL);
	CHECK_ERR(syscall(SYS_sched_setattr, 0, NULL, 0), EINVAL);
	CHECK_ERR(syscall(SYS_sched_setattr, 0, BAD_ADDRESS, 0), EFAULT);
	a.policy = 99;
	CHECK_ERR(syscall(SYS_sched_setattr, 0, &a, 0), EINVAL);
}

static void unprivileged(void)
{
	int status;
	pid_t pid = fork();
	if (!pid) {
		setresuid(1000, 1000, 1000);
		int bad = setscheduler(0, SCHED_FIFO, 1) != -1 || errno != EPERM;
		bad |= (setscheduler(getppid(), SCHED_BATCH, 0) != -1 || errno != EPERM) << 1;
		bad |= (setscheduler(0, SCHED_BATCH, 0) != 0) << 2;
		_exit(bad);
	}
	waitpid(pid, &status, 0);
	CHECK_EQ(status, 0);
}

int main(void)
{
	policies();
	errors();
	ranges();
	attributes();
	unprivileged();
	DONE();
}
