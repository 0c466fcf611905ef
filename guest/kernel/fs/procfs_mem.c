/* /proc/PID/mem: proc_pid_mem(5). */
#include "kernel/fs/procfs.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/mm/vm.h"
#include "kernel/task/task.h"

/* The address space, with a reference; NULL: there is none any more, which reads as the end. */
static int mem_target(const struct file *f, struct mm **out)
{
	const struct proc_node *n = f->inode->private;
	const struct task *t = proc_task(n);
	int err = t ? proc_may_inspect(t) : 0; /* again: it may have become another's since it was opened */
	*out = err ? NULL : proc_mm(n);
	return err;
}

static size_t mem_read_piece(struct mm *mm, vaddr at, char *page, size_t n, struct uio *to)
{
	return uio_write(to, page, mm_read(mm, at, page, n));
}

static size_t mem_write_piece(struct mm *mm, vaddr at, char *page, size_t n, struct uio *from)
{
	return mm_write(mm, at, page, uio_read(from, page, n));
}

/* Up to the first page that is not there: -EIO when that is the first. */
static isize mem_move(struct file *f, struct uio *u, file_off *pos,
		      size_t (*piece)(struct mm *mm, vaddr at, char *page, size_t n, struct uio *u))
{
	struct mm *mm;
	int err = mem_target(f, &mm);
	if (err || !mm)
		return err;
	char *page = kmalloc(PAGE_SIZE);
	isize done = page ? 0 : -ENOMEM;
	while (page && u->left) {
		vaddr at = (vaddr)*pos;
		size_t n = MIN(u->left, PAGE_SIZE - (at & ~PAGE_MASK)), moved = piece(mm, at, page, n, u);
		*pos += (file_off)moved;
		done += (isize)moved;
		if (moved < n) {
			done = done ? done : -EIO;
			break;
		}
	}
	kfree(page);
	mm_put(mm);
	return done;
}

static isize mem_read(struct file *f, struct uio *to, file_off *pos)
{
	return mem_move(f, to, pos, mem_read_piece);
}

static isize mem_write(struct file *f, struct uio *from, file_off *pos)
{
	return mem_move(f, from, pos, mem_write_piece);
}

static file_off mem_seek(struct file *f, file_off off, int whence)
{
	if (whence == 1)
		off += f->pos;
	else if (whence)
		return -EINVAL;
	f->pos = off;
	return off;
}

const struct file_ops proc_mem_ops = {.read = mem_read, .write = mem_write, .segments_apart = true, .seek = mem_seek};
