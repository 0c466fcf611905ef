/* arch_prctl(2): segment bases. */
#include "test.h"
#include <sched.h>

/* <asm/prctl.h>, which musl's tools do not see */
#define ARCH_SET_GS 0x1001
#define ARCH_SET_FS 0x1002
#define ARCH_GET_FS 0x1003
#define ARCH_GET_GS 0x1004

static long call(int code, unsigned long addr)
{
	return syscall(SYS_arch_prctl, code, addr);
}

static unsigned long gs_word(void)
{
	unsigned long v;
	__asm__ volatile("mov %%gs:0, %0" : "=r"(v));
	return v;
}

int main(void)
{
	static unsigned long block[2] = {0x1122334455667788, 2};
	unsigned long fs = 0, gs = 1;

	CHECK_EQ(call(ARCH_GET_FS, (unsigned long)&fs), 0);
	CHECK(fs != 0);
	CHECK_EQ(call(ARCH_SET_FS, fs), 0);
	CHECK_EQ(call(ARCH_GET_GS, (unsigned long)&gs), 0);
	CHECK_EQ(gs, 0);
	CHECK_EQ(call(ARCH_SET_GS, (unsigned long)block), 0);
	CHECK_EQ(gs_word(), 0x1122334455667788);
	sched_yield();
	usleep(1000);
	CHECK_EQ(gs_word(), 0x1122334455667788);
	CHECK_EQ(call(ARCH_GET_GS, (unsigned long)&gs), 0);
	CHECK(gs == (unsigned long)block);
	pid_t child = fork();
	if (!child) {
		bool same = gs_word() == block[0];
		call(ARCH_SET_GS, 0);
		_exit(same ? 0 : 1);
	}
	int status;
	CHECK(waitpid(child, &status, 0) == child);
	CHECK_EQ(status, 0);
	CHECK_EQ(gs_word(), 0x1122334455667788);
	CHECK_ERR(call(ARCH_GET_FS, (unsigned long)BAD_ADDRESS), EFAULT);
	CHECK_ERR(call(ARCH_GET_GS, (unsigned long)BAD_ADDRESS), EFAULT);
	CHECK_ERR(call(ARCH_SET_FS, 0xffffffff80000000), EPERM);
	CHECK_ERR(call(ARCH_SET_GS, 0x8000000000000000), EPERM);
	CHECK_ERR(call(0, 0), EINVAL);
	CHECK_ERR(call(-1, 0), EINVAL);
	DONE();
}
