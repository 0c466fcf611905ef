/* Opening a file to be executed. */
#include <linux/fcntl.h>
#include <linux/mount.h>
#include "kernel/fs/vfs.h"
#include "kernel/lib/string.h"
#include "kernel/task/exec.h"
#include "kernel/task/task.h"

/* execve(2), EACCES: not a regular file, not executable, or on a file system mounted noexec. */
static int check(const struct path *p)
{
	struct inode *i = p->dentry->inode;
	if (S_ISLNK(i->mode))
		return -ELOOP;
	if (!S_ISREG(i->mode) || (p->mount->flags & MS_NOEXEC))
		return -EACCES;
	return inode_permission(i, MAY_EXEC);
}

static int read_header(struct binary *b)
{
	isize n = file_read_at(b->file, b->header, EXEC_HEADER_SIZE, 0);
	if (n < 0)
		return (int)n;
	b->header_len = (size_t)n;
	return 0;
}

static int open_checked(const struct path *p, struct binary *out)
{
	int err = check(p);
	if (!err)
		err = file_open_path(p, O_RDONLY | OPEN_EXEC, &out->file);
	if (err)
		return err;
	err = inode_deny_write(out->file->inode);
	if (err)
		goto no_deny;
	err = read_header(out);
	if (err)
		goto no_header;
	return 0;
no_header:
	inode_allow_write(out->file->inode);
no_deny:
	file_put(out->file);
	return err;
}

int binary_open(int dirfd, const char *path, int flags, struct binary *out)
{
	struct path p;
	unsigned int walk = 0;
	if (flags & AT_SYMLINK_NOFOLLOW)
		walk |= WALK_NOFOLLOW;
	if (flags & AT_EMPTY_PATH)
		walk |= WALK_EMPTY;
	int err = path_walk(dirfd, path, walk, &p);
	if (err)
		return err;
	err = open_checked(&p, out);
	path_put(&p);
	return err;
}

void binary_close(struct binary *b)
{
	inode_allow_write(b->file->inode);
	file_put(b->file);
}
