#include "kernel/mm/uaccess.h"
#include "kernel/lib/string.h"
#include "kernel/mm/page.h"
#include "kernel/mm/vm.h"
#include "kernel/task/task.h"

/*
 * arch_copy_* may stop at a page that is not mapped yet (when the VMM copies, it sees page tables
 * only): fault it in and go on. Answers whether at least one byte more can be tried.
 */
static bool fault_in(const void __user *p, enum fault_access access)
{
	struct mm *mm = task_current()->mm;

	return mm && mm_fault(mm, (__force vaddr)p, access) == 0;
}

/* A copy moves words: one that lies across a page boundary counts as not moved though its first
 * bytes are there. So where a copy is stuck it is tried again up to the end of the page. */
static size_t to_page_end(const void __user *p, size_t done)
{
	return PAGE_SIZE - (((__force vaddr)p + done) & ~PAGE_MASK);
}

size_t copy_from_user_partial(void *dst, const void __user *src, size_t n)
{
	size_t done = 0, left, want;
	bool stuck = false;

	if (unlikely(!user_range_ok(src, n)))
		return 0;
	while (done < n) {
		want = stuck ? MIN(n - done, to_page_end(src, done)) : n - done;
		left = arch_copy_from_user((char *)dst + done, (const char __user *)src + done,
					   want);
		done += want - left;
		if (likely(!left)) {
			stuck = false;
			continue;
		}
		if (stuck && left == want)
			break;
		stuck = left == want;
		if (!fault_in((const char __user *)src + done, FAULT_READ))
			break;
	}
	return done;
}

/* Fill user memory from src, or clear it: the bytes done before a fault. */
static inline __attribute__((always_inline)) size_t fill_user(void __user *dst, const void *src, size_t n, bool clear)
{
	size_t done = 0, left, want;
	bool stuck = false;

	if (unlikely(!user_range_ok(dst, n)))
		return 0;
	while (done < n) {
		want = stuck ? MIN(n - done, to_page_end(dst, done)) : n - done;
		left = clear ? arch_clear_user((char __user *)dst + done, want)
			     : arch_copy_to_user((char __user *)dst + done, (const char *)src + done, want);
		done += want - left;
		if (likely(!left)) {
			stuck = false;
			continue;
		}
		if (stuck && left == want)
			break;
		stuck = left == want;
		if (!fault_in((char __user *)dst + done, FAULT_WRITE))
			break;
	}
	return done;
}

size_t copy_to_user_partial(void __user *dst, const void *src, size_t n)
{
	return fill_user(dst, src, n, false);
}

size_t clear_user_partial(void __user *dst, size_t n)
{
	return fill_user(dst, NULL, n, true);
}

int copy_from_user(void *dst, const void __user *src, size_t n)
{
	if (likely(user_range_ok(src, n) && !arch_copy_from_user(dst, src, n)))
		return 0;
	return copy_from_user_partial(dst, src, n) == n ? 0 : -EFAULT;
}

int copy_to_user(void __user *dst, const void *src, size_t n)
{
	if (likely(user_range_ok(dst, n) && !arch_copy_to_user(dst, src, n)))
		return 0;
	return copy_to_user_partial(dst, src, n) == n ? 0 : -EFAULT;
}

int clear_user(void __user *dst, size_t n)
{
	return clear_user_partial(dst, n) == n ? 0 : -EFAULT;
}

/* Strings come in pieces that do not cross a page, short ones first: a path is mostly shorter than
 * 64 bytes. */
#define PIECE_FIRST 32
#define PIECE_NEXT  256

static size_t piece_at(vaddr a, size_t done, size_t size)
{
	size_t n = MIN(size - done, done ? (size_t)PIECE_NEXT : (size_t)PIECE_FIRST);

	return MIN(n, PAGE_SIZE - (a & ~PAGE_MASK));
}

isize strncpy_from_user(char *dst, const char __user *src, size_t size)
{
	size_t done = 0;

	while (done < size) {
		size_t n = piece_at((__force vaddr)src + done, done, size);
		char *nul;

		if (copy_from_user(dst + done, src + done, n))
			return -EFAULT;
		nul = memchr(dst + done, '\0', n);
		if (nul)
			return nul - dst;
		done += n;
	}
	return -ENAMETOOLONG;
}

isize strnlen_user(const char __user *s, size_t max)
{
	char piece[PIECE_NEXT], *nul;
	size_t done = 0;

	while (done <= max) {
		size_t n = piece_at((__force vaddr)s + done, done, max + 1);

		if (copy_from_user(piece, s + done, n))
			return -EFAULT;
		nul = memchr(piece, '\0', n);
		if (nul)
			return done + (nul - piece);
		done += n;
	}
	return max + 1;
}

/* Move bytes between buf and mm's memory page by page: how many before the first page that cannot
 * be had. */
static size_t mm_copy(struct mm *mm, vaddr addr, void *buf, size_t n, bool write)
{
	size_t done = 0;

	if (!user_range_ok((const void __user *)addr, n))
		return 0;
	while (done < n) {
		size_t in_page = (addr + done) & ~PAGE_MASK;
		size_t piece = MIN(n - done, PAGE_SIZE - in_page);
		struct page *p;
		char *at;

		if (mm_get_page(mm, addr + done, write ? FAULT_WRITE : FAULT_READ, &p))
			break;
		at = (char *)page_to_virt(p) + in_page;
		if (write)
			memcpy(at, (char *)buf + done, piece);
		else
			memcpy((char *)buf + done, at, piece);
		page_put(p);
		done += piece;
	}
	return done;
}

size_t mm_read(struct mm *mm, vaddr addr, void *dst, size_t n)
{
	return mm_copy(mm, addr, dst, n, false);
}

size_t mm_write(struct mm *mm, vaddr addr, const void *src, size_t n)
{
	return mm_copy(mm, addr, (void *)src, n, true);
}
