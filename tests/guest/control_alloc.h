/*
 * Every allocation of kernel memory that an operation makes fails once (mote_fail_alloc), each time in a
 * process of its own: the operation must fail with an errno that says so, or come off all the same, and
 * afterwards the kernel must have in use what it had before. On Linux each operation runs once.
 */
#ifndef TESTS_GUEST_CONTROL_ALLOC_H
#define TESTS_GUEST_CONTROL_ALLOC_H

#include "fs.h"
#include <dirent.h>
#include <mote/test.h>

struct operation {
	const char *name;
	/* In a child, in an empty directory: 0, or -1 with errno of the call that failed. */
	int (*run)(void);
};

enum outcome { DONE_HIT = 10, DONE_MISSED, FAILED_HIT, FAILED_MISSED, BAD_ERRNO };

/* Inside of run: a call that answers -1 ends the operation. */
#define TRY(call)                                                                                      \
	({                                                                                             \
		long try_ = (long)(call);                                                              \
		if (try_ == -1) {                                                                      \
			try_line = __LINE__;                                                           \
			return -1;                                                                     \
		}                                                                                      \
		try_;                                                                                  \
	})
/* Something that failing memory does not explain. */
#define MUST(cond)                                                                                     \
	do {                                                                                           \
		if (!(cond)) {                                                                         \
			try_line = __LINE__;                                                           \
			errno = EPROTO;                                                                \
			return -1;                                                                     \
		}                                                                                      \
	} while (0)
static int try_line __attribute__((unused));

/* What the manual pages have for want of memory; locks say it in their own way. */
static bool says_memory(int err)
{
	return err == ENOMEM || err == EAGAIN || err == ENOLCK || err == ENOSPC;
}

static int attempt(const struct operation *op, unsigned long n)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		mote_fail_alloc(n);
		errno = 0;
		int r = op->run(), err = errno, hit = mote_fail_alloc(0) == 1;

		if (r == 0)
			_exit(hit ? DONE_HIT : DONE_MISSED);
		if (hit && says_memory(err))
			_exit(FAILED_HIT);
		fprintf(stderr, "%s: allocation %lu: line %d: errno %d%s\n", op->name, n, try_line, err, hit ? "" : " without cause");
		_exit(hit ? BAD_ERRNO : FAILED_MISSED);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -1;
	if (!WIFEXITED(status)) {
		fprintf(stderr, "%s: allocation %lu: died of signal %d\n", op->name, n, WTERMSIG(status));
		return -1;
	}
	return WEXITSTATUS(status);
}

static void empty_directory(void)
{
	DIR *d = opendir(".");
	struct dirent *e;

	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			nftw(e->d_name, fs_remove_one, 16, FTW_DEPTH | FTW_PHYS);
	closedir(d);
}

struct in_use {
	unsigned long long pages, objects, tasks;
};

static struct in_use in_use(void)
{
	static unsigned long long alone; /* tasks when nothing had run yet */
	struct mote_counts c = {0};

	mote_get_counts(&c);
	alone = alone ? alone : c.tasks;
	/* Orphans are nobody's to wait for. */
	for (int i = 0; i < 1000 && c.tasks > alone; i++) {
		nanosleep(&(struct timespec){0, 1000000}, NULL);
		mote_get_counts(&c);
	}
	return (struct in_use){c.pages_total - c.pages_free - c.pages_slab, c.objects, c.tasks};
}

static void show_slabs(void)
{
	char text[8192];
	int fd = open("/proc/slabinfo", O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text));

	close(fd);
	fprintf(stderr, "%.*s", (int)n, text);
}

static bool lost(const char *name, struct in_use before)
{
	struct in_use now = in_use();

	if (now.pages == before.pages && now.objects == before.objects && now.tasks == before.tasks)
		return false;
	fprintf(stderr, "%s: pages %llu -> %llu, objects %llu -> %llu, tasks %llu -> %llu\n", name, before.pages, now.pages,
		before.objects, now.objects, before.tasks, now.tasks);
	return true;
}

/* All failures of op from the n-th on, until none is left. False when one was not clean. */
static bool walk(const struct operation *op, unsigned long n)
{
	int outcome;

	do {
		outcome = attempt(op, n++);
		empty_directory();
	} while (outcome == DONE_HIT || outcome == FAILED_HIT);
	if (n > 1)
		fprintf(stderr, "%s: %lu allocations\n", op->name, n - 2);
	return outcome == DONE_MISSED;
}

/* In a process of its own, whose memory is gone at its end. */
static bool walk_apart(const struct operation *op, unsigned long n)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		_exit(walk(op, n) ? 0 : 1);
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static void walk_operation(const struct operation *op, bool verbose)
{
	bool clean = walk_apart(op, ULONG_MAX), loss; /* what stays behind from the first use is no loss */
	int again = 2;

	do {
		if (verbose)
			show_slabs();
		struct in_use before = in_use();

		clean = walk_apart(op, 1) && clean;
		loss = lost(op->name, before); /* or the table of process numbers has grown, once */
	} while (loss && --again);
	clean = clean && !loss;
	if (verbose)
		show_slabs();
	say("%s %s", clean ? "ok  " : "FAIL", op->name);
	test_failures += !clean;
}

/* What the kernel keeps for good from the first time on: its count of root's pending signals. */
static void settle(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR1);
	sigtimedwait(&set, NULL, &(struct timespec){0});
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* argv: names of operations (with the slabs before and after on stderr); none: all. */
static void walk_operations(const struct operation *op, size_t count, char **argv)
{
	mote_present();
	settle();
	in_use();
	fs_enter();
	for (size_t i = 0; i < count; i++) {
		bool chosen = !argv[1];

		for (char **name = argv + 1; *name; name++)
			chosen |= !strcmp(*name, op[i].name);
		if (chosen)
			walk_operation(&op[i], argv[1] != NULL);
	}
	fs_leave();
}

#endif
