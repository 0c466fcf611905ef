/* Doubly linked circular lists, intrusive. An unlinked node points to itself. */
#ifndef KERNEL_LIB_LIST_H
#define KERNEL_LIB_LIST_H

#include "kernel/lib/types.h"

struct list {
	struct list *next, *prev;
};

#define LIST_INIT(l) { &(l), &(l) }

static inline void list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}

static inline void list_insert_between(struct list *n, struct list *before, struct list *after)
{
	n->prev = before;
	n->next = after;
	before->next = n;
	after->prev = n;
}

/* Put n at the head / at the tail of l. */
static inline void list_push_front(struct list *l, struct list *n)
{
	list_insert_between(n, l, l->next);
}

static inline void list_push_back(struct list *l, struct list *n)
{
	list_insert_between(n, l->prev, l);
}

/* Unlink n; harmless when it is not linked. */
static inline void list_remove(struct list *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	list_init(n);
}

#define list_entry(p, type, member) container_of(p, type, member)
#define list_first(l, type, member) list_entry((l)->next, type, member)
#define list_for_each(it, l, member)                                                           \
	for (it = list_entry((l)->next, __typeof__(*it), member); &it->member != (l);          \
	     it = list_entry(it->member.next, __typeof__(*it), member))
/* The same, and the current entry may be unlinked or freed in the body. */
#define list_for_each_safe(it, tmp, l, member)                                                 \
	for (it = list_entry((l)->next, __typeof__(*it), member),                              \
	    tmp = list_entry(it->member.next, __typeof__(*it), member);                        \
	     &it->member != (l);                                                               \
	     it = tmp, tmp = list_entry(it->member.next, __typeof__(*it), member))

#endif
