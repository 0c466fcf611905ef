/* Red-black and radix trees. sources: guest/kernel/lib/rbtree.c guest/kernel/lib/radix.c guest/kernel/mm/slab.c guest/kernel/mm/page.c tests/unit/fake/memory.c */
#include <check.h>
#include <stdlib.h>
#include "fake.h"
#include "kernel/lib/radix.h"
#include "kernel/lib/rbtree.h"
#include "kernel/mm/page.h"
#include "kernel/mm/slab.h"

struct item {
	struct rb_node node;
	int key;
};
#define ITEM(n) container_of(n, struct item, node)

static void add(struct rb_tree *t, struct item *it)
{
	struct rb_node **link = &t->root, *parent = NULL;

	while (*link) {
		parent = *link;
		link = it->key < ITEM(parent)->key ? &parent->left : &parent->right;
	}
	rb_insert(t, &it->node, parent, link);
}

/* Black height of the subtree, after checking what makes it a red-black tree. */
static int black_height(const struct rb_node *n, const struct rb_node *parent)
{
	int left, right;

	if (!n)
		return 1;
	ck_assert_ptr_eq(n->parent, parent);
	ck_assert(!(n->red && parent && parent->red));
	left = black_height(n->left, n);
	right = black_height(n->right, n);
	ck_assert_int_eq(left, right);
	return left + !n->red;
}

static void check_tree(const struct rb_tree *t, int count)
{
	const struct rb_node *n, *last = NULL;
	int seen = 0;

	ck_assert(!t->root || !t->root->red);
	black_height(t->root, NULL);
	for (n = rb_first(t); n; n = rb_next(n)) {
		ck_assert(!last || ITEM(last)->key <= ITEM(n)->key);
		ck_assert_ptr_eq(rb_prev(n), last);
		last = n;
		seen++;
	}
	ck_assert_ptr_eq(rb_last(t), last);
	ck_assert_int_eq(seen, count);
}

START_TEST(rb_random)
{
	enum { N = 300 };
	static struct item items[N];
	static bool in[N];
	struct rb_tree t = {0};
	int count = 0;

	srand(7);
	for (int step = 0; step < 20000; step++) {
		int i = rand() % N;

		if (in[i]) {
			rb_remove(&t, &items[i].node);
		} else {
			items[i].key = rand() % 100;
			add(&t, &items[i]);
		}
		in[i] = !in[i];
		count += in[i] ? 1 : -1;
		if (step % 16 == 0)
			check_tree(&t, count);
	}
}
END_TEST

START_TEST(rb_in_order)
{
	enum { N = 1000 };
	static struct item items[N];
	struct rb_tree t = {0};

	for (int i = 0; i < N; i++) {
		items[i].key = i;
		add(&t, &items[i]);
	}
	check_tree(&t, N);
	for (int i = 0; i < N; i++) {
		rb_remove(&t, &items[i].node);
		if (i % 50 == 0)
			check_tree(&t, N - 1 - i);
	}
	ck_assert_ptr_null(t.root);
}
END_TEST

/* Keys near all the places where a level is added. */
static u64 some_key(void)
{
	u64 k = (u64)rand() << 40 ^ (u64)rand() << 20 ^ (u64)rand();

	switch (rand() % 4) {
	case 0:
		return k % 200;
	case 1:
		return (1ull << k % 64) - (unsigned int)rand() % 3;
	case 2:
		return ~0ull - k % 100;
	default:
		return k;
	}
}

static void boot(void)
{
	fake_boot(8192, 0);
}

static u64 nodes;
static void count_nodes(void *ctx __unused, const struct slab_cache *c)
{
	nodes += c->objects;
}

static u64 node_count(void)
{
	nodes = 0;
	slab_for_each(count_nodes, NULL);
	return nodes;
}

/* Against a plain array. */
START_TEST(radix_random)
{
	enum { N = 400 };
	static u64 key[N];
	static int value[N];
	int used = 0;
	struct radix r = {0};

	srand(3);
	for (int step = 0; step < 20000; step++) {
		u64 k = some_key(), next = k, want = 0;
		int at = -1, best = -1;

		for (int i = 0; i < used; i++) {
			if (key[i] == k)
				at = i;
			if (key[i] >= k && (best < 0 || key[i] < want)) {
				best = i;
				want = key[i];
			}
		}
		ck_assert_ptr_eq(radix_get(&r, k), at < 0 ? NULL : (void *)&value[at]);
		ck_assert_ptr_eq(radix_next(&r, &next), best < 0 ? NULL : (void *)&value[best]);
		if (best >= 0)
			ck_assert_uint_eq(next, want);
		if (used == N || (used && rand() % 3 == 0)) {
			/* Forget the last one. */
			ck_assert_int_eq(radix_set(&r, key[used - 1], NULL), 0);
			used--;
		} else if (at < 0) {
			key[used] = k;
			ck_assert_int_eq(radix_set(&r, k, &value[used++]), 0);
		}
	}
	while (used)
		radix_set(&r, key[--used], NULL);
	ck_assert_ptr_null(r.root);
	ck_assert_uint_eq(node_count(), 0);
}
END_TEST

START_TEST(radix_absent)
{
	struct radix r = {0};
	u64 k = 0;

	ck_assert_ptr_null(radix_get(&r, 0));
	ck_assert_ptr_null(radix_get(&r, ~0ull));
	ck_assert_ptr_null(radix_next(&r, &k));
	ck_assert_int_eq(radix_set(&r, 5, NULL), 0);
	ck_assert_int_eq(radix_set(&r, 5, &r), 0);
	ck_assert_ptr_null(radix_get(&r, 5 + (1ull << 40)));
	k = 6;
	ck_assert_ptr_null(radix_next(&r, &k));
	radix_destroy(&r);
	ck_assert_uint_eq(node_count(), 0);
}
END_TEST

/* For every n: the n-th allocation fails, the tree stays as it was, and nothing is lost. */
/* Whatever radix_slots shows is what radix_get says, for keys in and beyond the tree. */
START_TEST(radix_neighbours)
{
	static char value[300];
	struct radix r = {0};
	unsigned int n;

	ck_assert_ptr_null(radix_slots(&r, 0, &n));
	for (u64 key = 0; key < 300; key += 1 + key % 3)
		ck_assert_int_eq(radix_set(&r, key, &value[key]), 0);
	for (u64 key = 0; key < 5000; key++) {
		void *const *slot = radix_slots(&r, key, &n);

		if (!slot) {
			ck_assert_ptr_null(radix_get(&r, key));
			continue;
		}
		ck_assert_uint_ge(n, 1);
		for (unsigned int i = 0; i < n; i++)
			ck_assert_ptr_eq(slot[i], radix_get(&r, key + i));
	}
	ck_assert_ptr_null(radix_slots(&r, ~0ull, &n));
	radix_destroy(&r);
}
END_TEST

START_TEST(radix_without_memory)
{
	for (int n = 1; n < 14; n++) {
		struct radix r = {0};
		u64 before = node_count();

		ck_assert_int_eq(radix_set(&r, 1, &r), 0);
		while (kmalloc(16384))
			;
		page_fail_nth(n);
		if (radix_set(&r, ~0ull - 5, &before) == -ENOMEM)
			ck_assert_ptr_null(radix_get(&r, ~0ull - 5));
		else
			ck_assert_ptr_eq(radix_get(&r, ~0ull - 5), &before);
		page_fail_nth(0);
		ck_assert_ptr_eq(radix_get(&r, 1), &r);
		radix_destroy(&r);
		ck_assert_uint_eq(node_count(), before);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("trees");
	TCase *t = tcase_create("trees");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, boot, NULL);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, rb_random);
	tcase_add_test(t, rb_in_order);
	tcase_add_test(t, radix_random);
	tcase_add_test(t, radix_absent);
	tcase_add_test(t, radix_neighbours);
	tcase_add_test(t, radix_without_memory);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
