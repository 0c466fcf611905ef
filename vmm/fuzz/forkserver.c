/*
 * AFL++'s fork server (its docs/fuzz*.md and instrumentation's runtime), without forking: afl-fuzz asks on descriptor 198 for each case, is told a pid
 * and a wait status on 199. It kills that pid when a case takes too long; it is a helper's (helper.h), and its death stops the machine.
 *
 * The pid is told together with the status, in one write, unless the case is still on at the watch's next look: until then nobody
 * needs it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aflmem.h"
#include "findings.h"
#include "helper.h"
#include "rig.h"

#define CONTROL_FD 198 /* FORKSRV_FD of AFL++'s config.h */
#define STATUS_FD  199

/* include/types.h of AFL++ */
#define FS_OPT_ENABLED	   0x80000001u
#define FS_OPT_MAPSIZE	   0x40000000u
#define FS_OPT_SHDMEM_FUZZ 0x01000000u
#define FS_OPT_MAX_MAPSIZE 0x00800000u

enum telling { TELL_NOT_YET, TELL_NOW, TELL_DONE };

struct server {
	struct fuzz_rig *r;
	struct findings *findings; /* NULL: nobody wants them */
	const char *input;
	bool shared_case;
	bool attached; /* the map is AFL++'s */
	atomic_int told; /* enum telling: the pid */
};

/* What signal handlers see. */
static struct fuzz_rig *volatile serving;
static volatile sig_atomic_t in_case, leaving, killed;
static volatile pid_t helper;

int fuzz_signal(enum fuzz_kind kind)
{
	static const int signals[FUZZ_KINDS] = {
		[FUZZ_STOPPED] = SIGKILL,  [FUZZ_PANIC] = SIGABRT, [FUZZ_ASSERTION] = SIGABRT,
		[FUZZ_UNDEFINED] = SIGILL, [FUZZ_POISON] = SIGBUS, [FUZZ_LEAK] = SIGUSR2,
		[FUZZ_HANG] = SIGALRM,	   [FUZZ_BROKEN] = SIGSEGV, [FUZZ_DIFFERENT] = SIGTRAP};

	return (unsigned int)kind < FUZZ_KINDS ? signals[kind] : SIGSEGV;
}

/* ---- signals ---- */

static void on_child(int sig)
{
	int err = errno;

	(void)sig;
	if (helper > 0 && waitpid(helper, NULL, WNOHANG) == helper) {
		helper = 0;
		killed = 1;
		if (in_case)
			fuzz_stop(serving);
	}
	errno = err;
}

/* A read that is on is interrupted; one that is about to begin finds nothing to read. */
static void on_end(int sig)
{
	(void)sig;
	leaving = 1;
	close(CONTROL_FD);
	if (in_case)
		fuzz_stop(serving);
}

static void catch_signals(void)
{
	struct sigaction child = {.sa_handler = on_child, .sa_flags = SA_RESTART}, end = {.sa_handler = on_end};

	sigaction(SIGCHLD, &child, NULL);
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGINT, &end, NULL);
	sigaction(SIGHUP, &end, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* ---- talking ---- */

static bool send_words(const uint32_t *word, size_t n)
{
	return write(STATUS_FD, word, n * sizeof(*word)) == (ssize_t)(n * sizeof(*word));
}

static bool receive(uint32_t *word)
{
	ssize_t n;

	while ((n = read(CONTROL_FD, word, sizeof(*word))) < 0 && errno == EINTR && !leaving)
		;
	return n == sizeof(*word);
}

static bool say_hello(struct server *s)
{
	uint32_t size = (uint32_t)fuzz_map_size(s->r), answer;
	uint32_t options = FS_OPT_ENABLED | FS_OPT_MAPSIZE | (size - 1) << 1 | (s->shared_case ? FS_OPT_SHDMEM_FUZZ : 0);

	if (!send_words(&options, 1) || (s->shared_case && !receive(&answer)))
		return false;
	if (s->shared_case && (answer & (FS_OPT_ENABLED | FS_OPT_SHDMEM_FUZZ)) != (FS_OPT_ENABLED | FS_OPT_SHDMEM_FUZZ)) {
		mote_error("AFL++ offers a test case in shared memory and does not put it there");
		return false;
	}
	return true;
}

/* The watch's thread looks: a case that is still on may be to be killed. */
static void tell_pid(void *ctx, bool running)
{
	struct server *s = ctx;
	int before = TELL_NOT_YET;
	uint32_t pid = (uint32_t)helper;

	if (!running || !pid || !atomic_compare_exchange_strong(&s->told, &before, TELL_NOW))
		return;
	send_words(&pid, 1);
	atomic_store(&s->told, TELL_DONE);
}

static bool tell_status(struct server *s, uint32_t pid, uint32_t status)
{
	uint32_t both[2] = {pid, status};
	int before = TELL_NOT_YET;

	if (atomic_compare_exchange_strong(&s->told, &before, TELL_DONE))
		return send_words(both, 2);
	while (s->told != TELL_DONE)
		sched_yield();
	return send_words(both + 1, 1);
}

/* ---- cases ---- */

/* AFL++ puts the test case into a file, or into what is our standard input. */
static int read_case(const struct server *s)
{
	struct fuzz_case *c = fuzz_case(s->r);
	int fd = s->input ? open(s->input, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	size_t done = 0;
	ssize_t n = 0;

	if (!s->input)
		lseek(fd, 0, SEEK_SET); /* a pipe: as it comes */
	while (fd >= 0 && done < FUZZ_CASE_BYTES && (n = read(fd, c->bytes + done, FUZZ_CASE_BYTES - done)) > 0)
		done += (size_t)n;
	if (fd < 0 || n < 0) {
		mote_error("%s: %s", s->input ? s->input : "standard input", strerror(errno));
		return -EIO;
	}
	c->len = (uint32_t)done;
	if (s->input)
		close(fd);
	return 0;
}

static void note(struct server *s, const struct fuzz_outcome *out)
{
	if (!s->findings)
		return;
	s->findings->cases++;
	if (out->kind != FUZZ_FINE && out->kind != FUZZ_STOPPED)
		findings_note(s->findings, out, fuzz_case(s->r));
}

/* A stop that was meant for the case before this one does not count. */
static int run_one(struct server *s, struct fuzz_outcome *out)
{
	unsigned int again = 0;
	int err;

	in_case = 1;
	do {
		err = fuzz_run(s->r, FUZZ_QUICK, out);
	} while (!err && out->kind == FUZZ_STOPPED && !killed && !leaving && !again++);
	in_case = 0;
	if (!err)
		note(s, out);
	return err;
}

static bool renew_helper(void)
{
	killed = 0;
	if (helper > 0)
		return true;
	pid_t pid = helper_make();

	if (pid < 0) {
		mote_error("cannot make a process: %s", strerror(-pid));
		return false;
	}
	helper = pid;
	return true;
}

/* The last case timed out, so AFL++ has killed its helper: that is to have happened before this one begins. */
static void await_helper_end(void)
{
	pid_t pid = helper;

	if (pid > 0)
		helper_end(pid);
	helper = 0;
}

/* False: AFL++ has gone, or nothing more can be run. */
static bool serve_case(struct server *s, uint32_t timed_out)
{
	struct fuzz_outcome out;

	if (timed_out)
		await_helper_end();
	if (!renew_helper() || (!s->shared_case && read_case(s)))
		return false;
	if (!s->attached) {
		mote_error("AFL++'s map is too small: set AFL_MAP_SIZE=%zu", fuzz_map_size(s->r));
		return false;
	}
	uint32_t pid = (uint32_t)helper;

	atomic_store(&s->told, TELL_NOT_YET);
	if (run_one(s, &out) || leaving)
		return false;
	return tell_status(s, pid, killed ? SIGKILL : (uint32_t)fuzz_signal(out.kind));
}

static int serve(struct server *s)
{
	uint32_t timed_out;

	catch_signals();
	if (!say_hello(s))
		return leaving ? 0 : MOTE_FAILED;
	while (receive(&timed_out)) {
		if (!serve_case(s, timed_out))
			break;
	}
	await_helper_end();
	return 0;
}

/* One case, without AFL++'s fork server: afl-showmap on a single file does that. */
static int run_single(struct server *s)
{
	struct fuzz_outcome out;
	int err = s->shared_case ? 0 : read_case(s);

	if (err || run_one(s, &out))
		return MOTE_FAILED;
	if (out.kind == FUZZ_FINE)
		return 0;
	mote_error("%s", out.signature);
	message_write(out.log, strlen(out.log));
	return MOTE_SIGNALLED + fuzz_signal(out.kind);
}

/* ---- setting up ---- */

/* What AFL++ shares takes the place of the rig's own. */
static int attach(struct server *s)
{
	void *map = s->r->map, *shared = fuzz_case(s->r);
	size_t size;
	int err = aflmem_map("__AFL_SHM_ID", &map, &size);

	s->attached = err == -ENOENT || (!err && size >= fuzz_map_size(s->r));
	if (err && err != -ENOENT)
		return err;
	if (!s->attached) /* AFL++ will ask for the size and start again */
		map = s->r->map;
	err = aflmem_map("__AFL_SHM_FUZZ_ID", &shared, &size);
	s->shared_case = !err;
	if (!err && size < sizeof(struct fuzz_case)) {
		mote_error("AFL++'s shared test case has %zu bytes, less than %zu", size, sizeof(struct fuzz_case));
		return -EINVAL;
	}
	return err && err != -ENOENT ? err : fuzz_attach(s->r, map, shared);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

int fuzz_serve(struct fuzz_rig *r, const char *findings_path, const char *input)
{
	struct server s = {.r = r, .input = input};
	int err = attach(&s);

	if (!err && findings_path)
		err = findings_open(&s.findings, findings_path);
	if (err)
		return MOTE_FAILED;
	serving = r;
	r->watch.tick_ctx = &s;
	atomic_store(&s.told, TELL_DONE);
	bool server = is_open(CONTROL_FD) && is_open(STATUS_FD);

	if (server)
		r->watch.on_tick = tell_pid;
	int status = server ? serve(&s) : run_single(&s);

	r->watch.on_tick = NULL;
	findings_close(s.findings);
	return status;
}
