/* mount(2), umount2(2) */
#include "syscall.h"
#include <linux/capability.h>
#include <linux/mount.h>
#include "kernel/fs/vfs.h"
#include "kernel/fs/walk.h"
#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/task.h"

struct mount_strings {
	char *source, *type, *data; /* NULL where the caller gave none */
};

static int string_get(char **out, const char __user *p)
{
	*out = NULL;
	return p ? path_from_user(p, out) : 0;
}

static void strings_put(struct mount_strings *s)
{
	kfree(s->source);
	kfree(s->type);
	kfree(s->data);
}

static int strings_get(struct mount_strings *s, const char __user *source, const char __user *type,
		       const void __user *data)
{
	*s = (struct mount_strings){0};
	int err = string_get(&s->type, type);
	if (!err)
		err = string_get(&s->source, source);
	if (!err)
		err = string_get(&s->data, data);
	if (err)
		strings_put(s);
	return err == -ENAMETOOLONG ? -EINVAL : err;
}

long sys_mount(const char __user *source, const char __user *target, const char __user *type, unsigned int flags,
	       void __user *data)
{
	struct mount_strings s;
	struct path at;
	if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
		flags &= ~MS_MGC_MSK;
	int err = strings_get(&s, source, type, data);
	if (err)
		return err;
	err = path_walk_user(AT_FDCWD, target, 0, &at);
	if (err)
		goto no_path;
	if (!capable(CAP_SYS_ADMIN))
		err = -EPERM;
	else if (flags & (MS_BIND | MS_MOVE) && !(flags & MS_REMOUNT) && (!s.source || !*s.source))
		err = -EINVAL;
	else
		err = mount_new(s.source ? s.source : "none", &at, s.type, flags, s.data);
	path_put(&at);
no_path:
	strings_put(&s);
	return err;
}

long sys_umount2(const char __user *target, int flags)
{
	struct path at;
	if (flags & ~0xf)
		return -EINVAL;
	unsigned int walk = (flags & UMOUNT_NOFOLLOW ? WALK_NOFOLLOW : 0) | (flags & MNT_EXPIRE ? WALK_EXPIRY : 0);
	int err = path_walk_user(AT_FDCWD, target, walk, &at);
	if (err)
		return err;
	err = capable(CAP_SYS_ADMIN) ? mount_umount(&at, flags) : -EPERM;
	path_put(&at);
	return err;
}
