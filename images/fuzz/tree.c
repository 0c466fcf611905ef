#include "executor.h"

#include <linux/fcntl.h>
#include <linux/mount.h>
#include <linux/stat.h>

#define MNT_DETACH 2 /* umount2(2); in no header of the kernel */

/* Below the tree's root, which is the working directory. */
static void write_file(const char *path, unsigned int mode, const char *bytes, size_t len,
		       size_t size)
{
	long fd = CALL4(__NR_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0700);
	if (fd < 0)
		executor_fail(path, fd);
	for (size_t at = 0, n; at < size && len; at += n) {
		char chunk[1024];
		for (n = 0; n < sizeof(chunk) && at + n < size; n++)
			chunk[n] = bytes[(at + n) % len];
		long err = CALL3(__NR_write, fd, chunk, n);
		if (err != (long)n)
			executor_fail(path, err);
	}
	CALL2(__NR_fchmod, fd, mode);
	CALL1(__NR_close, fd);
}

/* Without the right to make devices: the device of the tree outside, bound to an empty file. */
static long make_device(const struct fuzz_node *n)
{
	long err =
		CALL4(__NR_mknodat, AT_FDCWD, n->path, S_IFCHR | n->mode, n->major << 8 | n->minor);
	if (err != -1) /* EPERM */
		return err;
	write_file(n->path, n->mode, 0, 0, 0);
	return CALL5(__NR_mount, n->text, n->path, 0, MS_BIND, 0);
}

static void make_node(const struct fuzz_node *n)
{
	long err = 0;
	switch ((enum fuzz_node_type)n->type) {
	case FUZZ_NODE_DIR:
		err = CALL3(__NR_mkdirat, AT_FDCWD, n->path, n->mode);
		break;
	case FUZZ_NODE_FILE:
		write_file(n->path, n->mode, n->text, text_length(n->text), n->size);
		break;
	case FUZZ_NODE_LINK:
		err = CALL3(__NR_symlinkat, n->text, AT_FDCWD, n->path);
		break;
	case FUZZ_NODE_FIFO:
		err = CALL4(__NR_mknodat, AT_FDCWD, n->path, S_IFIFO | n->mode, 0);
		break;
	case FUZZ_NODE_DEVICE:
		err = make_device(n);
		break;
	case FUZZ_NODE_EXIT: {
		size_t size = executor_exit_elf_end - executor_exit_elf;
		write_file(n->path, n->mode, executor_exit_elf, size, size);
		break;
	}
	}
	if (err < 0)
		executor_fail(n->path, err);
}

void tree_build(const char *dir)
{
	long err = CALL5(__NR_mount, "fuzz", dir, "tmpfs", 0, "mode=755");
	if (err < 0)
		executor_fail("mount of a tmpfs", err);
	err = CALL1(__NR_chdir, dir);
	if (err < 0)
		executor_fail(dir, err);
	for (unsigned int i = 0; i < fuzz_node_count; i++)
		make_node(&fuzz_node[i]);
	/* Both may be refused where the executor has no machine of its own: then the directories
	 * stay empty. */
	CALL5(__NR_mount, "proc", "proc", "proc", 0, 0);
	CALL5(__NR_mount, "devpts", "dev/pts", "devpts", 0, "newinstance,ptmxmode=0666,mode=620");
	CALL1(__NR_chdir, "/");
}

void tree_free(const char *dir)
{
	for (int i = 0; i < 16 && !CALL2(__NR_umount2, dir, MNT_DETACH); i++)
		;
}
