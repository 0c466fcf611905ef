/* The keeper of the oracle's sandbox: a process in the user namespace that starts runs and ends them in time. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"

static void answer(const char *doing, int error)
{
	struct sandbox_answer a = {.error = error};

	snprintf(a.doing, sizeof(a.doing), "%s", doing);
	if (send(SANDBOX_OWNER, &a, sizeof(a), MSG_NOSIGNAL) != sizeof(a))
		_exit(1); /* the owner is gone */
}

static void __attribute__((noreturn)) fail(const char *doing, int error)
{
	answer(doing, error);
	_exit(1);
}

/* End when the owner does. A change of ids undoes this. */
static void die_with_owner(const struct sandbox *s)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != s->owner)
		_exit(1);
}

/* One byte from the owner; its end is ours. */
static void await_order(void)
{
	char c;
	ssize_t n;

	do
		n = read(SANDBOX_OWNER, &c, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(0);
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	ssize_t n = write(fd, text, strlen(text));
	int error = errno;

	close(fd);
	errno = error;
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* The one id that a process may map itself: its own. */
static void map_own_id(unsigned int uid, unsigned int gid)
{
	char map[40];

	if (write_file("/proc/self/setgroups", "deny"))
		fail("giving up groups", errno);
	snprintf(map, sizeof(map), "0 %u 1", uid);
	if (write_file("/proc/self/uid_map", map))
		fail("mapping the user id", errno);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	if (write_file("/proc/self/gid_map", map))
		fail("mapping the group id", errno);
}

static void become_root(const struct sandbox *s)
{
	if (setresgid(0, 0, 0) || setresuid(0, 0, 0) || (s->map_ids && setgroups(0, NULL)))
		fail("becoming root inside", errno);
	die_with_owner(s);
}

static void enter_user_namespace(const struct sandbox *s)
{
	unsigned int uid = getuid(), gid = getgid(); /* outside */

	if (unshare(CLONE_NEWUSER))
		fail("a user namespace", errno);
	if (!s->map_ids)
		map_own_id(uid, gid);
	answer("", 0);
	await_order();
	become_root(s);
}

/*
 * What programs could nest would only be more to clean up. And there is no cgroup namespace, so that none can mount a cgroup file system: that takes
 * rights in the host's.
 */
static void forbid_nesting(void)
{
	static const char *const limits[] = {"user", "net", "cgroup", "time"};
	char path[60];

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		snprintf(path, sizeof(path), "/proc/sys/user/max_%s_namespaces", limits[i]);
		if (write_file(path, "0") && errno != ENOENT)
			fail("forbidding namespaces inside", errno);
	}
}

static void enter_namespaces(void)
{
	if (unshare(CLONE_NEWNET))
		fail("a network namespace", errno);
	if (unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS))
		fail("mount, ipc and uts namespaces", errno);
	forbid_nesting();
	const char *failed = sandbox_base();

	if (failed)
		fail(failed, errno);
}

/* In the new namespaces. `alive` is the reading end of a pipe whose other end only the keeper has. */
static void __attribute__((noreturn)) begin_run(const struct sandbox *s, int alive)
{
	struct pollfd hup = {.fd = alive};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (poll(&hup, 1, 0) != 0)
		_exit(SANDBOX_BROKEN); /* the keeper was gone before that */
	if (sandbox_root())
		_exit(SANDBOX_BROKEN);
	sandbox_init(s);
}

/* Wait until the run is over or its time is up; it is gone afterwards, every process of it. */
static int end_run(const struct sandbox *s, pid_t init, int pidfd)
{
	struct pollfd over = {.fd = pidfd, .events = POLLIN};
	int status, n;

	do
		n = poll(&over, 1, (int)s->time_limit);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		kill(init, SIGKILL);
	while (waitpid(init, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static void run(const struct sandbox *s)
{
	int alive[2], pidfd = -1;

	if (pipe2(alive, O_CLOEXEC))
		fail("making a pipe", errno);
	long pid = syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_PIDFD | SIGCHLD, NULL,
			   &pidfd, NULL, NULL);

	if (pid < 0)
		fail("namespaces for a run", errno);
	if (!pid) {
		close(alive[1]);
		begin_run(s, alive[0]);
	}
	close(alive[0]);
	int status = end_run(s, (pid_t)pid, pidfd);

	close(alive[1]);
	close(pidfd);
	bool broken = WIFEXITED(status) && WEXITSTATUS(status) == SANDBOX_BROKEN;

	answer(broken ? "starting the executor" : "", broken ? EIO : 0);
}

void sandbox_keep(const struct sandbox *s)
{
	die_with_owner(s);
	setsid();
	if (close_range(SANDBOX_FD_END, ~0u, 0))
		fail("closing descriptors", errno);
	/* When memory is short it is a program's fault. */
	if (write_file("/proc/self/oom_score_adj", "1000"))
		fail("being the first to go when memory is short", errno);
	enter_user_namespace(s);
	enter_namespaces();
	answer("", 0);
	for (;;) {
		await_order();
		run(s);
	}
}
