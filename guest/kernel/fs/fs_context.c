#include "kernel/fs/vfs.h"
#include "kernel/mm/slab.h"

static SLAB_CACHE(context_cache, "fs_context", struct fs_context);

static struct fs_context *context_make(const struct path *root, const struct path *cwd, u32 umask)
{
	struct fs_context *f = slab_alloc(&context_cache);
	if (!f)
		return NULL;
	path_get(root);
	path_get(cwd);
	*f = (struct fs_context){.root = *root, .cwd = *cwd, .umask = umask, .refcount = 1};
	return f;
}

struct fs_context *fs_context_create(const struct path *root)
{
	return context_make(root, root, 022);
}

struct fs_context *fs_context_copy(const struct fs_context *f)
{
	return context_make(&f->root, &f->cwd, f->umask);
}

struct fs_context *fs_context_get(struct fs_context *f)
{
	refcount_get(&f->refcount);
	return f;
}

void fs_context_put(struct fs_context *f)
{
	if (!refcount_put(&f->refcount))
		return;
	path_put(&f->root);
	path_put(&f->cwd);
	slab_free(&context_cache, f);
}
