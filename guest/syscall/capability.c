/* capget(2), capset(2) */
#include <linux/capability.h>
#include "kernel/mm/uaccess.h"
#include "kernel/task/task.h"
#include "syscall/syscall.h"

struct cap_sets {
	u64 effective, permitted, inheritable;
};

/* How many struct __user_cap_data_struct the version has; -EINVAL after telling which version we
 * prefer. */
static int version_words(void __user *header, u32 *pid)
{
	struct __user_cap_header_struct h;
	if (copy_from_user(&h, header, sizeof(h)))
		return -EFAULT;
	*pid = (u32)h.pid;
	if (h.version == _LINUX_CAPABILITY_VERSION_1)
		return _LINUX_CAPABILITY_U32S_1;
	if (h.version == _LINUX_CAPABILITY_VERSION_2 || h.version == _LINUX_CAPABILITY_VERSION_3)
		return _LINUX_CAPABILITY_U32S_3;
	h.version = _LINUX_CAPABILITY_VERSION_3;
	return copy_to_user(header, &h, sizeof(h.version)) ? -EFAULT : -EINVAL;
}

long sys_capget(void __user *header, void __user *data)
{
	struct __user_cap_data_struct out[_LINUX_CAPABILITY_U32S_3];
	u32 pid;
	int words = version_words(header, &pid);
	if (words < 0)
		return words == -EINVAL && !data ? 0 : words;
	if ((int)pid < 0)
		return -EINVAL;
	struct task *t = pid ? task_find((int)pid) : task_current();
	if (!t)
		return -ESRCH;
	for (int i = 0; i < words; i++) {
		out[i].effective = (u32)(t->cred->cap_effective >> 32 * i);
		out[i].permitted = (u32)(t->cred->cap_permitted >> 32 * i);
		out[i].inheritable = (u32)(t->cred->cap_inheritable >> 32 * i);
	}
	return data ? copy_to_user(data, out, sizeof(out[0]) * (size_t)words) : 0;
}

static int sets_from_user(void __user *data, int words, struct cap_sets *s)
{
	struct __user_cap_data_struct in[_LINUX_CAPABILITY_U32S_3] = {0};
	if (copy_from_user(in, data, sizeof(in[0]) * (size_t)words))
		return -EFAULT;
	s->effective = ((u64)in[1].effective << 32 | in[0].effective) & CAP_ALL;
	s->permitted = ((u64)in[1].permitted << 32 | in[0].permitted) & CAP_ALL;
	s->inheritable = ((u64)in[1].inheritable << 32 | in[0].inheritable) & CAP_ALL;
	return 0;
}

/* capabilities(7), "Programmatically adjusting capability sets" */
static bool allowed(const struct cap_sets *s, const struct cred *c)
{
	if (!capable(CAP_SETPCAP) && (s->inheritable & ~(c->cap_inheritable | c->cap_permitted)))
		return false;
	if (s->inheritable & ~(c->cap_inheritable | c->cap_bounding))
		return false;
	return !(s->permitted & ~c->cap_permitted) && !(s->effective & ~s->permitted);
}

long sys_capset(void __user *header, void __user *data)
{
	struct cap_sets s;
	u32 pid;
	int words = version_words(header, &pid);
	if (words < 0)
		return words;
	if (pid && (int)pid != task_tid(task_current()))
		return -EPERM;
	int err = sets_from_user(data, words, &s);
	if (err)
		return err;
	if (!allowed(&s, current_cred()))
		return -EPERM;
	struct cred *c = cred_prepare();
	if (!c)
		return -ENOMEM;
	c->cap_effective = s.effective;
	c->cap_permitted = s.permitted;
	c->cap_inheritable = s.inheritable;
	c->cap_ambient &= s.permitted & s.inheritable;
	return 0;
}
