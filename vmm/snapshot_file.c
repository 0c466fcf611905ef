/* Snapshots on disk. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "arch/arch.h"
#include "snapshot.h"

/* ---- parts ---- */

/* Take n bytes of the state, NULL when there are not as many left. */
static const uint8_t *part(const struct snapshot *s, uint64_t *at, uint64_t n)
{
	if (n > s->head.state_size - *at)
		return NULL;
	const uint8_t *p = s->state + *at;

	*at += n;
	return p;
}

static bool find_devices(struct snapshot *s, uint64_t at)
{
	for (unsigned int i = 0; i < s->head.devices; i++) {
		const struct snapshot_device *d = (const void *)part(s, &at, sizeof(*d));

		if (!d || d->size[0] > s->head.state_size || d->size[1] > s->head.state_size ||
		    !part(s, &at, (d->size[0] + d->size[1] + 7) & ~7ull))
			return false;
		s->device[i] = d;
	}
	return at == s->head.state_size;
}

static bool find_parts(struct snapshot *s)
{
	uint64_t at = 0;

	s->present = (const void *)part(s, &at, (snapshot_pages(s) + 63) / 64 * 8);
	if (!s->present)
		return false;
	for (unsigned int i = 0; i < s->head.started; i++) {
		s->vcpu[i] = part(s, &at, s->head.state_format);
		if (!s->vcpu[i])
			return false;
	}
	return find_devices(s, at);
}

int snapshot_attach(struct snapshot *s)
{
	if (!find_parts(s))
		return -EINVAL;
	void *at = mmap(NULL, snapshot_pages(s) * MEMORY_PAGE_SIZE, PROT_READ, MAP_PRIVATE, s->fd,
			(off_t)s->head.memory_offset);

	if (at == MAP_FAILED)
		return -errno;
	s->memory = at;
	return 0;
}

static uint32_t head_crc(const struct snapshot_head *h)
{
	struct snapshot_head copy = *h;

	copy.head_crc = 0;
	return (uint32_t)crc32(0, (const void *)&copy, sizeof(copy));
}

void snapshot_seal(struct snapshot *s)
{
	if (s->state)
		s->head.state_crc = (uint32_t)crc32_z(0, s->state, s->head.state_size);
	s->head.head_crc = head_crc(&s->head);
}

static uint32_t memory_crc(const struct snapshot *s)
{
	uLong crc = crc32(0, NULL, 0);

	for (uint64_t n = 0; n < snapshot_pages(s); n++) {
		if (snapshot_present(s, n))
			crc = crc32(crc, snapshot_page(s, n), MEMORY_PAGE_SIZE);
	}
	return (uint32_t)crc;
}

int snapshot_check_memory(const struct snapshot *s, const char *path)
{
	if (memory_crc(s) == s->head.memory_crc)
		return 0;
	mote_error("%s: damaged: its memory does not have the checksum it was written with", path);
	return -EINVAL;
}

/* ---- writing ---- */

static int write_all(int fd, const void *data, size_t len, uint64_t at)
{
	while (len) {
		ssize_t n = pwrite(fd, data, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENOSPC;
		data = (const char *)data + n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

/* Present pages in runs; the rest stays a hole. */
static int write_memory(const struct snapshot *s, int fd)
{
	uint64_t pages = snapshot_pages(s), n = 0;
	int err = 0;

	while (n < pages && !err) {
		uint64_t first = n;

		while (n < pages && snapshot_present(s, n))
			n++;
		err = write_all(fd, s->memory + first * MEMORY_PAGE_SIZE, (n - first) * MEMORY_PAGE_SIZE,
				s->head.memory_offset + first * MEMORY_PAGE_SIZE);
		while (n < pages && !snapshot_present(s, n))
			n++;
	}
	return err;
}

static int write_parts(struct snapshot *s, int fd)
{
	s->head.memory_crc = memory_crc(s);
	snapshot_seal(s);
	int err = ftruncate(fd, (off_t)s->head.file_size) ? -errno : 0;

	if (!err)
		err = write_all(fd, &s->head, sizeof(s->head), 0);
	if (!err)
		err = write_all(fd, s->state, s->head.state_size, SNAPSHOT_STATE);
	return err ? err : write_memory(s, fd);
}

/* Beside path first, so that path is never half a snapshot. */
int snapshot_write(struct snapshot *s, const char *path)
{
	char *beside;
	mode_t mask = umask(0);

	umask(mask);
	if (asprintf(&beside, "%s.XXXXXX", path) < 0)
		return -ENOMEM;
	int fd = mkostemp(beside, O_CLOEXEC);
	int err = fd < 0 ? -errno : write_parts(s, fd);

	if (!err && (fchmod(fd, 0666 & ~mask) || rename(beside, path)))
		err = -errno;
	if (err) {
		mote_error("cannot write %s: %s", path, strerror(-err));
		if (fd >= 0)
			unlink(beside);
	}
	if (fd >= 0)
		close(fd);
	free(beside);
	return err;
}

/* ---- reading ---- */

/* Sizes and offsets, each checked before it is added to another. */
static bool layout_fits(const struct snapshot_head *h)
{
	uint64_t mask = MEMORY_PAGE_SIZE - 1;

	if (h->ram_size < MOTE_MIN_MEM || h->ram_size > MOTE_MAX_MEM || (h->ram_size & mask) ||
	    (h->bootfs_size & mask) || h->bootfs_size > BOOT_MMIO_BASE - h->ram_size)
		return false;
	return !(h->memory_offset & mask) && h->memory_offset <= h->file_size &&
	       h->file_size - h->memory_offset == h->ram_size + h->bootfs_size &&
	       h->state_size <= SNAPSHOT_STATE_MAX && h->memory_offset >= SNAPSHOT_STATE &&
	       h->state_size <= h->memory_offset - SNAPSHOT_STATE;
}

/* Addresses that the machine is put back by: all of the control page and of the boot tables is in RAM. */
static bool addresses_fit(const struct snapshot_head *h)
{
	uint64_t mask = MEMORY_PAGE_SIZE - 1;

	return !((h->control | h->boot_root) & mask) && h->control < h->ram_size && h->boot_root < h->ram_size &&
	       arch_tables_size(h->ram_size + h->bootfs_size) <= h->ram_size - h->boot_root;
}

/* What is wrong with a head, or NULL. file_size: what fstat(2) says. */
static const char *head_fault(const struct snapshot_head *h, uint64_t file_size)
{
	static char text[128];

	if (memcmp(h->magic, SNAPSHOT_MAGIC, sizeof(h->magic)))
		return "not a snapshot";
	if (h->version != SNAPSHOT_VERSION) {
		snprintf(text, sizeof(text), "a snapshot of version %u, made by %s mote (this one reads version %u)", h->version,
			 h->version > SNAPSHOT_VERSION ? "a newer" : "an older", SNAPSHOT_VERSION);
		return text;
	}
	if (head_crc(h) != h->head_crc)
		return "damaged: its head does not have the checksum it was written with";
	if (file_size != h->file_size) {
		snprintf(text, sizeof(text), "%s: %llu bytes of %llu", file_size < h->file_size ? "truncated" : "too long",
			 (unsigned long long)file_size, (unsigned long long)h->file_size);
		return text;
	}
	if (!layout_fits(h) || !addresses_fit(h) || h->cpus < 1 || h->cpus > MOTE_MAX_CPUS || h->started < 1 ||
	    h->started > h->cpus || h->devices > BOOT_MAX_DEVICES || h->kernel_path[sizeof(h->kernel_path) - 1] ||
	    h->program[sizeof(h->program) - 1])
		return "damaged: its head contradicts itself";
	return NULL;
}

/* Why this host cannot run it, or NULL. */
static const char *host_fault(const struct snapshot_head *h)
{
	uint32_t have[SNAPSHOT_FEATURES];

	arch_features(have);
	if (h->machine != arch_elf_machine())
		return "made on another kind of processor";
	if (h->state_format != arch_vcpu_state_size())
		return "made by another build of mote: its processor state has another size";
	if (!h->shadowed != !arch_supervisor_emulated())
		return h->shadowed ? "made on a host that emulates the supervisor (mote check); this host's KVM is of the other kind"
				   : "made on a host with hardware virtualisation; this host's KVM is of the other kind (mote check)";
	for (unsigned int i = 0; i < SNAPSHOT_FEATURES; i++) {
		if (h->features[i] & ~have[i])
			return "made on a processor with features that this one has not";
	}
	return NULL;
}

static int read_all(int fd, void *to, size_t len, uint64_t at)
{
	ssize_t n = pread(fd, to, len, (off_t)at);

	return n == (ssize_t)len ? 0 : n < 0 ? -errno : -EINVAL;
}

static int refuse(const char *path, const char *why, int err)
{
	mote_error("%s: %s", path, why);
	return err;
}

static int read_head(struct snapshot *s, const char *path)
{
	struct stat st;
	const char *why;

	if (fstat(s->fd, &st))
		return refuse(path, strerror(errno), -errno);
	if (!S_ISREG(st.st_mode) || read_all(s->fd, &s->head, sizeof(s->head), 0))
		return refuse(path, "not a snapshot", -EINVAL);
	why = head_fault(&s->head, (uint64_t)st.st_size);
	if (why)
		return refuse(path, why, -EINVAL);
	why = host_fault(&s->head);
	return why ? refuse(path, why, -ENOTSUP) : 0;
}

static int read_state(struct snapshot *s, const char *path)
{
	s->state = malloc(s->head.state_size);
	if (!s->state)
		return refuse(path, "out of memory", -ENOMEM);
	if (read_all(s->fd, s->state, s->head.state_size, SNAPSHOT_STATE) ||
	    (uint32_t)crc32_z(0, s->state, s->head.state_size) != s->head.state_crc)
		return refuse(path, "damaged: its state does not have the checksum it was written with", -EINVAL);
	int err = snapshot_attach(s);

	return err ? refuse(path, err == -EINVAL ? "damaged: its state contradicts itself" : strerror(-err), err) : 0;
}

int snapshot_open(struct snapshot **out, const char *path)
{
	struct snapshot *s = calloc(1, sizeof(*s));

	if (!s)
		return refuse(path, "out of memory", -ENOMEM);
	s->refs = 1;
	s->fd = open(path, O_RDONLY | O_CLOEXEC);
	int err = s->fd < 0 ? refuse(path, strerror(errno), -errno) : read_head(s, path);

	if (!err)
		err = read_state(s, path);
	if (err)
		snapshot_put(s);
	else
		*out = s;
	return err;
}
