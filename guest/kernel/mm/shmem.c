#include "kernel/lib/refcount.h"
#include "kernel/mm/vma.h"

#include "kernel/mm/slab.h"

static SLAB_CACHE(shmem_cache, "shmem", struct shmem);

struct shmem *shmem_create(u64 pages)
{
	struct shmem *s = slab_alloc(&shmem_cache);

	if (!s)
		return NULL;
	mapping_init(&s->mapping, NULL, NULL);
	s->pages = pages;
	s->refcount = 1;
	return s;
}

struct shmem *shmem_get(struct shmem *s)
{
	refcount_get(&s->refcount);
	return s;
}

void shmem_put(struct shmem *s)
{
	if (!refcount_put(&s->refcount))
		return;
	mapping_destroy(&s->mapping);
	slab_free(&shmem_cache, s);
}
