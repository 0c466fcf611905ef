/* User and group ids: credentials(7), setuid(2), setreuid(2), setresuid(2), setfsuid(2),
 * getgroups(2). */
#include <linux/capability.h>
#include <linux/securebits.h>
#include "kernel/mm/uaccess.h"
#include "kernel/task/task.h"
#include "syscall/syscall.h"

#define SAME (~0u) /* -1: leave that id as it is */

/* capabilities(7): what only the file-system user id needs */
#define CAP_FS                                                                                     \
	(1ull << CAP_CHOWN | 1ull << CAP_DAC_OVERRIDE | 1ull << CAP_DAC_READ_SEARCH |              \
	 1ull << CAP_FOWNER | 1ull << CAP_FSETID | 1ull << CAP_MKNOD |                             \
	 1ull << CAP_LINUX_IMMUTABLE | 1ull << CAP_MAC_OVERRIDE)

/* ---- reading ---- */

long sys_getuid(void)
{
	return current_cred()->uid;
}

long sys_geteuid(void)
{
	return current_cred()->euid;
}

long sys_getgid(void)
{
	return current_cred()->gid;
}

long sys_getegid(void)
{
	return current_cred()->egid;
}

static int put_three(u32 a, void __user *pa, u32 b, void __user *pb, u32 c, void __user *pc)
{
	int err = copy_to_user(pa, &a, sizeof(a));
	if (!err)
		err = copy_to_user(pb, &b, sizeof(b));
	return err ? err : copy_to_user(pc, &c, sizeof(c));
}

long sys_getresuid(void __user *ruid, void __user *euid, void __user *suid)
{
	const struct cred *c = current_cred();
	return put_three(c->uid, ruid, c->euid, euid, c->suid, suid);
}

long sys_getresgid(void __user *rgid, void __user *egid, void __user *sgid)
{
	const struct cred *c = current_cred();
	return put_three(c->gid, rgid, c->egid, egid, c->sgid, sgid);
}

/* ---- changing ---- */

/* "Effect of user ID changes on capabilities", capabilities(7). */
static void adjust_capabilities(struct cred *c, const struct cred *old)
{
	if (c->securebits & (1 << SECURE_NO_SETUID_FIXUP))
		return;
	bool was_root = !old->uid || !old->euid || !old->suid;
	bool is_root = !c->uid || !c->euid || !c->suid;
	if (was_root && !is_root) {
		if (!(c->securebits & (1 << SECURE_KEEP_CAPS)))
			c->cap_permitted = c->cap_effective = 0;
		c->cap_ambient = 0;
	}
	if (!old->euid && c->euid)
		c->cap_effective = 0;
	if (old->euid && !c->euid)
		c->cap_effective = c->cap_permitted;
}

/* Ids that changed make the process undumpable and cancel its parent-death signal: prctl(2). */
static void note_change(const struct cred *c, const struct cred *old)
{
	struct process *p = task_current()->process;
	if (c->euid == old->euid && c->egid == old->egid && c->fsuid == old->fsuid &&
	    c->fsgid == old->fsgid)
		return;
	p->dumpable = false;
	p->death_signal = 0;
}

/* Make `next` (worked out beforehand, all checks done) the credentials of the task. */
static int commit(const struct cred *next)
{
	struct cred old = *current_cred();
	struct cred *c = cred_prepare();
	if (!c)
		return -ENOMEM;
	*c = *next;
	c->refcount = 1;
	if (c->uid != old.uid || c->euid != old.euid || c->suid != old.suid)
		adjust_capabilities(c, &old);
	note_change(c, &old);
	return 0;
}

static bool one_of(u32 id, u32 a, u32 b, u32 c)
{
	return id == a || id == b || id == c;
}

long sys_setuid(u32 uid)
{
	struct cred n = *current_cred();
	if (uid == SAME)
		return -EINVAL;
	if (capable(CAP_SETUID))
		n.uid = n.suid = uid;
	else if (uid != n.uid && uid != n.suid)
		return -EPERM;
	n.euid = n.fsuid = uid;
	return commit(&n);
}

long sys_setgid(u32 gid)
{
	struct cred n = *current_cred();
	if (gid == SAME)
		return -EINVAL;
	if (capable(CAP_SETGID))
		n.gid = n.sgid = gid;
	else if (gid != n.gid && gid != n.sgid)
		return -EPERM;
	n.egid = n.fsgid = gid;
	return commit(&n);
}

long sys_setreuid(u32 ruid, u32 euid)
{
	const struct cred *c = current_cred();
	struct cred n = *c;
	bool all = capable(CAP_SETUID);
	if (ruid != SAME && !all && ruid != c->uid && ruid != c->euid)
		return -EPERM;
	if (euid != SAME && !all && !one_of(euid, c->uid, c->euid, c->suid))
		return -EPERM;
	if (ruid != SAME)
		n.uid = ruid;
	if (euid != SAME)
		n.euid = euid;
	if (ruid != SAME || (euid != SAME && euid != c->uid))
		n.suid = n.euid;
	n.fsuid = n.euid;
	return commit(&n);
}

long sys_setregid(u32 rgid, u32 egid)
{
	const struct cred *c = current_cred();
	struct cred n = *c;
	bool all = capable(CAP_SETGID);
	if (rgid != SAME && !all && rgid != c->gid && rgid != c->egid)
		return -EPERM;
	if (egid != SAME && !all && !one_of(egid, c->gid, c->egid, c->sgid))
		return -EPERM;
	if (rgid != SAME)
		n.gid = rgid;
	if (egid != SAME)
		n.egid = egid;
	if (rgid != SAME || (egid != SAME && egid != c->gid))
		n.sgid = n.egid;
	n.fsgid = n.egid;
	return commit(&n);
}

long sys_setresuid(u32 ruid, u32 euid, u32 suid)
{
	const struct cred *c = current_cred();
	struct cred n = *c;
	u32 want[3] = {ruid, euid, suid}, *at[3] = {&n.uid, &n.euid, &n.suid};
	for (int i = 0; i < 3; i++) {
		if (want[i] == SAME)
			continue;
		if (!capable(CAP_SETUID) && !one_of(want[i], c->uid, c->euid, c->suid))
			return -EPERM;
		*at[i] = want[i];
	}
	n.fsuid = n.euid;
	return commit(&n);
}

long sys_setresgid(u32 rgid, u32 egid, u32 sgid)
{
	const struct cred *c = current_cred();
	struct cred n = *c;
	u32 want[3] = {rgid, egid, sgid}, *at[3] = {&n.gid, &n.egid, &n.sgid};
	for (int i = 0; i < 3; i++) {
		if (want[i] == SAME)
			continue;
		if (!capable(CAP_SETGID) && !one_of(want[i], c->gid, c->egid, c->sgid))
			return -EPERM;
		*at[i] = want[i];
	}
	n.fsgid = n.egid;
	return commit(&n);
}

/* setfsuid(2): answers the old id whatever happens. */
long sys_setfsuid(u32 uid)
{
	struct cred n = *current_cred();
	u32 old = n.fsuid;
	if (uid == SAME ||
	    (!capable(CAP_SETUID) && !one_of(uid, n.uid, n.euid, n.suid) && uid != n.fsuid))
		return old;
	n.fsuid = uid;
	if (!old && uid)
		n.cap_effective &= ~CAP_FS;
	if (old && !uid)
		n.cap_effective |= n.cap_permitted & CAP_FS;
	commit(&n);
	return old;
}

long sys_setfsgid(u32 gid)
{
	struct cred n = *current_cred();
	u32 old = n.fsgid;
	if (gid == SAME ||
	    (!capable(CAP_SETGID) && !one_of(gid, n.gid, n.egid, n.sgid) && gid != n.fsgid))
		return old;
	n.fsgid = gid;
	commit(&n);
	return old;
}

/* ---- supplementary groups ---- */

long sys_getgroups(int size, void __user *list)
{
	const struct cred *c = current_cred();
	int count = (int)c->group_count;
	if (size < 0 || (size && size < count))
		return -EINVAL;
	if (size && count && copy_to_user(list, c->group, sizeof(u32) * c->group_count))
		return -EFAULT;
	return count;
}

/* Kept in rising order, as Linux answers them. */
static void sort(u32 *group, u32 count)
{
	for (u32 i = 1; i < count; i++) {
		u32 id = group[i], at = i;
		for (; at > 0 && group[at - 1] > id; at--)
			group[at] = group[at - 1];
		group[at] = id;
	}
}

long sys_setgroups(int size, void __user *list)
{
	struct cred n = *current_cred();
	if (!capable(CAP_SETGID))
		return -EPERM;
	if (size < 0 || size > CRED_GROUPS)
		return -EINVAL;
	if (size && copy_from_user(n.group, list, sizeof(u32) * (u32)size))
		return -EFAULT;
	n.group_count = (u32)size;
	sort(n.group, n.group_count);
	return commit(&n);
}
