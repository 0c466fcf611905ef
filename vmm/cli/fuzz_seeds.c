#include "fuzz_seeds.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mote.h"
#include "shared/abi/fuzz.h"

/* Why a file was left out. */
enum reason { TAKEN, EMPTY, TOO_LONG, NO_FILE, UNREADABLE, REASONS };
static const char *const reason_text[] = {[EMPTY] = "empty", [TOO_LONG] = "too long", [NO_FILE] = "no file", [UNREADABLE] = "unreadable"};

/* Reads what fd holds; TAKEN when it is a case. */
static enum reason read_case(int fd, unsigned char bytes[FUZZ_CASE_BYTES + 1], size_t *len)
{
	struct stat st;

	if (fd < 0)
		return UNREADABLE;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return NO_FILE;
	ssize_t n = read(fd, bytes, FUZZ_CASE_BYTES + 1);

	if (n < 0)
		return UNREADABLE;
	*len = (size_t)n;
	return n == 0 ? EMPTY : n > FUZZ_CASE_BYTES ? TOO_LONG : TAKEN;
}

static int write_file(int queue, const char *name, const unsigned char *bytes, size_t len)
{
	int fd = openat(queue, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666), err = 0;

	if (fd < 0)
		return -errno;
	ssize_t n = write(fd, bytes, len);

	if (n != (ssize_t)len)
		err = n < 0 ? -errno : -ENOSPC;
	if (close(fd) && !err)
		err = -errno;
	if (err)
		unlinkat(queue, name, 0);
	return err;
}

/* The first free number. */
static unsigned int next_id(int queue)
{
	unsigned int id, next = 0;
	struct dirent *e;
	DIR *d = fdopendir(openat(queue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	while (d && (e = readdir(d))) {
		if (sscanf(e->d_name, "id:%6u", &id) == 1 && id >= next)
			next = id + 1;
	}
	if (d)
		closedir(d);
	return next;
}

static void tell_left_out(const char *from, const unsigned int count[REASONS])
{
	char text[128] = "";
	size_t len = 0;
	unsigned int all = 0;

	for (unsigned int r = EMPTY; r < REASONS; r++) {
		all += count[r];
		if (count[r])
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%u %s", len ? ", " : "", count[r],
						reason_text[r]);
	}
	if (all)
		mote_error("--seed %s: %u left out (%s)", from, all, text);
}

/* One entry of the directory from; the name travels along as afl-fuzz has it for a first entry. */
static enum reason add_one(int dir, const char *name, int queue, unsigned int id, int *err)
{
	unsigned char bytes[FUZZ_CASE_BYTES + 1];
	char own[128];
	size_t len = 0;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	enum reason why = read_case(fd, bytes, &len);

	if (fd >= 0)
		close(fd);
	if (why != TAKEN)
		return why;
	snprintf(own, sizeof(own), "id:%06u,orig:%.60s", id, name);
	*err = write_file(queue, own, bytes, len);
	return TAKEN;
}

static int add_all(const char *from, int queue, bool quiet)
{
	struct dirent **entry;
	unsigned int count[REASONS] = {0}, id = next_id(queue);
	int n = scandir(from, &entry, NULL, alphasort), err = 0;

	if (n < 0) {
		err = -errno;
		mote_error("--seed %s: %s", from, strerror(errno));
		return err;
	}
	int dir = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < n; i++) {
		const char *name = entry[i]->d_name;

		if (!err && strcmp(name, ".") && strcmp(name, ".."))
			count[add_one(dir, name, queue, id + count[TAKEN], &err)]++;
		free(entry[i]);
	}
	free(entry);
	if (dir >= 0)
		close(dir);
	if (err)
		mote_error("cannot write a seed: %s", strerror(-err));
	else if (!quiet)
		tell_left_out(from, count);
	return err;
}

static int open_queue(const char *directory)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/seeds/queue", directory) >= (int)sizeof(path)) {
		mote_error("%s: %s", directory, strerror(ENAMETOOLONG));
		return -ENAMETOOLONG;
	}
	int queue = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (queue >= 0)
		return queue;
	queue = -errno;
	mote_error("%s: %s", path, strerror(-queue));
	return queue;
}

int seeds_add(const char *directory, const char *from, bool quiet)
{
	int queue = open_queue(directory);

	if (queue < 0)
		return queue;
	int err = add_all(from, queue, quiet);

	close(queue);
	return err;
}

int seeds_add_least(const char *directory)
{
	int queue = open_queue(directory), err = 0;

	if (queue < 0)
		return queue;
	if (!next_id(queue)) {
		err = write_file(queue, "id:000000,orig:zero", (const unsigned char[1]){0}, 1);
		if (err)
			mote_error("cannot write a seed: %s", strerror(-err));
	}
	close(queue);
	return err;
}
