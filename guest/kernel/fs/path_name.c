#include "kernel/fs/vfs.h"
#include "kernel/lib/log.h"
#include "kernel/lib/string.h"
#include "kernel/task/task.h"

/* Put text before *at without crossing start. */
static bool prepend(char *start, char **at, const char *text, size_t len)
{
	if ((size_t)(*at - start) < len)
		return false;
	*at -= len;
	memcpy(*at, text, len);
	return true;
}

/* Names from p up to the root, or up to where nothing lies above (a detached mount). */
static bool prepend_components(struct path p, const struct path *root, char *start, char **at)
{
	for (;;) {
		if (p.dentry == root->dentry && p.mount == root->mount)
			return true;
		if (p.dentry == p.mount->root) {
			if (!p.mount->parent)
				return true;
			p = (struct path){p.mount->parent, p.mount->point};
			continue;
		}
		if (!prepend(start, at, p.dentry->name, p.dentry->name_len) || !prepend(start, at, "/", 1))
			return false;
		if (p.dentry->parent == p.dentry)
			return true;
		p.dentry = p.dentry->parent;
	}
}

bool path_reachable(const struct path *p)
{
	const struct path *root = &task_current()->fs->root;
	struct path at = *p;
	for (;;) {
		if (at.mount == root->mount && dentry_is_below(at.dentry, root->dentry))
			return true;
		if (!at.mount->parent)
			return false;
		at = (struct path){at.mount->parent, at.mount->point};
	}
}

/* Pipes and the like lie in no directory: "pipe:[7]", "anon_inode:[eventfd]", "/memfd:x (deleted)". */
static char *anonymous_name(const struct path *p, char *buf, size_t size)
{
	int n;
	if (p->dentry->inode && S_ISFIFO(p->dentry->inode->mode))
		n = ksnprintf(buf, size, "pipe:[%llu]", (unsigned long long)p->dentry->inode->ino);
	else
		n = ksnprintf(buf, size, "%s%s", p->dentry->name, p->dentry->name[0] == '/' ? " (deleted)" : "");
	return n >= 0 && (size_t)n < size ? buf : NULL;
}

char *path_name(const struct path *p, char *buf, size_t size)
{
	static const char deleted[] = " (deleted)";
	if (!p->mount->super->type)
		return anonymous_name(p, buf, size);
	if (size < 2)
		return NULL;
	char *at = buf + size - 1;
	*at = '\0';
	if (p->dentry->unlinked && !prepend(buf, &at, deleted, sizeof(deleted) - 1))
		return NULL;
	char *end = at;
	if (!prepend_components(*p, &task_current()->fs->root, buf, &at))
		return NULL;
	if (at == end && !prepend(buf, &at, "/", 1))
		return NULL;
	return at;
}
