/* sendfile(2), splice(2), copy_file_range(2) */
#include "syscall.h"
#include <linux/fs.h>
#include "kernel/fs/event_file.h"
#include "kernel/fs/pipe.h"
#include "kernel/fs/splice.h"
#include "kernel/fs/vfs.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/task.h"

#define RW_MAX 0x7ffff000ul
#define SPLICE_F_ALL 0xfu /* MOVE, NONBLOCK, MORE, GIFT */
#define SPLICE_F_NONBLOCK 2u

/* An optional offset in user memory: pos answers where to count (NULL: the file's own position). */
struct user_offset {
	s64 __user *user;
	file_off value, *pos;
};

static int offset_read(struct user_offset *o, void __user *p)
{
	o->user = p;
	o->pos = NULL;
	if (!p)
		return 0;
	if (get_user(o->value, o->user))
		return -EFAULT;
	o->pos = &o->value;
	return 0;
}

static isize offset_put(const struct user_offset *o, isize done)
{
	return o->user && done >= 0 && put_user(o->value, o->user) ? -EFAULT : done;
}

struct two_files {
	struct file *in, *out;
};

static int files_get(struct two_files *f, int in, int out)
{
	f->in = fd_get(in);
	if (!f->in)
		return -EBADF;
	f->out = fd_get(out);
	if (f->out)
		return 0;
	file_put(f->in);
	return -EBADF;
}

static void files_put(struct two_files *f)
{
	file_put(f->in);
	file_put(f->out);
}

/* What is wrong with the source comes before what is wrong with the destination. */
static int sendfile_source(int fd, const struct user_offset *o, size_t count, struct file **out)
{
	struct file *f = fd_get(fd);
	int err = 0;
	if (!f)
		return -EBADF;
	if (!FILE_READABLE(f))
		err = -EBADF;
	else if (o->user && !file_has_offsets(f) && !f->ops->readdir)
		err = -ESPIPE;
	else if ((isize)count < 0 || (o->pos && o->value < 0) || (s64)count > INT64_MAX - (o->pos ? o->value : f->pos))
		err = -EINVAL;
	if (err)
		file_put(f);
	*out = f;
	return err;
}

/* Only files with contents of their own can be sent, for they can be read ahead: sendfile(2), NOTES. */
static isize sendfile_checked(struct file *in, struct file *out, const struct user_offset *o, size_t count)
{
	if (!FILE_WRITABLE(out))
		return -EBADF;
	if (!file_has_offsets(in) || (!S_ISREG(in->inode->mode) && !S_ISBLK(in->inode->mode)) || out->flags & O_APPEND)
		return -EINVAL;
	return file_transfer(in, o->pos, out, NULL, MIN(count, RW_MAX));
}

long sys_sendfile(int out_fd, int in_fd, void __user *offset, size_t count)
{
	struct user_offset o;
	struct file *in;
	isize done = offset_read(&o, offset);
	if (!done)
		done = sendfile_source(in_fd, &o, count, &in);
	if (done)
		return done;
	struct file *out = fd_get(out_fd);
	done = out ? sendfile_checked(in, out, &o, count) : -EBADF;
	if (out)
		file_put(out);
	file_put(in);
	return offset_put(&o, done);
}

/* splice(2), ERRORS. */
static int splice_check(const struct two_files *f, const struct user_offset *in, const struct user_offset *out)
{
	bool in_pipe = file_is_pipe(f->in), out_pipe = file_is_pipe(f->out);
	if (!FILE_READABLE(f->in) || !FILE_WRITABLE(f->out))
		return -EBADF;
	if (!in_pipe && !out_pipe)
		return -EINVAL;
	if ((in->pos && in->value < 0) || (out->pos && out->value < 0))
		return -EINVAL;
	if ((in->user && !file_has_offsets(f->in)) || (out->user && !file_has_offsets(f->out)))
		return -EINVAL;
	if (in_pipe && out_pipe && f->in->inode == f->out->inode)
		return -EINVAL;
	return f->out->flags & O_APPEND ? -EINVAL : 0;
}

/* A piece at most as long as what can move without waiting twice: a pipe answers with what it has. */
static isize splice_move(struct two_files *f, struct user_offset *in, struct user_offset *out, size_t len,
			 unsigned int flags)
{
	u32 in_flags = f->in->flags, out_flags = f->out->flags;
	if (flags & SPLICE_F_NONBLOCK) {
		if (file_is_pipe(f->in))
			f->in->flags |= O_NONBLOCK;
		if (file_is_pipe(f->out))
			f->out->flags |= O_NONBLOCK;
	}
	isize done = pipe_splice(f->in, in->pos, f->out, out->pos, len);
	f->in->flags = in_flags;
	f->out->flags = out_flags;
	return done;
}

long sys_splice(int in, void __user *in_off, int out, void __user *out_off, size_t len, unsigned int flags)
{
	struct two_files f;
	struct user_offset oi, oo;
	if (!len)
		return 0;
	if (flags & ~SPLICE_F_ALL)
		return -EINVAL;
	isize done = files_get(&f, in, out);
	if (done)
		return done;
	if ((in_off && file_is_pipe(f.in)) || (out_off && file_is_pipe(f.out)))
		done = -ESPIPE;
	if (!done)
		done = offset_read(&oo, out_off);
	if (!done)
		done = offset_read(&oi, in_off);
	if (!done)
		done = splice_check(&f, &oi, &oo);
	if (!done) {
		done = splice_move(&f, &oi, &oo, MIN(len, RW_MAX), flags);
		done = offset_put(&oo, offset_put(&oi, done));
	}
	files_put(&f);
	return done;
}

/* *len is cut to what there is to copy: only that must not overlap. */
static int copy_range_check(const struct two_files *f, file_off in, file_off out, size_t *len)
{
	u64 end;
	if (S_ISDIR(f->in->inode->mode) || S_ISDIR(f->out->inode->mode))
		return -EISDIR;
	if (!S_ISREG(f->in->inode->mode) || !S_ISREG(f->out->inode->mode))
		return -EINVAL;
	if (!FILE_READABLE(f->in) || !FILE_WRITABLE(f->out) || f->out->flags & O_APPEND)
		return -EBADF;
	if (f->in->inode->super != f->out->inode->super)
		return -EXDEV;
	if (in < 0 || out < 0)
		return -EINVAL;
	if (__builtin_add_overflow((u64)in, *len, &end) || __builtin_add_overflow((u64)out, *len, &end))
		return -EOVERFLOW;
	if (out == INT64_MAX)
		return -EFBIG;
	*len = (u64)in < f->in->inode->size ? MIN(*len, f->in->inode->size - (u64)in) : 0;
	*len = MIN(*len, (size_t)(INT64_MAX - out));
	bool overlap = in < out + (s64)*len && out < in + (s64)*len;
	return f->in->inode == f->out->inode && overlap && *len ? -EINVAL : 0;
}

long sys_copy_file_range(int in, void __user *in_off, int out, void __user *out_off, size_t len, unsigned int flags)
{
	struct two_files f;
	struct user_offset oi, oo;
	isize done = files_get(&f, in, out);
	if (done)
		return done;
	done = offset_read(&oi, in_off);
	if (!done)
		done = offset_read(&oo, out_off);
	if (!done && flags)
		done = -EINVAL;
	if (!done)
		done = copy_range_check(&f, oi.pos ? oi.value : f.in->pos, oo.pos ? oo.value : f.out->pos, &len);
	if (!done && len) {
		done = file_transfer(f.in, oi.pos, f.out, oo.pos, MIN(len, RW_MAX));
		done = offset_put(&oo, offset_put(&oi, done));
	}
	files_put(&f);
	return done;
}
