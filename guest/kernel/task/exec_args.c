/* Gathering the arguments of execve(2). */
#include "kernel/fs/vfs.h"
#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/exec.h"
#include "kernel/task/task.h"

#define FETCH 1024   /* bytes copied ahead: strings mostly lie one after another */
#define POINTERS 32  /* copied at once */
#define SLACK 8	     /* words are read beyond the end */

#define REPEAT(byte) (0x0101010101010101ull * (byte))
typedef u64 __attribute__((may_alias, aligned(1))) text_word;

size_t exec_text_length(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i += 8) {
		u64 w = *(const text_word *)(p + i);
		u64 nul = (w - REPEAT(1)) & ~w & REPEAT(0x80);
		if (nul)
			return MIN(n, i + (size_t)__builtin_ctzll(nul) / 8);
	}
	return n;
}

static int grow(void **block, size_t used, size_t size)
{
	void *bigger = kmalloc(size);
	if (!bigger)
		return -ENOMEM;
	if (used)
		memcpy(bigger, *block, used);
	kfree(*block);
	*block = bigger;
	return 0;
}

/* Make room for n bytes more. */
static int reserve_bytes(struct exec_strings *s, size_t n)
{
	if (s->len + n + SLACK <= s->size)
		return 0;
	size_t size = MAX(s->size * 2, ALIGN_UP(s->len + n + SLACK, PAGE_SIZE / 2));
	int err = grow((void **)&s->data, s->len, size);
	if (!err)
		s->size = size;
	return err;
}

static int grow_offsets(struct exec_strings *s)
{
	u32 room = s->room ? s->room * 2 : 64;
	int err = grow((void **)&s->offset, s->count * sizeof(u32), room * sizeof(u32));
	if (!err)
		s->room = room;
	return err;
}

static inline int begin_string(struct exec_strings *s)
{
	int err = s->count == s->room ? grow_offsets(s) : 0;
	if (!err)
		s->offset[s->count++] = (u32)s->len;
	return err;
}

int exec_strings_add(struct exec_strings *s, const char *text, size_t len)
{
	int err = reserve_bytes(s, len + 1);
	if (!err)
		err = begin_string(s);
	if (err)
		return err;
	memcpy(s->data + s->len, text, len);
	s->data[s->len + len] = '\0';
	s->len += len + 1;
	return 0;
}

int exec_strings_adopt(struct exec_strings *s, const char *text, const char *end, u32 count)
{
	const char *p = text;
	for (; count; count--) {
		size_t left = (size_t)(end - p), n = exec_text_length(p, left);
		int err = n < left ? begin_string(s) : -EINVAL;
		if (err)
			return err;
		p += n + 1;
		s->len += n + 1;
	}
	size_t total = s->len;
	s->len = 0;
	int err = reserve_bytes(s, total);
	if (err)
		return err;
	memcpy(s->data, text, total);
	s->len = total;
	return 0;
}

int exec_strings_add_front(struct exec_strings *s, const char *text)
{
	size_t n = strlen(text) + 1;
	int err = reserve_bytes(s, n);
	if (!err)
		err = begin_string(s);
	if (err)
		return err;
	memmove(s->data + n, s->data, s->len);
	memcpy(s->data, text, n);
	s->len += n;
	for (u32 i = s->count - 1; i > 0; i--)
		s->offset[i] = s->offset[i - 1] + (u32)n;
	s->offset[0] = 0;
	return 0;
}

void exec_strings_drop_first(struct exec_strings *s)
{
	if (!s->count)
		return;
	u32 n = s->count > 1 ? s->offset[1] : (u32)s->len;
	s->len -= n;
	s->count--;
	memmove(s->data, s->data + n, s->len);
	for (u32 i = 0; i < s->count; i++)
		s->offset[i] = s->offset[i + 1] - n;
}

/* What has been copied ahead: user [next, end) already lies at data + len. */
struct window {
	vaddr next, end;
};

static int fetch(struct exec_strings *s, struct window *w, vaddr from)
{
	size_t n = MIN((size_t)FETCH, PAGE_SIZE - (from & ~PAGE_MASK));
	int err = from >= USER_TOP ? -EFAULT : reserve_bytes(s, n);
	if (err)
		return err;
	const void __user *user = (const void __user *)from;
	size_t got = n;
	if (arch_copy_from_user(s->data + s->len, user, n))
		got = copy_from_user_partial(s->data + s->len, user, n);
	w->next = from;
	w->end = from + got;
	return got ? 0 : -EFAULT;
}

static int add_user(struct exec_strings *s, struct window *w, vaddr from)
{
	int err = begin_string(s);
	if (err)
		return err;
	for (size_t total = 0;;) {
		if (w->next != from || w->next == w->end)
			err = fetch(s, w, from);
		if (err)
			return err;
		size_t have = w->end - w->next, n = exec_text_length(s->data + s->len, have);
		bool ends = n < have;
		total += n + ends;
		s->len += n + ends;
		from += n + ends;
		w->next = from;
		if (total > EXEC_STRING_MAX)
			return -E2BIG;
		if (ends)
			return 0;
	}
}

/* No argument list gets near the address space, but a hostile one may try to use up the kernel's
 * memory. */
#define TOTAL_MAX (3ul << 20)

int exec_strings_from_user(struct exec_strings *s, void __user *vector)
{
	vaddr pointer[POINTERS];
	struct window w = {0, 0};
	const char __user *at = vector;
	while (at) {
		size_t n = copy_from_user_partial(pointer, at, sizeof(pointer)) / sizeof(vaddr);
		if (!n)
			return -EFAULT;
		for (size_t i = 0; i < n; i++) {
			if (!pointer[i])
				return 0;
			int err = add_user(s, &w, pointer[i]);
			if (err)
				return err;
			if (s->len + s->count * sizeof(vaddr) > TOTAL_MAX)
				return -E2BIG;
		}
		at += n * sizeof(vaddr);
	}
	return 0;
}

int exec_args_check_size(const struct exec_args *args)
{
	u64 limit = MIN(rlimit_current(RLIMIT_STACK) / 4, 6ull << 20);
	size_t need = args->argv.len + args->envp.len +
		      (args->argv.count + args->envp.count) * sizeof(vaddr);
	return need > MAX(limit, EXEC_STRING_MAX) ? -E2BIG : 0;
}

/* An empty argv gets one empty string: programs rely on argv[0] (execve(2), since Linux 5.18). */
static int fill_args(struct exec_args *a, void __user *argv, void __user *envp)
{
	int err = exec_strings_from_user(&a->argv, argv);
	if (!err && !a->argv.count)
		err = exec_strings_add(&a->argv, "", 0);
	if (!err)
		err = exec_strings_from_user(&a->envp, envp);
	return err ? err : exec_args_check_size(a);
}

int exec_args_from_user(struct exec_args *out, const char __user *path, void __user *argv,
			void __user *envp)
{
	*out = (struct exec_args){0};
	int err = path_from_user(path, &out->path);
	if (!err)
		err = fill_args(out, argv, envp);
	if (err)
		exec_args_release(out);
	return err;
}

static void strings_release(struct exec_strings *s)
{
	kfree(s->data);
	kfree(s->offset);
}

void exec_args_release(struct exec_args *args)
{
	kfree(args->path);
	strings_release(&args->argv);
	strings_release(&args->envp);
	*args = (struct exec_args){0};
}
