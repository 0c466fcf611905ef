/* execve(2): what its files share. */
#ifndef KERNEL_TASK_EXEC_H
#define KERNEL_TASK_EXEC_H

#include "kernel/lib/types.h"

struct mm;
struct file;
struct inode;
struct elf_image;

/* Argument or environment strings, each with its NUL, one after another. */
struct exec_strings {
	char *data; /* with room for whole words beyond the end */
	u32 *offset; /* of each string in data */
	u32 count, room;
	size_t len, size; /* bytes used and allocated */
};

struct exec_args {
	char *path;
	struct exec_strings argv, envp;
};

/* ---- exec_args.c ---- */
/* MAX_ARG_STRLEN: execve(2), "Limits on size of arguments and environment" */
#define EXEC_STRING_MAX (32 * PAGE_SIZE)
/* Length of the string at p, n when no NUL lies in the first n bytes. Reads whole words: up to 7
 * bytes beyond. */
size_t exec_text_length(const char *p, size_t n);
/* Append one string of len bytes (without NUL; one is added). 0 or -ENOMEM. */
int exec_strings_add(struct exec_strings *s, const char *text, size_t len);
/* Take over `count` strings that lie one after another in [text, end); a copy is made. -ENOMEM,
 * -EINVAL when they do not fit in. */
int exec_strings_adopt(struct exec_strings *s, const char *text, const char *end, u32 count);
/* Put a string in front of the others. */
int exec_strings_add_front(struct exec_strings *s, const char *text);
void exec_strings_drop_first(struct exec_strings *s);
/* Append the strings of a NULL-terminated user vector (NULL: none). -EFAULT -E2BIG -ENOMEM. */
int exec_strings_from_user(struct exec_strings *s, void __user *vector);
/* Path and vectors of execve: 0 or -errno with *out released. */
int exec_args_from_user(struct exec_args *out, const char __user *path, void __user *argv,
			void __user *envp);
void exec_args_release(struct exec_args *args);
/* -E2BIG when strings and pointers need more than a quarter of the stack limit. */
int exec_args_check_size(const struct exec_args *args);

/* ---- binary.c: an opened executable ---- */
#define EXEC_HEADER_SIZE 1024
struct binary {
	struct file *file; /* referenced; writing to it is denied while open here */
	size_t header_len;
	u8 header[EXEC_HEADER_SIZE] __aligned(8); /* its first bytes */
};
/* Open and check for execution. 0; -EACCES -ENOENT ... -ETXTBSY -ENOMEM -EIO. */
int binary_open(int dirfd, const char *path, int flags, struct binary *out);
void binary_close(struct binary *b);

/* ---- script.c ---- */
#define SCRIPT_LINE_MAX 256
struct script_line {
	char interpreter[SCRIPT_LINE_MAX];
	char argument[SCRIPT_LINE_MAX]; /* "" none */
};
/* Does the header begin with "#!"? Then its first line taken apart: 0, or -ENOEXEC. */
bool script_recognised(const u8 *header, size_t len);
int script_parse(const u8 *header, size_t len, struct script_line *out);

/* ---- exec_load.c: a new address space for a program ---- */
struct exec_image {
	struct mm *mm;
	vaddr pc, sp;
	vaddr entry, phdr, base; /* AT_ENTRY AT_PHDR AT_BASE */
	u16 phnum;
	vaddr stack_top;
	bool stack_exec;
	u64 random[8]; /* placement, AT_RANDOM */
};
/* Map the program (and its interpreter) into a fresh mm. 0; -ENOEXEC -ELIBBAD -EINVAL -ENOMEM ...
 * On failure nothing is left. */
int exec_load(struct binary *b, struct exec_image *img);
/* Make an address space ahead, with the page tables in place that most programs need, for the next exec_load(): a machine that is
 * remembered here executes them with less work. Without memory nothing happens. */
void exec_prepare_space(void);
/* ---- exec_stack.c: the initial stack ---- */
struct exec_ids {
	u32 uid, euid, gid, egid;
	bool secure;
};
/* Map the stack, put strings, vectors and auxv (getauxval(3)) on it; sets img->sp. 0, -ENOMEM. */
int exec_stack_build(struct exec_image *img, const struct exec_args *args, const char *execfn,
		     const struct exec_ids *ids);

#endif
