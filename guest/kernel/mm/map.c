#include "kernel/mm/vma.h"

#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/mount.h>
#include <linux/mman.h>
#include "kernel/fs/vfs.h"
#include "kernel/mm/page.h"
#include "kernel/task/task.h"

#define MAP_TYPE_MASK 0x0f
#ifndef MAP_32BIT
#define MAP_32BIT 0 /* x86 only */
#endif
/* What MAP_SHARED_VALIDATE accepts: of what is newer than it, nothing that a file system must know. */
#define MAP_KNOWN                                                                                  \
	(MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_DENYWRITE |    \
	 MAP_EXECUTABLE | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK |   \
	 MAP_UNINITIALIZED | MAP_32BIT | MAP_HUGE_2MB | MAP_HUGE_1GB)

/* One mmap(2) with its addresses settled. */
struct map_request {
	struct mm *mm;
	vaddr addr, end;
	unsigned int prot, map_flags, vma_flags;
	struct file *file;
	u64 pgoff;
	struct vma *next; /* the first vma that ends above addr */
};

/* ---- limits ---- */
int mm_may_map(struct mm *mm, u64 n, unsigned int prot, unsigned int flags)
{
	if (mm->total_pages + n > rlimit_current(RLIMIT_AS) >> PAGE_SHIFT)
		return -ENOMEM;
	if (vma_is_data(prot, flags) &&
	    mm->data_pages + n > rlimit_current(RLIMIT_DATA) >> PAGE_SHIFT)
		return -ENOMEM;
	/* Overcommit as Linux' heuristic mode: only what could never be filled is refused. */
	if (n > 4096 && !(flags & VMA_NORESERVE) && prot & PROT_WRITE && n > page_total())
		return -ENOMEM;
	return 0;
}

bool mm_may_lock(struct mm *mm, u64 n)
{
	return mm->locked_pages + n <= rlimit_current(RLIMIT_MEMLOCK) >> PAGE_SHIFT ||
	       capable(CAP_IPC_LOCK);
}

bool mm_may_lock_any(void)
{
	return rlimit_current(RLIMIT_MEMLOCK) || capable(CAP_IPC_LOCK);
}

/* ---- holes ---- */
vaddr vma_guard_start(const struct vma *v)
{
	if (!(v->flags & VMA_GROWSDOWN))
		return v->start;
	return v->start > STACK_GUARD ? v->start - STACK_GUARD : 0;
}

/* The highest hole of len bytes that ends at or below top: its end, 0. *largest: the largest hole
 * passed over. */
static vaddr search_down(struct mm *mm, vaddr top, size_t len, u64 *largest)
{
	struct vma *above = vma_find_next(mm, top);
	vaddr high = above ? MIN(top, vma_guard_start(above)) : top;

	for (;;) {
		struct vma *below = above ? vma_prev(above) : NULL;
		vaddr low;

		if (!above && mm->vmas.root)
			below = container_of(rb_last(&mm->vmas), struct vma, node);
		low = below ? MAX(below->end, MMAP_MIN_ADDR) : MMAP_MIN_ADDR;
		if (high > low && high - low >= len)
			return high;
		if (high > low && high - low > *largest)
			*largest = high - low;
		if (!below)
			return 0;
		above = below;
		high = vma_guard_start(above);
	}
}

vaddr mm_find_hole(struct mm *mm, size_t len)
{
	u64 unused = 0;
	vaddr end;

	if (!mm->map_cache || len <= mm->hole_above) {
		mm->map_cache = mm->mmap_top;
		mm->hole_above = 0;
	}
	end = search_down(mm, mm->map_cache, len, &mm->hole_above);
	if (!end) {
		/* Last resort: the room kept for the stack. */
		mm->map_cache = 0;
		end = search_down(mm, USER_TOP, len, &unused);
		return end ? end - len : 0;
	}
	mm->map_cache = end - len;
	return end - len;
}

/* MAP_32BIT: in the first 2 GiB. */
static vaddr find_hole_low(struct mm *mm, size_t len)
{
	u64 unused = 0;
	vaddr end = search_down(mm, 1ul << 31, len, &unused);

	return end ? end - len : 0;
}

void mm_hole_freed(struct mm *mm, vaddr end, const struct vma *next)
{
	if (mm->map_cache && end > mm->map_cache)
		mm->map_cache = next ? MIN(vma_guard_start(next), mm->mmap_top) : mm->mmap_top;
}

/* ---- mmap ---- */
/* Where the mapping goes: 0 and r->addr, r->end; -EINVAL -ENOMEM -EEXIST. */
static int place(struct map_request *r, size_t len)
{
	bool fixed = r->map_flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);

	if (len > USER_TOP)
		return -ENOMEM;
	/* Linux takes an address in the last page for an error, and tells that one. */
	if (fixed && r->addr >= -(vaddr)4095)
		return (int)r->addr;
	if (fixed && r->addr > USER_TOP - len)
		return -ENOMEM;
	if (fixed && r->addr & ~PAGE_MASK)
		return -EINVAL;
	if (fixed && r->addr < MMAP_MIN_ADDR && !capable(CAP_SYS_RAWIO))
		return -EPERM;
	r->addr &= PAGE_MASK;
	r->next = fixed || r->addr ? vma_find_next(r->mm, r->addr) : NULL;
	if (r->map_flags & MAP_FIXED_NOREPLACE && r->next && r->next->start < r->addr + len)
		return -EEXIST;
	if (!fixed && (r->addr < MMAP_MIN_ADDR || r->addr > USER_TOP - len ||
		       (r->next && vma_guard_start(r->next) < r->addr + len))) {
		r->addr = r->map_flags & MAP_32BIT ? find_hole_low(r->mm, len)
						   : mm_find_hole(r->mm, len);
		if (!r->addr)
			return -ENOMEM;
		r->next = vma_find_next(r->mm, r->addr);
	}
	r->end = r->addr + len;
	return 0;
}

/* What the file and the kind of mapping allow: 0 -EINVAL -EACCES -ENODEV -EPERM; adds to
 * r->vma_flags. mmap(2), "ERRORS". */
static int check_file(struct map_request *r)
{
	struct file *f = r->file;
	bool shared = r->vma_flags & VMA_SHARED;

	r->vma_flags |= VMA_MAYWRITE | VMA_MAYEXEC;
	if (!f)
		return 0;
	if (!FILE_READABLE(f) || (shared && r->prot & PROT_WRITE && !FILE_WRITABLE(f)))
		return -EACCES;
	if (shared && !FILE_WRITABLE(f))
		r->vma_flags &= ~VMA_MAYWRITE;
	if (f->path.mount && f->path.mount->flags & MS_NOEXEC) {
		if (r->prot & PROT_EXEC)
			return -EPERM;
		r->vma_flags &= ~VMA_MAYEXEC;
	}
	if (!f->ops->mmap)
		return -ENODEV;
	return r->map_flags & MAP_GROWSDOWN ? -EINVAL : 0;
}

/* Offsets of files end at INT64_MAX, those of devices with the last page. */
static int check_offset(const struct map_request *r)
{
	u64 most = S_ISCHR(r->file->inode->mode) ? ~0ull : INT64_MAX, len = r->end - r->addr;

	return len > most || r->pgoff > (most - len) >> PAGE_SHIFT ? -EOVERFLOW : 0;
}

/* Which error is told when several things are wrong: in this order Linux looks. */
static int check_type(struct map_request *r)
{
	unsigned int type = r->map_flags & MAP_TYPE_MASK;
	int err = r->file ? check_offset(r) : 0;

	if (err)
		return err;
	if (type != MAP_SHARED && type != MAP_PRIVATE && (type != MAP_SHARED_VALIDATE || !r->file))
		return -EINVAL;
	if (type == MAP_SHARED_VALIDATE && r->map_flags & ~MAP_KNOWN)
		return -EOPNOTSUPP;
	if (type != MAP_PRIVATE)
		r->vma_flags |= VMA_SHARED;
	if (r->map_flags & MAP_NORESERVE)
		r->vma_flags |= VMA_NORESERVE;
	if (!(r->map_flags & MAP_GROWSDOWN) || r->file)
		return 0;
	if (r->vma_flags & VMA_SHARED)
		return -EINVAL;
	r->vma_flags |= VMA_GROWSDOWN;
	return 0;
}

static int check_locked(struct map_request *r)
{
	if (r->map_flags & MAP_LOCKED)
		r->vma_flags |= VMA_LOCKED;
	r->vma_flags |= r->mm->future;
	if (r->map_flags & MAP_LOCKED && !mm_may_lock_any())
		return -EPERM;
	if (r->vma_flags & VMA_LOCKED && !mm_may_lock(r->mm, (r->end - r->addr) >> PAGE_SHIFT))
		return -EAGAIN;
	return 0;
}

/* The pages that [addr, end) of mm already counts: replaced ones do not count against a limit. */
static u64 replaced_pages(struct mm *mm, vaddr addr, vaddr end)
{
	struct vma *v = vma_find_next(mm, addr);
	u64 n = 0;

	for (; v && v->start < end; v = vma_next(v))
		n += (MIN(v->end, end) - MAX(v->start, addr)) >> PAGE_SHIFT;
	return n;
}

static int check_limits(struct map_request *r)
{
	unsigned int flags =
		r->vma_flags | (r->file && r->vma_flags & VMA_SHARED ? VMA_NORESERVE : 0);
	u64 n = (r->end - r->addr) >> PAGE_SHIFT;
	struct mm *mm = r->mm;

	if (!mm_may_map(mm, n, r->prot, flags))
		return 0;
	if (!(r->map_flags & MAP_FIXED))
		return -ENOMEM;
	n -= replaced_pages(mm, r->addr, r->end);
	return mm_may_map(mm, n, r->prot, flags);
}

/* Anonymous memory beside equal memory: the neighbour grows, nothing is allocated. */
static bool extend_neighbour(struct map_request *r)
{
	struct vma like = {.start = r->addr,
			   .end = r->end,
			   .prot = r->prot,
			   .flags = r->vma_flags,
			   .mm = r->mm};
	struct vma *next = r->next, *prev;

	if (next && vma_mergeable(&like, next)) {
		vma_account(next, vma_pages(&like));
		next->start = r->addr;
		vma_merge(r->mm, next);
		return true;
	}
	prev = next ? vma_prev(next) : NULL;
	if (!next && r->mm->vmas.root)
		prev = container_of(rb_last(&r->mm->vmas), struct vma, node);
	if (!prev || !vma_mergeable(prev, &like))
		return false;
	vma_account(prev, vma_pages(&like));
	prev->end = r->end;
	return true;
}

/* Tie v to what is behind it: 0 or what the file's mmap answers. */
static int attach(struct vma *v, struct map_request *r)
{
	struct file *f = r->file;
	int err;

	if (!f)
		return v->flags & VMA_SHARED ? vma_set_anonymous(v) : 0;
	v->file = file_get(f);
	v->pgoff = r->pgoff;
	v->mapping = &f->inode->mapping;
	err = f->ops->mmap(f, v);
	if (!err && v->mapping && v->flags & VMA_SHARED && v->mapping->ops &&
	    v->mapping->ops->write_page)
		v->flags |= VMA_WRITENOTIFY;
	return err;
}

static int insert(struct map_request *r)
{
	struct vma *v;
	int err;

	if (!r->file && !(r->vma_flags & VMA_SHARED) && extend_neighbour(r))
		return 0;
	v = vma_alloc(r->mm);
	if (!v)
		return -ENOMEM;
	v->start = r->addr;
	v->end = r->end;
	v->prot = r->prot;
	v->flags = r->vma_flags;
	err = attach(v, r);
	if (err) {
		vma_free(v);
		return err;
	}
	vma_link_before(r->mm, v, r->next);
	if (r->file)
		vma_merge(r->mm, v);
	return 0;
}

/* MAP_FIXED: what is in the way goes. */
static int make_room(struct map_request *r)
{
	int err;

	if (!r->next || r->next->start >= r->end)
		return 0;
	err = mm_unmap(r->mm, r->addr, r->end - r->addr);
	r->next = vma_find_next(r->mm, r->addr);
	return err;
}

long mm_map(struct mm *mm, vaddr addr, size_t len, unsigned int prot, unsigned int map_flags,
	    struct file *file, u64 off, unsigned int vma_flags)
{
	struct map_request r = {.mm = mm,
				.addr = addr,
				.prot = prot & (PROT_READ | PROT_WRITE | PROT_EXEC),
				.map_flags = map_flags,
				.vma_flags = vma_flags,
				.file = file,
				.pgoff = off >> PAGE_SHIFT};
	int err;

	if (!len)
		return -EINVAL;
	len = ALIGN_UP(len, PAGE_SIZE);
	if (!len || mm->vma_count >= MAX_MAP_COUNT)
		return -ENOMEM;
	err = place(&r, len);
	err = err ? err : check_locked(&r);
	err = err ? err : check_type(&r);
	err = err ? err : check_file(&r);
	err = err ? err : check_limits(&r);
	err = err ? err : make_room(&r);
	err = err ? err : insert(&r);
	if (err)
		return err;
	if ((map_flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE ||
	    (r.vma_flags & (VMA_LOCKED | VMA_LOCKONFAULT)) == VMA_LOCKED)
		mm_populate(mm, r.addr, len, false);
	return r.addr;
}

long mm_map_pages(struct mm *mm, vaddr addr, struct page **pages, unsigned int n, unsigned int prot,
		  unsigned int vma_flags)
{
	vaddr end = addr + ((vaddr)n << PAGE_SHIFT);
	struct vma *v = vma_find_next(mm, addr);

	if (addr & ~PAGE_MASK || !n || end > USER_TOP || (v && v->start < end))
		return -EINVAL;
	v = vma_alloc(mm);
	if (!v)
		return -ENOMEM;
	v->start = addr;
	v->end = end;
	v->prot = prot;
	v->flags = vma_flags | VMA_VDSO | VMA_MAYEXEC;
	vma_link(mm, v);
	for (unsigned int i = 0; i < n; i++) {
		vaddr va = addr + ((vaddr)i << PAGE_SHIFT);
		arch_pte *slot = arch_pgtable_slot(&mm->pgtable, va);

		if (!slot) {
			mm_unmap(mm, addr, end - addr);
			return -ENOMEM;
		}
		pages[i]->flags |= PAGE_PINNED;
		page_get(pages[i]);
		*slot = arch_pte_make(page_to_phys(pages[i]), vma_pte_flags(prot));
		vma_touch(v, va, va + PAGE_SIZE);
		mm->rss_pages++;
	}
	return addr;
}

/* ---- munmap ---- */
/* Take v out: the vma behind it, NULL when there is none. Dropping its file may sleep, so the tree
 * may differ afterwards. */
static struct vma *remove_vma(struct mm *mm, struct vma *v)
{
	struct vma *next = vma_next(v);
	vaddr end = v->end;
	bool may_sleep = v->file;

	vma_unlink(mm, v);
	zap_range(v, v->start, v->end);
	vma_free(v);
	return may_sleep ? vma_find_next(mm, end) : next;
}

int mm_unmap(struct mm *mm, vaddr addr, size_t len)
{
	struct vma *v;
	vaddr end;
	int err;

	if (addr & ~PAGE_MASK || !len || len > USER_TOP || addr > USER_TOP - len)
		return -EINVAL;
	end = ALIGN_UP(addr + len, PAGE_SIZE);
	v = vma_find_next(mm, addr);
	if (!v || v->start >= end)
		return 0;
	if (v->start != addr || v->end != end) {
		v = vma_isolate(mm, addr, end, &err);
		if (!v)
			return err;
	}
	while (v && v->start < end)
		v = remove_vma(mm, v);
	mm_hole_freed(mm, end, v);
	return 0;
}

/* ---- brk ---- */
vaddr mm_brk(struct mm *mm, vaddr brk)
{
	vaddr old = ALIGN_UP(mm->brk, PAGE_SIZE), new = ALIGN_UP(brk, PAGE_SIZE);
	u64 limit = rlimit_current(RLIMIT_DATA);
	struct vma *next;

	if (brk < mm->brk_start || brk > USER_TOP ||
	    brk - mm->brk_start + (mm->data_end - mm->data_start) > limit)
		return mm->brk;
	if (new < old && mm_unmap(mm, new, old - new))
		return mm->brk;
	if (new > old) {
		next = vma_find_next(mm, old);
		if (next && vma_guard_start(next) < new + PAGE_SIZE)
			return mm->brk;
		if (mm_map(mm, old, new - old, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, NULL, 0,
			   VMA_HEAP) < 0)
			return mm->brk;
	}
	mm->brk = brk;
	return brk;
}
