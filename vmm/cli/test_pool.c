/* The parent's side of a pool: workers started, watched and replaced. */
#include "test_pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "message.h"
#include "mote.h"
#include "test_shared.h"

#define NS_PER_S    1000000000ull
#define NS_PER_MS   1000000ull
#define TICK	    (100 * NS_PER_MS)
#define START_LIMIT 60.0	      /* seconds for a machine to come to its ready point */
#define NUDGE	    (100 * NS_PER_MS) /* between two reminders that time is up */
#define GRACE	    (5 * NS_PER_S)    /* from the first of them to SIGKILL */
#define FILE_SLACK  4096	      /* room to notice that there is too much */

/* A worker as the parent keeps it. */
struct child {
	struct pool_slot *slot;
	pid_t pid; /* 0: none */
	int fd[TEST_STREAMS];
	char *map[TEST_STREAMS];
	uint64_t late_since; /* when its run in hand was first found out of time, 0: it is not */
	uint64_t last_run;   /* + 1: of the last result taken */
	bool given_up;
};

struct pool {
	const struct pool_config *config;
	struct pool_shared *shared;
	size_t shared_size;
	struct child *child;
	int wake, signals;
	sigset_t old_mask;
	uint64_t done;
	uint64_t resumed; /* time that passed before this does not count */
	uint64_t next_tick;
	int status; /* of the whole, once it is not 0 */
};

/* ---- captures ---- */

/* A file of its own memory that holds `size` bytes and never more: a write beyond fails with EPERM
 * (fcntl(2), F_SEAL_GROW). */
static int make_file(size_t size, char **map)
{
	int fd = memfd_create("mote-test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	if (!ftruncate(fd, (off_t)size) && !fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK)) {
		*map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
		if (*map != MAP_FAILED)
			return fd;
	}
	int err = -errno;

	close(fd);
	return err;
}

static void look_at(const struct pool *p, const struct child *c,
		    struct test_capture capture[TEST_STREAMS])
{
	for (int i = 0; i < TEST_STREAMS; i++) {
		off_t len = lseek(c->fd[i], 0, SEEK_CUR);
		uint64_t n = len < 0 ? 0 : (uint64_t)len;

		capture[i].cut = n > p->config->max_output;
		capture[i].data = c->map[i];
		capture[i].len = capture[i].cut ? p->config->max_output : n;
	}
}

/* ---- a worker's process ---- */

static void set_worker_signals(const struct pool *p)
{
	static const int parents[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT}; /* the parent ends us */

	for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++)
		signal(parents[i], SIG_IGN);
	sigprocmask(SIG_SETMASK, &p->old_mask, NULL);
}

/* Standard input is empty, the other two are the log; other workers' files are none of ours. */
static int set_worker_files(const struct pool *p, const struct child *own)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, 0) < 0 || dup2(own->fd[TEST_LOG], 1) < 0 ||
	    dup2(own->fd[TEST_LOG], 2) < 0)
		return -errno;
	close(null);
	close(p->signals);
	for (unsigned int i = 0; i < p->config->workers; i++) {
		for (int s = 0; s < TEST_STREAMS; s++) {
			if (&p->child[i] != own)
				close(p->child[i].fd[s]);
		}
	}
	return 0;
}

static _Noreturn void be_worker(struct pool *p, struct child *own, pid_t parent)
{
	struct pool_worker w = {.shared = p->shared,
				.slot = own->slot,
				.wake = p->wake,
				.max_output = p->config->max_output};
	uint64_t one = 1;
	int status = MOTE_FAILED;

	memcpy(w.fd, own->fd, sizeof(w.fd));
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(MOTE_FAILED);
	set_worker_signals(p);
	if (!set_worker_files(p, own))
		status = p->config->work(p->config->ctx, &w);
	if (write(w.wake, &one, sizeof(one)) < 0) /* then the parent hears of our end */
		_exit(MOTE_FAILED);
	_exit(status);
}

static int start_worker(struct pool *p, struct child *c)
{
	pid_t parent = getpid();

	for (int i = 0; i < TEST_STREAMS; i++)
		pool_file_clear(c->fd[i]);
	c->slot->since = pool_now();
	c->slot->current = POOL_STARTING;
	c->late_since = 0;
	fflush(NULL);
	c->pid = fork();
	if (c->pid == 0)
		be_worker(p, c, parent);
	if (c->pid > 0)
		return 0;
	int err = -errno;

	c->pid = 0;
	c->given_up = true;
	p->config->speak(p->config->ctx);
	mote_error("cannot start a worker: %s", strerror(-err));
	return err;
}

/* ---- results ---- */

static void take_result(struct pool *p, struct child *c, const struct test_verdict *r)
{
	struct test_capture capture[TEST_STREAMS] = {0};

	if (r->run >= p->config->runs) /* only a worker that ran wild writes such */
		return;
	if (test_failed(r))
		look_at(p, c, capture);
	c->last_run = r->run + 1;
	p->done++;
	p->config->result(p->config->ctx, r, capture);
}

static void drain(struct pool *p, struct child *c)
{
	struct pool_slot *s = c->slot;
	unsigned int from = s->consumed, to = s->produced;

	if (from == to)
		return;
	if (to - from > POOL_RING)
		from = to - POOL_RING;
	while (from != to) {
		struct test_verdict r = s->ring[from % POOL_RING];

		take_result(p, c, &r);
		s->consumed = ++from;
	}
	if (s->waiting)
		pool_futex_wake(&s->consumed);
}

static void drain_all(struct pool *p)
{
	for (unsigned int i = 0; i < p->config->workers; i++)
		drain(p, &p->child[i]);
}

/* ---- a worker's end ---- */

/* The run that it had in hand ended with it. */
static void take_death(struct pool *p, struct child *c, uint64_t run, int wait_status)
{
	struct test_verdict r = {.run = run,
				 .ns = pool_now() - c->slot->since,
				 .status = wait_status,
				 .outcome = TEST_DIED};

	if (c->slot->overdue == run + 1)
		r.outcome = TEST_TIMEOUT;
	take_result(p, c, &r);
}

/* Does any other worker have its machine? */
static bool any_ready(const struct pool *p)
{
	for (unsigned int i = 0; i < p->config->workers; i++) {
		if (p->child[i].pid && p->child[i].slot->current != POOL_STARTING)
			return true;
	}
	return false;
}

/* It ended before it could run anything: what it said is why. The others go on without it, if there
 * are any. */
static void complain(struct pool *p, struct child *c, int wait_status)
{
	struct test_capture capture[TEST_STREAMS];

	c->given_up = true;
	if (p->status) /* one of its kind has said why */
		return;
	look_at(p, c, capture);
	p->config->speak(p->config->ctx);
	message_write(capture[TEST_LOG].data, capture[TEST_LOG].len);
	if (c->late_since)
		mote_error("a machine did not come to its ready point in %g s", START_LIMIT);
	else if (WIFSIGNALED(wait_status))
		mote_error("a worker died as it made its machine: signal %s",
			   strsignal(WTERMSIG(wait_status)));
	if (!any_ready(p))
		p->status = MOTE_FAILED;
}

static void bury(struct pool *p, struct child *c, int wait_status)
{
	uint64_t current;

	drain(p, c);
	c->pid = 0;
	current = c->slot->current;
	c->slot->current = POOL_NOTHING;
	if (current == POOL_STARTING)
		complain(p, c, wait_status);
	else if (current != POOL_NOTHING && current != c->last_run)
		take_death(p, c, current - 1, wait_status);
	if (!c->given_up && p->shared->next < p->config->runs && !p->status)
		start_worker(p, c);
}

static void reap(struct pool *p)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (unsigned int i = 0; i < p->config->workers; i++) {
			if (p->child[i].pid == pid)
				bury(p, &p->child[i], status);
		}
	}
}

static void end_workers(struct pool *p)
{
	for (unsigned int i = 0; i < p->config->workers; i++) {
		if (p->child[i].pid)
			kill(p->child[i].pid, SIGKILL);
	}
	for (unsigned int i = 0; i < p->config->workers; i++) {
		if (p->child[i].pid)
			waitpid(p->child[i].pid, NULL, 0);
	}
}

/* ---- time ---- */

static uint64_t limit_of(const struct pool *p, uint64_t current)
{
	double seconds = p->config->timeout;

	if (current == POOL_STARTING && seconds < START_LIMIT)
		seconds = START_LIMIT;
	return (uint64_t)(seconds * NS_PER_S);
}

/* The run in hand is out of time. */
static void nudge(struct child *c, uint64_t current, uint64_t now)
{
	if (!c->late_since) {
		c->late_since = now;
		c->slot->overdue = current;
	}
	kill(c->pid, current == POOL_STARTING || now - c->late_since > GRACE ? SIGKILL : SIGALRM);
}

/* When c next wants to be looked at. */
static uint64_t check_time(struct pool *p, struct child *c, uint64_t now)
{
	uint64_t current = c->slot->current, since = c->slot->since;

	if (!c->pid || current == POOL_NOTHING || c->slot->current != current)
		return UINT64_MAX;
	if (since < p->resumed)
		since = p->resumed;
	if (since + limit_of(p, current) > now) {
		c->late_since = 0;
		return since + limit_of(p, current);
	}
	nudge(c, current, now);
	return now + NUDGE;
}

/* Sees to all times; answers milliseconds until the next of them. */
static int check_times(struct pool *p)
{
	uint64_t now = pool_now(), next;

	if (now >= p->next_tick) {
		p->next_tick = now + TICK;
		p->config->tick(p->config->ctx);
	}
	next = p->next_tick;
	for (unsigned int i = 0; i < p->config->workers; i++) {
		uint64_t at = check_time(p, &p->child[i], now);

		next = at < next ? at : next;
	}
	return (int)((next - now) / NS_PER_MS) + 1;
}

/* ---- the parent's loop ---- */

static void take_signals(struct pool *p)
{
	struct signalfd_siginfo si;

	while (read(p->signals, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGCHLD)
			reap(p);
		else if (si.ssi_signo == SIGCONT)
			p->resumed = pool_now();
		else
			p->status = MOTE_SIGNALLED + (int)si.ssi_signo;
	}
}

static bool any_worker(const struct pool *p)
{
	for (unsigned int i = 0; i < p->config->workers; i++) {
		if (p->child[i].pid)
			return true;
	}
	return false;
}

static void loop(struct pool *p)
{
	struct pollfd fd[] = {{.fd = p->signals, .events = POLLIN},
			      {.fd = p->wake, .events = POLLIN}};
	uint64_t count;

	while (!p->status && p->done < p->config->runs && any_worker(p)) {
		if (poll(fd, 2, check_times(p)) < 0 && errno != EINTR)
			break;
		if (fd[1].revents & POLLIN && read(p->wake, &count, sizeof(count)) < 0)
			break;
		drain_all(p);
		take_signals(p);
	}
	drain_all(p);
	if (!p->status && p->done < p->config->runs) {
		p->config->speak(p->config->ctx);
		mote_error("%llu runs were lost with their workers",
			   (unsigned long long)(p->config->runs - p->done));
		p->status = MOTE_FAILED;
	}
}

/* ---- making it ---- */

static int catch_signals(struct pool *p)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGCHLD, SIGCONT};
	struct sigaction old;
	sigset_t set;

	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigaction(signals[i], NULL, &old);
		if (old.sa_handler != SIG_IGN) /* nohup(1) */
			sigaddset(&set, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &set, &p->old_mask);
	p->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return p->signals < 0 ? -errno : 0;
}

static int make_child(struct pool *p, unsigned int i)
{
	struct child *c = &p->child[i];

	c->slot = &p->shared->slot[i];
	for (int s = 0; s < TEST_STREAMS; s++) {
		c->fd[s] = make_file(p->config->max_output + FILE_SLACK, &c->map[s]);
		if (c->fd[s] < 0)
			return c->fd[s];
	}
	return 0;
}

static int make(struct pool *p, const struct pool_config *config)
{
	p->config = config;
	p->shared_size = sizeof(*p->shared) + config->workers * sizeof(struct pool_slot);
	p->shared = mmap(NULL, p->shared_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			 -1, 0);
	p->child = calloc(config->workers, sizeof(*p->child));
	p->wake = eventfd(0, EFD_CLOEXEC);
	if (p->shared == MAP_FAILED || !p->child || p->wake < 0)
		return -errno;
	p->shared->runs = config->runs;
	int err = catch_signals(p);

	for (unsigned int i = 0; i < config->workers && !err; i++)
		err = make_child(p, i);
	return err;
}

/* What is made lasts as long as the process: it runs one pool. */
int pool_run(const struct pool_config *config)
{
	static struct pool p;
	int err = make(&p, config);

	if (err) {
		mote_error("cannot make workers: %s", strerror(-err));
		return MOTE_FAILED;
	}
	for (unsigned int i = 0; i < config->workers; i++) {
		if (start_worker(&p, &p.child[i]))
			return end_workers(&p), MOTE_FAILED;
	}
	loop(&p);
	config->tick(config->ctx);
	end_workers(&p);
	return p.status;
}
