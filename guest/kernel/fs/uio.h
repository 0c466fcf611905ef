/* A read or write in progress: a list of user or kernel buffers and a position in it. */
#ifndef KERNEL_FS_UIO_H
#define KERNEL_FS_UIO_H

#include "kernel/lib/types.h"

struct uio_segment {
	vaddr base;
	size_t len;
};

struct uio {
	const struct uio_segment *seg;
	unsigned int count;
	bool kernel;   /* segments lie in kernel memory */
	size_t offset; /* into seg[0] */
	size_t left;   /* bytes in all */
};

static inline void uio_kernel(struct uio *u, struct uio_segment *s, void *buf, size_t len)
{
	s->base = (vaddr)buf;
	s->len = len;
	*u = (struct uio){.seg = s, .count = 1, .kernel = true, .left = len};
}
static inline void uio_user(struct uio *u, struct uio_segment *s, vaddr buf, size_t len)
{
	s->base = buf;
	s->len = len;
	*u = (struct uio){.seg = s, .count = 1, .left = len};
}

/* Move up to n bytes; advances u by what was moved and answers it (short only at a fault or at the end of u). */
size_t uio_write(struct uio *u, const void *src, size_t n); /* kernel src -> u   (a read(2)) */
size_t uio_read(struct uio *u, void *dst, size_t n);	    /* u -> kernel dst   (a write(2)) */
size_t uio_zero(struct uio *u, size_t n);
/* Skip bytes without moving them. */
void uio_skip(struct uio *u, size_t n);

#endif
