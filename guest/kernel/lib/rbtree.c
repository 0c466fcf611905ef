#include "kernel/lib/rbtree.h"

static bool is_red(const struct rb_node *n)
{
	return n && n->red;
}

/* Put b where a hangs below a's parent (b may be NULL). */
static void replace_child(struct rb_tree *t, struct rb_node *a, struct rb_node *b)
{
	struct rb_node *p = a->parent;

	if (!p)
		t->root = b;
	else if (p->left == a)
		p->left = b;
	else
		p->right = b;
	if (b)
		b->parent = p;
}

static void rotate_left(struct rb_tree *t, struct rb_node *x)
{
	struct rb_node *y = x->right;

	replace_child(t, x, y);
	x->right = y->left;
	if (x->right)
		x->right->parent = x;
	y->left = x;
	x->parent = y;
}

static void rotate_right(struct rb_tree *t, struct rb_node *x)
{
	struct rb_node *y = x->left;

	replace_child(t, x, y);
	x->left = y->right;
	if (x->left)
		x->left->parent = x;
	y->right = x;
	x->parent = y;
}

void rb_insert(struct rb_tree *t, struct rb_node *n, struct rb_node *parent, struct rb_node **link)
{
	n->parent = parent;
	n->left = n->right = NULL;
	n->red = true;
	*link = n;
	while (is_red(n->parent)) {
		struct rb_node *p = n->parent, *g = p->parent;
		bool left = p == g->left;
		struct rb_node *uncle = left ? g->right : g->left;

		if (is_red(uncle)) {
			p->red = uncle->red = false;
			g->red = true;
			n = g;
			continue;
		}
		if (n == (left ? p->right : p->left)) {
			n = p;
			left ? rotate_left(t, n) : rotate_right(t, n);
		}
		n->parent->red = false;
		g->red = true;
		left ? rotate_right(t, g) : rotate_left(t, g);
	}
	t->root->red = false;
}

/* The subtree at x (maybe NULL, below p) is one black node short. */
static void remove_fixup(struct rb_tree *t, struct rb_node *x, struct rb_node *p)
{
	while (x != t->root && !is_red(x)) {
		bool left = x == p->left;
		struct rb_node *w = left ? p->right : p->left;
		struct rb_node *far;

		if (w->red) {
			w->red = false;
			p->red = true;
			left ? rotate_left(t, p) : rotate_right(t, p);
			w = left ? p->right : p->left;
		}
		if (!is_red(w->left) && !is_red(w->right)) {
			w->red = true;
			x = p;
			p = x->parent;
			continue;
		}
		far = left ? w->right : w->left;
		if (!is_red(far)) {
			(left ? w->left : w->right)->red = false;
			w->red = true;
			left ? rotate_right(t, w) : rotate_left(t, w);
			w = left ? p->right : p->left;
			far = left ? w->right : w->left;
		}
		w->red = p->red;
		p->red = far->red = false;
		left ? rotate_left(t, p) : rotate_right(t, p);
		return;
	}
	if (x)
		x->red = false;
}

/* n has two children: its successor takes its place and colour. Reports where a node went
 * missing. */
static void splice_successor(struct rb_tree *t, struct rb_node *n, struct rb_node **x,
			     struct rb_node **p, bool *black)
{
	struct rb_node *s = n->right;

	while (s->left)
		s = s->left;
	*black = !s->red;
	*x = s->right;
	*p = s;
	if (s->parent != n) {
		*p = s->parent;
		replace_child(t, s, s->right);
		s->right = n->right;
		s->right->parent = s;
	}
	replace_child(t, n, s);
	s->left = n->left;
	s->left->parent = s;
	s->red = n->red;
}

void rb_remove(struct rb_tree *t, struct rb_node *n)
{
	struct rb_node *x, *p;
	bool black = !n->red;

	if (n->left && n->right) {
		splice_successor(t, n, &x, &p, &black);
	} else {
		x = n->left ? n->left : n->right;
		p = n->parent;
		replace_child(t, n, x);
	}
	if (black && t->root)
		remove_fixup(t, x, p);
}

struct rb_node *rb_first(const struct rb_tree *t)
{
	struct rb_node *n = t->root;

	while (n && n->left)
		n = n->left;
	return n;
}

struct rb_node *rb_last(const struct rb_tree *t)
{
	struct rb_node *n = t->root;

	while (n && n->right)
		n = n->right;
	return n;
}

struct rb_node *rb_next(const struct rb_node *n)
{
	struct rb_node *p;

	if (n->right) {
		for (n = n->right; n->left; n = n->left)
			;
		return (struct rb_node *)n;
	}
	for (p = n->parent; p && n == p->right; p = p->parent)
		n = p;
	return p;
}

struct rb_node *rb_prev(const struct rb_node *n)
{
	struct rb_node *p;

	if (n->left) {
		for (n = n->left; n->right; n = n->right)
			;
		return (struct rb_node *)n;
	}
	for (p = n->parent; p && n == p->left; p = p->parent)
		n = p;
	return p;
}
