/* capget(2), capset(2). */
#include "test.h"

struct header {
	uint32_t version;
	int pid;
};
struct sets {
	uint32_t effective, permitted, inheritable;
};
#define V1 0x19980330
#define V2 0x20071026
#define V3 0x20080522

static struct header h;
static struct sets d[2];

static long get(uint32_t version, int pid)
{
	h = (struct header){version, pid};
	return syscall(SYS_capget, &h, d);
}

static long set(uint32_t version, int pid)
{
	h = (struct header){version, pid};
	return syscall(SYS_capset, &h, d);
}

static void reading(void)
{
	CHECK_EQ(get(V3, 0), 0);
	CHECK(d[0].effective == d[0].permitted && d[0].permitted != 0);
	CHECK_EQ(get(V2, 0), 0);
	CHECK_EQ(get(V1, getpid()), 0);
	CHECK_ERR(get(V3, -1), EINVAL);
	CHECK_ERR(get(V3, 30001), ESRCH);
	CHECK_ERR(get(0x1234, 0), EINVAL);
	CHECK_EQ(h.version, V3);
	h.version = 0;
	CHECK_EQ(syscall(SYS_capget, &h, NULL), 0); /* asks for the version */
	CHECK_EQ(h.version, V3);
	CHECK_ERR(syscall(SYS_capget, BAD_ADDRESS, d), EFAULT);
	h = (struct header){V3, 0};
	CHECK_ERR(syscall(SYS_capget, &h, BAD_ADDRESS), EFAULT);
}

static void dropping(void)
{
	get(V3, 0);
	struct sets before = d[0];
	d[0].effective &= ~1u;
	CHECK_EQ(set(V3, 0), 0);
	get(V3, 0);
	CHECK(d[0].effective == (before.effective & ~1u) && d[0].permitted == before.permitted);
	d[0].effective |= 1;
	CHECK_EQ(set(V3, getpid()), 0);
	d[0].permitted &= ~1u;
	CHECK_ERR(set(V3, 0), EPERM); /* effective beyond permitted */
	d[0].effective &= ~1u;
	CHECK_EQ(set(V3, 0), 0);
	d[0].permitted |= 1;
	CHECK_ERR(set(V3, 0), EPERM); /* never comes back */
	CHECK_ERR(set(V3, 1), EPERM);
	CHECK_ERR(set(0x1234, 0), EINVAL);
	CHECK_ERR(syscall(SYS_capset, BAD_ADDRESS, d), EFAULT);
	h = (struct header){V3, 0};
	CHECK_ERR(syscall(SYS_capset, &h, BAD_ADDRESS), EFAULT);
}

int main(void)
{
	reading();
	dropping();
	DONE();
}
