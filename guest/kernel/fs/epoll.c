#include "kernel/fs/epoll.h"
#include "kernel/fs/event_file.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/task.h"

/* Bits that ask for a way of telling, not for an event. */
#define EPOLL_MODES (EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE)
/* What may go along with EPOLLEXCLUSIVE: epoll_ctl(2). */
#define EPOLL_EXCLUSIVE_OK                                                                         \
	(EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE)
#define EPOLL_NEST_MAX 4 /* a chain of at most five instances */
#define EPOLL_BATCH 32	 /* events gathered on the stack */

struct epoll {
	struct file *file; /* its own */
	struct rb_tree items; /* by file and descriptor */
	struct list ready;    /* items that may have events */
	struct waitq wait;    /* epoll_wait */
	struct waitq poll_wait; /* whoever polls the instance itself */
	u32 item_count;
	u64 removals; /* counts: item pointers kept across a sleep are good while it stands still */
};

struct epoll_waiter {
	struct waiter waiter;
	struct epoll_item *item;
	struct epoll_waiter *next; /* a file with several queues: allocated */
};

struct epoll_item {
	struct rb_node node;
	struct epoll *ep;
	struct file *file; /* not referenced: file_link ends the item with the file */
	int fd;
	struct epoll_event event;
	struct list file_link; /* file.epoll_items */
	struct list ready_link;
	struct epoll_waiter first;
	bool first_used;
};

struct epoll_table {
	struct poll_table table;
	struct epoll_item *item;
	int error;
};

static SLAB_CACHE(epoll_cache, "epoll", struct epoll);
static SLAB_CACHE(epoll_item_cache, "epoll_item", struct epoll_item);
static const struct file_ops epoll_ops;

bool file_is_epoll(const struct file *f)
{
	return f->ops == &epoll_ops;
}

/* ---- items ---- */

static int item_compare(const struct epoll_item *i, const struct file *f, int fd)
{
	if (i->file != f)
		return f < i->file ? -1 : 1;
	return fd < i->fd ? -1 : fd > i->fd;
}

/* The item, or NULL with *parent and the link where it would be. */
static struct epoll_item *item_find(struct epoll *ep, struct file *f, int fd,
				    struct rb_node **parent, struct rb_node ***link)
{
	*link = &ep->items.root;
	*parent = NULL;
	while (**link) {
		struct epoll_item *i = container_of(**link, struct epoll_item, node);
		int order = item_compare(i, f, fd);

		if (!order)
			return i;
		*parent = **link;
		*link = order < 0 ? &(*parent)->left : &(*parent)->right;
	}
	return NULL;
}

static void item_unqueue(struct epoll_item *i)
{
	struct epoll_waiter *w, *next;

	if (i->first_used)
		waitq_remove(&i->first.waiter);
	for (w = i->first.next; w; w = next) {
		next = w->next;
		waitq_remove(&w->waiter);
		kfree(w);
	}
}

static void item_remove(struct epoll_item *i)
{
	struct epoll *ep = i->ep;

	item_unqueue(i);
	list_remove(&i->ready_link);
	list_remove(&i->file_link);
	rb_remove(&ep->items, &i->node);
	ep->item_count--;
	ep->removals++;
	slab_free(&epoll_item_cache, i);
}

static void item_make_ready(struct epoll_item *i)
{
	if (list_empty(&i->ready_link))
		list_push_back(&i->ep->ready, &i->ready_link);
	waitq_wake(&i->ep->wait, 1, EPOLLIN);
	waitq_wake_all(&i->ep->poll_wait, EPOLLIN);
}

static void item_wake(struct waiter *w, u32 key)
{
	struct epoll_item *i = container_of(w, struct epoll_waiter, waiter)->item;
	u32 wanted = i->event.events & ~EPOLL_MODES;

	/* nothing wanted: a one-shot that has told */
	if (wanted && (!key || (key & wanted)))
		item_make_ready(i);
}

static void item_queue(struct poll_table *table, struct waitq *q)
{
	struct epoll_table *t = container_of(table, struct epoll_table, table);
	struct epoll_item *i = t->item;
	struct epoll_waiter *w = &i->first;

	if (i->first_used) {
		w = kmalloc(sizeof(*w));
		if (!w) {
			t->error = -ENOMEM;
			return;
		}
		w->next = i->first.next;
		i->first.next = w;
	}
	i->first_used = true;
	w->item = i;
	w->waiter =
		(struct waiter){.wake = item_wake, .exclusive = i->event.events & EPOLLEXCLUSIVE};
	waitq_add(q, &w->waiter);
}

static u32 item_events(struct epoll_item *i, struct poll_table *table)
{
	u32 ready = file_poll(i->file, table);

	if (ready & EPOLLIN)
		ready |= EPOLLRDNORM;
	if (ready & EPOLLOUT)
		ready |= EPOLLWRNORM;
	return ready & i->event.events & ~EPOLL_MODES;
}

/* ---- nesting: epoll_ctl(2), ELOOP ---- */

static struct epoll *epoll_of(const struct file *f)
{
	return f->private;
}

/*
 * How many instances lie below ep, one in the other; more than EPOLL_NEST_MAX when `self` is among
 * them.
 */
static int depth_below(struct epoll *ep, struct epoll *self, int level)
{
	struct rb_node *n;
	int depth = 0;

	if (ep == self || level > EPOLL_NEST_MAX)
		return EPOLL_NEST_MAX + 1;
	for (n = rb_first(&ep->items); n; n = rb_next(n)) {
		struct epoll_item *i = container_of(n, struct epoll_item, node);

		int below = file_is_epoll(i->file)
				    ? depth_below(epoll_of(i->file), self, level + 1) + 1
				    : 0;

		depth = MAX(depth, below);
	}
	return depth;
}

static int depth_above(struct file *f, int level)
{
	struct epoll_item *i;
	int depth = 0;

	if (level > EPOLL_NEST_MAX)
		return level;
	list_for_each(i, &f->epoll_items, file_link) {
		int above = depth_above(i->ep->file, level + 1) + 1;

		depth = MAX(depth, above);
	}
	return depth;
}

static bool nesting_ok(struct file *epoll, struct file *target)
{
	if (!file_is_epoll(target))
		return true;
	return depth_below(epoll_of(target), epoll_of(epoll), 0) + 1 + depth_above(epoll, 0) <=
	       EPOLL_NEST_MAX;
}

/* ---- epoll_ctl(2) ---- */

/*
 * Readiness is looked up in the same step in which the wait queue is joined: no event falls
 * between.
 */
static int item_add(struct epoll *ep, struct file *f, int fd, const struct epoll_event *event)
{
	struct epoll_table table = {.table.queue = item_queue};
	struct rb_node *parent, **link;
	struct epoll_item *i;
	u32 ready;

	if (item_find(ep, f, fd, &parent, &link))
		return -EEXIST;
	i = slab_zalloc(&epoll_item_cache);
	if (!i)
		return -ENOMEM;
	i->ep = ep;
	i->file = f;
	i->fd = fd;
	i->event = *event;
	list_init(&i->ready_link);
	list_push_back(&f->epoll_items, &i->file_link);
	rb_insert(&ep->items, &i->node, parent, link);
	ep->item_count++;
	table.item = i;
	ready = item_events(i, &table.table);
	if (table.error) {
		item_remove(i);
		return table.error;
	}
	if (ready)
		item_make_ready(i);
	return 0;
}

static int item_modify(struct epoll *ep, struct file *f, int fd, const struct epoll_event *event)
{
	struct rb_node *parent, **link;
	struct epoll_item *i = item_find(ep, f, fd, &parent, &link);

	if (!i)
		return -ENOENT;
	if (i->event.events & EPOLLEXCLUSIVE)
		return -EINVAL;
	i->event = *event;
	if (item_events(i, NULL))
		item_make_ready(i);
	return 0;
}

static int item_delete(struct epoll *ep, struct file *f, int fd)
{
	struct rb_node *parent, **link;
	struct epoll_item *i = item_find(ep, f, fd, &parent, &link);

	if (!i)
		return -ENOENT;
	item_remove(i);
	return 0;
}

static bool exclusive_ok(int op, const struct file *target, u32 events)
{
	if (!(events & EPOLLEXCLUSIVE))
		return true;
	return op == EPOLL_CTL_ADD && !file_is_epoll(target) && !(events & ~EPOLL_EXCLUSIVE_OK);
}

int epoll_control(struct file *epoll, int op, struct file *target, int fd,
		  const struct epoll_event *event)
{
	struct epoll *ep = epoll_of(epoll);
	struct epoll_event e;

	if (!target->ops->poll)
		return -EPERM;
	if (target == epoll || !file_is_epoll(epoll))
		return -EINVAL;
	if (op == EPOLL_CTL_DEL)
		return item_delete(ep, target, fd);
	if (op != EPOLL_CTL_ADD && op != EPOLL_CTL_MOD)
		return -EINVAL;
	e = *event;
	if (!exclusive_ok(op, target, e.events))
		return -EINVAL;
	e.events &= ~EPOLLWAKEUP; /* there is no system sleep to hold off */
	e.events |= EPOLLERR | EPOLLHUP;
	if (op == EPOLL_CTL_MOD)
		return item_modify(ep, target, fd, &e);
	return nesting_ok(epoll, target) ? item_add(ep, target, fd, &e) : -ELOOP;
}

/* ---- epoll_wait(2) ---- */

/*
 * An item whose event is about to be told: level-triggered ones stay on the list, to be looked at
 * again by the next call.
 */
static void item_told(struct epoll_item *i)
{
	u32 modes = i->event.events;

	if (modes & EPOLLONESHOT)
		i->event.events &= EPOLL_MODES;
	else if (!(modes & EPOLLET))
		list_push_back(&i->ep->ready, &i->ready_link);
}

/*
 * Move events of ready items to out[0..max-1] and remember in item[] whose they are. Does not
 * sleep.
 */
static int epoll_gather(struct epoll *ep, struct epoll_event *out, struct epoll_item **item,
			int max)
{
	struct list look;
	int n = 0;

	list_init(&look);
	if (list_empty(&ep->ready))
		return 0;
	/* the whole list changes its head */
	list_insert_between(&look, ep->ready.prev, &ep->ready);
	list_remove(&ep->ready);
	while (n < max && !list_empty(&look)) {
		struct epoll_item *i = list_first(&look, struct epoll_item, ready_link);
		u32 events = item_events(i, NULL);

		list_remove(&i->ready_link);
		if (!events)
			continue;
		out[n] = i->event;
		out[n].events = events;
		item[n++] = i;
		item_told(i);
	}
	while (!list_empty(&look)) { /* no room: first in line next time */
		struct list *l = look.prev;

		list_remove(l);
		list_push_front(&ep->ready, l);
	}
	return n;
}

/*
 * The program could not be told: nothing may be lost. `removals` as it was when the items were
 * gathered.
 */
static void epoll_ungather(struct epoll *ep, const struct epoll_event *out,
			   struct epoll_item **item, int n, u64 removals)
{
	if (ep->removals != removals)
		return; /* items went while the copy slept: the pointers mean nothing now */
	for (int k = 0; k < n; k++) {
		item[k]->event.events |= out[k].events;
		if (list_empty(&item[k]->ready_link))
			list_push_back(&ep->ready, &item[k]->ready_link);
	}
}

struct epoll_batch {
	struct epoll_event event[EPOLL_BATCH];
	struct epoll_item *item[EPOLL_BATCH];
};

/* One gathering, so that a level-triggered item is told once. */
static int epoll_tell_with(struct epoll *ep, struct epoll_event __user *to, int max,
			   struct epoll_event *event, struct epoll_item **item)
{
	u64 removals = ep->removals;
	int n = epoll_gather(ep, event, item, max);

	if (n && copy_to_user(to, event, n * sizeof(*event))) {
		epoll_ungather(ep, event, item, n, removals);
		return -EFAULT;
	}
	return n;
}

static int epoll_tell(struct epoll *ep, struct epoll_event __user *to, int max)
{
	struct epoll_event *event;
	struct epoll_item **item;
	struct epoll_batch b;
	int n;

	max = (u32)max < ep->item_count ? max : (int)ep->item_count;
	if (max <= EPOLL_BATCH)
		return epoll_tell_with(ep, to, max, b.event, b.item);
	event = kmalloc(max * sizeof(*event));
	item = kmalloc(max * sizeof(*item));
	if (event && item)
		n = epoll_tell_with(ep, to, max, event, item);
	else /* the rest with the next call */
		n = epoll_tell_with(ep, to, EPOLL_BATCH, b.event, b.item);
	kfree(item);
	kfree(event);
	return n;
}

int epoll_wait_events(struct file *epoll, struct epoll_event __user *events, int max, u64 deadline)
{
	struct epoll *ep = epoll_of(epoll);
	bool last = deadline == 0;

	for (;;) {
		int n = epoll_tell(ep, events, max);

		if (n || last)
			return n;
		if (task_signal_pending())
			return -EINTR;
		last = waitq_sleep(&ep->wait, TASK_INTERRUPTIBLE, deadline) == -ETIMEDOUT;
	}
}

/* ---- the file ---- */

/* Readable when an item has events; items that were readied for nothing leave the list here. */
static u32 epoll_poll(struct file *f, struct poll_table *table)
{
	struct epoll *ep = epoll_of(f);
	struct epoll_item *i, *next;

	poll_wait(table, &ep->poll_wait);
	list_for_each_safe(i, next, &ep->ready, ready_link) {
		if (item_events(i, NULL))
			return EPOLLIN | EPOLLRDNORM;
		list_remove(&i->ready_link);
	}
	return 0;
}

static void epoll_release(struct file *f)
{
	struct epoll *ep = epoll_of(f);
	struct rb_node *n;

	while ((n = rb_first(&ep->items)))
		item_remove(container_of(n, struct epoll_item, node));
	slab_free(&epoll_cache, ep);
}

void epoll_file_release(struct file *f)
{
	while (!list_empty(&f->epoll_items))
		item_remove(list_first(&f->epoll_items, struct epoll_item, file_link));
}

static const struct file_ops epoll_ops = {
	.poll = epoll_poll,
	.seek = event_file_seek,
	.release = epoll_release,
};

int epoll_create_file(u32 flags, struct file **out)
{
	struct epoll *ep = slab_zalloc(&epoll_cache);
	int err;

	if (!ep)
		return -ENOMEM;
	list_init(&ep->ready);
	waitq_init(&ep->wait);
	waitq_init(&ep->poll_wait);
	err = file_create_anon("[eventpoll]", &epoll_ops, ep, flags, out);
	if (err)
		slab_free(&epoll_cache, ep);
	else
		ep->file = *out;
	return err;
}
