/*
 * cpio archives, "newc" (070701) and "crc" (070702), plain or gzip, several one after another:
 * cpio(5), Linux Documentation/driver-api/early-userspace/buffer-format.rst. The archive is taken
 * for hostile: every length is checked against what is left and against the tree's limit.
 */
#include "rootfs_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#define HEADER	  110
#define FIELDS	  13
#define MAGIC_LEN 6
/* An archive costs the host this much for each byte of guest memory at most: names and headers
 * beside the data. */
#define SLACK (16ull << 20)
#define INFLATE_STEP (1u << 20)

/* The bytes of an archive: an open file, or memory. */
struct bytes {
	int fd; /* -1: mem */
	const unsigned char *mem;
	uint64_t size;
};

enum field {
	INO,
	MODE,
	UID,
	GID,
	NLINK,
	MTIME,
	FILESIZE,
	DEVMAJOR,
	DEVMINOR,
	RDEVMAJOR,
	RDEVMINOR,
	NAMESIZE,
	CHECK
};

struct entry {
	uint32_t f[FIELDS];
	bool crc;
	uint64_t start, data; /* offsets of header and data */
	char name[ROOTFS_PATH_MAX];
};

/* Names of one archive that share an inode number. */
struct shared {
	uint32_t ino, major, minor;
	struct rootfs_inode *inode;
	struct shared *next;
};
#define SHARED_BUCKETS 256

struct cpio {
	struct rootfs *r;
	const char *file;
	struct bytes in;
	bool inflated; /* offsets count in the inflated data */
	struct shared *shared[SHARED_BUCKETS];
	struct entry e;
};

static int bad(const struct cpio *c, uint64_t at, const char *what)
{
	return rootfs_fail(c->r, EINVAL, "%s: bad cpio archive at %soffset %" PRIu64 ": %s",
			   c->file, c->inflated ? "uncompressed " : "", at, what);
}

/* n bytes at off, which the caller checked to be there. */
static int bytes_read(struct cpio *c, uint64_t off, void *buf, size_t n)
{
	unsigned char *to = buf;
	if (c->in.fd < 0) {
		memcpy(buf, c->in.mem + off, n);
		return 0;
	}
	while (n) {
		ssize_t got = pread(c->in.fd, to, n, off);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return rootfs_fail_path(c->r, errno, c->file);
		if (!got)
			return bad(c, off, "the file became shorter");
		to += got;
		off += got;
		n -= got;
	}
	return 0;
}

static uint64_t align4(uint64_t n)
{
	return (n + 3) & ~3ull;
}

/* ---- headers ---- */

static int parse_hex(const char *s, uint32_t *out)
{
	*out = 0;
	for (int i = 0; i < 8; i++) {
		char ch = s[i];
		uint32_t d;
		if (ch >= '0' && ch <= '9')
			d = ch - '0';
		else if ((ch | 0x20) >= 'a' && (ch | 0x20) <= 'f')
			d = (ch | 0x20) - 'a' + 10;
		else
			return -EINVAL;
		*out = *out << 4 | d;
	}
	return 0;
}

static int parse_header(struct cpio *c, const char *h)
{
	struct entry *e = &c->e;
	if (memcmp(h, "070701", MAGIC_LEN) && memcmp(h, "070702", MAGIC_LEN))
		return bad(c, e->start, "no header of the newc or crc format");
	e->crc = h[5] == '2';
	for (int i = 0; i < FIELDS; i++) {
		if (parse_hex(h + MAGIC_LEN + 8 * i, &e->f[i]))
			return bad(c, e->start + MAGIC_LEN + 8 * i,
				   "a header field is no hexadecimal number");
	}
	return 0;
}

/* The header and name at e->start. */
static int read_entry(struct cpio *c)
{
	struct entry *e = &c->e;
	char h[HEADER];
	if (c->in.size - e->start < HEADER)
		return bad(c, e->start, "truncated header");
	int err = bytes_read(c, e->start, h, HEADER);
	if (!err)
		err = parse_header(c, h);
	if (err)
		return err;
	uint64_t left = c->in.size - e->start - HEADER;
	if (!e->f[NAMESIZE] || e->f[NAMESIZE] > ROOTFS_PATH_MAX)
		return bad(c, e->start, "bad length of a name");
	if (e->f[NAMESIZE] > left)
		return bad(c, e->start, "truncated name");
	err = bytes_read(c, e->start + HEADER, e->name, e->f[NAMESIZE]);
	if (err)
		return err;
	if (strnlen(e->name, e->f[NAMESIZE]) != e->f[NAMESIZE] - 1)
		return bad(c, e->start + HEADER, "a name holds NUL or does not end");
	e->data = align4(e->start + HEADER + e->f[NAMESIZE]);
	if (e->data > c->in.size ? e->f[FILESIZE] : e->f[FILESIZE] > c->in.size - e->data)
		return bad(c, e->start, "truncated data");
	return 0;
}

/* ".." as a part of the name: nothing may lie outside the root. */
static bool leaves_root(const char *name)
{
	for (const char *p = name; *p;) {
		size_t n = strcspn(p, "/");
		if (n == 2 && p[0] == '.' && p[1] == '.')
			return true;
		p += n + strspn(p + n, "/");
	}
	return false;
}

/* ---- contents ---- */

static int check_sum(struct cpio *c)
{
	const struct entry *e = &c->e;
	unsigned char buf[4096];
	uint32_t sum = 0;
	if (!e->crc || !S_ISREG(e->f[MODE]))
		return 0;
	for (uint64_t at = 0; at < e->f[FILESIZE];) {
		uint64_t n = e->f[FILESIZE] - at < sizeof(buf) ? e->f[FILESIZE] - at : sizeof(buf);
		int err = bytes_read(c, e->data + at, buf, n);
		if (err)
			return err;
		for (uint64_t i = 0; i < n; i++)
			sum += buf[i];
		at += n;
	}
	return sum == e->f[CHECK] ? 0 : bad(c, e->start, "wrong checksum");
}

static int set_data(struct cpio *c, struct rootfs_inode *i)
{
	const struct entry *e = &c->e;
	int err = rootfs_charge(c->r, ((uint64_t)e->f[FILESIZE] + 4095) & ~4095ull, c->file);
	if (err)
		return err;
	i->size = e->f[FILESIZE];
	i->host = c->file;
	if (c->in.fd < 0) {
		i->source = SOURCE_MEMORY;
		i->data = c->in.mem + e->data;
	} else {
		i->source = SOURCE_FD;
		i->fd = c->in.fd;
		i->fd_offset = e->data;
	}
	return check_sum(c);
}

static int set_target(struct cpio *c, struct rootfs_inode *i)
{
	const struct entry *e = &c->e;
	if (!e->f[FILESIZE] || e->f[FILESIZE] >= ROOTFS_PATH_MAX)
		return bad(c, e->start, "bad length of a symbolic link");
	char *target = rootfs_alloc(c->r, e->f[FILESIZE] + 1);
	if (!target)
		return rootfs_fail_path(c->r, ENOMEM, c->file);
	int err = bytes_read(c, e->data, target, e->f[FILESIZE]);
	if (err)
		return err;
	target[e->f[FILESIZE]] = 0;
	if (strlen(target) != e->f[FILESIZE])
		return bad(c, e->data, "a symbolic link holds NUL");
	i->data = target;
	i->size = e->f[FILESIZE];
	return rootfs_charge(c->r, i->size, c->file);
}

static int fill(struct cpio *c, struct rootfs_inode *i)
{
	const uint32_t *f = c->e.f;
	i->uid = f[UID];
	i->gid = f[GID];
	i->mtime_ns = f[MTIME] * 1000000000ll;
	switch (f[MODE] & S_IFMT) {
	case S_IFREG:
		return set_data(c, i);
	case S_IFLNK:
		return set_target(c, i);
	case S_IFCHR:
	case S_IFBLK:
		i->major = f[RDEVMAJOR] & 0xfff;
		i->minor = f[RDEVMINOR] & 0xfffff;
		return 0;
	case S_IFDIR:
	case S_IFIFO:
	case S_IFSOCK:
		return 0;
	default:
		return bad(c, c->e.start, "unknown type of file");
	}
}

/* ---- hard links: one name of a group carries the data, usually the last ---- */

static struct shared **shared_slot(struct cpio *c)
{
	const uint32_t *f = c->e.f;
	struct shared **s = &c->shared[(f[INO] ^ f[INO] >> 8) % SHARED_BUCKETS];
	while (*s &&
	       !((*s)->ino == f[INO] && (*s)->major == f[DEVMAJOR] && (*s)->minor == f[DEVMINOR]))
		s = &(*s)->next;
	return s;
}

static int remember(struct cpio *c, struct shared **slot, struct rootfs_inode *i)
{
	struct shared *s = rootfs_alloc(c->r, sizeof(*s));
	if (!s)
		return rootfs_fail_path(c->r, ENOMEM, c->file);
	*s = (struct shared){c->e.f[INO], c->e.f[DEVMAJOR], c->e.f[DEVMINOR], i, NULL};
	*slot = s;
	return 0;
}

static int add_entry(struct cpio *c)
{
	const struct entry *e = &c->e;
	bool linked = e->f[NLINK] > 1 && !S_ISDIR(e->f[MODE]);
	struct shared **slot = linked ? shared_slot(c) : NULL;
	if (leaves_root(e->name))
		return bad(c, e->start + HEADER, "a name with \"..\"");
	if (linked && *slot && (*slot)->inode->mode == (e->f[MODE] & (S_IFMT | 07777))) {
		int err = S_ISREG(e->f[MODE]) && e->f[FILESIZE] ? set_data(c, (*slot)->inode) : 0;
		return err ? err : rootfs_put(c->r, e->name, (*slot)->inode);
	}
	struct rootfs_inode *i = rootfs_inode_create(c->r, e->f[MODE] & (S_IFMT | 07777), c->file);
	int err = i ? fill(c, i) : -ENOSPC;
	if (!err && linked && !*slot)
		err = remember(c, slot, i);
	if (!err)
		err = rootfs_put(c->r, e->name, i);
	return err;
}

/* ---- archives ---- */

/* One archive from `at` to its trailer (or the end of the bytes); *at moves behind it. */
static int add_archive(struct cpio *c, uint64_t *at)
{
	memset(c->shared, 0, sizeof(c->shared));
	while (*at < c->in.size) {
		c->e.start = *at;
		int err = read_entry(c);
		if (err)
			return err;
		uint64_t next = align4(c->e.data + c->e.f[FILESIZE]);
		*at = next < c->in.size ? next : c->in.size;
		if (!strcmp(c->e.name, "TRAILER!!!"))
			return 0;
		err = add_entry(c);
		if (err)
			return err;
	}
	return bad(c, *at, "the end is missing");
}

static int skip_zeros(struct cpio *c, uint64_t *at)
{
	unsigned char buf[512];
	while (*at < c->in.size) {
		size_t n = c->in.size - *at < sizeof(buf) ? c->in.size - *at : sizeof(buf);
		int err = bytes_read(c, *at, buf, n);
		if (err)
			return err;
		size_t zeros = 0;
		while (zeros < n && !buf[zeros])
			zeros++;
		*at += zeros;
		if (zeros < n)
			return 0;
	}
	return 0;
}

static int add_bytes(struct cpio *c, uint64_t at);

/* ---- gzip ---- */

/* How far an archive may inflate: what the tree can hold, and never more than a quarter of the
 * host's memory (its files are copied once more). */
static uint64_t room_for(const struct cpio *c)
{
	uint64_t quarter = (uint64_t)sysconf(_SC_PHYS_PAGES) / 4 * (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t room = c->r->limit < UINT64_MAX - SLACK ? c->r->limit + SLACK : c->r->limit;
	return room < quarter ? room : quarter;
}

static int too_large(const struct cpio *c, uint64_t room)
{
	return rootfs_fail(c->r, ENOSPC,
			   "%s: the archive's files do not fit into %" PRIu64 " MiB of memory",
			   c->file, room >> 20);
}

/* A large buffer that costs only what is touched. NULL: no memory. */
static unsigned char *reserve(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return p == MAP_FAILED ? NULL : p;
}

struct inflate_run {
	struct cpio *c;
	uint64_t *at; /* next byte to read */
	unsigned char buf[65536];
	z_stream z;
};

static int inflate_feed(struct inflate_run *run)
{
	uint64_t left = run->c->in.size - *run->at;
	size_t n = left < sizeof(run->buf) ? left : sizeof(run->buf);
	int err = bytes_read(run->c, *run->at, run->buf, n);
	if (err)
		return err;
	*run->at += n;
	run->z.next_in = run->buf;
	run->z.avail_in = n;
	return 0;
}

static int bad_gzip(struct inflate_run *run, const char *what)
{
	return rootfs_fail(run->c->r, EINVAL, "%s: bad gzip data at offset %" PRIu64 ": %s",
			   run->c->file, *run->at - run->z.avail_in, what);
}

/* One gzip member into out[room]; *len = its bytes. */
static int inflate_member(struct inflate_run *run, unsigned char *out, uint64_t room, uint64_t *len)
{
	z_stream *z = &run->z;
	*len = 0;
	for (;;) {
		if (!z->avail_in && *run->at < run->c->in.size) {
			int err = inflate_feed(run);
			if (err)
				return err;
		}
		z->next_out = out + *len;
		z->avail_out = room - *len < INFLATE_STEP ? room - *len : INFLATE_STEP;
		int result = inflate(z, Z_NO_FLUSH);
		*len = z->next_out - out;
		if (*len >= MAGIC_LEN && memcmp(out, "0707", 4))
			return bad_gzip(run, "what it holds is no cpio archive");
		if (result == Z_STREAM_END)
			return 0;
		if (*len == room)
			return too_large(run->c, room);
		if (result == Z_BUF_ERROR ||
		    (result == Z_OK && !z->avail_in && *run->at == run->c->in.size))
			return bad_gzip(run, "truncated");
		if (result != Z_OK)
			return bad_gzip(run, z->msg ? z->msg : "inflate fails");
	}
}

/* Inflate the member at *at; *at moves behind it. The result belongs to the tree. */
static int inflate_at(struct cpio *c, uint64_t *at, struct bytes *out)
{
	uint64_t room = room_for(c);
	struct inflate_run *run = calloc(1, sizeof(*run));
	unsigned char *buf = reserve(room);
	if (!run || !buf || inflateInit2(&run->z, 15 + 16) != Z_OK) {
		free(run);
		if (buf)
			munmap(buf, room);
		return rootfs_fail_path(c->r, ENOMEM, c->file);
	}
	run->c = c;
	run->at = at;
	uint64_t len;
	int err = inflate_member(run, buf, room, &len);
	*at -= run->z.avail_in;
	inflateEnd(&run->z);
	free(run);
	if (!err && rootfs_keep_buffer(c->r, buf, room))
		err = rootfs_fail_path(c->r, ENOMEM, c->file);
	if (err)
		munmap(buf, room);
	*out = (struct bytes){.fd = -1, .mem = buf, .size = len};
	return err;
}

static int add_gzip(struct cpio *c, uint64_t *at)
{
	if (c->inflated)
		return bad(c, *at, "gzip within gzip");
	struct cpio *inner = calloc(1, sizeof(*inner));
	if (!inner)
		return rootfs_fail_path(c->r, ENOMEM, c->file);
	inner->r = c->r;
	inner->file = c->file;
	inner->inflated = true;
	int err = inflate_at(c, at, &inner->in);
	if (!err)
		err = add_bytes(inner, 0);
	free(inner);
	return err;
}

/* Archives and gzip members until the end. */
static int add_bytes(struct cpio *c, uint64_t at)
{
	int err = 0;
	if (!c->in.size)
		return bad(c, 0, "empty");
	while (!err && at < c->in.size) {
		unsigned char magic[2] = {0};
		err = bytes_read(c, at, magic, c->in.size - at < 2 ? 1 : 2);
		if (err)
			break;
		err = magic[0] == 0x1f && magic[1] == 0x8b ? add_gzip(c, &at) : add_archive(c, &at);
		if (!err)
			err = skip_zeros(c, &at);
	}
	return err;
}

/* ---- files ---- */

/* What cannot be read at an offset (a pipe) is read into memory first. */
static int slurp(struct cpio *c, int fd)
{
	uint64_t room = room_for(c), len = 0;
	unsigned char *buf = reserve(room);
	if (!buf || rootfs_keep_buffer(c->r, buf, room))
		return rootfs_fail_path(c->r, ENOMEM, c->file);
	for (;;) {
		ssize_t n = read(fd, buf + len, room - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return rootfs_fail_path(c->r, errno, c->file);
		if (!n)
			break;
		len += n;
		if (len == room)
			return too_large(c, room);
	}
	c->in = (struct bytes){.fd = -1, .mem = buf, .size = len};
	return 0;
}

/* Set up c->in from an open file, which is then closed or the tree's. */
static int open_bytes(struct cpio *c, int fd)
{
	struct stat st;
	int err = fstat(fd, &st) < 0 ? rootfs_fail_path(c->r, errno, c->file) : 0;
	if (!err && S_ISREG(st.st_mode) && !rootfs_keep_fd(c->r, fd)) {
		c->in = (struct bytes){.fd = fd, .size = st.st_size};
		return 0;
	}
	if (!err)
		err = slurp(c, fd);
	close(fd);
	return err;
}

int rootfs_add_cpio(struct rootfs *r, const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return rootfs_fail_path(r, errno, file);
	struct cpio *c = calloc(1, sizeof(*c));
	if (!c) {
		close(fd);
		return rootfs_fail_path(r, ENOMEM, file);
	}
	c->r = r;
	c->file = rootfs_strndup(r, file, strlen(file));
	int err;
	if (!c->file) {
		close(fd);
		err = rootfs_fail_path(r, ENOMEM, file);
	} else {
		err = open_bytes(c, fd);
		if (!err)
			err = add_bytes(c, 0);
	}
	free(c);
	r->has_archive = true;
	return err;
}
