#include "kernel/task/futex.h"

#include <linux/futex.h>
#include <linux/mman.h>
#include "kernel/fs/file.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/log.h"
#include "kernel/mm/page.h"
#include "kernel/mm/uaccess.h"
#include "kernel/mm/vm.h"
#include "kernel/task/futex_queue.h"
#include "kernel/task/sched.h"
#include "kernel/task/task.h"
#include "kernel/time/timer.h"

#define BUCKETS 64

static struct list buckets[BUCKETS];

static struct list *bucket(const struct futex_key *key)
{
	u64 h = ((u64)key->object >> 6) + (key->offset >> 2);
	struct list *b = &buckets[(h ^ h >> 6 ^ h >> 12) % BUCKETS];
	if (unlikely(!b->next))
		list_init(b);
	return b;
}

/*
 * Shared memory is known by what is behind it and the offset there. The word must be there, and be one that can change: nobody's
 * wait on private memory without the right to write would ever end.
 */
static int shared_key(u32 __user *addr, bool write, struct futex_key *out)
{
	vaddr a = (__force vaddr)addr;
	struct mm *mm = task_current()->mm;
	struct vma *v;
	u32 value;
	if (get_user(value, addr))
		return -EFAULT;
	v = vma_find(mm, a);
	if (!v || ((write || !v->mapping) && !(v->prot & PROT_WRITE)))
		return -EFAULT;
	if (!(v->flags & VMA_SHARED)) {
		*out = (struct futex_key){mm, a};
		return 0;
	}
	*out = (struct futex_key){v->mapping, (v->pgoff << PAGE_SHIFT) + (a - v->start)};
	return 0;
}

int futex_key_of(u32 __user *addr, bool private, bool write, struct futex_key *out)
{
	vaddr a = (__force vaddr)addr;
	if (a % sizeof(u32))
		return -EINVAL;
	if (!user_range_ok(addr, sizeof(u32)))
		return -EFAULT;
	if (!private)
		return shared_key(addr, write, out);
	*out = (struct futex_key){task_current()->mm, a};
	return 0;
}

static bool same(const struct futex_key *a, const struct futex_key *b)
{
	return a->object == b->object && a->offset == b->offset;
}

void futex_queue(struct futex_waiter *w, const struct futex_key *key)
{
	w->key = *key;
	w->woken = false;
	list_push_back(bucket(key), &w->link);
}

void futex_wake_waiter(struct futex_waiter *w)
{
	list_remove(&w->link);
	w->woken = true;
	task_wake(w->task);
}

struct futex_waiter *futex_first(const struct futex_key *key)
{
	struct futex_waiter *w;
	list_for_each(w, bucket(key), link) {
		if (same(&w->key, key))
			return w;
	}
	return NULL;
}

/* As many as were woken, or -EINVAL: somebody waits for a PI lock there. */
static int wake_key(const struct futex_key *key, s32 count, u32 bits)
{
	struct futex_waiter *w, *next;
	struct list *b = bucket(key);
	s32 woken = 0;
	list_for_each_safe(w, next, b, link) {
		if (woken >= count)
			break;
		if (!same(&w->key, key))
			continue;
		if (!w->bits)
			return -EINVAL;
		if (!(w->bits & bits))
			continue;
		futex_wake_waiter(w);
		woken++;
	}
	return woken;
}

/* Linux looks whether it has woken enough after having woken one. */
static s32 one_at_least(u32 count)
{
	return MAX((s32)count, 1);
}

int futex_wake(u32 __user *addr, bool private, u32 count, u32 bits)
{
	struct futex_key key;
	if (!bits)
		return -EINVAL;
	int err = futex_key_of(addr, private, false, &key);
	return err ? err : wake_key(&key, one_at_least(count), bits);
}

void futex_wake_user(u32 __user *addr, u32 count)
{
	futex_wake(addr, false, count, FUTEX_BITSET_MATCH_ANY);
}

static void wait_timeout(struct timer *timer)
{
	struct task *t = container_of(timer, struct task, sleep_timer);
	t->timed_out = true;
	task_wake(t);
}

int futex_sleep(struct futex_waiter *w, u64 deadline_ns)
{
	struct task *t = w->task;
	t->timed_out = false;
	if (deadline_ns != FUTEX_NO_DEADLINE) {
		timer_init(&t->sleep_timer, wait_timeout);
		timer_arm(&t->sleep_timer, deadline_ns);
	}
	while (!w->woken && !t->timed_out && !task_signal_pending()) {
		t->state = TASK_INTERRUPTIBLE;
		schedule();
	}
	if (deadline_ns != FUTEX_NO_DEADLINE)
		timer_cancel(&t->sleep_timer);
	if (w->woken)
		return 0;
	list_remove(&w->link);
	return t->timed_out ? -ETIMEDOUT : -ERESTARTSYS;
}

/*
 * The value is read and the waiter queued under the kernel lock: whoever changes the word
 * afterwards finds the waiter when it comes to wake.
 */
int futex_wait(u32 __user *addr, bool private, u32 val, u32 bits, u64 deadline_ns)
{
	struct futex_waiter w = {.task = task_current(), .bits = bits};
	struct futex_key key;
	u32 now;
	if (!bits)
		return -EINVAL;
	int err = futex_key_of(addr, private, false, &key);
	if (!err)
		err = get_user(now, addr);
	if (err)
		return err;
	if (now != val)
		return -EAGAIN;
	futex_queue(&w, &key);
	return futex_sleep(&w, deadline_ns);
}

static int requeue_keys(const struct futex_key *from, const struct futex_key *to, u32 wake,
			u32 move)
{
	struct futex_waiter *w, *next;
	struct list *b = bucket(from);
	int woken = wake_key(from, (s32)wake, FUTEX_BITSET_MATCH_ANY);
	u32 moved = 0;
	if (woken < 0)
		return woken;
	list_for_each_safe(w, next, b, link) {
		if (moved >= move)
			break;
		if (!same(&w->key, from))
			continue;
		if (!w->bits)
			return -EINVAL;
		moved++;
		if (same(from, to))
			continue;
		list_remove(&w->link);
		futex_queue(w, to);
	}
	return woken + (int)moved;
}

int futex_requeue(u32 __user *addr, u32 __user *addr2, bool private, u32 wake, u32 move,
		  const u32 *expected)
{
	struct futex_key from, to;
	u32 now;
	if ((s32)wake < 0 || (s32)move < 0)
		return -EINVAL;
	int err = futex_key_of(addr, private, false, &from);
	if (!err)
		err = futex_key_of(addr2, private, false, &to);
	if (!err && expected)
		err = get_user(now, addr);
	if (err)
		return err;
	if (expected && now != *expected)
		return -EAGAIN;
	return requeue_keys(&from, &to, wake, move);
}

static bool wake_op_holds(u32 op, u32 old)
{
	s32 cmp = (s32)(op << 20) >> 20, value = (s32)old;
	switch (op >> 24 & 0xf) {
	case FUTEX_OP_CMP_EQ: return value == cmp;
	case FUTEX_OP_CMP_NE: return value != cmp;
	case FUTEX_OP_CMP_LT: return value < cmp;
	case FUTEX_OP_CMP_GE: return value >= cmp;
	case FUTEX_OP_CMP_LE: return value <= cmp;
	default: return value > cmp;
	}
}

int futex_wake_op(u32 __user *addr, u32 __user *addr2, bool private, u32 count, u32 count2, u32 op)
{
	struct futex_key key, key2;
	u32 arg = (u32)((s32)(op << 8) >> 20), old;
	if (op >> 28 & FUTEX_OP_OPARG_SHIFT)
		arg = 1u << (arg & 31);
	int err = futex_key_of(addr, private, false, &key);
	if (!err)
		err = futex_key_of(addr2, private, true, &key2);
	if (!err)
		err = arch_user_atomic32((int)(op >> 28 & 7), addr2, arg, &old);
	if (err)
		return err;
	if ((op >> 24 & 0xf) > FUTEX_OP_CMP_GE)
		return -ENOSYS; /* with the operation done, as Linux has it */
	int woken = wake_key(&key, one_at_least(count), FUTEX_BITSET_MATCH_ANY), more = 0;
	if (woken >= 0 && wake_op_holds(op, old))
		more = wake_key(&key2, one_at_least(count2), FUTEX_BITSET_MATCH_ANY);
	return more < 0 ? more : woken + more;
}
