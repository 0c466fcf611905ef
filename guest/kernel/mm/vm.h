/*
 * Address spaces: vmas over a page table, demand paging, copy on write.
 */
#ifndef KERNEL_MM_VM_H
#define KERNEL_MM_VM_H

#include "arch/arch.h"
#include "kernel/lib/list.h"
#include "kernel/lib/rbtree.h"
#include "kernel/lib/types.h"

struct file;
struct page;
struct vma;
struct path;
struct mapping;
struct shmem;

/* vma flags beside PROT_* (prot) */
enum vma_flag {
	VMA_SHARED = 1 << 0,
	VMA_GROWSDOWN = 1 << 1,
	VMA_STACK = 1 << 2,
	VMA_HEAP = 1 << 3,
	VMA_VDSO = 1 << 4,
	VMA_DONTFORK = 1 << 5,	 /* MADV_DONTFORK */
	VMA_WIPEONFORK = 1 << 6, /* MADV_WIPEONFORK */
	VMA_LOCKED = 1 << 7,
	VMA_NORESERVE = 1 << 8,
	VMA_MAYWRITE =
		1 << 9, /* mprotect may add PROT_WRITE (shared mapping of a read-only file: not) */
	VMA_MAYEXEC = 1 << 10,	   /* mprotect may add PROT_EXEC (file on a noexec mount: not) */
	VMA_LOCKONFAULT = 1 << 11, /* mlock2(MLOCK_ONFAULT): with VMA_LOCKED */
	VMA_WRITENOTIFY =
		1 << 12, /* shared and backed by a disk: a first write marks the page dirty */
};

struct vma {
	vaddr start, end;   /* page aligned, start < end */
	unsigned int prot;  /* PROT_READ | PROT_WRITE | PROT_EXEC */
	unsigned int flags; /* enum vma_flag */
	struct file *file;  /* counted reference; NULL = anonymous */
	u64 pgoff;	    /* offset of start in the file, in pages */
	struct mm *mm;
	struct rb_node node;
	struct list mapping_link; /* in mapping->vmas: truncate finds who maps it */
	unsigned char pkey;
	u8 ahead;	  /* anonymous: pages the last fault mapped, and where a program that */
	vaddr next_fault; /* goes through memory in order will fault next */
	vaddr touched_start,
		touched_end; /* no entry was ever present outside; end 0: none at all */
	struct mapping
		*mapping; /* the pages behind: the file's or shmem's; NULL: anonymous and private */
	struct shmem *shmem; /* shared anonymous memory: counted reference */
};

/* The number of pages in v; the index in its mapping of the page at va. */
static inline u64 vma_pages(const struct vma *v)
{
	return (v->end - v->start) >> PAGE_SHIFT;
}
static inline u64 vma_index(const struct vma *v, vaddr va)
{
	return v->pgoff + ((va - v->start) >> PAGE_SHIFT);
}

struct mm {
	struct arch_pgtable pgtable;
	u32 refcount; /* tasks and temporary users */
	struct rb_tree vmas;
	struct vma *last; /* the vma found last */
	u32 vma_count;
	u64 total_pages; /* mapped by vmas */
	u64 rss_pages;	 /* present entries */
	u64 peak_rss_pages;
	u64 locked_pages;
	u64 data_pages;	     /* private and writable, no stack: RLIMIT_DATA */
	u64 stack_pages;     /* in VMA_GROWSDOWN */
	unsigned int future; /* mlockall(MCL_FUTURE): VMA_LOCKED, MCL_ONFAULT: VMA_LOCKONFAULT */
	vaddr mmap_top;	     /* mappings grow down from here */
	vaddr map_cache;     /* the search for a hole starts here (0: at mmap_top); */
	u64 hole_above;	     /* above it there is none larger than this */
	vaddr code_start, code_end, data_start, data_end;
	vaddr brk_start, brk;
	vaddr stack_start;
	vaddr arg_start, arg_end, env_start, env_end;
	vaddr vdso; /* start of vDSO text */
	struct file *exe;
	u64 auxv[48];	 /* /proc/PID/auxv: pairs, ends with AT_NULL */
	u16 pkeys;	 /* allocated protection keys, bit mask */
	u32 membarrier;	 /* registered MEMBARRIER_CMD_*_EXPEDITED */
	u64 active_cpus; /* bit mask: CPUs that run it now (TLB flush) */
};

/* A new empty address space with one reference, or NULL. */
struct mm *mm_create(void);
/* A copy-on-write copy for fork, or NULL. */
struct mm *mm_fork(struct mm *parent);
struct mm *mm_get(struct mm *mm);
/* Drop a reference; at zero unmaps and frees all. */
void mm_put(struct mm *mm);

/* The vma that holds addr, NULL; the first vma with end > addr, NULL. */
struct vma *vma_find_slow(struct mm *mm, vaddr addr);
static inline struct vma *vma_find(struct mm *mm, vaddr addr)
{
	struct vma *v = mm->last;

	return likely(v && addr >= v->start && addr < v->end) ? v : vma_find_slow(mm, addr);
}
struct vma *vma_find_next(struct mm *mm, vaddr addr);
struct vma *vma_next(struct vma *v);

/*
 * mmap(2) without its decoding. addr is a hint, or exact with MAP_FIXED / MAP_FIXED_NOREPLACE; len
 * in bytes, > 0; prot and map_flags as the manual's; file NULL for anonymous (takes its own
 * reference), off in bytes, page aligned. Answers the address or -EINVAL -ENOMEM -EEXIST -EACCES
 * -ENODEV -EPERM -EOVERFLOW.
 */
long mm_map(struct mm *mm, vaddr addr, size_t len, unsigned int prot, unsigned int map_flags,
	    struct file *file, u64 off, unsigned int vma_flags);
int mm_unmap(struct mm *mm, vaddr addr, size_t len);
int mm_protect(struct mm *mm, vaddr addr, size_t len, unsigned int prot);
/* Map the given pinned kernel pages (vDSO). */
long mm_map_pages(struct mm *mm, vaddr addr, struct page **pages, unsigned int n, unsigned int prot,
		  unsigned int vma_flags);
/* brk(2): the new break, or the old one when it cannot move. */
vaddr mm_brk(struct mm *mm, vaddr brk);

enum fault_access { FAULT_READ = 1, FAULT_WRITE = 2, FAULT_EXEC = 4 };
/*
 * Resolve a page fault at addr. 0 when the access may be tried again, else what the program gets:
 * -EFAULT (SEGV_MAPERR), -EACCES (SEGV_ACCERR), -ENXIO (SIGBUS BUS_ADRERR: beyond the end of the
 * file), -ENOMEM (kill). Maps neighbouring page-cache pages along with the one asked for. May
 * sleep.
 */
int mm_fault(struct mm *mm, vaddr addr, enum fault_access access);
/* Fault in [addr, addr+len) ahead of use: 0 or the first error. */
int mm_populate(struct mm *mm, vaddr addr, size_t len, bool write);

/* The page behind addr after faulting it in for the access, with a reference; 0, or as mm_fault.
 * Futex keys, direct I/O. */
int mm_get_page(struct mm *mm, vaddr addr, enum fault_access access, struct page **out);

/*
 * For a character device whose mappings are plain memory (/dev/zero), from file_ops.mmap: v keeps
 * its file for /proc/PID/maps but its pages are anonymous. 0 or -ENOMEM.
 */
int vma_set_anonymous(struct vma *v);

/* Unmap pages [first, last] of a mapping from every address space; cows: private copies of them too
 * (truncate). */
void mapping_zap_range(struct mapping *m, u64 first, u64 last, bool cows);
/* Write-protect them where they are shared, so that the next write marks them dirty again. */
void mapping_protect_range(struct mapping *m, u64 first, u64 last);
/* The cache's pages [first, last] leave the mapping: unmap them everywhere, private copies stay. */
static inline void mapping_unmap_range(struct mapping *m, u64 first, u64 last)
{
	mapping_zap_range(m, first, last, false);
}

/* Memory is out: send SIGKILL to the process that holds most and has not been sent one yet. */
void oom_kill(void);

#endif
