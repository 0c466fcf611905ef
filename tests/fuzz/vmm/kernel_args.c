/*
 * The guest kernel gathers the arguments of execve from a program's memory: strings and pointers anywhere, allocations
 * that fail.
 * sources: guest/kernel/task/exec_args.c tests/unit/fake/stack_limit.c
 * flags: -DKERNEL_DEBUG -Itests/unit -Itests/unit/fake -Iguest
 */
#include "fake/stack_limit.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/exec.h"
#include "lib/input.h"

#define PAGES	 4
#define VECTORS	 0
#define MAX_ACTS 100

static char user[PAGES * 4096] __attribute__((aligned(4096)));
static bool mapped[PAGES];
static int allocations, fail_at, live;

/* ---- what the file leans on ---- */

void *kmalloc(size_t size)
{
	if (++allocations == fail_at)
		return NULL;
	live++;
	return malloc(size);
}

void kfree(void *p)
{
	live -= p != NULL;
	free(p);
}

/* Bytes from p on that are mapped. */
static size_t readable(const void *p, size_t n)
{
	uintptr_t at = (uintptr_t)p - (uintptr_t)user, end = at;

	while (end < sizeof(user) && end - at < n && mapped[end / 4096])
		end = (end / 4096 + 1) * 4096;
	return MIN(n, end - at);
}

size_t copy_from_user_partial(void *dst, const void *src, size_t n)
{
	size_t can = readable(src, n);

	memcpy(dst, src, can);
	return can;
}

size_t arch_copy_from_user(void *dst, const void *src, size_t n)
{
	return n - copy_from_user_partial(dst, src, n);
}

int path_from_user(const char *p, char **out); /* of kernel/fs/vfs.h */
int path_from_user(const char *p, char **out)
{
	if (!readable(p, 1))
		return -EFAULT;
	*out = kmalloc(2);
	if (!*out)
		return -ENOMEM;
	memcpy(*out, "p", 2);
	return 0;
}

/* ---- a program's memory ---- */

static void *draw_pointer(struct input *in)
{
	uint8_t how = input_u8(in);

	if (how % 8 == 0)
		return NULL;
	return how % 8 == 1 ? (void *)(uintptr_t)input_u64(in) : user + input_u16(in) % sizeof(user);
}

static void fill_memory(struct input *in)
{
	memset(user, 'x', sizeof(user));
	for (unsigned int i = 0; i < MAX_ACTS && input_left(in); i++) {
		uint8_t what = input_u8(in);

		if (what % 3 == 0) {
			user[input_u16(in) % sizeof(user)] = (char)input_u8(in);
		} else {
			void *p = draw_pointer(in);

			memcpy(user + VECTORS + 8 * (what / 3), &p, sizeof(p));
		}
	}
}

static void check(const struct exec_strings *s)
{
	size_t at = 0;

	for (u32 i = 0; i < s->count; i++) {
		FUZZ_CHECK(s->offset[i] == at && at < s->len);
		at += strlen(s->data + at) + 1;
	}
	FUZZ_CHECK(at == s->len && s->len <= s->size);
}

/* What scripts do to them: the first one goes, others come in front. */
static void change(struct exec_strings *s)
{
	u32 count = s->count;

	exec_strings_drop_first(s);
	check(s);
	if (!exec_strings_add_front(s, "/a/script") && !exec_strings_add_front(s, ""))
		FUZZ_CHECK(s->count == count - !!count + 2);
	check(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, data + size};
	uint8_t pages = input_u8(&in), start = input_u8(&in);
	struct exec_args args;

	fake_stack_limit(pages & 0x80 ? 8 << 20 : 4096);
	allocations = live = 0;
	fail_at = start & 0x80 ? start & 15 : 0;
	for (unsigned int i = 0; i < PAGES; i++)
		mapped[i] = !i || pages >> i & 1;
	fill_memory(&in);
	int err = exec_args_from_user(&args, user, user + start % 64 * 8, pages & 0x40 ? NULL : user + 64 * 8);

	FUZZ_CHECK(err <= 0);
	if (!err) {
		FUZZ_CHECK(args.path && args.argv.count);
		check(&args.argv);
		check(&args.envp);
		change(&args.argv);
		exec_args_release(&args);
	}
	FUZZ_CHECK(!live);
	return 0;
}
