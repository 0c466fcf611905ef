/* process_vm_readv(2), process_vm_writev(2). */
#include "syscall.h"

#include <linux/capability.h>
#include <linux/mman.h>
#include <linux/uio.h>
#include "kernel/mm/page.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/mm/vm.h"
#include "kernel/mm/vma.h"
#include "kernel/task/task.h"

/* Both lists in one transfer; the local side is the caller's own memory. */
struct transfer {
	struct iovec *local, *remote; /* kernel copies */
	unsigned long local_count, remote_count;
	struct mm *mm; /* the remote's, referenced */
	bool write;
};

#define RW_MAX 0x7ffff000ul

/* A kernel copy of a user iovec list, whose addresses are the caller's own (local) or another's: 0, -EINVAL, -ENOMEM, -EFAULT. Free with kfree. */
static int copy_iov(const void __user *user, unsigned long count, bool local, struct iovec **out)
{
	size_t bytes = count * sizeof(struct iovec), total = 0;

	*out = NULL;
	if (count > UIO_MAXIOV)
		return -EINVAL;
	if (!count)
		return 0;
	*out = kmalloc(bytes);
	if (!*out)
		return -ENOMEM;
	if (copy_from_user(*out, user, bytes))
		return -EFAULT;
	for (unsigned long i = 0; i < count; i++)
		if ((isize)(*out)[i].iov_len < 0)
			return -EINVAL;
	for (unsigned long i = 0; i < count; i++) {
		struct iovec *v = &(*out)[i];

		if (local && !user_range_ok((const void __user *)v->iov_base, v->iov_len))
			return -EFAULT;
		/* What is more than one call moves is left out. */
		if (v->iov_len > RW_MAX - total)
			v->iov_len = RW_MAX - total;
		total += v->iov_len;
	}
	return 0;
}

static size_t total_length(const struct iovec *iov, unsigned long count)
{
	size_t total = 0;

	for (unsigned long i = 0; i < count; i++)
		total += iov[i].iov_len;
	return total;
}

/* ptrace(2), "Ptrace access mode checking", PTRACE_MODE_ATTACH_REALCREDS. */
static bool may_access(struct task *t)
{
	const struct cred *me = current_cred(), *it = t->cred;

	if (t->process == task_current()->process || capable(CAP_SYS_PTRACE))
		return true;
	return me->uid == it->uid && me->uid == it->euid && me->uid == it->suid &&
	       me->gid == it->gid && me->gid == it->egid && me->gid == it->sgid &&
	       t->process->dumpable;
}

/* Up to one page between user memory at `local` and the remote page at `remote`: bytes moved. */
static size_t move_piece(struct transfer *t, vaddr local, vaddr remote, size_t n, int *err)
{
	struct page *p;
	size_t done;
	char *at;

	*err = -EFAULT;
	/* Others' memory is read only as its protection says, even where the processor would not mind. */
	struct vma *v = vma_find(t->mm, remote);

	if (!v || !(v->prot & (t->write ? PROT_WRITE : PROT_READ)))
		return 0;
	if (!user_range_ok((const void __user *)remote, n) ||
	    mm_get_page(t->mm, remote, t->write ? FAULT_WRITE : FAULT_READ, &p))
		return 0;
	at = (char *)page_to_virt(p) + (remote & ~PAGE_MASK);
	if (t->write)
		done = copy_from_user_partial(at, (const void __user *)local, n);
	else
		done = copy_to_user_partial((void __user *)local, at, n);
	page_put(p);
	return done;
}

static long run_transfer(struct transfer *t)
{
	unsigned long l = 0, r = 0;
	size_t l_off = 0, r_off = 0, total = 0;
	int err = 0;

	while (l < t->local_count && r < t->remote_count) {
		vaddr local = (vaddr)t->local[l].iov_base + l_off,
		      remote = (vaddr)t->remote[r].iov_base + r_off;
		size_t n = MIN(t->local[l].iov_len - l_off, t->remote[r].iov_len - r_off);
		size_t moved = 0;

		n = MIN(n, PAGE_SIZE - (remote & ~PAGE_MASK));
		if (n)
			moved = move_piece(t, local, remote, n, &err);
		total += moved;
		if (moved < n)
			return total ? (long)total : err;
		l_off += n;
		r_off += n;
		if (l_off == t->local[l].iov_len) {
			l++;
			l_off = 0;
		}
		if (r_off == t->remote[r].iov_len) {
			r++;
			r_off = 0;
		}
	}
	return total;
}

static long with_target(struct transfer *t, int pid)
{
	struct task *target = task_find(pid);
	long moved;

	if (!target || !target->mm)
		return -ESRCH;
	/* Who shares the memory needs no permission. */
	if (target->mm != task_current()->mm && !may_access(target))
		return -EPERM;
	t->mm = mm_get(target->mm);
	moved = run_transfer(t);
	mm_put(t->mm);
	return moved;
}

static long process_vm(int pid, const void __user *local, unsigned long local_count,
		       const void __user *remote, unsigned long remote_count, unsigned long flags,
		       bool write)
{
	struct transfer t = {
		.local_count = local_count, .remote_count = remote_count, .write = write};
	long result;

	if (flags)
		return -EINVAL;
	result = copy_iov(local, local_count, true, &t.local);
	if (!result && total_length(t.local, local_count))
		result = copy_iov(remote, remote_count, false, &t.remote);
	/* Nobody is looked for when there is nothing to move. */
	if (!result && t.remote && total_length(t.remote, remote_count))
		result = with_target(&t, pid);
	kfree(t.remote);
	kfree(t.local);
	return result;
}

long sys_process_vm_readv(int pid, const void __user *local, unsigned long local_count,
			  const void __user *remote, unsigned long remote_count,
			  unsigned long flags)
{
	return process_vm(pid, local, local_count, remote, remote_count, flags, false);
}

long sys_process_vm_writev(int pid, const void __user *local, unsigned long local_count,
			   const void __user *remote, unsigned long remote_count,
			   unsigned long flags)
{
	return process_vm(pid, local, local_count, remote, remote_count, flags, true);
}
