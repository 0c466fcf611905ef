#include "kernel/fs/uio.h"
#include "kernel/lib/string.h"
#include "kernel/mm/uaccess.h"

enum uio_move { UIO_TO, UIO_FROM, UIO_ZERO };

/* Zeros up to the page that cannot be written. */
static size_t zero_user(vaddr at, size_t n)
{
	size_t done = 0;
	if (!clear_user((void __user *)at, n))
		return n;
	while (done < n) {
		size_t piece = MIN(n - done, PAGE_SIZE - (at + done) % PAGE_SIZE);
		if (clear_user((void __user *)(at + done), piece))
			break;
		done += piece;
	}
	return done;
}

static inline __attribute__((always_inline)) size_t move_piece(const struct uio *u, vaddr at, void *mem, size_t n, enum uio_move how)
{
	if (!u->kernel) {
		if (how == UIO_TO)
			return copy_to_user_partial((void __user *)at, mem, n);
		if (how == UIO_FROM)
			return copy_from_user_partial(mem, (const void __user *)at, n);
		return zero_user(at, n);
	}
	if (how == UIO_TO)
		memcpy((void *)at, mem, n);
	else if (how == UIO_FROM)
		memcpy(mem, (const void *)at, n);
	else
		memset((void *)at, 0, n);
	return n;
}

void uio_skip(struct uio *u, size_t n)
{
	u->left -= n;
	u->offset += n;
	while (u->count && u->offset >= u->seg->len) {
		u->offset -= u->seg->len;
		u->seg++;
		u->count--;
	}
}

static size_t uio_move_slow(struct uio *u, void *mem, size_t n, enum uio_move how)
{
	size_t done = 0;
	n = MIN(n, u->left);
	while (done < n) {
		size_t piece = MIN(n - done, u->seg->len - u->offset);
		size_t moved = piece;
		if (piece)
			moved = move_piece(u, u->seg->base + u->offset, (char *)mem + done, piece, how);
		uio_skip(u, moved);
		done += moved;
		if (moved < piece)
			break;
	}
	return done;
}

/* Most transfers are one piece of user memory. An exhausted segment is left where it is: the next call steps over it. */
static inline __attribute__((always_inline)) size_t uio_move(struct uio *u, void *mem, size_t n, enum uio_move how)
{
	if (unlikely(n > u->left))
		n = u->left;
	if (unlikely(u->kernel || !n || n > u->seg->len - u->offset))
		return uio_move_slow(u, mem, n, how);
	size_t moved = move_piece(u, u->seg->base + u->offset, mem, n, how);
	u->left -= moved;
	u->offset += moved;
	return moved;
}

size_t uio_write(struct uio *u, const void *src, size_t n)
{
	return uio_move(u, (void *)src, n, UIO_TO);
}

size_t uio_read(struct uio *u, void *dst, size_t n)
{
	return uio_move(u, dst, n, UIO_FROM);
}

size_t uio_zero(struct uio *u, size_t n)
{
	return uio_move(u, NULL, n, UIO_ZERO);
}
