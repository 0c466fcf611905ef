/* The LevitateOS calls: spawn, spawn_args, set_foreground, get_foreground, isatty. */
#include "kernel/fs/file.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/exec.h"
#include "kernel/task/task.h"
#include "kernel/tty/tty.h"
#include "syscall/syscall.h"

#define SPAWN_ARGS_MAX 4096

struct spawn_string {
	vaddr text;
	u64 len;
};

/* A string that is given by its length: kmalloc'd with a NUL. */
static int counted_string(const void __user *from, u64 len, u64 max, char **out)
{
	if (len > max)
		return -EINVAL;
	char *s = kmalloc(len + 1);
	if (!s)
		return -ENOMEM;
	int err = copy_from_user(s, from, len);
	s[len] = '\0';
	if (!err && memchr(s, '\0', len))
		err = -EINVAL;
	if (err)
		kfree(s);
	else
		*out = s;
	return err;
}

static int spawn_path(const char __user *path, long len, struct exec_args *args)
{
	return len <= 0 ? -EINVAL : counted_string(path, (u64)len, PATH_LEN_MAX - 1, &args->path);
}

static int add_argument(struct exec_args *args, const struct spawn_string *s)
{
	char *text;
	int err = counted_string((const void __user *)s->text, s->len, EXEC_STRING_MAX - 1, &text);
	if (err)
		return err;
	err = exec_strings_add(&args->argv, text, s->len);
	kfree(text);
	return err ? err : exec_args_check_size(args);
}

static int spawn_arguments(void __user *argv, long argc, struct exec_args *args)
{
	const struct spawn_string __user *user = argv;
	struct spawn_string s;
	if (argc < 0 || argc > SPAWN_ARGS_MAX)
		return -EINVAL;
	for (long i = 0; i < argc; i++) {
		int err = get_user(s, &user[i]);
		if (!err)
			err = add_argument(args, &s);
		if (err)
			return err;
	}
	return argc ? 0 : exec_strings_add(&args->argv, args->path, strlen(args->path));
}

/* The child starts with an empty environment: the calls have no way to give one. */
long sys_spawn_args(const char __user *path, long path_len, void __user *argv, long argc)
{
	struct exec_args args = {0};
	long result = spawn_path(path, path_len, &args);
	if (!result)
		result = spawn_arguments(argv, argc, &args);
	if (!result)
		result = task_spawn(&args);
	exec_args_release(&args);
	return result;
}

long sys_spawn(const char __user *path, long path_len)
{
	return sys_spawn_args(path, path_len, NULL, 0);
}

/*
 * The terminal's foreground is a process group: that of pid, on the caller's controlling terminal.
 */
long sys_set_foreground(int pid)
{
	struct process *p = process_find(pid);
	struct tty *tty = task_current()->process->tty;
	if (pid <= 0)
		return -EINVAL;
	if (!p || !p->pgrp)
		return -ESRCH;
	return tty ? tty_set_foreground(tty, p->pgrp->nr) : -ENOTTY;
}

long sys_get_foreground(void)
{
	struct tty *tty = task_current()->process->tty;
	return tty ? tty_foreground(tty) : -ENOTTY;
}

long sys_isatty(int fd)
{
	struct file *f = fd_get_path(fd);
	if (!f)
		return -EBADF;
	bool answer = file_is_tty(f);
	file_put(f);
	return answer;
}
