/* getpriority(2), setpriority(2): the raw calls answer 20 - nice. */
#include "test.h"
#include <sys/resource.h>

static long get(int which, int who)
{
	return syscall(SYS_getpriority, which, who);
}

static long set(int which, int who, int nice)
{
	return syscall(SYS_setpriority, which, who, nice);
}

int main(void)
{
	int status;
	CHECK_EQ(get(PRIO_PROCESS, 0), 20);
	CHECK_EQ(set(PRIO_PROCESS, 0, 5), 0);
	CHECK_EQ(get(PRIO_PROCESS, getpid()), 15);
	CHECK_EQ(set(PRIO_PROCESS, 0, -100), 0);
	CHECK_EQ(get(PRIO_PROCESS, 0), 40);
	CHECK_EQ(set(PRIO_PROCESS, 0, 100), 0);
	CHECK_EQ(get(PRIO_PROCESS, 0), 1);
	CHECK_EQ(set(PRIO_PROCESS, 0, 0), 0);
	CHECK_ERR(get(3, 0), EINVAL);
	CHECK_ERR(get(-1, 0), EINVAL);
	CHECK_ERR(set(3, 0, 0), EINVAL);
	CHECK_ERR(get(PRIO_PROCESS, 30001), ESRCH);
	CHECK_ERR(set(PRIO_PROCESS, 30001, 0), ESRCH);
	CHECK_ERR(get(PRIO_PGRP, 30001), ESRCH);
	CHECK_ERR(get(PRIO_USER, 54321), ESRCH);
	setpgid(0, 0);
	CHECK_EQ(set(PRIO_PGRP, 0, 3), 0);
	CHECK_EQ(get(PRIO_PGRP, 0), 17);
	CHECK_EQ(get(PRIO_PGRP, getpid()), 17);
	pid_t pid = fork();
	if (!pid) {
		int bad = get(PRIO_PROCESS, 0) != 17; /* inherited */
		setresuid(1000, 1000, 1000);
		bad |= (set(PRIO_PROCESS, 0, 2) != -1 || errno != EACCES) << 1;
		bad |= (set(PRIO_PROCESS, 0, 4) != 0) << 2;
		bad |= (set(PRIO_PROCESS, getppid(), 10) != -1 || errno != EPERM) << 3;
		bad |= (get(PRIO_USER, 1000) != 16) << 4;
		_exit(bad);
	}
	waitpid(pid, &status, 0);
	CHECK_EQ(status, 0);
	DONE();
}
