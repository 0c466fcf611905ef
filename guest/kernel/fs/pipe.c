#include <linux/eventpoll.h>
#include <asm/ioctls.h>
#include "kernel/fs/pipe.h"
#include "kernel/fs/device.h"
#include "kernel/fs/splice.h"
#include "kernel/mm/page.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/signal.h"
#include "kernel/task/task.h"

#define PIPE_DEFAULT_ORDER 4 /* 64 KiB: pipe(7), "Pipe capacity" */
#define PIPE_ATOMIC 4096u    /* PIPE_BUF */
#define PACKETS_MAX 256

/*
 * A ring of bytes in physically contiguous pages, so that most transfers are one copy. It is allocated by the first write, and
 * an empty ring starts again at its beginning: a pipe that is emptied each time touches one page only. With O_DIRECT the
 * lengths of the packets in it lie beside.
 */
struct pipe {
	char *ring;
	u32 order; /* of the ring's block, or of the one to be allocated */
	u32 head;  /* where the oldest byte lies */
	u32 used;
	u32 readers, writers;
	u32 opened_read, opened_write; /* count openings ever: fifo_open waits for them to move */
	u32 copying;		       /* transfers in progress: they may sleep on user memory, so the ring stays */
	u32 refcount;		       /* open files, and openings in progress */
	bool anonymous; /* of pipe(2): opening it again (/proc/PID/fd/N) waits for nobody */
	struct waitq read_wait, write_wait;
	u16 *packets; /* ring of PACKETS_MAX lengths; NULL until O_DIRECT is used */
	u32 packet_head, packet_count;
};

static SLAB_CACHE(pipe_cache, "pipe", struct pipe);

static u32 pipe_size(const struct pipe *p)
{
	return (u32)PAGE_SIZE << p->order;
}

static u32 pipe_room(const struct pipe *p)
{
	return p->packet_count == PACKETS_MAX ? 0 : pipe_size(p) - p->used;
}

static struct pipe *pipe_alloc(void)
{
	struct pipe *p = slab_zalloc(&pipe_cache);
	if (!p)
		return NULL;
	p->order = PIPE_DEFAULT_ORDER;
	waitq_init(&p->read_wait);
	waitq_init(&p->write_wait);
	return p;
}

static void pipe_free(struct pipe *p)
{
	if (p->ring)
		page_put(virt_to_page(p->ring));
	kfree(p->packets);
	slab_free(&pipe_cache, p);
}

/* A ring, smaller than wanted when memory is in pieces: 0 or -ENOMEM. */
static int pipe_make_ring(struct pipe *p)
{
	struct page *page = page_alloc(p->order, PAGE_ALLOC_USER);
	if (!page) {
		p->order = 0;
		page = page_alloc(0, 0);
	}
	if (!page)
		return -ENOMEM;
	p->ring = page_to_virt(page);
	return 0;
}

/* ---- moving bytes ---- */

/* Up to n bytes in; how many (short at a fault of the source). */
static size_t ring_put(struct pipe *p, struct uio *from, size_t n)
{
	size_t done = 0;
	if (!p->used && !p->copying)
		p->head = 0;
	p->copying++;
	while (done < n) {
		u32 at = (p->head + p->used) & (pipe_size(p) - 1);
		size_t piece = MIN(n - done, (size_t)(pipe_size(p) - at));
		size_t moved = uio_read(from, p->ring + at, piece);
		p->used += (u32)moved;
		done += moved;
		if (moved < piece)
			break;
	}
	p->copying--;
	return done;
}

/*
 * Up to n bytes out; how many. At a fault of the destination what began after the last whole page stays in the pipe, as on Linux, where it is the
 * rest of a buffer of a page; but for what a writer may have taken the place of meanwhile.
 */
static size_t ring_get(struct pipe *p, struct uio *to, size_t n)
{
	size_t done = 0;
	p->copying++;
	while (done < n) {
		size_t piece = MIN(n - done, (size_t)(pipe_size(p) - p->head));
		size_t moved = uio_write(to, p->ring + p->head, piece);
		p->head = (p->head + (u32)moved) & (pipe_size(p) - 1);
		p->used -= (u32)moved;
		done += moved;
		if (moved < piece) {
			size_t back = MIN(moved, done % PAGE_SIZE);
			p->head = (p->head - (u32)back) & (pipe_size(p) - 1);
			p->used += (u32)back;
			done -= back;
			break;
		}
	}
	p->copying--;
	return done;
}

static void ring_drop(struct pipe *p, size_t n)
{
	p->head = (p->head + (u32)n) & (pipe_size(p) - 1);
	p->used -= (u32)n;
}

/* pipe2(2), O_DIRECT: a read takes one packet; what does not fit is lost. */
static size_t packet_get(struct pipe *p, struct uio *to)
{
	u32 len = p->packets[p->packet_head];
	size_t n = MIN((size_t)len, to->left), done = ring_get(p, to, n);
	if (done < n) { /* a fault: the rest is still to be had */
		p->packets[p->packet_head] = (u16)(len - done);
		return done;
	}
	p->packet_head = (p->packet_head + 1) % PACKETS_MAX;
	p->packet_count--;
	ring_drop(p, len - done);
	return done;
}

static void packet_note(struct pipe *p, size_t len)
{
	p->packets[(p->packet_head + p->packet_count++) % PACKETS_MAX] = (u16)len;
}

static void wake_readers(struct pipe *p)
{
	if (!list_empty(&p->read_wait.waiters))
		waitq_wake_all(&p->read_wait, EPOLLIN | EPOLLRDNORM);
}

static void wake_writers(struct pipe *p)
{
	if (!list_empty(&p->write_wait.waiters))
		waitq_wake_all(&p->write_wait, EPOLLOUT | EPOLLWRNORM);
}

/* 1 when there is something to read, 0 at the end (no writer), -EAGAIN, -ERESTARTSYS. */
static isize wait_for_data(struct file *f, struct pipe *p)
{
	while (!p->used) {
		if (!p->writers)
			return 0;
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		int err = waitq_sleep(&p->read_wait, TASK_INTERRUPTIBLE, NO_DEADLINE);
		if (err)
			return err;
	}
	return 1;
}

static isize pipe_read(struct file *f, struct uio *to, file_off *pos)
{
	struct pipe *p = f->inode->pipe;
	(void)pos;
	if (!to->left)
		return 0;
	if (!p->used) {
		isize none = wait_for_data(f, p);
		if (none <= 0)
			return none;
	}
	size_t done = p->packet_count ? packet_get(p, to) : ring_get(p, to, MIN(to->left, (size_t)p->used));
	if (!done)
		return -EFAULT;
	/* A writer waits for at most that much: waking it for less only makes it look. */
	if (pipe_room(p) >= PIPE_ATOMIC)
		wake_writers(p);
	return (isize)done;
}

static isize broken_pipe(void)
{
	signal_send_task(task_current(), SIGPIPE, NULL);
	return -EPIPE;
}

/* Room for the next piece of a write of `left` bytes: all of it when it is to be atomic. */
static u32 room_needed(size_t left)
{
	return left <= PIPE_ATOMIC ? (u32)left : 1;
}

/* Wait until the next piece fits: 0, -EPIPE, -EAGAIN, -ERESTARTSYS. */
static isize wait_for_room(struct file *f, struct pipe *p, size_t left)
{
	for (;;) {
		if (!p->readers)
			return -EPIPE;
		if (pipe_room(p) >= room_needed(left))
			return 0;
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		wake_readers(p);
		int err = waitq_sleep(&p->write_wait, TASK_INTERRUPTIBLE, NO_DEADLINE);
		if (err)
			return err;
	}
}

static int packet_mode(struct file *f, struct pipe *p)
{
	if (!(f->flags & O_DIRECT) || p->packets)
		return 0;
	p->packets = kmalloc(PACKETS_MAX * sizeof(*p->packets));
	return p->packets ? 0 : -ENOMEM;
}

static isize pipe_write(struct file *f, struct uio *from, file_off *pos)
{
	struct pipe *p = f->inode->pipe;
	size_t done = 0;
	isize err = 0;
	(void)pos;
	if (!p->readers)
		return broken_pipe();
	if ((!p->ring && pipe_make_ring(p)) || packet_mode(f, p))
		return -ENOMEM;
	while (from->left) {
		err = wait_for_room(f, p, from->left);
		if (err)
			break;
		size_t n = MIN(from->left, (size_t)pipe_room(p));
		bool packet = f->flags & O_DIRECT || p->packet_count;
		if (packet)
			n = MIN(n, (size_t)PIPE_ATOMIC);
		size_t moved = ring_put(p, from, n);
		if (moved && packet)
			packet_note(p, moved);
		done += moved;
		if (moved < n) {
			err = -EFAULT;
			break;
		}
	}
	if (done)
		wake_readers(p);
	if (err == -EPIPE)
		broken_pipe();
	return done ? (isize)done : err;
}

static u32 pipe_poll(struct file *f, struct poll_table *pt)
{
	struct pipe *p = f->inode->pipe;
	u32 events = 0;
	if (FILE_READABLE(f)) {
		poll_wait(pt, &p->read_wait);
		if (p->used)
			events |= EPOLLIN | EPOLLRDNORM;
		if (!p->writers && p->opened_write)
			events |= EPOLLHUP;
	}
	if (FILE_WRITABLE(f)) {
		poll_wait(pt, &p->write_wait);
		if (pipe_room(p) >= PIPE_ATOMIC)
			events |= EPOLLOUT | EPOLLWRNORM;
		if (!p->readers)
			events |= EPOLLERR;
	}
	return events;
}

static long pipe_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct pipe *p = f->inode->pipe;
	if (cmd != FIONREAD)
		return -ENOTTY;
	return put_user((int)p->used, (int __user *)arg);
}

static void pipe_unref(struct inode *i, struct pipe *p)
{
	if (!refcount_put(&p->refcount))
		return;
	i->pipe = NULL;
	pipe_free(p);
}

static void pipe_release(struct file *f)
{
	struct pipe *p = f->inode->pipe;
	if (FILE_READABLE(f) && --p->readers == 0) {
		waitq_wake_all(&p->write_wait, EPOLLOUT | EPOLLERR | EPOLLHUP);
		waitq_wake_all(&p->read_wait, EPOLLHUP);
	}
	if (FILE_WRITABLE(f) && --p->writers == 0) {
		waitq_wake_all(&p->read_wait, EPOLLIN | EPOLLHUP);
		waitq_wake_all(&p->write_wait, EPOLLHUP);
	}
	pipe_unref(f->inode, p);
}

static const struct file_ops pipe_ops = {
	.read = pipe_read,
	.write = pipe_write,
	.poll = pipe_poll,
	.ioctl = pipe_ioctl,
	.release = pipe_release,
	.sends_sigio = true,
};

/* ---- making them ---- */

int pipe_create(u32 flags, struct file **read_end, struct file **write_end)
{
	struct inode *i = anon_inode_create(S_IFIFO | 0600);
	struct pipe *p = pipe_alloc();
	int err = -ENOMEM;
	if (!i || !p)
		goto no_inode;
	err = file_create_inode("", i, &pipe_ops, O_RDONLY | (flags & O_NONBLOCK), read_end);
	if (err)
		goto no_inode;
	*write_end = file_alloc(&pipe_ops, O_WRONLY | (flags & (O_NONBLOCK | O_DIRECT)));
	if (!*write_end) {
		(*read_end)->ops = NULL; /* the pipe is not there yet */
		file_put(*read_end);
		pipe_free(p);
		return -ENOMEM;
	}
	path_get(&(*read_end)->path);
	(*write_end)->path = (*read_end)->path;
	(*write_end)->inode = i;
	i->pipe = p;
	p->anonymous = true;
	p->readers = p->writers = p->opened_read = p->opened_write = 1;
	p->refcount = 2;
	return 0;
no_inode:
	if (p)
		pipe_free(p);
	if (i)
		inode_put(i);
	return err;
}

/* Count an opening of this end in; the other side may be waiting for it. */
static void fifo_enter(struct pipe *p, const struct file *f)
{
	if (FILE_READABLE(f)) {
		p->readers++;
		p->opened_read++;
		waitq_wake_all(&p->write_wait, 0);
	}
	if (FILE_WRITABLE(f)) {
		p->writers++;
		p->opened_write++;
		waitq_wake_all(&p->read_wait, 0);
	}
}

static void fifo_leave(struct pipe *p, const struct file *f)
{
	if (FILE_READABLE(f) && --p->readers == 0)
		waitq_wake_all(&p->write_wait, 0);
	if (FILE_WRITABLE(f) && --p->writers == 0)
		waitq_wake_all(&p->read_wait, 0);
}

/* fifo(7): a reader waits for a writer and a writer for a reader, unless one is there; O_RDWR waits for nobody. */
static int fifo_wait_peer(struct pipe *p, const struct file *f)
{
	if ((f->flags & O_ACCMODE) == O_RDONLY && !p->writers && !(f->flags & O_NONBLOCK)) {
		u32 before = p->opened_write;
		return WAIT_EVENT(&p->read_wait, p->opened_write != before, TASK_INTERRUPTIBLE, NO_DEADLINE);
	}
	if ((f->flags & O_ACCMODE) == O_WRONLY && !p->readers) {
		u32 before = p->opened_read;
		return WAIT_EVENT(&p->write_wait, p->opened_read != before, TASK_INTERRUPTIBLE, NO_DEADLINE);
	}
	return 0;
}

int fifo_open(struct inode *i, struct file *f)
{
	if (!i->pipe)
		i->pipe = pipe_alloc();
	struct pipe *p = i->pipe;
	if (!p)
		return -ENOMEM;
	p->refcount++; /* from 0, of a fifo that nobody had open */
	int err = 0;
	if ((f->flags & (O_ACCMODE | O_NONBLOCK)) == (O_WRONLY | O_NONBLOCK) && !p->readers && !p->anonymous)
		err = -ENXIO;
	if (!err) {
		fifo_enter(p, f);
		err = p->anonymous ? 0 : fifo_wait_peer(p, f);
		if (err)
			fifo_leave(p, f);
	}
	if (err) {
		pipe_unref(i, p);
		return err;
	}
	f->ops = &pipe_ops;
	return 0;
}

/* ---- splice ---- */

bool file_is_pipe(const struct file *f)
{
	return f->ops == &pipe_ops;
}

/* What of the ring lies in one piece, straight to out; it leaves the pipe only as far as out took it. */
static isize splice_out(struct pipe *p, struct file *out, file_off *out_pos, size_t len)
{
	struct uio_segment s;
	struct uio u;
	struct page *page = virt_to_page(p->ring);
	u32 head = p->head;
	size_t n = MIN(MIN(len, (size_t)p->used), (size_t)(pipe_size(p) - head));
	if (p->packet_count)
		n = MIN(n, (size_t)p->packets[p->packet_head]);
	uio_kernel(&u, &s, p->ring + head, n);
	page_get(page); /* out may sleep, and the ring be replaced meanwhile */
	isize done = file_write(out, &u, out_pos ? out_pos : &out->pos);
	page_put(page);
	if (done <= 0 || p->head != head || p->used < (u32)done)
		return done;
	if (p->packet_count && (p->packets[p->packet_head] -= (u16)done) == 0) {
		p->packet_head = (p->packet_head + 1) % PACKETS_MAX;
		p->packet_count--;
	}
	ring_drop(p, (size_t)done);
	wake_writers(p);
	return done;
}

static isize splice_from_pipe(struct file *in, struct file *out, file_off *out_pos, size_t len)
{
	struct pipe *p = in->inode->pipe;
	isize moved = file_takes_splice(out) ? wait_for_data(in, p) : -EINVAL;
	size_t done = 0;
	if (moved <= 0)
		return moved;
	while (done < len && p->used) {
		moved = splice_out(p, out, out_pos, len - done);
		if (moved <= 0)
			break;
		done += (size_t)moved;
	}
	return done ? (isize)done : moved;
}

isize pipe_splice(struct file *in, file_off *in_pos, struct file *out, file_off *out_pos, size_t len)
{
	if (file_is_pipe(in))
		return splice_from_pipe(in, out, out_pos, len);
	struct pipe *p = out->inode->pipe;
	if (!p->readers)
		return broken_pipe();
	isize err = wait_for_room(out, p, PIPE_ATOMIC + 1);
	if (err)
		return err == -EPIPE ? broken_pipe() : err;
	if (in->ops->no_splice_read || S_ISDIR(in->inode->mode))
		return -EINVAL;
	return file_transfer(in, in_pos, out, NULL, MIN(len, (size_t)pipe_room(p)));
}

/* ---- fcntl ---- */

long pipe_get_size(struct file *f)
{
	return pipe_size(f->inode->pipe);
}

long pipe_set_size(struct file *f, unsigned long size)
{
	struct pipe *p = f->inode->pipe;
	u32 order = 0;
	if (size > PIPE_SIZE_MAX)
		return size > 1ul << 31 ? -EINVAL : -EPERM;
	while (PAGE_SIZE << order < size)
		order++;
	if (p->used > PAGE_SIZE << order || p->copying)
		return -EBUSY;
	if (p->ring && order != p->order) {
		struct page *page = page_alloc(order, PAGE_ALLOC_USER);
		if (!page)
			return -ENOMEM;
		struct uio_segment s;
		struct uio u;
		u32 used = p->used;
		uio_kernel(&u, &s, page_to_virt(page), used);
		ring_get(p, &u, used);
		page_put(virt_to_page(p->ring));
		p->ring = page_to_virt(page);
		p->head = 0;
		p->used = used;
	}
	p->order = order;
	wake_writers(p);
	return pipe_size(p);
}
