/* User and group ids: setuid(2), setreuid(2), setresuid(2), setfsuid(2), setgroups(2) and their like; capabilities that go with them. */
#include "test.h"
#include <grp.h>

#define KEEP ((unsigned int)-1)

/* Run fn in a child: raw calls, so that the libc does not spread them over threads. */
static void in_child(const char *what, void (*fn)(void))
{
	fflush(stdout);
	pid_t pid = fork();
	int status;
	if (!pid) {
		say("-- %s", what);
		fn();
		_exit(test_failures != 0);
	}
	waitpid(pid, &status, 0);
	CHECK_EQ(status, 0);
}

static void show(void)
{
	unsigned int r, e, s;
	syscall(SYS_getresuid, &r, &e, &s);
	say("     uid %u %u %u fs %ld", r, e, s, syscall(SYS_setfsuid, -1));
	syscall(SYS_getresgid, &r, &e, &s);
	say("     gid %u %u %u fs %ld", r, e, s, syscall(SYS_setfsgid, -1));
}

static uint32_t effective_capabilities(void)
{
	struct { uint32_t version; int pid; } h = {0x20080522, 0};
	struct { uint32_t effective, permitted, inheritable; } d[2];
	return syscall(SYS_capget, &h, d) ? 0xbad : d[0].effective;
}

static uint32_t permitted_capabilities(void)
{
	struct { uint32_t version; int pid; } h = {0x20080522, 0};
	struct { uint32_t effective, permitted, inheritable; } d[2];
	return syscall(SYS_capget, &h, d) ? 0xbad : d[0].permitted;
}

static void setuid_root(void)
{
	CHECK_EQ(syscall(SYS_setgid, 20), 0);
	CHECK_EQ(syscall(SYS_setuid, 10), 0);
	show();
	CHECK_EQ(effective_capabilities(), 0);
	CHECK_EQ(permitted_capabilities(), 0);
	CHECK_ERR(syscall(SYS_setuid, 0), EPERM);
	CHECK_ERR(syscall(SYS_setgid, 0), EPERM);
	CHECK_EQ(syscall(SYS_setuid, 10), 0);
	CHECK_ERR(syscall(SYS_setuid, -1), EINVAL);
	CHECK_ERR(syscall(SYS_setgid, -1), EINVAL);
	CHECK_ERR(syscall(SYS_setgroups, 0, NULL), EPERM);
}

static void temporary(void)
{
	CHECK_EQ(syscall(SYS_setresuid, KEEP, 10, KEEP), 0);
	show();
	CHECK_EQ(effective_capabilities(), 0);
	CHECK(permitted_capabilities() != 0);
	CHECK_EQ(syscall(SYS_setresuid, KEEP, 0, KEEP), 0);
	CHECK(effective_capabilities() != 0);
	CHECK_EQ(syscall(SYS_setresuid, 1, 2, 3), 0);
	show();
	CHECK_EQ(syscall(SYS_setresuid, 3, 1, 2), 0);
	show();
	CHECK_ERR(syscall(SYS_setresuid, 4, KEEP, KEEP), EPERM);
	CHECK_ERR(syscall(SYS_setresuid, KEEP, 0, KEEP), EPERM);
	CHECK_ERR(syscall(SYS_getresuid, BAD_ADDRESS, BAD_ADDRESS, BAD_ADDRESS), EFAULT);
}

static void groups_of_three(void)
{
	CHECK_EQ(syscall(SYS_setresgid, 1, 2, 3), 0);
	show();
	CHECK_EQ(syscall(SYS_setregid, KEEP, 7), 0);
	show();
	CHECK_EQ(syscall(SYS_setresuid, 5, 5, 5), 0);
	CHECK_ERR(syscall(SYS_setresgid, 9, KEEP, KEEP), EPERM);
	CHECK_ERR(syscall(SYS_setregid, 9, KEEP), EPERM);
	CHECK_ERR(syscall(SYS_setregid, KEEP, 9), EPERM);
	CHECK_EQ(syscall(SYS_setregid, 7, 1), 0);
	show();
	CHECK_ERR(syscall(SYS_getresgid, BAD_ADDRESS, BAD_ADDRESS, BAD_ADDRESS), EFAULT);
}

static void real_and_effective(void)
{
	CHECK_EQ(syscall(SYS_setreuid, KEEP, 10), 0);
	show();
	CHECK_EQ(syscall(SYS_setreuid, 10, 0), 0);
	show();
	CHECK_EQ(syscall(SYS_setreuid, 11, 12), 0);
	show();
	CHECK_EQ(syscall(SYS_setreuid, 12, 11), 0);
	show();
	CHECK_ERR(syscall(SYS_setreuid, 13, KEEP), EPERM);
	CHECK_ERR(syscall(SYS_setreuid, KEEP, 13), EPERM);
}

static void file_system_ids(void)
{
	CHECK_EQ(syscall(SYS_setfsuid, 10), 0);
	CHECK_EQ(syscall(SYS_setfsuid, 20), 10);
	CHECK_EQ(syscall(SYS_setfsuid, 0), 20);
	CHECK_EQ(syscall(SYS_setfsgid, 10), 0);
	CHECK_EQ(syscall(SYS_setfsgid, 0), 10);
	syscall(SYS_setresuid, 5, 5, 5);
	CHECK_EQ(syscall(SYS_setfsuid, 6), 5);
	CHECK_EQ(syscall(SYS_setfsuid, -1), 5); /* it did not take effect */
}

static void supplementary(void)
{
	unsigned int list[64] = {30, 10, 20}, many[33];
	CHECK_EQ(syscall(SYS_setgroups, 3, list), 0);
	CHECK_EQ(syscall(SYS_getgroups, 0, NULL), 3);
	CHECK_EQ(syscall(SYS_getgroups, 64, list), 3);
	say("     %u %u %u", list[0], list[1], list[2]);
	CHECK_ERR(syscall(SYS_getgroups, 2, list), EINVAL);
	CHECK_ERR(syscall(SYS_getgroups, -1, list), EINVAL);
	CHECK_ERR(syscall(SYS_getgroups, 64, BAD_ADDRESS), EFAULT);
	CHECK_ERR(syscall(SYS_setgroups, -1, list), EINVAL);
	CHECK_ERR(syscall(SYS_setgroups, 65537, list), EINVAL);
	CHECK_ERR(syscall(SYS_setgroups, 3, BAD_ADDRESS), EFAULT);
	for (int i = 0; i < 33; i++)
		many[i] = i;
	CHECK_EQ(syscall(SYS_setgroups, 32, many), 0);
	CHECK_EQ(syscall(SYS_getgroups, 0, NULL), 32);
	CHECK_EQ(syscall(SYS_setgroups, 0, NULL), 0);
	CHECK_EQ(syscall(SYS_getgroups, 0, NULL), 0);
}

static void set_user_id_program(void)
{
	/* the copied program reports its ids as it starts */
	pid_t pid = fork();
	int status;
	if (!pid) {
		syscall(SYS_setresuid, 10, 10, 10);
		execl("/tmp/id_suid", "id_suid", "report", NULL);
		_exit(9);
	}
	waitpid(pid, &status, 0);
	CHECK_EQ(status, 0);
}

static int copy(const char *from, const char *to)
{
	char buf[65536];
	ssize_t n;
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, n) != n)
			return -1;
	close(in);
	return fchown(out, 70, 71) || fchmod(out, 06755) || close(out);
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		show();
		return 0;
	}
	CHECK(getuid() == 0 && geteuid() == 0 && getgid() == 0 && getegid() == 0);
	in_child("setuid", setuid_root);
	in_child("setresuid", temporary);
	in_child("setresgid", groups_of_three);
	in_child("setreuid", real_and_effective);
	in_child("setfsuid", file_system_ids);
	in_child("setgroups", supplementary);
	CHECK_EQ(copy(argv[0], "/tmp/id_suid"), 0);
	in_child("set-user-ID", set_user_id_program);
	unlink("/tmp/id_suid");
	DONE();
}
