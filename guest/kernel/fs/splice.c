#include "kernel/fs/splice.h"
#include "kernel/mm/page.h"
#include "kernel/task/task.h"

#define PIECE_ORDER 4

/* One piece through the buffer: what reached out, -errno. What was read but not taken by out, *cut, is given back to *from. */
static isize move_piece(struct file *in, file_off *from, struct file *out, file_off *to, char *buf, size_t n, bool *cut)
{
	struct uio_segment s;
	struct uio u;
	uio_kernel(&u, &s, buf, n);
	file_off start = *from;
	isize got = file_read(in, &u, from);
	if (got <= 0)
		return got;
	uio_kernel(&u, &s, buf, (size_t)got);
	isize put = !file_takes_splice(out) ? -EINVAL : file_write(out, &u, to);
	*from = start + (put > 0 ? put : 0);
	*cut = put < got;
	return put;
}

isize file_transfer(struct file *in, file_off *in_pos, struct file *out, file_off *out_pos, size_t n)
{
	size_t size = PAGE_SIZE << PIECE_ORDER, done = 0;
	isize moved = 0;
	bool cut = false;
	/* A file may be sent to itself, from and to its one position. */
	file_off from = in_pos ? *in_pos : in->pos, to = out_pos ? *out_pos : out->pos;
	if (n <= PAGE_SIZE)
		size = PAGE_SIZE;
	struct page *page = page_alloc(size == PAGE_SIZE ? 0 : PIECE_ORDER, 0);
	if (!page)
		return -ENOMEM;
	/* Of a file until there is nothing more: what is written may lie in front of what is read. Another read of anything else may wait. */
	while (done < n && !cut && !(done && task_signal_pending())) {
		size_t want = MIN(size, n - done);
		moved = move_piece(in, &from, out, &to, page_to_virt(page), want, &cut);
		if (moved <= 0)
			break;
		done += (size_t)moved;
		cut |= (size_t)moved < want && !S_ISREG(in->inode->mode);
	}
	page_put(page);
	if (done) {
		*(out_pos ? out_pos : &out->pos) = to;
		*(in_pos ? in_pos : &in->pos) = from;
	}
	return done ? (isize)done : moved;
}
