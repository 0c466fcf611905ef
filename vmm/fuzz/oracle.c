#include "oracle.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "beside.h"
#include "mote.h"
#include "oracle_filter.h"
#include "oracle_state.h"
#include "sandbox/sandbox.h"

/* Ids 0..0x7ffffffd of programs are these on the host: nobody's. */
#define OUTER_IDS 0x80000000u
#define INNER_IDS (ORACLE_IDS_END)

static const size_t area_size[] = {sizeof(struct fuzz_case), sizeof(struct fuzz_results)};

struct oracle_paths {
	char executor[PATH_MAX], sandbox[PATH_MAX], allow[PATH_MAX];
};

static int copy_file(int from, int to)
{
	char buf[65536];
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		if (write(to, buf, (size_t)n) != n)
			return -1;
	return n ? -1 : 0;
}

/* The executor as a file that exists nowhere and cannot be changed. */
static int open_executor(const char *path)
{
	int from = open(path, O_RDONLY | O_CLOEXEC);
	int fd = memfd_create("executor", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (from < 0 || fd < 0 || copy_file(from, fd) || fchmod(fd, 0755) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
		int error = -errno;

		mote_error("%s: %s", path, strerror(errno));
		close(from);
		close(fd);
		return error;
	}
	close(from);
	return fd;
}

/* Of a fixed size: a program that finds it cannot make reading it here fault, or fill memory with it. */
static int open_area(enum fuzz_area area)
{
	int fd = memfd_create("area", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, (off_t)area_size[area]) || fchmod(fd, 0666) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
		int error = -errno;

		mote_error("oracle: no shared memory: %s", strerror(errno));
		close(fd);
		return error;
	}
	return fd;
}

/* ---- the keeper, as its owner sees it ---- */

static int write_map(pid_t pid, const char *name)
{
	char path[64], map[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	int len = snprintf(map, sizeof(map), "0 %u %u", OUTER_IDS, INNER_IDS);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int error = fd < 0 || write(fd, map, (size_t)len) != len ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return error;
}

static int give_order(struct oracle *o)
{
	ssize_t n;

	do
		n = send(o->socket, "", 1, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n == 1)
		return 0;
	mote_error("oracle: the sandbox is gone");
	return -EPIPE;
}

/* 0, or a negative errno, said. */
static int await_answer(struct oracle *o)
{
	struct sandbox_answer a;
	ssize_t n;

	do
		n = recv(o->socket, &a, sizeof(a), 0);
	while (n < 0 && errno == EINTR);
	if (n != sizeof(a)) {
		mote_error("oracle: the sandbox is gone");
		return -EPIPE;
	}
	if (a.error && !o->ready && a.error != EIO)
		mote_error("oracle: this host refuses what keeps programs apart from it: %s: %s%s", a.doing, strerror(a.error),
			   a.error == EPERM || a.error == ENOSPC ? " (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, "
								   "kernel.apparmor_restrict_unprivileged_userns; or another container)"
								 : "");
	return -a.error;
}

/* The child: descriptors where the sandbox looks for them, and no more. */
static void __attribute__((noreturn)) exec_sandbox(int *fd, char *const argv[])
{
	static char *const envp[] = {NULL};

	/* First out of each other's way. */
	for (int i = 0; i < SANDBOX_FD_END - SANDBOX_OWNER; i++)
		if ((fd[i] = fcntl(fd[i], F_DUPFD_CLOEXEC, SANDBOX_FD_END)) < 0)
			_exit(1);
	for (int i = 0; i < SANDBOX_FD_END - SANDBOX_OWNER; i++)
		if (dup2(fd[i], SANDBOX_OWNER + i) < 0)
			_exit(1);
	close_range(SANDBOX_FD_END, ~0u, CLOSE_RANGE_CLOEXEC);
	execve(argv[0], argv, envp);
	_exit(1);
}

/* fd[]: executor and filter are filled. */
static int start_sandbox(struct oracle *o, int *fd, const struct oracle_paths *paths, unsigned int time_limit)
{
	int pair[2];
	char limit[16], owner[16];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	fd[SANDBOX_OWNER - SANDBOX_OWNER] = pair[1];
	o->socket = pair[0];
	snprintf(limit, sizeof(limit), "%u", time_limit);
	snprintf(owner, sizeof(owner), "%d", (int)getpid());
	char *const argv[] = {(char *)paths->sandbox, limit, owner, o->single_id ? "own" : "range", NULL};

	o->keeper = fork();
	if (!o->keeper)
		exec_sandbox(fd, argv);
	int error = o->keeper < 0 ? -errno : 0;

	close(pair[1]);
	return error;
}

static int map_ids(struct oracle *o)
{
	int error = write_map(o->keeper, "uid_map");

	if (!error)
		error = write_map(o->keeper, "gid_map");
	if (error)
		mote_error("oracle: cannot map user ids %u-%u into a namespace (%s): a process of user 0 needs CAP_SETUID and "
			   "CAP_SETGID for that",
			   OUTER_IDS, OUTER_IDS + INNER_IDS - 1, strerror(-error));
	return error;
}

static int make_namespaces(struct oracle *o)
{
	int error = await_answer(o);

	if (!error && !o->single_id)
		error = map_ids(o);
	if (!error)
		error = give_order(o);
	if (!error)
		error = await_answer(o);
	return error;
}

static int open_sandbox(struct oracle *o, const struct oracle_paths *paths, unsigned int time_limit)
{
	int fd[SANDBOX_FD_END - SANDBOX_OWNER];

	o->single_id = geteuid() != 0;
	for (int area = 0; area < FUZZ_AREAS; area++) {
		o->areas[area] = open_area((enum fuzz_area)area);
		if (o->areas[area] < 0)
			return o->areas[area];
	}
	int executor = open_executor(paths->executor);

	if (executor < 0)
		return executor;
	int filter = oracle_filter(), error = filter < 0 ? filter : 0;

	fd[SANDBOX_EXECUTOR - SANDBOX_OWNER] = executor;
	fd[SANDBOX_CASE - SANDBOX_OWNER] = o->areas[FUZZ_AREA_CASE];
	fd[SANDBOX_RESULTS - SANDBOX_OWNER] = o->areas[FUZZ_AREA_RESULTS];
	fd[SANDBOX_FILTER - SANDBOX_OWNER] = filter;
	if (!error)
		error = start_sandbox(o, fd, paths, time_limit);
	if (error)
		mote_error("oracle: %s", strerror(-error));
	else
		error = make_namespaces(o);
	close(executor);
	close(filter);
	return error;
}

/* ---- public ---- */

/* An empty program must come through. */
static int try_run(struct oracle *o, const char *executor)
{
	struct fuzz_case *c = calloc(1, sizeof(*c));
	struct fuzz_results *out = malloc(sizeof(*out));
	int error = c && out ? oracle_run(o, c, out) : -ENOMEM;

	if (!error && out->stage < FUZZ_STAGE_CLEAN) {
		mote_error("oracle: %s does not run an empty program to its end here", executor);
		error = -EIO;
	}
	free(c);
	free(out);
	return error;
}

int oracle_open(struct oracle **out, const struct oracle_config *config)
{
	struct oracle_paths p;
	struct oracle *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	o->socket = o->areas[0] = o->areas[1] = -1;
	int error = beside_find_fuzz(config->executor, "executor", p.executor, sizeof(p.executor));

	if (!error)
		error = beside_find_fuzz(config->sandbox, "sandbox", p.sandbox, sizeof(p.sandbox));
	if (!error)
		error = beside_find_fuzz(config->allow, "oracle-allow", p.allow, sizeof(p.allow));
	if (!error)
		error = oracle_allow_load(&o->allow, p.allow);
	if (!error)
		error = open_sandbox(o, &p, config->time_limit ? config->time_limit : 1000);
	if (!error)
		error = try_run(o, p.executor);
	if (error) {
		oracle_close(o);
		return error;
	}
	o->ready = true;
	*out = o;
	return 0;
}

void oracle_close(struct oracle *o)
{
	if (!o)
		return;
	/* Its runs die with it. */
	if (o->keeper > 0) {
		kill(o->keeper, SIGKILL);
		while (waitpid(o->keeper, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close(o->socket);
	for (int i = 0; i < FUZZ_AREAS; i++)
		close(o->areas[i]);
	oracle_allow_free(o->allow);
	free(o->text);
	free(o);
}

int oracle_run(struct oracle *o, const struct fuzz_case *c, struct fuzz_results *out)
{
	memset(out, 0, sizeof(*out));
	out->options = FUZZ_OBSERVE;
	if (pwrite(o->areas[FUZZ_AREA_CASE], c, sizeof(*c), 0) != sizeof(*c) ||
	    pwrite(o->areas[FUZZ_AREA_RESULTS], out, sizeof(*out), 0) != sizeof(*out)) {
		mote_error("oracle: shared memory: %s", strerror(errno));
		return -EIO;
	}
	int error = give_order(o);

	if (!error)
		error = await_answer(o);
	/* Whatever the program has done to its executor is a run that did not finish. */
	if (error == -EIO)
		error = 0;
	if (error)
		return error;
	if (pread(o->areas[FUZZ_AREA_RESULTS], out, sizeof(*out), 0) != sizeof(*out))
		return -EIO;
	oracle_clean_results(out);
	return 0;
}

struct oracle_lenience oracle_lenience(struct oracle *o)
{
	return (struct oracle_lenience){.allow = o->allow, .single_id = o->single_id, .allowed = &o->counts.allowed};
}

const struct oracle_counts *oracle_count(const struct oracle *o)
{
	return &o->counts;
}
