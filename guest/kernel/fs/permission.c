#include <linux/capability.h>
#include "kernel/fs/vfs.h"
#include "kernel/task/task.h"

/* The rwx bits that apply to the current task's file-system ids. */
static u32 applicable_bits(const struct inode *i, const struct cred *c)
{
	if (c->fsuid == i->uid)
		return i->mode >> 6;
	if (c->fsgid == i->gid || cred_in_group(c, i->gid))
		return i->mode >> 3;
	return i->mode;
}

/* capabilities(7): CAP_DAC_OVERRIDE for everything but executing a file nobody may execute;
 * CAP_DAC_READ_SEARCH for reading, and for searching directories. */
static bool overridden(const struct inode *i, u32 mask)
{
	bool dir = S_ISDIR(i->mode);
	if ((dir || !(mask & MAY_EXEC) || i->mode & 0111) && capable(CAP_DAC_OVERRIDE))
		return true;
	u32 search = dir ? MAY_READ | MAY_EXEC : MAY_READ;
	return !(mask & ~search) && capable(CAP_DAC_READ_SEARCH);
}

int inode_permission(struct inode *i, int mask)
{
	u32 want = (u32)mask & 7;
	/* Everybody may: no need to ask who it is. */
	u32 all = i->mode & (i->mode >> 3) & (i->mode >> 6) & 7;
	if (!(want & ~all))
		return 0;
	if (!(want & ~applicable_bits(i, current_cred())))
		return 0;
	return overridden(i, want) || (i->ops->permit && i->ops->permit(i, want)) ? 0 : -EACCES;
}
