#include "kernel/fs/poll.h"
#include "kernel/mm/slab.h"
#include "kernel/task/task.h"

#define POLL_CHUNK 32

struct poll_chunk {
	struct poll_chunk *next;
	unsigned int used;
	struct poll_entry entry[POLL_CHUNK];
};

static struct poll_entry *poll_entry_new(struct poll_set *s)
{
	struct poll_chunk *c = s->more;

	if (s->used < POLL_INLINE)
		return &s->entry[s->used++];
	if (!c || c->used == POLL_CHUNK) {
		c = kmalloc(sizeof(*c));
		if (!c)
			return NULL;
		c->used = 0;
		c->next = s->more;
		s->more = c;
	}
	return &c->entry[c->used++];
}

static void poll_wake(struct waiter *w, u32 key)
{
	struct poll_entry *e = container_of(w, struct poll_entry, waiter);

	if (key && !(key & e->events))
		return;
	e->set->woken = true;
	waitq_wake_all(&e->set->wait, 0);
}

static void poll_queue(struct poll_table *table, struct waitq *q)
{
	struct poll_set *s = container_of(table, struct poll_set, table);
	struct poll_entry *e = poll_entry_new(s);

	if (!e) {
		s->error = -ENOMEM;
		return;
	}
	e->waiter = (struct waiter){.task = task_current(), .wake = poll_wake};
	e->set = s;
	e->file = file_get(s->file);
	e->events = s->events;
	waitq_add(q, &e->waiter);
}

u32 poll_ask(struct poll_set *s, struct file *f, u32 events)
{
	u32 ready;

	events |= EPOLLERR | EPOLLHUP;
	s->file = f;
	s->events = events;
	ready = file_poll(f, s->registering ? &s->table : NULL);
	if (ready & EPOLLIN)
		ready |= EPOLLRDNORM;
	if (ready & EPOLLOUT)
		ready |= EPOLLWRNORM;
	ready &= events;
	if (ready) /* something to report: no place on the queues of the others is needed */
		s->registering = false;
	return ready;
}

static void poll_entry_drop(struct poll_entry *e)
{
	waitq_remove(&e->waiter);
	file_put(e->file);
}

static void poll_set_end(struct poll_set *s)
{
	struct poll_chunk *c;

	for (unsigned int i = 0; i < s->used; i++)
		poll_entry_drop(&s->entry[i]);
	while ((c = s->more)) {
		s->more = c->next;
		for (unsigned int i = 0; i < c->used; i++)
			poll_entry_drop(&c->entry[i]);
		kfree(c);
	}
}

static int poll_loop(struct poll_set *s, int (*scan)(void *ctx, struct poll_set *s), void *ctx,
		     u64 deadline)
{
	bool last = deadline == 0;

	for (;;) {
		int ready = scan(ctx, s);

		if (ready)
			return ready;
		s->registering = false;
		if (s->error)
			return s->error;
		if (task_signal_pending())
			return -ERESTARTNOHAND;
		if (last)
			return 0;
		if (!s->woken)
			last = waitq_sleep(&s->wait, TASK_INTERRUPTIBLE, deadline) == -ETIMEDOUT;
		s->woken = false;
	}
}

int poll_run(int (*scan)(void *ctx, struct poll_set *s), void *ctx, u64 deadline)
{
	struct poll_set s;
	int ready;

	s.table.queue = poll_queue;
	waitq_init(&s.wait);
	s.woken = false;
	s.registering = deadline != 0;
	s.error = 0;
	s.used = 0;
	s.more = NULL;
	ready = poll_loop(&s, scan, ctx, deadline);
	poll_set_end(&s);
	return ready;
}
