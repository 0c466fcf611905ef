/*
 * execve(2). In order: open and check the file (through scripts to their interpreter), build the
 * new address space beside the old one, get rid of the other threads, and only then change the
 * process: from there on nothing can fail but for lack of memory, which kills.
 */
#include "kernel/task/exec.h"

#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/mount.h>
#include <linux/prctl.h>
#include <linux/securebits.h>
#include "kernel/fs/file.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/log.h"
#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/vm.h"
#include "kernel/task/life.h"
#include "kernel/task/sched.h"
#include "kernel/task/task.h"
#include "kernel/time/posix_timer.h"

#define SCRIPT_DEPTH 5 /* interpreters of interpreters; then ELOOP */

/* ---- finding the program ---- */

/*
 * argv becomes interpreter, its argument, the script's path, and the old argv from [1] on. script
 * NULL: argv[0] is the script already, being the interpreter of another.
 */
static int script_arguments(struct exec_args *args, const struct script_line *line,
			    const char *script)
{
	int err = 0;
	if (script) {
		exec_strings_drop_first(&args->argv);
		err = exec_strings_add_front(&args->argv, script);
	}
	if (!err && line->argument[0])
		err = exec_strings_add_front(&args->argv, line->argument);
	if (!err)
		err = exec_strings_add_front(&args->argv, line->interpreter);
	return err ? err : exec_args_check_size(args);
}

/*
 * The name a script's interpreter opens it by, and AT_EXECFN: args->path, but for execveat(2) of a
 * descriptor /dev/fd/N, then kmalloc'd in *made.
 */
static int visible_name(int dirfd, const char *path, const char **out, char **made)
{
	*made = NULL;
	*out = path;
	if (path[0] == '/' || dirfd == AT_FDCWD)
		return 0;
	size_t size = strlen(path) + 24;
	*made = kmalloc(size);
	if (!*made)
		return -ENOMEM;
	ksnprintf(*made, size, path[0] ? "/dev/fd/%d/%s" : "/dev/fd/%d", dirfd, path);
	*out = *made;
	return 0;
}

/* A descriptor that execve closes cannot be read by the interpreter: ENOENT, execveat(2) BUGS. */
static bool closes_on_exec(int dirfd, const char *path)
{
	return path[0] != '/' && dirfd != AT_FDCWD && fd_get_cloexec(dirfd) > 0;
}

/* Follow "#!" lines from *b to a binary. script: the name to hand on. On failure *b is closed. */
static int follow_scripts(struct binary *b, struct exec_args *args, const char *script)
{
	struct script_line *line = kmalloc(sizeof(*line));
	int err = line ? 0 : -ENOMEM;
	for (int depth = 0; !err && script_recognised(b->header, b->header_len); depth++) {
		err = depth == SCRIPT_DEPTH ? -ELOOP : script_parse(b->header, b->header_len, line);
		if (!err)
			err = script_arguments(args, line, script);
		if (err)
			break;
		binary_close(b);
		err = binary_open(AT_FDCWD, line->interpreter, 0, b);
		if (err)
			goto closed;
		script = NULL;
	}
	if (err)
		binary_close(b);
closed:
	kfree(line);
	return err;
}

static int open_program(int dirfd, struct exec_args *args, int flags, const char *name,
			struct binary *b)
{
	int err = binary_open(dirfd, args->path, flags, b);
	if (err || !script_recognised(b->header, b->header_len))
		return err;
	if (closes_on_exec(dirfd, args->path)) {
		binary_close(b);
		return -ENOENT;
	}
	return follow_scripts(b, args, name);
}

/* ---- credentials: capabilities(7), "Transformation of capabilities during execve()" ---- */

static bool takes_ids(const struct file *f)
{
	return !(f->path.mount->flags & MS_NOSUID) && !task_current()->process->no_new_privs;
}

static void new_ids(const struct file *f, struct cred *c)
{
	u32 mode = f->inode->mode;
	if (takes_ids(f) && (mode & S_ISUID))
		c->euid = f->inode->uid;
	if (takes_ids(f) && (mode & (S_ISGID | 0010)) == (S_ISGID | 0010))
		c->egid = f->inode->gid;
	c->suid = c->fsuid = c->euid;
	c->sgid = c->fsgid = c->egid;
}

static void new_capabilities(struct cred *c, bool changed)
{
	bool root = !(c->securebits & (1 << SECURE_NOROOT));
	if (changed)
		c->cap_ambient = 0;
	if (root && (!c->euid || !c->uid)) {
		c->cap_permitted = c->cap_bounding | c->cap_inheritable;
		c->cap_effective = c->euid ? c->cap_ambient : c->cap_permitted;
	} else {
		c->cap_permitted = c->cap_effective = c->cap_ambient;
	}
	c->securebits &= ~(1u << SECURE_KEEP_CAPS);
}

/* Would execve change nothing? The common case: no set-user-ID, and root keeps all it may have. */
static bool ids_settled(const struct file *f, const struct cred *c)
{
	if ((f->inode->mode & (S_ISUID | S_ISGID)) || c->suid != c->euid || c->sgid != c->egid ||
	    c->fsuid != c->euid || c->fsgid != c->egid || c->securebits)
		return false;
	u64 want = c->euid ? c->cap_ambient : c->cap_bounding | c->cap_inheritable;
	return c->cap_permitted == want && c->cap_effective == want && (c->euid || !c->uid);
}

/* The credentials after execve, or NULL: no memory. *changed: set-user-ID or set-group-ID took
 * effect. */
static struct cred *exec_cred(const struct file *f, bool *changed)
{
	struct cred *old = task_current()->cred;
	*changed = false;
	if (ids_settled(f, old))
		return cred_get(old);
	struct cred *c = cred_copy(old);
	if (!c)
		return NULL;
	new_ids(f, c);
	*changed = c->euid != old->euid || c->egid != old->egid;
	new_capabilities(c, *changed);
	return c;
}

/* ---- the change ---- */

/* The calling thread becomes the leader, whatever it was: its id is the process's. */
static void become_leader(struct task *t)
{
	struct process *p = t->process;
	struct task *old = p->leader;
	if (old == t)
		return;
	struct pid *tid = t->pid;
	task_unlink(old);
	t->pid = old->pid;
	old->pid = tid;
	t->pid->task = t;
	tid->task = NULL;
	p->leader = t;
	task_free(old);
}

/* What threads of other processes still share must not be changed under them. */
static int unshare_for_exec(struct task *t)
{
	if (t->sighand->refcount > 1) {
		struct sighand *own = sighand_copy(t->sighand);
		if (!own)
			return -ENOMEM;
		sighand_put(t->sighand);
		t->sighand = own;
	}
	if (t->files->refcount > 1) {
		struct fd_table *own = fd_table_copy(t->files);
		if (!own)
			return -ENOMEM;
		fd_table_put(t->files);
		t->files = own;
	}
	return 0;
}

static void switch_mm(struct task *t, struct mm *mm)
{
	struct mm *old = t->mm;
	task_leave_mm(t);
	t->mm = mm;
	cpu_load_mm(mm);
	if (!old)
		return;
	t->process->peak_rss_pages = MAX(t->process->peak_rss_pages, old->peak_rss_pages);
	mm_put(old);
}

static void set_comm(struct task *t, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t n = strnlen(name, sizeof(t->comm) - 1);
	memcpy(t->comm, name, n);
	memset(t->comm + n, 0, sizeof(t->comm) - n);
}

static void reset_process(struct task *t, bool privileged)
{
	struct process *p = t->process;
	sighand_reset_for_exec(t->sighand);
	t->altstack = t->altstack_size = 0;
	t->altstack_flags = 0;
	t->restart_fn = NULL;
	posix_timers_release(p);
	fd_table_close_on_exec(t->files);
	p->exit_signal = SIGCHLD;
	p->did_exec = true;
	p->dumpable = !privileged;
	if (privileged)
		p->death_signal = 0;
}

struct exec_change {
	struct exec_image image;
	struct cred *cred;
	bool privileged;
	const char *name;
};

/* The point of no return is inside: -errno before it, 0 after. */
static int commit(struct exec_change *x)
{
	struct task *t = task_current();
	if (t->process->thread_count > 1) {
		int err = process_kill_other_threads();
		if (err)
			return err;
	}
	become_leader(t);
	if (unshare_for_exec(t)) {
		mm_put(x->image.mm);
		cred_put(x->cred);
		process_exit_group(SIGKILL);
	}
	switch_mm(t, x->image.mm);
	cred_put(t->cred);
	t->cred = x->cred;
	reset_process(t, x->privileged);
	set_comm(t, x->name);
	arch_thread_reset(t);
	arch_regs_start(arch_task_regs(t), x->image.pc, x->image.sp);
	return 0;
}

static int build(struct binary *b, struct exec_args *args, struct exec_change *x)
{
	const struct cred *c = x->cred;
	struct exec_ids ids = {c->uid, c->euid, c->gid, c->egid, x->privileged};
	int err = exec_load(b, &x->image);
	if (err)
		return err;
	err = exec_stack_build(&x->image, args, x->name, &ids);
	if (err) {
		mm_put(x->image.mm);
		return err;
	}
	x->image.mm->exe = file_get(b->file);
	inode_deny_write(b->file->inode); /* cannot fail, b denies it too; mm_put allows it again */
	return 0;
}

static int exec_binary(struct binary *b, struct exec_args *args, const char *name)
{
	struct exec_change x = {.name = name};
	x.cred = exec_cred(b->file, &x.privileged);
	if (!x.cred)
		return -ENOMEM;
	int err = build(b, args, &x);
	if (err)
		goto no_image;
	err = commit(&x);
	if (err)
		goto no_commit;
	return 0;
no_commit:
	mm_put(x.image.mm);
no_image:
	cred_put(x.cred);
	return err;
}

int task_exec(int dirfd, struct exec_args *args, int flags)
{
	struct binary b;
	const char *name;
	char *made;
	int err = visible_name(dirfd, args->path, &name, &made);
	if (err)
		return err;
	sched_charge_current();
	err = open_program(dirfd, args, flags, name, &b);
	if (!err) {
		err = exec_binary(&b, args, name);
		binary_close(&b);
	}
	kfree(made);
	sched_charge_kernel();
	return err;
}
