/* The files that a program in the oracle's sandbox sees. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox.h"

/* All that a program may fill. */
#define ROOT_OPTIONS "mode=755,size=64m,nr_inodes=4096"

static const char *const devices[] = {"null", "zero", "full", "random", "urandom", "tty"};
#define DEVICES (sizeof(devices) / sizeof(devices[0]))

/* Bind the devices from where they are (below the root that is left) to the working directory's dev. */
static const char *bind_devices(void)
{
	char from[40], to[40];

	if (mkdir("dev", 0755))
		return "making /dev";
	for (size_t i = 0; i < DEVICES; i++) {
		snprintf(from, sizeof(from), "/dev/%s", devices[i]);
		snprintf(to, sizeof(to), "dev/%s", devices[i]);
		int fd = open(to, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);

		if (fd < 0 || close(fd) || mount(from, to, NULL, MS_BIND, NULL))
			return "binding the devices";
	}
	return NULL;
}

/* The working directory, a mount, becomes the root, and the old one is gone. */
static const char *enter_root(void)
{
	if (syscall(SYS_pivot_root, ".", "."))
		return "changing the root";
	/* Both are stacked at "/" now; the old one lies on top and is what "." names. */
	if (umount2(".", MNT_DETACH) || chdir("/"))
		return "leaving the old root";
	return NULL;
}

static const char *new_root(const char *at)
{
	if (mount("oracle", at, "tmpfs", MS_NOSUID, ROOT_OPTIONS) || chdir(at))
		return "mounting a tmpfs";
	if (mkdir("proc", 0555) || mkdir("tmp", 01777) || mkdir("new", 0755))
		return "making directories";
	return bind_devices();
}

const char *sandbox_base(void)
{
	umask(0);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return "making mounts private";
	const char *failed = new_root("/tmp");

	if (failed)
		return failed;
	if (mount("/proc", "proc", NULL, MS_BIND | MS_REC, NULL))
		return "binding /proc";
	return enter_root();
}

const char *sandbox_root(void)
{
	umask(0);
	const char *failed = new_root("/new");

	if (failed)
		return failed;
	if (mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
		return "mounting /proc";
	return enter_root();
}
