/* Red-black trees, intrusive (Cormen et al., Introduction to Algorithms, chapter 13). The caller
 * compares. */
#ifndef KERNEL_LIB_RBTREE_H
#define KERNEL_LIB_RBTREE_H

#include "kernel/lib/types.h"

struct rb_node {
	struct rb_node *parent, *left, *right;
	bool red;
};

struct rb_tree {
	struct rb_node *root;
};

/* Link n as a child of parent at *link (&tree->root, &parent->left or &parent->right),
 * rebalance. */
void rb_insert(struct rb_tree *t, struct rb_node *n, struct rb_node *parent, struct rb_node **link);
void rb_remove(struct rb_tree *t, struct rb_node *n);
struct rb_node *rb_first(const struct rb_tree *t);
struct rb_node *rb_last(const struct rb_tree *t);
/* The neighbours in order, NULL at the ends. */
struct rb_node *rb_next(const struct rb_node *n);
struct rb_node *rb_prev(const struct rb_node *n);

#endif
