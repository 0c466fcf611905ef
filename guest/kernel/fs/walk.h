/* The inside of path walk, for namei.c, open.c and dirops.c. path_resolution(7) is the contract. */
#ifndef KERNEL_FS_WALK_H
#define KERNEL_FS_WALK_H

#include "kernel/fs/vfs.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"

/* A text left because a symbolic link had to be followed. */
struct walk_frame {
	const char *rest;    /* where to go on in it */
	struct inode *inode; /* of the link: its text lives as long */
	char *text;	     /* kmalloc'd copy of the link's text, or NULL */
};

struct walk {
	struct path path;  /* where the walk stands; referenced */
	struct path start; /* referenced; only with WALK_IN_ROOT, WALK_BENEATH */
	const char *name;  /* what is still to be walked */
	const char *last;  /* final component, not terminated; valid until walk_end */
	size_t last_len;   /* 0: the path names the directory itself ("/") */
	unsigned int flags, links, depth;
	bool trailing; /* the path ends in '/' */
	struct walk_frame frame[SYMLINK_DEPTH_MAX];
};

/* 0, -ENOENT (empty), -EBADF, -ENOTDIR, -EXDEV; then, and only then, walk_end is owed. */
int walk_begin(struct walk *w, int dirfd, const char *name, unsigned int flags);
/* To the end, or (to_parent) up to the final component, which is left in last. May be called again after walk_last_follow. */
int walk_run(struct walk *w, bool to_parent);
/* Look the final component up: positive dentry, referenced, or -ENOENT ... */
int walk_last(struct walk *w, struct dentry **out);
/* Step onto d, which walk_last found, following it when it is a link: then walk_run goes on. Takes over d. */
int walk_last_follow(struct walk *w, struct dentry *d);
void walk_end(struct walk *w);

/* A user's path name, in place when short. */
struct user_path {
	char *name;
	char small[256];
};

static inline int user_path_get(struct user_path *up, const char __user *p)
{
	isize n = strncpy_from_user(up->small, p, sizeof(up->small));
	up->name = up->small;
	if (n >= 0)
		return 0;
	return n == -ENAMETOOLONG ? path_from_user(p, &up->name) : (int)n;
}

static inline void user_path_put(struct user_path *up)
{
	if (up->name != up->small)
		kfree(up->name);
}

#endif
