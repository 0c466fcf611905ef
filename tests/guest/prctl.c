/* prctl(2): names, dumpability, privileges, capabilities; arch_prctl(2). */
#include "test.h"
#include <sys/prctl.h>
#ifndef PR_CAP_AMBIENT
#define PR_CAP_AMBIENT 47
#endif

static void names(void)
{
	char name[16];
	memset(name, 'z', sizeof(name));
	CHECK_EQ(prctl(PR_SET_NAME, "short"), 0);
	CHECK_EQ(prctl(PR_GET_NAME, name), 0);
	CHECK(!strcmp(name, "short"));
	CHECK_EQ(name[15], 0);
	CHECK_EQ(prctl(PR_SET_NAME, "a name that is much too long"), 0);
	CHECK_EQ(prctl(PR_GET_NAME, name), 0);
	CHECK(!strcmp(name, "a name that is "));
	CHECK_ERR(prctl(PR_SET_NAME, BAD_ADDRESS), EFAULT);
	CHECK_ERR(prctl(PR_GET_NAME, BAD_ADDRESS), EFAULT);
}

static void flags(void)
{
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 1);
	CHECK_EQ(prctl(PR_SET_DUMPABLE, 0), 0);
	CHECK_EQ(prctl(PR_GET_DUMPABLE), 0);
	CHECK_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
	CHECK_ERR(prctl(PR_SET_DUMPABLE, 2), EINVAL);
	CHECK_ERR(prctl(PR_SET_DUMPABLE, -1), EINVAL);
	CHECK_EQ(prctl(PR_GET_KEEPCAPS), 0);
	CHECK_EQ(prctl(PR_SET_KEEPCAPS, 1), 0);
	CHECK_EQ(prctl(PR_GET_KEEPCAPS), 1);
	CHECK_EQ(prctl(PR_SET_KEEPCAPS, 0), 0);
	CHECK_ERR(prctl(PR_SET_KEEPCAPS, 2), EINVAL);
	CHECK_EQ(prctl(PR_GET_TIMING), PR_TIMING_STATISTICAL);
	CHECK_ERR(prctl(PR_SET_TIMING, 1), EINVAL);
	CHECK_EQ(prctl(PR_SET_TIMERSLACK, 12345), 0);
	CHECK_EQ(prctl(PR_GET_TIMERSLACK), 12345);
	CHECK_EQ(prctl(PR_GET_SECCOMP), 0);
	/* what has no effect here is kept and told */
	CHECK_EQ(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0), 0);
	CHECK_EQ(prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0), 0);
	CHECK_EQ(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 0);
	CHECK_ERR(prctl(PR_SET_THP_DISABLE, 1, 0, 1, 0), EINVAL);
	CHECK_ERR(prctl(PR_GET_THP_DISABLE, 1, 0, 0, 0), EINVAL);
	CHECK_EQ(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0), PR_MCE_KILL_DEFAULT);
	CHECK_EQ(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_LATE, 0, 0), 0);
	CHECK_EQ(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0), PR_MCE_KILL_LATE);
	CHECK_ERR(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, 3, 0, 0), EINVAL);
	CHECK_ERR(prctl(PR_MCE_KILL, PR_MCE_KILL_CLEAR, 1, 0, 0), EINVAL);
	CHECK_EQ(prctl(PR_MCE_KILL, PR_MCE_KILL_CLEAR, 0, 0, 0), 0);
	CHECK_ERR(prctl(PR_MCE_KILL, 2, 0, 0, 0), EINVAL);
	CHECK_ERR(prctl(PR_GET_TID_ADDRESS, BAD_ADDRESS, 0, 0, 0), EFAULT);
	CHECK_ERR(prctl(-1), EINVAL);
	CHECK_ERR(prctl(12345), EINVAL);
}

static void capabilities(void)
{
	CHECK_EQ(prctl(PR_CAPBSET_READ, 0), 1);
	CHECK_ERR(prctl(PR_CAPBSET_READ, 99), EINVAL);
	CHECK_ERR(prctl(PR_CAPBSET_DROP, 99), EINVAL);
	CHECK_EQ(prctl(PR_CAPBSET_DROP, 25), 0);
	CHECK_EQ(prctl(PR_CAPBSET_READ, 25), 0);
	CHECK_EQ(prctl(PR_GET_SECUREBITS), 0);
	CHECK_EQ(prctl(PR_CAP_AMBIENT, 1, 0, 0, 0), 0);
	CHECK_ERR(prctl(PR_CAP_AMBIENT, 2, 0, 0, 0), EPERM); /* not inheritable */
	CHECK_EQ(prctl(PR_CAP_AMBIENT, 4, 0, 0, 0), 0);
	CHECK_ERR(prctl(PR_CAP_AMBIENT, 9, 0, 0, 0), EINVAL);
	CHECK_ERR(prctl(PR_CAP_AMBIENT, 1, 99, 0, 0), EINVAL);
}

static void no_new_privs(void)
{
	int status;
	CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
	CHECK_ERR(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL);
	CHECK_ERR(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0), EINVAL);
	CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	pid_t pid = fork();
	if (!pid)
		_exit(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	waitpid(pid, &status, 0);
	CHECK_EQ(status, 1 << 8);
}

static void segment_bases(void)
{
	unsigned long fs = 0, gs = 1;
	CHECK_EQ(syscall(SYS_arch_prctl, 0x1003, &fs), 0);
	CHECK(fs != 0);
	CHECK_EQ(syscall(SYS_arch_prctl, 0x1004, &gs), 0);
	CHECK_EQ(gs, 0);
	CHECK_EQ(syscall(SYS_arch_prctl, 0x1001, 0x12345000), 0);
	CHECK_EQ(syscall(SYS_arch_prctl, 0x1004, &gs), 0);
	CHECK_EQ(gs, 0x12345000);
	CHECK_EQ(syscall(SYS_arch_prctl, 0x1001, 0), 0);
	CHECK_ERR(syscall(SYS_arch_prctl, 0x1001, 0x800000000000), EPERM);
	CHECK_ERR(syscall(SYS_arch_prctl, 0x1003, BAD_ADDRESS), EFAULT);
	CHECK_ERR(syscall(SYS_arch_prctl, 0x77, 0), EINVAL);
}

int main(void)
{
	names();
	flags();
	capabilities();
	no_new_privs();
	segment_bases();
	DONE();
}
