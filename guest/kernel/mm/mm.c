#include "kernel/fs/file.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/log.h"
#include "kernel/lib/string.h"
#include "kernel/mm/page.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/vma.h"

static SLAB_CACHE(mm_cache, "mm", struct mm);

/* Left for the stack below USER_TOP when exec does not say better. */
#define STACK_ROOM (128ul << 20)

struct mm *mm_create(void)
{
	struct mm *mm = slab_zalloc(&mm_cache);

	if (!mm)
		return NULL;
	if (arch_pgtable_init(&mm->pgtable)) {
		slab_free(&mm_cache, mm);
		return NULL;
	}
	mm->refcount = 1;
	mm->mmap_top = USER_TOP - STACK_ROOM - STACK_GUARD;
	return mm;
}

struct mm *mm_get(struct mm *mm)
{
	mm->refcount++;
	return mm;
}

/*
 * Free all vmas, leaves of the tree first: nobody looks at it any more, so it needs no rebalancing. Dropping a file may
 * sleep; the vmas still in a mapping's list then have nothing mapped.
 */
static void free_vmas(struct mm *mm)
{
	struct rb_node *n = mm->vmas.root;

	while (n) {
		struct rb_node *p = n->parent;
		struct vma *v = container_of(n, struct vma, node);

		if (n->left || n->right) {
			n = n->left ? n->left : n->right;
			continue;
		}
		if (p)
			*(p->left == n ? &p->left : &p->right) = NULL;
		list_remove(&v->mapping_link);
		vma_free(v);
		n = p;
	}
}

void mm_put(struct mm *mm)
{
	if (--mm->refcount)
		return;
	zap_all(mm);
	free_vmas(mm);
	DEBUG_ASSERT(mm->rss_pages == 0);
	arch_pgtable_destroy(&mm->pgtable);
	if (mm->exe) {
		inode_allow_write(mm->exe->inode);
		file_put(mm->exe);
	}
	slab_free(&mm_cache, mm);
}

/* ---- fork ---- */
#define FORK_BATCH 16

/* Entries of the parent on their way to the child: consecutive pages with equal flags. */
struct fork_copy {
	struct mm *child;
	vaddr start;
	unsigned int n, flags;
	bool changed; /* the parent lost a write permission */
	int err;
	phys_addr pa[FORK_BATCH];
};

static void fork_flush(struct fork_copy *f)
{
	if (!f->n)
		return;
	f->err = arch_pgtable_map_batch(&f->child->pgtable, f->start, f->pa, f->n, f->flags);
	if (!f->err)
		f->child->rss_pages += f->n;
	for (unsigned int i = 0; f->err && i < f->n; i++)
		page_put(phys_to_page(f->pa[i]));
	f->n = 0;
}

/* Private copies are shared read-only from now on; pages of the page cache come back by faults. */
static unsigned int fork_entry(void *ctx, vaddr va, phys_addr pa, unsigned int flags)
{
	struct fork_copy *f = ctx;
	unsigned int shared = flags & ~PTE_WRITE;
	struct page *p = phys_to_page(pa);

	if (!phys_is_ram(pa) || p->flags & PAGE_CACHE || f->err)
		return PTE_KEEP;
	if (f->n == FORK_BATCH || f->flags != shared || va != f->start + ((vaddr)f->n << PAGE_SHIFT) ||
	    !(va & (FORK_BATCH * PAGE_SIZE - 1))) {
		fork_flush(f);
		if (f->err)
			return PTE_KEEP;
		f->start = va;
		f->flags = shared;
	}
	page_get(p);
	f->pa[f->n++] = pa;
	if (shared == flags)
		return PTE_KEEP;
	f->changed = true;
	return shared;
}

static int fork_vma(struct mm *parent, struct vma *v, struct fork_copy *f)
{
	struct vma *copy = vma_copy(f->child, v);
	vaddr start, end;

	if (!copy)
		return -ENOMEM;
	copy->flags &= ~(VMA_LOCKED | VMA_LOCKONFAULT);
	vma_link(f->child, copy);
	if (v->flags & (VMA_SHARED | VMA_WIPEONFORK))
		return 0;
	start = MAX(v->start, v->touched_start);
	end = MIN(v->end, v->touched_end);
	if (start < end)
		arch_pgtable_walk(&parent->pgtable, start, end, fork_entry, f);
	fork_flush(f);
	return f->err;
}

/* What a child inherits beside its vmas. Memory locks are not inherited: mlock(2). */
static void fork_layout(struct mm *child, const struct mm *parent)
{
	child->mmap_top = parent->mmap_top;
	child->map_cache = parent->map_cache;
	child->hole_above = parent->hole_above;
	child->code_start = parent->code_start;
	child->code_end = parent->code_end;
	child->data_start = parent->data_start;
	child->data_end = parent->data_end;
	child->brk_start = parent->brk_start;
	child->brk = parent->brk;
	child->stack_start = parent->stack_start;
	child->arg_start = parent->arg_start;
	child->arg_end = parent->arg_end;
	child->env_start = parent->env_start;
	child->env_end = parent->env_end;
	child->vdso = parent->vdso;
	child->pkeys = parent->pkeys;
	memcpy(child->auxv, parent->auxv, sizeof(child->auxv));
	if (parent->exe) {
		child->exe = file_get(parent->exe);
		inode_deny_write(child->exe->inode); /* cannot fail: the parent denies it too */
	}
}

struct mm *mm_fork(struct mm *parent)
{
	struct mm *child = mm_create();
	struct fork_copy f = {.child = child};
	int err = 0;

	if (!child)
		return NULL;
	fork_layout(child, parent);
	for (struct rb_node *n = rb_first(&parent->vmas); n && !err; n = rb_next(n)) {
		struct vma *v = container_of(n, struct vma, node);

		if (!(v->flags & VMA_DONTFORK))
			err = fork_vma(parent, v, &f);
	}
	if (f.changed)
		arch_tlb_flush_mm(parent);
	child->peak_rss_pages = child->rss_pages;
	if (err) {
		mm_put(child);
		return NULL;
	}
	return child;
}
