#include "kernel/mm/vma.h"
#include "kernel/fs/file.h"
#include "kernel/mm/slab.h"

static SLAB_CACHE(vma_cache, "vma", struct vma);

static struct vma *entry(struct rb_node *n)
{
	return n ? container_of(n, struct vma, node) : NULL;
}

struct vma *vma_next(struct vma *v)
{
	return entry(rb_next(&v->node));
}

struct vma *vma_prev(struct vma *v)
{
	return entry(rb_prev(&v->node));
}

struct vma *vma_find_next(struct mm *mm, vaddr addr)
{
	struct rb_node *n = mm->vmas.root;
	struct vma *best = NULL;

	while (n) {
		struct vma *v = entry(n);

		if (v->end > addr) {
			best = v;
			if (v->start <= addr)
				break;
			n = n->left;
		} else {
			n = n->right;
		}
	}
	return best;
}

struct vma *vma_find_slow(struct mm *mm, vaddr addr)
{
	struct vma *v = vma_find_next(mm, addr);

	if (!v || v->start > addr)
		return NULL;
	mm->last = v;
	return v;
}

struct vma *vma_alloc(struct mm *mm)
{
	struct vma *v = slab_zalloc(&vma_cache);

	if (v) {
		v->mm = mm;
		list_init(&v->mapping_link);
	}
	return v;
}

void vma_free(struct vma *v)
{
	struct file *file = v->file;
	struct shmem *shmem = v->shmem;

	slab_free(&vma_cache, v);
	if (shmem)
		shmem_put(shmem);
	if (file)
		file_put(file);
}

struct vma *vma_copy(struct mm *mm, const struct vma *v)
{
	struct vma *copy = slab_alloc(&vma_cache);

	if (!copy)
		return NULL;
	*copy = *v;
	copy->mm = mm;
	list_init(&copy->mapping_link);
	if (copy->file)
		file_get(copy->file);
	if (copy->shmem)
		shmem_get(copy->shmem);
	return copy;
}

void vma_account(struct vma *v, s64 pages)
{
	struct mm *mm = v->mm;

	mm->total_pages += pages;
	if (v->flags & VMA_GROWSDOWN)
		mm->stack_pages += pages;
	else if (vma_is_data(v->prot, v->flags))
		mm->data_pages += pages;
	if (v->flags & VMA_LOCKED)
		mm->locked_pages += pages;
}

static void tree_insert(struct mm *mm, struct vma *v)
{
	struct rb_node **link = &mm->vmas.root, *parent = NULL;

	while (*link) {
		parent = *link;
		link = v->start < entry(parent)->start ? &parent->left : &parent->right;
	}
	rb_insert(&mm->vmas, &v->node, parent, link);
	mm->vma_count++;
	if (v->mapping)
		list_push_back(&v->mapping->vmas, &v->mapping_link);
}

static void tree_remove(struct mm *mm, struct vma *v)
{
	rb_remove(&mm->vmas, &v->node);
	mm->vma_count--;
	if (mm->last == v)
		mm->last = NULL;
	list_remove(&v->mapping_link);
}

void vma_link(struct mm *mm, struct vma *v)
{
	tree_insert(mm, v);
	vma_account(v, vma_pages(v));
}

void vma_link_before(struct mm *mm, struct vma *v, struct vma *next)
{
	struct rb_node *parent = next ? &next->node : mm->vmas.root;
	struct rb_node **link = parent ? &parent->left : &mm->vmas.root;

	/* The place is the left of next, or the right of the one before it, whichever is free. */
	if (parent && (!next || *link)) {
		parent = next ? parent->left : parent;
		while (parent->right)
			parent = parent->right;
		link = &parent->right;
	}
	rb_insert(&mm->vmas, &v->node, parent, link);
	mm->vma_count++;
	if (v->mapping)
		list_push_back(&v->mapping->vmas, &v->mapping_link);
	vma_account(v, vma_pages(v));
}

void vma_unlink(struct mm *mm, struct vma *v)
{
	vma_account(v, -(s64)vma_pages(v));
	tree_remove(mm, v);
}

int vma_split(struct mm *mm, struct vma *v, vaddr at)
{
	struct vma *upper;

	if (mm->vma_count >= MAX_MAP_COUNT)
		return -ENOMEM;
	upper = vma_copy(mm, v);
	if (!upper)
		return -ENOMEM;
	upper->pgoff = vma_index(v, at);
	upper->start = at;
	v->end = at;
	tree_insert(mm, upper);
	return 0;
}

bool vma_mergeable(const struct vma *a, const struct vma *b)
{
	return a->end == b->start && a->prot == b->prot && a->flags == b->flags &&
	       a->file == b->file && a->mapping == b->mapping && a->pkey == b->pkey &&
	       !(a->flags & VMA_VDSO) && (!a->mapping || a->pgoff + vma_pages(a) == b->pgoff);
}

/* a swallows its upper neighbour b. */
static void absorb(struct mm *mm, struct vma *a, struct vma *b)
{
	a->end = b->end;
	if (b->touched_end)
		vma_touch(a, b->touched_start, b->touched_end);
	tree_remove(mm, b);
	vma_free(b);
}

struct vma *vma_merge(struct mm *mm, struct vma *v)
{
	struct vma *prev = vma_prev(v), *next = vma_next(v);

	if (next && vma_mergeable(v, next))
		absorb(mm, v, next);
	if (prev && vma_mergeable(prev, v)) {
		absorb(mm, prev, v);
		v = prev;
	}
	return v;
}

struct vma *vma_isolate(struct mm *mm, vaddr start, vaddr end, int *err)
{
	struct vma *v = vma_find_next(mm, start), *last;

	*err = 0;
	if (!v || v->start >= end)
		return NULL;
	if (v->start < start) {
		*err = vma_split(mm, v, start);
		if (*err)
			return NULL;
		v = vma_next(v);
	}
	last = v->end >= end ? v : vma_find_next(mm, end - 1);
	if (last && last->start < end && last->end > end)
		*err = vma_split(mm, last, end);
	return *err ? NULL : v;
}

int vma_set_anonymous(struct vma *v)
{
	v->mapping = NULL;
	v->pgoff = 0;
	if (v->flags & VMA_SHARED) {
		v->shmem = shmem_create(vma_pages(v));
		if (!v->shmem)
			return -ENOMEM;
		v->mapping = &v->shmem->mapping;
	}
	return 0;
}
