/* Credentials: shared after fork, made private before they change. */
#include <linux/capability.h>
#include "kernel/lib/log.h"
#include "kernel/lib/refcount.h"
#include "kernel/mm/slab.h"
#include "kernel/task/task.h"

static SLAB_CACHE(cred_cache, "cred", struct cred);

struct cred *cred_copy(const struct cred *c)
{
	struct cred *new = slab_alloc(&cred_cache);
	if (new) {
		*new = *c;
		new->refcount = 1;
	}
	return new;
}

struct cred *cred_get(struct cred *c)
{
	refcount_get(&c->refcount);
	return c;
}

void cred_put(struct cred *c)
{
	if (refcount_put(&c->refcount))
		slab_free(&cred_cache, c);
}

struct cred *cred_prepare(void)
{
	struct task *t = task_current();
	if (t->cred->refcount > 1) {
		struct cred *own = cred_copy(t->cred);
		if (!own)
			return NULL;
		cred_put(t->cred);
		t->cred = own;
	}
	return t->cred;
}

bool cred_in_group(const struct cred *c, u32 gid)
{
	if (c->fsgid == gid)
		return true;
	for (u32 i = 0; i < c->group_count; i++) {
		if (c->group[i] == gid)
			return true;
	}
	return false;
}

bool capable(int cap)
{
	return current_cred()->cap_effective >> cap & 1;
}
