#include "findings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "mote.h"

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Is it one of ours? What a record holds is checked when it is read. */
static bool is_valid(const struct findings *f)
{
	return !memcmp(f->magic, FINDINGS_MAGIC, sizeof(f->magic)) && f->version == FINDINGS_VERSION && f->size == sizeof(*f) &&
	       f->count <= FINDINGS_MAX;
}

static void fill_head(struct findings *f)
{
	f->version = FINDINGS_VERSION;
	f->size = sizeof(*f);
	f->started_ns = now_ns();
	memcpy(f->magic, FINDINGS_MAGIC, sizeof(f->magic));
}

/* fd's file at its full size, mapped. Its blocks are there from the start: a disk that fills up later must not kill who writes here. */
static int map_file(struct findings **out, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (st.st_size && (size_t)st.st_size != sizeof(struct findings))
		return -EINVAL;
	int err = posix_fallocate(fd, 0, sizeof(struct findings));

	if (err) { /* what there was no room for is to be begun anew */
		if (!st.st_size && ftruncate(fd, 0))
			return -errno;
		return -err;
	}
	void *map = mmap(NULL, sizeof(struct findings), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		return -errno;
	*out = map;
	if (!st.st_size)
		fill_head(map);
	if (is_valid(map))
		return 0;
	munmap(map, sizeof(struct findings));
	return -EINVAL;
}

static int say(const char *path, int err)
{
	if (err == -EINVAL)
		mote_error("%s: no list of findings, or of another version", path);
	else if (err)
		mote_error("%s: %s", path, strerror(-err));
	return err;
}

int findings_open(struct findings **out, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	int err = fd < 0 ? -errno : map_file(out, fd);

	if (fd >= 0)
		close(fd);
	return say(path, err);
}

void findings_close(struct findings *f)
{
	if (f)
		munmap(f, sizeof(*f));
}

/* ---- reading ---- */

static int read_whole(int fd, void *at, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, (char *)at + done, size - done, (off_t)done);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (!n)
			return -EINVAL;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Somebody may have damaged it: nothing in a record leads outside of it. */
static void tame(struct findings *f)
{
	for (uint32_t i = 0; i < f->count; i++) {
		struct finding *d = &f->finding[i];

		d->signature[sizeof(d->signature) - 1] = 0;
		d->log[sizeof(d->log) - 1] = 0;
		if (d->kind >= FUZZ_KINDS)
			d->kind = FUZZ_BROKEN;
		if (d->kase.len > FUZZ_CASE_BYTES)
			d->kase.len = FUZZ_CASE_BYTES;
	}
}

int findings_read(struct findings **out, const char *path)
{
	struct findings *f = malloc(sizeof(*f));
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err = fd < 0 ? -errno : f ? read_whole(fd, f, sizeof(*f)) : -ENOMEM;

	if (fd >= 0)
		close(fd);
	if (!err && !is_valid(f))
		err = -EINVAL;
	if (err) {
		free(f);
		return say(path, err);
	}
	tame(f);
	*out = f;
	return 0;
}

/* ---- writing ---- */

static struct finding *find(struct findings *f, const char *signature)
{
	for (uint32_t i = 0; i < f->count; i++) {
		if (!strcmp(f->finding[i].signature, signature))
			return &f->finding[i];
	}
	return NULL;
}

static void copy_case(struct fuzz_case *to, const struct fuzz_case *from)
{
	to->len = from->len < FUZZ_CASE_BYTES ? from->len : FUZZ_CASE_BYTES;
	memcpy(to->bytes, from->bytes, to->len);
}

/* The count is raised when the record is complete: who reads, or finds the file after a crash, sees whole ones. */
static struct finding *add(struct findings *f, const struct fuzz_outcome *o, const struct fuzz_case *kase)
{
	if (f->count == FINDINGS_MAX) {
		f->dropped++;
		return NULL;
	}
	struct finding *d = &f->finding[f->count];

	snprintf(d->signature, sizeof(d->signature), "%s", o->signature);
	snprintf(d->log, sizeof(d->log), "%s", o->log);
	d->kind = o->kind;
	d->count = 0;
	d->first_ns = now_ns();
	d->first_case = f->cases;
	copy_case(&d->kase, kase);
	atomic_fetch_add(&f->count, 1);
	return d;
}

void findings_note(struct findings *f, const struct fuzz_outcome *o, const struct fuzz_case *kase)
{
	struct finding *d = find(f, o->signature);

	if (!d)
		d = add(f, o, kase);
	if (!d)
		return;
	d->last_ns = now_ns();
	d->count++;
}
