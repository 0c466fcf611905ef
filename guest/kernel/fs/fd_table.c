#include <linux/close_range.h>
#include "kernel/fs/file.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"


static SLAB_CACHE(table_cache, "fd_table", struct fd_table);

static struct fd_table *current_table(void)
{
	return task_current()->files;
}

static u64 fd_bit(u32 fd)
{
	return 1ull << (fd & 63);
}

static bool fd_is_reserved(const struct fd_table *t, u32 fd)
{
	return fd < t->capacity && t->open[fd >> 6] & fd_bit(fd);
}

struct fd_table *fd_table_create(void)
{
	struct fd_table *t = slab_zalloc(&table_cache);
	if (!t)
		return NULL;
	t->refcount = 1;
	t->capacity = FD_INLINE;
	t->files = t->inline_files;
	t->open = &t->inline_open;
	t->cloexec = &t->inline_cloexec;
	return t;
}

static void free_arrays(struct fd_table *t)
{
	if (t->files != t->inline_files)
		kfree(t->files); /* one block with both bit maps */
}

/* Room for descriptor fd: 0 or -ENOMEM. One block holds the slots, then the bit maps. */
static int fd_table_grow(struct fd_table *t, u32 fd)
{
	if (fd < t->capacity)
		return 0;
	u32 capacity = t->capacity;
	while (capacity <= fd)
		capacity *= 2;
	size_t words = capacity / 64;
	struct file **files = kzalloc(capacity * sizeof(*files) + 2 * words * sizeof(u64));
	if (!files)
		return -ENOMEM;
	u64 *open = (u64 *)(files + capacity), *cloexec = open + words;
	memcpy(files, t->files, t->capacity * sizeof(*files));
	memcpy(open, t->open, t->capacity / 8);
	memcpy(cloexec, t->cloexec, t->capacity / 8);
	free_arrays(t);
	t->files = files;
	t->open = open;
	t->cloexec = cloexec;
	t->capacity = capacity;
	return 0;
}

struct fd_table *fd_table_copy(struct fd_table *from)
{
	struct fd_table *t = fd_table_create();
	if (!t)
		return NULL;
	u32 words = from->capacity / 64;
	while (words > 1 && !from->open[words - 1])
		words--;
	if (fd_table_grow(t, words * 64 - 1)) {
		fd_table_put(t);
		return NULL;
	}
	for (u32 w = 0; w < words; w++) {
		for (u64 bits = from->open[w]; bits; bits &= bits - 1) {
			u32 fd = w * 64 + (u32)__builtin_ctzll(bits);
			if (!from->files[fd])
				continue; /* reserved by a thread that is opening */
			t->files[fd] = file_get(from->files[fd]);
			t->open[w] |= fd_bit(fd);
		}
		t->cloexec[w] = from->cloexec[w] & t->open[w];
	}
	t->first_free = from->first_free;
	return t;
}

struct fd_table *fd_table_get(struct fd_table *t)
{
	refcount_get(&t->refcount);
	return t;
}

/* Clear the slot; the file that was there, whose reference is the caller's now, or NULL. */
static struct file *fd_take(struct fd_table *t, u32 fd)
{
	struct file *f = t->files[fd];
	t->files[fd] = NULL;
	t->open[fd >> 6] &= ~fd_bit(fd);
	t->cloexec[fd >> 6] &= ~fd_bit(fd);
	if (fd < t->first_free)
		t->first_free = fd;
	return f;
}

/* What close(2) does with the file of a slot. */
static int file_close(struct fd_table *t, struct file *f)
{
	int err = 0;
	if (f->ops && f->ops->flush)
		err = f->ops->flush(f);
	if (f->inode && !list_empty(&f->inode->locks) && !(f->flags & O_PATH))
		locks_close(f, t);
	file_put(f);
	return err;
}

/* Close every descriptor whose bit is set in what `pick` answers for its word. */
static void close_picked(struct fd_table *t, u64 *(*pick)(struct fd_table *t))
{
	for (u32 w = 0; w < t->capacity / 64; w++) {
		u64 bits;
		while ((bits = pick(t)[w] & t->open[w])) {
			struct file *f = fd_take(t, w * 64 + (u32)__builtin_ctzll(bits));
			if (f)
				file_close(t, f);
		}
	}
}

static u64 *pick_open(struct fd_table *t)
{
	return t->open;
}

static u64 *pick_cloexec(struct fd_table *t)
{
	return t->cloexec;
}

void fd_table_put(struct fd_table *t)
{
	if (t->refcount > 1) {
		t->refcount--;
		return;
	}
	close_picked(t, pick_open);
	free_arrays(t);
	slab_free(&table_cache, t);
}

void fd_table_close_on_exec(struct fd_table *t)
{
	close_picked(t, pick_cloexec);
}

/* The lowest free number >= from and < limit, or limit. */
static u32 find_free(const struct fd_table *t, u32 from, u32 limit)
{
	for (u32 w = from >> 6; w < t->capacity / 64; w++) {
		u64 free = ~t->open[w];
		if (w == from >> 6)
			free &= ~0ull << (from & 63);
		if (free)
			return MIN(w * 64 + (u32)__builtin_ctzll(free), limit);
	}
	return MIN(MAX(from, t->capacity), limit);
}

static u32 fd_limit(void)
{
	return (u32)MIN(rlimit_current(RLIMIT_NOFILE), (u64)FD_TABLE_MAX);
}

int fd_reserve(int from, bool cloexec)
{
	struct fd_table *t = current_table();
	u32 limit = fd_limit();
	if (from < 0 || ((u32)from >= limit && from != 0))
		return -EINVAL;
	u32 start = MAX((u32)from, t->first_free);
	u64 free = start < t->capacity ? ~t->open[start >> 6] & ~0ull << (start & 63) : 0;
	u32 fd = free ? (start & ~63u) + (u32)__builtin_ctzll(free) : find_free(t, start, limit);
	if (fd >= limit)
		return -EMFILE;
	if (fd_table_grow(t, fd))
		return -ENOMEM;
	t->open[fd >> 6] |= fd_bit(fd);
	if (cloexec)
		t->cloexec[fd >> 6] |= fd_bit(fd);
	if (start == t->first_free)
		t->first_free = fd + 1;
	return (int)fd;
}

void fd_unreserve(int fd)
{
	fd_take(current_table(), (u32)fd);
}

void fd_install(int fd, struct file *f)
{
	current_table()->files[fd] = f;
}

int fd_add(struct file *f, bool cloexec)
{
	int fd = fd_reserve(0, cloexec);
	if (fd >= 0)
		fd_install(fd, f);
	return fd;
}

int fd_close(int fd)
{
	struct fd_table *t = current_table();
	if ((u32)fd >= t->capacity || !t->files[fd])
		return -EBADF;
	return file_close(t, fd_take(t, (u32)fd));
}

int fd_replace(struct file *f, int fd, bool cloexec)
{
	struct fd_table *t = current_table();
	if (fd < 0 || (u32)fd >= fd_limit())
		return -EBADF;
	if (fd_table_grow(t, (u32)fd))
		return -ENOMEM;
	if (fd_is_reserved(t, (u32)fd) && !t->files[fd])
		return -EBUSY; /* another thread is opening there: dup2(2) */
	struct file *old = t->files[fd];
	t->files[fd] = file_get(f);
	t->open[(u32)fd >> 6] |= fd_bit((u32)fd);
	if (cloexec)
		t->cloexec[(u32)fd >> 6] |= fd_bit((u32)fd);
	else
		t->cloexec[(u32)fd >> 6] &= ~fd_bit((u32)fd);
	if (old)
		file_close(t, old);
	return fd;
}

int fd_get_cloexec(int fd)
{
	struct fd_table *t = current_table();
	if ((u32)fd >= t->capacity || !t->files[fd])
		return -EBADF;
	return t->cloexec[(u32)fd >> 6] & fd_bit((u32)fd) ? 1 : 0;
}

int fd_set_cloexec(int fd, bool on)
{
	struct fd_table *t = current_table();
	if ((u32)fd >= t->capacity || !t->files[fd])
		return -EBADF;
	if (on)
		t->cloexec[(u32)fd >> 6] |= fd_bit((u32)fd);
	else
		t->cloexec[(u32)fd >> 6] &= ~fd_bit((u32)fd);
	return 0;
}

/* The current task gets a table of its own: 0 or -ENOMEM. */
static int unshare_table(void)
{
	struct fd_table *t = current_table();
	if (t->refcount == 1)
		return 0;
	struct fd_table *own = fd_table_copy(t);
	if (!own)
		return -ENOMEM;
	task_current()->files = own;
	fd_table_put(t);
	return 0;
}

int fd_close_range(unsigned int first, unsigned int last, unsigned int flags)
{
	if (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) || first > last)
		return -EINVAL;
	if (flags & CLOSE_RANGE_UNSHARE && unshare_table())
		return -ENOMEM;
	struct fd_table *t = current_table();
	for (u32 fd = first; fd <= last && fd < t->capacity; fd++) {
		if (!t->files[fd])
			continue;
		if (flags & CLOSE_RANGE_CLOEXEC)
			t->cloexec[fd >> 6] |= fd_bit(fd);
		else
			file_close(t, fd_take(t, fd));
	}
	return 0;
}

int fd_for_each(struct fd_table *t, int (*fn)(void *ctx, int fd, struct file *f, bool cloexec), void *ctx)
{
	for (u32 fd = 0; fd < t->capacity; fd++) {
		struct file *f = t->files[fd];
		if (!f)
			continue;
		int stop = fn(ctx, (int)fd, f, t->cloexec[fd >> 6] & fd_bit(fd));
		if (stop)
			return stop;
	}
	return 0;
}

struct file *fd_table_lookup(struct fd_table *t, int fd)
{
	if ((u32)fd >= t->capacity || !t->files[fd])
		return NULL;
	return file_get(t->files[fd]);
}
