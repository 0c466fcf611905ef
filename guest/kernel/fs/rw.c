#include <linux/fs.h>
#include "kernel/fs/vfs.h"
#include "kernel/lib/log.h"
#include "kernel/lib/string.h"
#include "kernel/mm/page.h"
#include "kernel/task/signal.h"
#include "kernel/task/task.h"

#define RUN_PAGES 64

/* Adjacent bytes of a file that lie adjacent in memory too, so that one copy moves them. */
struct run {
	char *at; /* NULL: a hole */
	size_t len;
	struct page *first; /* neighbours in memory are neighbours in the array of descriptors */
	unsigned int count; /* pages referenced, from first on */
};

static void run_release(struct run *r)
{
	for (unsigned int i = 0; i < r->count; i++)
		page_put(r->first + i);
}

/* Files in memory leave a part of it to programs. */
static bool memory_is_low(void)
{
	return page_available() < page_total() / 16;
}

/* The run's pages are known: where its bytes are. */
static void run_set(struct run *r, size_t in_page, size_t want)
{
	r->at = (char *)page_to_virt(r->first) + in_page;
	r->len = MIN(want, ((size_t)r->count << PAGE_SHIFT) - in_page);
}

/* Pages of the cache, slots[0] present, as many as follow each other in memory. */
static void run_cached(struct run *r, void *const *slots, unsigned int n, size_t pages)
{
	struct page *p = slots[0];
	unsigned int i = 0;
	n = MIN(n, pages);
	do
		page_get(p + i);
	while (++i < n && slots[i] == p + i);
	r->first = p;
	r->count = i;
}

/* Make pages of a file in memory, while each is the next of memory: fresh ones mostly are. 0, -ENOMEM, -ENOSPC when there is not even one. */
static int run_create(struct mapping *m, u64 index, size_t pages, struct run *r)
{
	while (r->count < MIN(pages, (size_t)RUN_PAGES)) {
		struct page *p;
		int err = !m->ops && memory_is_low() ? -ENOSPC : mapping_get(m, index + r->count, true, &p);
		if (err)
			return r->count ? 0 : err;
		if (r->count && p != r->first + r->count) {
			page_put(p);
			break;
		}
		if (!r->count++)
			r->first = p;
	}
	return 0;
}

/* The run at byte `at`, at most want bytes: 0, -ENOMEM, -ENOSPC, -EIO. */
static int run_find(struct mapping *m, u64 at, size_t want, bool create, struct run *r)
{
	u64 index = at >> PAGE_SHIFT;
	size_t in_page = at & (PAGE_SIZE - 1), pages = (in_page + want + PAGE_SIZE - 1) >> PAGE_SHIFT;
	unsigned int n;
	r->count = 0;
	/* Boot-image pages with nothing laid over them: one run, and they never go away. */
	if (index < m->base_pages && !m->page_count) {
		r->at = (char *)phys_to_virt(m->base) + at;
		r->len = MIN(want, (m->base_pages << PAGE_SHIFT) - at);
		return 0;
	}
	void *const *slots = m->page_count ? radix_slots(&m->pages, index, &n) : NULL;
	int err = 0;
	if (likely(slots && *slots)) {
		run_cached(r, slots, n, pages);
	} else if (index < m->base_pages || (m->ops && m->ops->read_page)) {
		err = mapping_get(m, index, true, &r->first);
		r->count = !err;
	} else if (create) {
		err = run_create(m, index, pages, r);
	} else {
		r->at = NULL;
		r->len = m->page_count ? MIN(want, PAGE_SIZE - in_page) : want;
		return 0;
	}
	if (!err)
		run_set(r, in_page, want);
	return err;
}

isize mapping_read(struct mapping *m, u64 size, struct uio *to, file_off *pos)
{
	u64 at = (u64)*pos;
	if (at >= size) /* read(2), EINVAL: the end would be no offset */
		return to->left > INT64_MAX - at ? -EINVAL : 0;
	size_t want = MIN(to->left, size - at), done = 0;
	int err = 0;
	while (done < want) {
		struct run r;
		err = run_find(m, at, want - done, false, &r);
		if (err)
			break;
		size_t moved = r.at ? uio_write(to, r.at, r.len) : uio_zero(to, r.len);
		run_release(&r);
		done += moved;
		at += moved;
		if (moved < r.len) {
			err = -EFAULT;
			break;
		}
	}
	*pos = (file_off)at;
	return done ? (isize)done : err;
}

isize mapping_write(struct mapping *m, struct uio *from, file_off *pos)
{
	u64 at = (u64)*pos;
	size_t want = from->left, done = 0;
	int err = 0;
	while (done < want) {
		struct run r;
		err = run_find(m, at, want - done, true, &r);
		if (err)
			break;
		size_t moved = uio_read(from, r.at, r.len);
		for (unsigned int i = 0; m->ops && i < r.count; i++)
			mapping_dirty(m, r.first + i);
		run_release(&r);
		done += moved;
		at += moved;
		if (moved < r.len) {
			err = -EFAULT;
			break;
		}
	}
	*pos = (file_off)at;
	return done ? (isize)done : err;
}

void mapping_zero(struct mapping *m, u64 from, u64 to)
{
	while (from < to) {
		size_t in_page = from & (PAGE_SIZE - 1);
		size_t n = MIN(PAGE_SIZE - in_page, to - from);
		struct page *p;
		if (!mapping_get(m, from >> PAGE_SHIFT, false, &p)) {
			memset((char *)page_to_virt(p) + in_page, 0, n);
			page_put(p);
		}
		from += n;
	}
}

int file_size_limit(file_off pos, size_t *n)
{
	u64 limit = rlimit_current(RLIMIT_FSIZE);
	if (limit == RLIM64_INFINITY || (u64)pos + *n <= limit)
		return 0;
	if ((u64)pos >= limit) {
		signal_send_task(task_current(), SIGXFSZ, NULL);
		return -EFBIG;
	}
	*n = limit - (u64)pos;
	return 0;
}

isize cached_file_read(struct file *f, struct uio *to, file_off *pos)
{
	inode_accessed(f->path.mount, f->inode, f->flags);
	return mapping_read(&f->inode->mapping, f->inode->size, to, pos);
}

/* How much may be written at pos: seals, limits, the largest offset. */
static int write_allowed(struct inode *i, file_off pos, size_t *n)
{
	if (i->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	if (pos < 0 || *n > (u64)(INT64_MAX - pos))
		return -EINVAL; /* the end would be no offset */
	if (i->seals & F_SEAL_GROW && (u64)pos + *n > i->size) {
		if ((u64)pos >= i->size)
			return -EPERM;
		*n = i->size - (u64)pos;
	}
	return file_size_limit(pos, n);
}

isize cached_file_write(struct file *f, struct uio *from, file_off *pos)
{
	struct inode *i = f->inode;
	size_t n = from->left;
	if (!n)
		return 0;
	file_off before = *pos;
	if (f->flags & O_APPEND)
		*pos = (file_off)i->size;
	int err = write_allowed(i, *pos, &n);
	if (err) {
		*pos = before;
		return err;
	}
	if (i->mode & (S_ISUID | S_ISGID))
		inode_drop_suid(i);
	inode_touch(i, true);
	/* A mapping may have written beyond the end of the last page: that must not become data. */
	if ((u64)*pos > i->size)
		mapping_zero(&i->mapping, i->size, MIN((u64)*pos, ALIGN_UP(i->size, PAGE_SIZE)));
	size_t excess = from->left - n;
	from->left = n;
	isize done = mapping_write(&i->mapping, from, pos);
	from->left += excess;
	if (done > 0 && (u64)*pos > i->size)
		i->size = (u64)*pos;
	if (done < 0)
		*pos = before; /* where a failed append would have begun is nobody's position */
	return done == -ENOMEM ? -ENOSPC : done;
}

/* The first page >= index that is there; false: none. */
static bool next_present(struct mapping *m, u64 *index)
{
	if (*index < m->base_pages)
		return true;
	return m->page_count && radix_next(&m->pages, index);
}

/* SEEK_DATA and SEEK_HOLE by page: lseek(2). As many steps as there are pages, however large the file. */
static file_off seek_data_hole(struct inode *i, file_off off, bool data)
{
	u64 at = (u64)off, index = at >> PAGE_SHIFT;
	if (off < 0 || at >= i->size)
		return -ENXIO;
	for (u64 next = index; !data; next = ++index)
		if (!next_present(&i->mapping, &next) || next != index)
			break;
	if (data && !next_present(&i->mapping, &index))
		return -ENXIO;
	at = MAX(at, index << PAGE_SHIFT);
	if (at >= i->size)
		return data ? -ENXIO : (file_off)i->size;
	return (file_off)at;
}

#ifdef FUZZ_PLANT
/*
 * A bug on purpose, only in build/fuzz/kernel-planted (make FUZZ_PLANT=1): what a fuzzer has to find. It takes three calls on one file, open
 * or memfd_create apart, in any order but that lseek is the last:
 *
 *	ftruncate(fd, 8192 or more)	a file that is all hole
 *	dup(fd)				the open file has a second descriptor
 *	lseek(fd, offset, SEEK_HOLE)
 *
 * Each condition is a function, and so an edge of its own: a program that fulfils one more is something new.
 */
#define PLANTED static __attribute__((noinline)) void
PLANTED planted_shared(struct file *f)
{
	BUG_ON(f->refcount > 1);
}

PLANTED planted_hole(struct file *f)
{
	if (f->inode->size >= 2 * PAGE_SIZE && !f->inode->mapping.page_count && !f->inode->mapping.base_pages)
		planted_shared(f);
}
#else
static inline void planted_hole(struct file *f __unused)
{
}
#endif

file_off cached_file_seek(struct file *f, file_off off, int whence)
{
	file_off base = 0, to;
	switch (whence) {
	case SEEK_SET:
		break;
	case SEEK_CUR:
		base = f->pos;
		break;
	case SEEK_END:
		base = (file_off)f->inode->size;
		break;
	case SEEK_DATA:
	case SEEK_HOLE:
		if (whence == SEEK_HOLE)
			planted_hole(f);
		base = seek_data_hole(f->inode, off, whence == SEEK_DATA);
		if (base < 0)
			return base;
		off = 0;
		break;
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(base, off, &to) || to < 0)
		return -EINVAL;
	return f->pos = to;
}
