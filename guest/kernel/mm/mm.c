#include "kernel/lib/refcount.h"
#include "kernel/mm/vma.h"

#include "kernel/fs/file.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/log.h"
#include "kernel/lib/string.h"
#include "kernel/mm/page.h"
#include "kernel/mm/pgtable.h"
#include "kernel/mm/slab.h"
#include "kernel/task/task.h"

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
	refcount_get(&mm->refcount);
	return mm;
}

/*
 * Free all vmas, leaves of the tree first: nobody looks at it any more, so it needs no rebalancing.
 * Dropping a file may sleep; the vmas still in a mapping's list then have nothing mapped.
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
	if (!refcount_put(&mm->refcount))
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
	oom_memory_freed();
}

/* ---- fork ---- */
struct fork_copy {
	struct mm *child;
	bool changed; /* the parent lost a write permission */
	bool skip;    /* there is a VMA_DONTFORK */
};

/* Private copies are shared read-only from now on; pages of the page cache come back by faults. One
 * table's worth: 0 or -ENOMEM. */
static int fork_run(struct fork_copy *f, const struct pte_run *run)
{
	arch_pte *first =
		NULL; /* the child's slot of run->va, when there is something to put there */
	arch_pte *from = run->slot;
	u64 count = 0;

	for (; (from = pte_present_from(from, run->stop)) != run->stop; from++) {
		arch_pte e = *from, read_only = arch_pte_read_only(e);
		struct page *p = phys_to_page(arch_pte_phys(e));

		if (!phys_is_ram(arch_pte_phys(e)) || p->flags & PAGE_CACHE)
			continue;
		if (unlikely(!first)) {
			first = arch_pgtable_slot(&f->child->pgtable, run->va);
			if (!first)
				return -ENOMEM;
		}
		page_get(p);
		count++;
		first[from - run->slot] = read_only;
		if (arch_pte_writable(e)) {
			*from = read_only;
			f->changed = true;
		}
	}
	f->child->rss_pages += count;
	return 0;
}

static int fork_pages(struct vma *v, struct fork_copy *f)
{
	struct pte_run run = {.va = MAX(v->start, v->touched_start)};
	vaddr end = MIN(v->end, v->touched_end);
	int err = 0;

	while (!err && pte_run_next(&v->mm->pgtable, &run, end)) {
		err = fork_run(f, &run);
		run.va += (vaddr)(run.stop - run.slot) << PAGE_SHIFT;
	}
	return err;
}

/*
 * Copy the subtree at n, in shape and colour, to *link below parent. 0 or -ENOMEM with what there
 * is so far in place. As deep as the tree is high: 32 at most.
 */
static int fork_tree(struct fork_copy *f, struct rb_node *n, struct rb_node *parent,
		     struct rb_node **link)
{
	const unsigned int not_inherited = VMA_LOCKED | VMA_LOCKONFAULT;
	struct vma *v = container_of(n, struct vma, node), *copy = vma_copy(f->child, v);
	int err = 0;

	if (!copy)
		return -ENOMEM;
	copy->flags &= ~not_inherited;
	copy->node = (struct rb_node){.parent = parent, .red = n->red};
	*link = &copy->node;
	f->child->vma_count++;
	if (copy->mapping)
		list_push_back(&copy->mapping->vmas, &copy->mapping_link);
	if (v->flags & VMA_DONTFORK)
		f->skip = true;
	else if (!(v->flags & (VMA_SHARED | VMA_WIPEONFORK)))
		err = fork_pages(v, f);
	if (!err && n->left)
		err = fork_tree(f, n->left, &copy->node, &copy->node.left);
	if (!err && n->right)
		err = fork_tree(f, n->right, &copy->node, &copy->node.right);
	return err;
}

/* MADV_DONTFORK */
static void drop_skipped(struct mm *child)
{
	struct vma *v, *next;

	for (v = vma_find_next(child, 0); v; v = next) {
		next = vma_next(v);
		if (v->flags & VMA_DONTFORK) {
			vma_unlink(child, v);
			vma_free(v);
		}
	}
}

/* What a child inherits beside its vmas. Memory locks are not inherited: mlock(2). */
static void fork_layout(struct mm *child, const struct mm *parent)
{
	child->total_pages = parent->total_pages;
	child->data_pages = parent->data_pages;
	child->stack_pages = parent->stack_pages;
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

/*
 * What parent and child do first: both write to the page of the stack they are on, the child runs
 * on. Each would come back for it with a fault of its own.
 */
static void fork_warm(struct mm *parent, struct mm *child)
{
	const struct arch_regs *r = arch_task_regs(task_current());

	if (parent != task_current()->mm || page_available() < 64)
		return;
	if (!mm_fault(child, arch_regs_sp(r), FAULT_WRITE))
		mm_fault(parent, arch_regs_sp(r), FAULT_WRITE);
	mm_fault(child, arch_regs_pc(r), FAULT_EXEC);
}

struct mm *mm_fork(struct mm *parent)
{
	struct mm *child = mm_create();
	struct fork_copy f = {.child = child};
	int err = 0;

	if (!child)
		return NULL;
	fork_layout(child, parent);
	if (parent->vmas.root)
		err = fork_tree(&f, parent->vmas.root, NULL, &child->vmas.root);
	if (f.changed)
		arch_tlb_flush_mm(parent);
	child->peak_rss_pages = child->rss_pages;
	if (err) {
		mm_put(child);
		return NULL;
	}
	if (f.skip)
		drop_skipped(child);
	fork_warm(parent, child);
	return child;
}
