/* The state in which a program leaves its first process and the tree, as lines of text:
 * shared/abi/fuzz.h, `observed`. */
#include "executor.h"

#include <asm/signal.h>
#include <asm/stat.h>
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <linux/uio.h>

#define FDS	    64
#define DEPTH	    5
#define PATH_BYTES  512
#define NAMES	    48 /* of a directory; what has more is said to be full */
#define NAME_BYTES  64
#define CONTENT_MAX 16384
#define ARENA_PAGES 64

/* ---- text ---- */

static void put_char(char c)
{
	unsigned int len = FUZZ_RESULTS->observed_len;
	if (len < FUZZ_OBSERVED_BYTES)
		FUZZ_RESULTS->observed[len++] = c;
	FUZZ_RESULTS->observed_len = len;
}

static void put_text(const char *s)
{
	while (*s)
		put_char(*s++);
}

static void put_number(uint64_t n, unsigned int base)
{
	char digits[24];
	unsigned int at = sizeof(digits);
	digits[--at] = 0;
	do {
		digits[--at] = "0123456789abcdef"[n % base];
		n /= base;
	} while (n);
	put_text(digits + at);
}

static void put_decimal(const char *name, long n)
{
	put_text(name);
	if (n < 0)
		put_char('-');
	put_number(n < 0 ? -n : n, 10);
}

static void put_hex(const char *name, uint64_t n)
{
	put_text(name);
	put_number(n, 16);
}

static void put_octal(const char *name, unsigned int n)
{
	put_text(name);
	put_number(n, 8);
}

/* ---- one file ---- */

static const char *type_name(unsigned int mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "dir";
	case S_IFLNK:
		return "link";
	case S_IFIFO:
		return "pipe";
	case S_IFCHR:
		return "char";
	case S_IFBLK:
		return "block";
	case S_IFSOCK:
		return "socket";
	default:
		return "other";
	}
}

static void put_stat(const struct stat *st)
{
	put_char(' ');
	put_text(type_name(st->st_mode));
	put_octal(" mode ", st->st_mode & 07777);
	put_decimal(" of ", st->st_uid);
	put_decimal(":", st->st_gid);
	if ((st->st_mode & S_IFMT) == S_IFREG) {
		put_decimal(" links ", st->st_nlink);
		put_decimal(" size ", st->st_size);
	}
	if ((st->st_mode & S_IFMT) == S_IFCHR || (st->st_mode & S_IFMT) == S_IFBLK)
		put_hex(" device ", st->st_rdev);
}

/* ---- descriptors ---- */

static void observe_fd(int fd)
{
	struct stat st;
	long flags = CALL3(__NR_fcntl, fd, F_GETFL, 0);
	if (flags == -9) /* EBADF */
		return;
	put_decimal("fd ", fd);
	put_hex(" flags ",
		flags & ~0100000l); /* O_LARGEFILE, which is always there on 64 bits or never */
	put_decimal(" fdflags ", CALL3(__NR_fcntl, fd, F_GETFD, 0));
	put_decimal(" at ", CALL3(__NR_lseek, fd, 0, 1));
	if (!CALL2(__NR_fstat, fd, &st))
		put_stat(&st);
	put_char('\n');
}

/* ---- the tree ---- */

struct names {
	unsigned int count;
	bool full;
	char name[NAMES][NAME_BYTES];
};

static int compare(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

/* In order. Long names are cut. */
static void add_name(struct names *n, const char *name)
{
	unsigned int at = n->count;
	if (at == NAMES) {
		n->full = true;
		return;
	}
	while (at && compare(n->name[at - 1], name) > 0) {
		for (unsigned int i = 0; i < NAME_BYTES; i++)
			n->name[at][i] = n->name[at - 1][i];
		at--;
	}
	unsigned int i = 0;
	for (; i < NAME_BYTES - 1 && name[i]; i++)
		n->name[at][i] = name[i];
	n->name[at][i] = 0;
	n->count++;
}

/* getdents64(2): ino, off, reclen, type, name */
static long read_names(const char *path, struct names *n)
{
	static char buf[2048];
	long fd = CALL4(__NR_openat, AT_FDCWD, path,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0),
	     len = fd;
	n->count = 0;
	n->full = false;
	while (fd >= 0 && (len = CALL3(__NR_getdents64, fd, buf, sizeof(buf))) > 0) {
		for (long at = 0; at + 19 < len;) {
			unsigned int record = *(uint16_t *)(buf + at + 16);
			const char *name = buf + at + 19;
			if (!text_equal(name, ".") && !text_equal(name, ".."))
				add_name(n, name);
			at += record ? record : len;
		}
	}
	if (fd >= 0)
		CALL1(__NR_close, fd);
	return len;
}

static void observe_content(const char *path)
{
	static char buf[1024];
	uint64_t digest = 0xcbf29ce484222325ull;
	long fd = CALL4(__NR_openat, AT_FDCWD, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
			0),
	     n = fd;
	while (fd >= 0 && (n = CALL3(__NR_read, fd, buf, sizeof(buf))) > 0)
		digest = digest_bytes(digest, buf, n);
	if (fd >= 0)
		CALL1(__NR_close, fd);
	if (n < 0)
		put_decimal(" content ", n);
	else
		put_hex(" content ", digest);
}

static void observe_entry(const char *path, const struct stat *st)
{
	char target[128];
	long n;
	put_text(path);
	put_stat(st);
	if ((st->st_mode & S_IFMT) == S_IFLNK) {
		n = CALL4(__NR_readlinkat, AT_FDCWD, path, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = 0;
		put_text(" -> ");
		put_text(target);
	}
	if ((st->st_mode & S_IFMT) == S_IFREG && st->st_size <= CONTENT_MAX)
		observe_content(path);
	put_char('\n');
}

/* What lies on the tree's own device below path (PATH_BYTES, in which names are appended). Mounts
 * are told, not entered. */
static void observe_directory(char *path, uint64_t device, unsigned int depth)
{
	static struct names level[DEPTH];
	struct names *names = &level[depth];
	size_t len = text_length(path);
	long err = read_names(path, names);
	if (err < 0)
		put_decimal("unreadable ", err);
	if (names->full)
		put_text("more in ");
	if (err < 0 || names->full) {
		put_text(path);
		put_char('\n');
	}
	for (unsigned int i = 0; i < names->count && len + NAME_BYTES + 1 < PATH_BYTES; i++) {
		struct stat st;
		size_t at = len;
		if (path[at - 1] != '/')
			path[at++] = '/';
		for (const char *s = names->name[i]; *s; s++)
			path[at++] = *s;
		path[at] = 0;
		if (!CALL4(__NR_newfstatat, AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW)) {
			observe_entry(path, &st);
			if ((st.st_mode & S_IFMT) == S_IFDIR && st.st_dev == device &&
			    depth + 1 < DEPTH)
				observe_directory(path, device, depth + 1);
		}
		path[len] = 0;
	}
}

static void observe_tree(void)
{
	char path[PATH_BYTES] = "/";
	struct stat st;
	if (!CALL4(__NR_newfstatat, AT_FDCWD, path, &st, 0))
		observe_directory(path, st.st_dev, 0);
}

/* ---- the process ---- */

static void observe_cwd(void)
{
	char cwd[PATH_BYTES];
	long n = CALL2(__NR_getcwd, cwd, sizeof(cwd));
	if (n < 0) {
		put_decimal("cwd ", n);
	} else {
		put_text("cwd ");
		put_text(cwd);
	}
	put_octal("\numask ", CALL1(__NR_umask, 0));
	put_char('\n');
}

static void observe_ids(void)
{
	unsigned int id[3] = {0}, groups[32];
	CALL3(__NR_getresuid, &id[0], &id[1], &id[2]);
	put_decimal("uid ", id[0]);
	put_decimal(" ", id[1]);
	put_decimal(" ", id[2]);
	CALL3(__NR_getresgid, &id[0], &id[1], &id[2]);
	put_decimal("\ngid ", id[0]);
	put_decimal(" ", id[1]);
	put_decimal(" ", id[2]);
	put_text("\ngroups");
	long n = CALL2(__NR_getgroups, 32, groups);
	for (long i = 0; i < n; i++)
		put_decimal(" ", groups[i]);
	put_decimal("\nsession ", CALL1(__NR_getsid, 0));
	put_decimal(" group ", CALL1(__NR_getpgid, 0));
	put_char('\n');
}

static void observe_signals(void)
{
	uint64_t set = 0, a[4];
	CALL4(__NR_rt_sigprocmask, SIG_BLOCK, 0, &set, 8);
	put_hex("blocked ", set);
	CALL2(__NR_rt_sigpending, &set, 8);
	/* whether a child has ended yet is a matter of time */
	put_hex("\npending ", set & ~(1ull << (SIGCHLD - 1)));
	put_char('\n');
	for (int sig = 1; sig <= 64; sig++) {
		if (CALL4(__NR_rt_sigaction, sig, 0, a, 8) || (!a[0] && !a[1] && !a[3]))
			continue;
		put_decimal("signal ", sig);
		put_char(' ');
		put_number(a[0] < FUZZ_HANDLER ? a[0] : FUZZ_HANDLER, 10);
		put_hex(" flags ", a[1]);
		put_hex(" mask ", a[3]);
		put_char('\n');
	}
}

/* A page of the arena by a way that does not fault. 0: it cannot be read. */
static uint64_t digest_page(unsigned int page, long pid)
{
	static char buf[PAGE];
	struct iovec to = {buf, PAGE}, from = {(void *)(FUZZ_MEMORY_ADDR + page * PAGE), PAGE};
	if (CALL6(__NR_process_vm_readv, pid, &to, 1, &from, 1, 0) != (long)PAGE)
		return 0;
	return digest_bytes(0xcbf29ce484222325ull, buf, PAGE);
}

/* Pages of the arena, those alike in a row as one. */
static void observe_arena(void)
{
	long pid = CALL0(__NR_getpid);
	uint64_t last = digest_page(0, pid);
	unsigned int first = 0;
	for (unsigned int page = 1; page <= ARENA_PAGES; page++) {
		uint64_t digest = page < ARENA_PAGES ? digest_page(page, pid) : ~last;
		if (digest == last)
			continue;
		put_decimal("arena ", first);
		put_decimal("-", page - 1);
		put_hex(" ", last);
		put_char('\n');
		first = page;
		last = digest;
	}
}

void observe(void)
{
	for (int fd = 0; fd < FDS; fd++)
		observe_fd(fd);
	observe_cwd();
	observe_ids();
	observe_signals();
	observe_arena();
	observe_tree();
}
