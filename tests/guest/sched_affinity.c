/* sched_setaffinity(2), sched_getaffinity(2), getcpu(2). */
#include "test.h"

int main(void)
{
	uint64_t mask[16] = {0}, all;
	unsigned int cpu = 99, node = 99;
	CHECK(syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask) >= 8);
	CHECK(mask[0] & 1);
	all = mask[0];
	CHECK_EQ(syscall(SYS_sched_setaffinity, 0, sizeof(mask), (uint64_t[16]){1}), 0);
	memset(mask, 0, sizeof(mask));
	CHECK(syscall(SYS_sched_getaffinity, getpid(), sizeof(mask), mask) >= 8);
	CHECK_EQ(mask[0], 1);
	CHECK_EQ(syscall(SYS_getcpu, &cpu, &node, NULL), 0);
	CHECK_EQ(cpu, 0);
	CHECK_EQ(node, 0);
	CHECK_EQ(syscall(SYS_getcpu, NULL, NULL, NULL), 0);
	CHECK_ERR(syscall(SYS_getcpu, BAD_ADDRESS, NULL, NULL), EFAULT);
	CHECK_ERR(syscall(SYS_getcpu, NULL, BAD_ADDRESS, NULL), EFAULT);
	CHECK_EQ(syscall(SYS_sched_setaffinity, 0, sizeof(all), &all), 0);
	CHECK_ERR(syscall(SYS_sched_setaffinity, 0, sizeof(mask), (uint64_t[16]){0}), EINVAL);
	CHECK_ERR(syscall(SYS_sched_setaffinity, 0, 0, mask), EINVAL);
	CHECK_ERR(syscall(SYS_sched_setaffinity, 30001, sizeof(mask), mask), ESRCH);
	CHECK_ERR(syscall(SYS_sched_setaffinity, 0, sizeof(mask), BAD_ADDRESS), EFAULT);
	CHECK_ERR(syscall(SYS_sched_getaffinity, 0, 4, mask), EINVAL);
	CHECK_ERR(syscall(SYS_sched_getaffinity, 0, 129, mask), EINVAL);
	CHECK_ERR(syscall(SYS_sched_getaffinity, 30001, sizeof(mask), mask), ESRCH);
	CHECK_ERR(syscall(SYS_sched_getaffinity, 0, sizeof(mask), BAD_ADDRESS), EFAULT);
	DONE();
}
