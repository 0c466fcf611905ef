/* Advisory locks: fcntl_locking(2) (POSIX and open-file-description locks), flock(2). */
#include "kernel/fs/file.h"
#include "kernel/fs/vfs.h"
#include "kernel/mm/slab.h"
#include "kernel/task/task.h"
#include <linux/fs.h>

enum lock_kind { LOCK_POSIX, LOCK_OFD, LOCK_FLOCK };

struct file_lock {
	struct list link; /* inode.locks */
	enum lock_kind kind;
	const void *owner; /* fd_table (POSIX) or file */
	int pid;	   /* F_GETLK's answer: -1 for OFD */
	short type;	   /* F_RDLCK F_WRLCK F_UNLCK */
	u64 start, end;	   /* bytes, both included */
};

/* Who waits for whom: POSIX owners asleep in F_SETLKW, for EDEADLK. */
struct lock_waiter {
	struct list link;
	const void *owner, *blocker;
};

static SLAB_CACHE(lock_cache, "file_lock", struct file_lock);
static struct list waiters = LIST_INIT(waiters);

static bool same_owner(const struct file_lock *a, const struct file_lock *b)
{
	return a->kind == b->kind && a->owner == b->owner;
}

/* flock and record locks do not see each other: flock(2), NOTES. */
static bool conflict(const struct file_lock *a, const struct file_lock *b)
{
	if ((a->kind == LOCK_FLOCK) != (b->kind == LOCK_FLOCK) || same_owner(a, b))
		return false;
	if (a->type == F_RDLCK && b->type == F_RDLCK)
		return false;
	return a->start <= b->end && b->start <= a->end;
}

static struct file_lock *find_conflict(struct inode *i, const struct file_lock *want)
{
	struct file_lock *l;
	list_for_each(l, &i->locks, link)
		if (conflict(l, want))
			return l;
	return NULL;
}

static void lock_free(struct file_lock *l)
{
	list_remove(&l->link);
	slab_free(&lock_cache, l);
}

static struct file_lock *lock_clone(const struct file_lock *from)
{
	struct file_lock *l = slab_alloc(&lock_cache);
	if (l) {
		*l = *from;
		list_init(&l->link);
	}
	return l;
}

/*
 * Make [want->start, want->end] of its owner what want says: the owner's locks there are cut away, split if need be (into
 * *spare), and want's own is entered (*fresh) unless it unlocks. Both spares are allocated before, so nothing can fail.
 */
static void apply(struct inode *i, const struct file_lock *want, struct file_lock **spare, struct file_lock **fresh)
{
	struct file_lock *l, *next;
	list_for_each_safe(l, next, &i->locks, link) {
		if (!same_owner(l, want) || l->end < want->start || l->start > want->end)
			continue;
		if (l->start < want->start && l->end > want->end) {
			struct file_lock *tail = *spare;
			*spare = NULL;
			*tail = *l;
			tail->start = want->end + 1;
			list_push_back(&i->locks, &tail->link);
			l->end = want->start - 1;
		} else if (l->start < want->start) {
			l->end = want->start - 1;
		} else if (l->end > want->end) {
			l->start = want->end + 1;
		} else {
			lock_free(l);
		}
	}
	if (want->type == F_UNLCK)
		return;
	list_push_back(&i->locks, &(*fresh)->link);
	*fresh = NULL;
}

static int lock_set(struct inode *i, const struct file_lock *want)
{
	struct file_lock *spare = lock_clone(want), *fresh = lock_clone(want);
	int err = -ENOLCK;
	if (spare && fresh) {
		apply(i, want, &spare, &fresh);
		err = 0;
	}
	if (spare)
		slab_free(&lock_cache, spare);
	if (fresh)
		slab_free(&lock_cache, fresh);
	if (!err)
		waitq_wake_all(&i->lock_wait, 0);
	return err;
}

/* Would owner's waiting for blocker close a circle? */
static bool deadlock(const void *owner, const void *blocker)
{
	for (unsigned int steps = 0; steps < 64; steps++) {
		struct lock_waiter *w;
		const void *next = NULL;
		list_for_each(w, &waiters, link)
			if (w->owner == blocker)
				next = w->blocker;
		if (!next)
			return false;
		if (next == owner)
			return true;
		blocker = next;
	}
	return false;
}

static int wait_for(struct inode *i, const struct file_lock *want, const struct file_lock *blocker)
{
	struct lock_waiter w = {.owner = want->owner, .blocker = blocker->owner};
	bool posix = want->kind == LOCK_POSIX && blocker->kind == LOCK_POSIX;
	if (posix && deadlock(w.owner, w.blocker))
		return -EDEADLK;
	list_init(&w.link);
	if (posix)
		list_push_back(&waiters, &w.link);
	int err = waitq_sleep(&i->lock_wait, TASK_INTERRUPTIBLE, NO_DEADLINE);
	list_remove(&w.link);
	return err;
}

static int lock_acquire(struct inode *i, const struct file_lock *want, bool wait)
{
	struct file_lock *blocker;
	while (want->type != F_UNLCK && (blocker = find_conflict(i, want))) {
		if (!wait)
			return -EAGAIN;
		int err = wait_for(i, want, blocker);
		if (err)
			return err;
	}
	return lock_set(i, want);
}

/* Absolute bytes from l_whence, l_start, l_len: -EINVAL, -EOVERFLOW. */
static int lock_range(struct file *f, const struct flock *l, u64 *start, u64 *end)
{
	s64 base = 0, at, last;
	if (l->l_whence == SEEK_CUR)
		base = f->pos;
	else if (l->l_whence == SEEK_END)
		base = (s64)f->inode->size;
	else if (l->l_whence != SEEK_SET)
		return -EINVAL;
	if (__builtin_add_overflow(base, l->l_start, &at))
		return -EOVERFLOW;
	if (at < 0)
		return -EINVAL;
	if (l->l_len >= 0) {
		if (!l->l_len)
			last = INT64_MAX;
		else if (__builtin_add_overflow(at, l->l_len - 1, &last))
			return -EOVERFLOW;
	} else {
		last = at - 1;
		if (__builtin_add_overflow(at, l->l_len, &at) || at < 0)
			return -EINVAL;
	}
	*start = (u64)at;
	*end = (u64)last;
	return 0;
}

static void lock_report(struct flock *l, const struct file_lock *blocker)
{
	if (!blocker) {
		l->l_type = F_UNLCK;
		return;
	}
	l->l_type = blocker->type;
	l->l_whence = SEEK_SET;
	l->l_start = (s64)blocker->start;
	l->l_len = blocker->end == INT64_MAX ? 0 : (s64)(blocker->end - blocker->start + 1);
	l->l_pid = blocker->pid;
}

int file_posix_lock(struct file *f, int cmd, struct flock *l)
{
	bool ofd = cmd == F_OFD_GETLK || cmd == F_OFD_SETLK || cmd == F_OFD_SETLKW;
	bool get = cmd == F_GETLK || cmd == F_OFD_GETLK;
	struct file_lock want = {.kind = ofd ? LOCK_OFD : LOCK_POSIX,
				 .owner = ofd ? (const void *)f : (const void *)task_current()->files,
				 .pid = ofd ? -1 : task_tgid(task_current()),
				 .type = l->l_type};
	if (l->l_type != F_RDLCK && l->l_type != F_WRLCK && (l->l_type != F_UNLCK || get))
		return -EINVAL;
	int err = lock_range(f, l, &want.start, &want.end);
	if (err)
		return err;
	if (get && ofd && l->l_pid)
		return -EINVAL;
	if (get) {
		lock_report(l, find_conflict(f->inode, &want));
		return 0;
	}
	if ((l->l_type == F_RDLCK && !FILE_READABLE(f)) || (l->l_type == F_WRLCK && !FILE_WRITABLE(f)))
		return -EBADF;
	if (ofd && l->l_pid)
		return -EINVAL;
	return lock_acquire(f->inode, &want, cmd == F_SETLKW || cmd == F_OFD_SETLKW);
}

/* The type of f's flock lock, F_UNLCK when it has none. */
static short flock_held(struct file *f)
{
	struct file_lock *l;
	list_for_each(l, &f->inode->locks, link)
		if (l->kind == LOCK_FLOCK && l->owner == f)
			return l->type;
	return F_UNLCK;
}

int file_flock(struct file *f, int operation)
{
	struct file_lock want = {.kind = LOCK_FLOCK, .owner = f, .end = INT64_MAX};
	switch (operation & ~LOCK_NB) {
	case LOCK_SH:
		want.type = F_RDLCK;
		break;
	case LOCK_EX:
		want.type = F_WRLCK;
		break;
	case LOCK_UN:
		want.type = F_UNLCK;
		break;
	default:
		return -EINVAL;
	}
	if (flock_held(f) == want.type)
		return 0;
	/* A conversion is not atomic: the old lock goes before the new one is tried for. flock(2), NOTES. */
	struct file_lock none = want;
	none.type = F_UNLCK;
	int err = lock_set(f->inode, &none);
	if (err || want.type == F_UNLCK)
		return err;
	return lock_acquire(f->inode, &want, !(operation & LOCK_NB));
}

static void drop_owned(struct inode *i, const void *owner)
{
	struct file_lock *l, *next;
	bool any = false;
	list_for_each_safe(l, next, &i->locks, link) {
		if (l->owner == owner) {
			lock_free(l);
			any = true;
		}
	}
	if (any)
		waitq_wake_all(&i->lock_wait, 0);
}

void locks_close(struct file *f, struct fd_table *t)
{
	drop_owned(f->inode, t);
}

void locks_release(struct file *f)
{
	drop_owned(f->inode, f);
}
