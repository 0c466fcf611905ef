/* The guest's /etc/ld.so.cache: the host's, without what did not travel. */
#include "rootfs_tree.h"

#include <stdlib.h>
#include <string.h>
#include "elfdeps.h"

/* Most libraries lie in few directories: the last one looked at. */
struct in_tree {
	struct rootfs *r;
	struct rootfs_node *dir; /* NULL: it is not in the tree */
	size_t len;
	char path[ROOTFS_PATH_MAX];
};

static void enter(struct in_tree *t, const char *path, size_t len)
{
	struct rootfs_place at;
	memcpy(t->path, path, len);
	t->path[len] = 0;
	t->len = len;
	t->dir = rootfs_walk(t->r, t->path, ROOTFS_FOLLOW_LAST, &at) ? NULL : at.node;
}

static bool is_in_tree(void *ctx, const char *path)
{
	struct in_tree *t = ctx;
	size_t len = strrchr(path, '/') - path;
	if (len >= sizeof(t->path))
		return false;
	if (len != t->len || memcmp(path, t->path, len))
		enter(t, path, len);
	return t->dir && rootfs_child(t->r, t->dir, path + len + 1, strlen(path + len + 1));
}

int rootfs_add_ld_cache(struct rootfs *r)
{
	static const char where[] = "/etc/ld.so.cache";
	struct ld_cache host;
	struct in_tree t = {.r = r};
	void *bytes;
	size_t len;
	if (rootfs_lookup(r, where) || ld_cache_load(&host, where))
		return 0; /* ld.so does without */
	int err = ld_cache_filter(&host, is_in_tree, &t, &bytes, &len);
	if (!err && len) {
		err = rootfs_add_file(r, where, 0644, bytes, len);
		free(bytes);
	} else if (err) {
		rootfs_fail_path(r, -err, where);
	}
	ld_cache_free(&host);
	return err;
}
