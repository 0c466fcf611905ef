/* uname(2), sethostname(2), setdomainname(2), sysinfo(2), personality(2), syslog(2), reboot(2) as far as it can be tried. */
#include "test.h"
#include <sys/sysinfo.h>
#include <sys/utsname.h>

static void in_child(void)
{
	int status;
	pid_t pid = fork();
	if (!pid) {
		setresuid(1000, 1000, 1000);
		int bad = sethostname("x", 1) != -1 || errno != EPERM;
		bad |= (syscall(SYS_setdomainname, "x", 1) != -1 || errno != EPERM) << 1;
		bad |= (syscall(SYS_reboot, 0xfee1dead, 672274793, 0, NULL) != -1 || errno != EPERM) << 2;
		bad |= (syscall(SYS_syslog, 5, NULL, 0) != -1 || errno != EPERM) << 3;
		_exit(bad);
	}
	waitpid(pid, &status, 0);
	CHECK_EQ(status, 0);
}

static void names(void)
{
	struct utsname u, before;
	char long_name[70];
	memset(long_name, 'h', sizeof(long_name));
	CHECK_EQ(uname(&before), 0);
	CHECK(!strcmp(before.sysname, "Linux"));
	CHECK(!strcmp(before.machine, "x86_64"));
	CHECK(atoi(before.release) >= 5);
	CHECK_ERR(syscall(SYS_uname, BAD_ADDRESS), EFAULT);
	CHECK_EQ(sethostname("renamed", 7), 0);
	uname(&u);
	CHECK(!strcmp(u.nodename, "renamed"));
	CHECK_EQ(syscall(SYS_setdomainname, "domain", 6), 0);
	uname(&u);
	CHECK(!strcmp(u.domainname, "domain"));
	CHECK_EQ(sethostname(long_name, 64), 0);
	uname(&u);
	CHECK_EQ(strlen(u.nodename), 64);
	CHECK_ERR(sethostname(long_name, 65), EINVAL);
	CHECK_ERR(syscall(SYS_sethostname, long_name, -1), EINVAL);
	CHECK_ERR(syscall(SYS_sethostname, BAD_ADDRESS, 5), EFAULT);
	CHECK_ERR(syscall(SYS_setdomainname, long_name, 65), EINVAL);
	CHECK_ERR(syscall(SYS_setdomainname, BAD_ADDRESS, 5), EFAULT);
	CHECK_EQ(sethostname(before.nodename, strlen(before.nodename)), 0);
	CHECK_EQ(syscall(SYS_setdomainname, before.domainname, strlen(before.domainname)), 0);
}

static void figures(void)
{
	struct sysinfo s;
	memset(&s, 0xff, sizeof(s));
	CHECK_EQ(sysinfo(&s), 0);
	CHECK(s.uptime < 1000000000);
	CHECK(s.totalram > 0 && s.freeram > 0 && s.freeram <= s.totalram);
	CHECK(s.procs > 0 && s.mem_unit >= 1);
	CHECK_ERR(syscall(SYS_sysinfo, BAD_ADDRESS), EFAULT);
	CHECK_EQ(syscall(SYS_personality, 0xffffffff), 0);
	CHECK_EQ(syscall(SYS_personality, 0x0040000), 0);
	CHECK_EQ(syscall(SYS_personality, 0), 0x0040000);
	CHECK_EQ(syscall(SYS_personality, 0xffffffff), 0);
}

static void log_calls(void)
{
	char buf[64];
	CHECK(syscall(SYS_syslog, 10, NULL, 0) > 0);
	CHECK(syscall(SYS_syslog, 3, buf, sizeof(buf)) >= 0);
	CHECK_ERR(syscall(SYS_syslog, 3, NULL, 10), EINVAL);
	CHECK_ERR(syscall(SYS_syslog, 3, buf, -1), EINVAL);
	CHECK_EQ(syscall(SYS_syslog, 3, buf, 0), 0);
	CHECK_ERR(syscall(SYS_syslog, 8, NULL, 0), EINVAL);
	CHECK_ERR(syscall(SYS_syslog, 8, NULL, 9), EINVAL);
	CHECK_ERR(syscall(SYS_syslog, 77, NULL, 0), EINVAL);
	CHECK_ERR(syscall(SYS_syslog, -1, NULL, 0), EINVAL);
}

static void reboots(void)
{
	CHECK_ERR(syscall(SYS_reboot, 1, 672274793, 0x1234567, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_reboot, 0xfee1dead, 1, 0x1234567, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_reboot, 0xfee1dead, 672274793, 0x55555555, NULL), EINVAL);
}

int main(void)
{
	names();
	figures();
	log_calls();
	reboots();
	in_child();
	DONE();
}
