/* Allocations fail one after the other: files, directories, pipes, locks, mounts, terminals, /proc. */
#include "control_alloc.h"
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

static char block[3 * 4096];

static int create_write_read(void)
{
	int fd = TRY(open("file", O_CREAT | O_RDWR, 0644));

	ssize_t n = TRY(write(fd, block, sizeof(block)));
	TRY(lseek(fd, 0, SEEK_SET));
	MUST(TRY(read(fd, block, sizeof(block))) == n);
	TRY(ftruncate(fd, 100));
	TRY(unlink("file"));
	return close(fd);
}

/* Far apart: the radix tree grows in height. */
static int sparse_write(void)
{
	int fd = TRY(open("file", O_CREAT | O_RDWR, 0644));

	for (off_t at = 4096; at < 1ll << 40; at *= 64)
		MUST(TRY(pwrite(fd, "x", 1, at)) == 1);
	TRY(ftruncate(fd, 0));
	return close(fd);
}

static int write_partial(void)
{
	static char large[64 * 4096];
	int fd = TRY(open("file", O_CREAT | O_RDWR, 0644));
	ssize_t n = TRY(write(fd, large, sizeof(large)));
	struct stat st;

	/* Short for want of memory: what was answered is there, and no more. */
	TRY(fstat(fd, &st));
	MUST(st.st_size == n && n > 0);
	return close(fd);
}

static int directories(void)
{
	char name[300], text[100];

	TRY(mkdir("d", 0755));
	TRY(mkdir("d/e", 0755));
	TRY(symlink("d/e", "link"));
	MUST(TRY(readlink("link", text, sizeof(text))) == 3);
	TRY(symlink(long_name(name, 200), "long"));
	TRY(chdir("link"));
	MUST(TRY(syscall(SYS_getcwd, name, sizeof(name))) > 0);
	TRY(chdir("../.."));
	TRY(rmdir("d/e"));
	return rmdir("d");
}

static int listing(void)
{
	char buf[2048];
	int fd;

	for (char name[2] = "a"; name[0] < 'h'; name[0]++)
		TRY(mknod(name, S_IFREG | 0600, 0));
	fd = TRY(open(".", O_RDONLY | O_DIRECTORY));
	while (TRY(syscall(SYS_getdents64, fd, buf, sizeof(buf))))
		;
	return close(fd);
}

/* A rename happens or it does not. */
static int renames(void)
{
	TRY(close(TRY(open("a", O_CREAT | O_WRONLY, 0644))));
	TRY(close(TRY(open("b", O_CREAT | O_WRONLY, 0644))));
	TRY(mkdir("d", 0755));
	if (rename("a", "a long new name of more than thirty-one bytes")) {
		MUST(!access("a", F_OK) || errno == ENOMEM);
		errno = ENOMEM;
		return -1;
	}
	TRY(rename("a long new name of more than thirty-one bytes", "d/a"));
	TRY(rename("b", "d/a"));
	TRY(mkdir("e", 0755));
	TRY(syscall(SYS_renameat2, AT_FDCWD, "d", AT_FDCWD, "e", 2 /* RENAME_EXCHANGE */));
	return access("e/a", F_OK);
}

static int links(void)
{
	char path[64];
	struct stat st;
	int fd = TRY(open(".", O_TMPFILE | O_RDWR, 0600));

	TRY(write(fd, "x", 1));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	TRY(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
	TRY(link("named", "another"));
	TRY(fstat(fd, &st));
	MUST(st.st_nlink == 2);
	TRY(unlink("named"));
	TRY(unlink("another"));
	return close(fd);
}

static int attributes(void)
{
	struct stat st;
	struct timespec t[2] = {{1, 0}, {2, 0}};
	int fd = TRY(open("file", O_CREAT | O_RDWR, 0644));

	TRY(chmod("file", 0600));
	TRY(chown("file", 1, 1));
	TRY(truncate("file", 5000));
	TRY(utimensat(AT_FDCWD, "file", t, 0));
	TRY(stat("file", &st));
	MUST(st.st_size == 5000 && st.st_uid == 1 && st.st_mtime == 2);
	TRY(access("file", R_OK));
	TRY(fallocate(fd, 0, 0, 20000));
	TRY(fallocate(fd, 3 /* PUNCH_HOLE | KEEP_SIZE */, 4096, 4096));
	return close(fd);
}

static int pipes(void)
{
	char buf[100];
	int p[2], q[2];

	TRY(pipe(p));
	TRY(pipe2(q, O_CLOEXEC | O_NONBLOCK));
	TRY(fcntl(p[1], F_SETPIPE_SZ, 200000));
	MUST(TRY(write(p[1], block, 4096)) == 4096); /* as much as any pipe holds */
	MUST(TRY(read(p[0], buf, sizeof(buf))) == sizeof(buf));
	MUST(TRY(write(q[1], buf, sizeof(buf))) == sizeof(buf));
	TRY(close(p[0]));
	TRY(close(p[1]));
	TRY(close(q[0]));
	return close(q[1]);
}

static int fifo(void)
{
	char c;
	int fd;

	TRY(mkfifo("fifo", 0600));
	fd = TRY(open("fifo", O_RDWR));
	MUST(TRY(write(fd, "x", 1)) == 1);
	MUST(TRY(read(fd, &c, 1)) == 1);
	return close(fd);
}

static int vectors(void)
{
	struct iovec v[200];
	int fd = TRY(open("file", O_CREAT | O_RDWR, 0644)), out = TRY(open("out", O_CREAT | O_RDWR, 0644));

	for (int i = 0; i < 200; i++)
		v[i] = (struct iovec){block + i, 1};
	MUST(TRY(writev(fd, v, 200)) == 200);
	MUST(TRY(preadv(fd, v, 200, 0)) == 200);
	off_t at = 0;
	MUST(TRY(sendfile(out, fd, &at, 200)) == 200);
	at = 0;
	MUST(TRY(syscall(SYS_copy_file_range, fd, &at, out, NULL, 100, 0)) == 100);
	TRY(close(out));
	return close(fd);
}

static int descriptors(void)
{
	int fd = TRY(fcntl(0, F_DUPFD, 300));

	TRY(dup2(fd, 700));
	TRY(syscall(SYS_close_range, 300, 800, 0));
	return 0;
}

/* Locks split and merge. */
static int locks(void)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 100};
	int fd = TRY(open("file", O_CREAT | O_RDWR, 0644));

	TRY(fcntl(fd, F_SETLK, &l));
	l = (struct flock){.l_type = F_UNLCK, .l_whence = SEEK_SET, .l_start = 40, .l_len = 10};
	TRY(fcntl(fd, F_SETLK, &l));
	l = (struct flock){.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 20, .l_len = 50};
	TRY(fcntl(fd, F_SETLK, &l));
	TRY(fcntl(fd, 37 /* F_OFD_SETLK */, &l));
	TRY(flock(fd, LOCK_SH));
	return close(fd);
}

static int memfd(void)
{
	int fd = TRY(memfd_create("name", MFD_ALLOW_SEALING | MFD_CLOEXEC));

	TRY(ftruncate(fd, 20000));
	TRY(pwrite(fd, "x", 1, 10000));
	TRY(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
	return close(fd);
}

static int read_whole(const char *path)
{
	char buf[4096];
	ssize_t n;
	int fd = TRY(open(path, O_RDONLY));

	do
		n = TRY(read(fd, buf, sizeof(buf)));
	while (n);
	return close(fd);
}

static int proc_files(void)
{
	static const char *const paths[] = {"/proc/self/maps", "/proc/self/status", "/proc/self/stat", "/proc/self/cmdline",
					    "/proc/self/mountinfo", "/proc/meminfo", "/proc/cpuinfo", "/proc/mounts",
					    "/proc/self/limits", "/proc/version", "/sys/devices/system/cpu/online"};
	char buf[200];

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		TRY(read_whole(paths[i]));
	TRY(readlink("/proc/self/exe", buf, sizeof(buf)));
	TRY(readlink("/proc/self/fd/1", buf, sizeof(buf)));
	return 0;
}

static int proc_directories(void)
{
	static const char *const paths[] = {"/proc/self", "/proc/self/fd", "/proc/self/task", "/proc/sys", "/dev"};
	char buf[4096];

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		int fd = TRY(open(paths[i], O_RDONLY | O_DIRECTORY));

		while (TRY(syscall(SYS_getdents64, fd, buf, sizeof(buf))))
			;
		TRY(close(fd));
	}
	return 0;
}

static int mounts(void)
{
	TRY(mkdir("m", 0755));
	TRY(mount("none", "m", "tmpfs", 0, "size=1m"));
	int fd = open("m/file", O_CREAT | O_WRONLY, 0644), err = errno;
	if (fd >= 0)
		close(fd);
	if (umount2("m", MNT_DETACH)) /* whatever else failed, it must not stay */
		umount2("m", MNT_DETACH);
	errno = err;
	return fd < 0 ? -1 : 0;
}

static int terminals(void)
{
	char name[64];
	int number, zero = 0, slave, master = TRY(open("/dev/ptmx", O_RDWR | O_NOCTTY));

	TRY(ioctl(master, TIOCGPTN, &number));
	TRY(ioctl(master, TIOCSPTLCK, &zero));
	snprintf(name, sizeof(name), "/dev/pts/%d", number);
	slave = TRY(open(name, O_RDWR | O_NOCTTY));
	MUST(TRY(write(slave, "hello\n", 6)) == 6);
	MUST(TRY(read(master, name, sizeof(name))) > 0);
	MUST(TRY(write(master, "line\n", 5)) == 5);
	MUST(TRY(read(slave, name, sizeof(name))) == 5);
	TRY(close(slave));
	return close(master);
}

static int devices(void)
{
	char buf[100];
	int fd = TRY(open("/dev/urandom", O_RDONLY));

	MUST(TRY(read(fd, buf, sizeof(buf))) == sizeof(buf));
	TRY(close(fd));
	fd = TRY(open("/dev/zero", O_RDWR));
	MUST(TRY(read(fd, buf, sizeof(buf))) == sizeof(buf));
	return close(fd);
}

static int bind_mounts(void)
{
	int err = 0;

	TRY(mkdir("a", 0755));
	TRY(mkdir("b", 0755));
	TRY(mkdir("a/sub", 0755));
	if (mount("a", "b", NULL, MS_BIND, NULL))
		return -1;
	if (mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) || access("b/sub", F_OK))
		err = errno;
	if (umount("b"))
		err = errno, umount("b");
	errno = err;
	return err ? -1 : 0;
}

static int roots(void)
{
	int fd = TRY(open(".", O_RDONLY | O_DIRECTORY));

	TRY(mkdir("root", 0755));
	TRY(mkdir("root/inner", 0755));
	TRY(chroot("root"));
	TRY(chdir("/inner"));
	TRY(fchdir(fd));
	TRY(close(fd));
	return access("/inner", F_OK);
}

static int many_entries(void)
{
	char name[40];

	for (int i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "entry-with-a-name-that-needs-memory-%d", i % 4 ? i : i / 4);
		TRY(close(TRY(open(name, O_CREAT | O_WRONLY, 0600))));
	}
	return listing();
}

/* Names and directories that are gone while they are in use. */
static int gone(void)
{
	char path[100], text[100];
	int fd = TRY(open("file", O_CREAT | O_RDWR, 0600));

	TRY(unlink("file"));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	MUST(TRY(readlink(path, text, sizeof(text))) > 0);
	TRY(write(fd, block, 4096));
	TRY(mkdir("d", 0755));
	TRY(chdir("d"));
	TRY(rmdir("../d"));
	MUST(open("x", O_CREAT | O_WRONLY, 0600) == -1 && (errno == ENOENT || errno == ENOMEM));
	return chdir("/");
}

static int holes(void)
{
	int fd = TRY(open("file", O_CREAT | O_RDWR, 0600)), out = TRY(open("out", O_CREAT | O_RDWR, 0600));

	MUST(TRY(pwrite(fd, block, 4096, 1 << 20)) == 4096);
	MUST(TRY(lseek(fd, 0, SEEK_DATA)) >= 0);
	MUST(TRY(lseek(fd, 1 << 20, SEEK_HOLE)) > 1 << 20);
	off_t at = (1 << 20) - 5000;
	MUST(TRY(syscall(SYS_copy_file_range, fd, &at, out, NULL, 9000, 0)) > 0);
	return 0;
}

static int packets(void)
{
	int p[2];

	TRY(pipe2(p, O_DIRECT));
	MUST(TRY(write(p[1], "abc", 3)) == 3);
	MUST(TRY(write(p[1], "de", 2)) == 2);
	TRY(fcntl(p[1], F_SETPIPE_SZ, 1 << 18));
	MUST(TRY(read(p[0], block, 100)) == 3);
	return 0;
}

static int statistics(void)
{
	char buf[512]; /* larger than any of the structures */

	TRY(syscall(SYS_statfs, ".", buf));
	TRY(syscall(SYS_statx, AT_FDCWD, "/", 0, 0x7ff, buf));
	return syscall(SYS_statfs, "/proc", buf);
}

/* A controlling terminal, and its end. */
static int session(void)
{
	char name[64], c;
	int number, zero = 0, slave, master = TRY(open("/dev/ptmx", O_RDWR | O_NOCTTY));

	TRY(ioctl(master, TIOCGPTN, &number));
	TRY(ioctl(master, TIOCSPTLCK, &zero));
	snprintf(name, sizeof(name), "/dev/pts/%d", number);
	signal(SIGHUP, SIG_IGN);
	TRY(setsid());
	slave = TRY(open(name, O_RDWR));
	TRY(close(TRY(open("/dev/tty", O_RDWR))));
	TRY(close(master));
	MUST(read(slave, &c, 1) <= 0);
	return 0;
}

static const struct operation operations[] = {
	{"bind_mounts", bind_mounts},
	{"roots", roots},
	{"many_entries", many_entries},
	{"gone", gone},
	{"holes", holes},
	{"packets", packets},
	{"statistics", statistics},
	{"session", session},
	{"create_write_read", create_write_read},
	{"sparse_write", sparse_write},
	{"write_partial", write_partial},
	{"directories", directories},
	{"listing", listing},
	{"renames", renames},
	{"links", links},
	{"attributes", attributes},
	{"pipes", pipes},
	{"fifo", fifo},
	{"vectors", vectors},
	{"descriptors", descriptors},
	{"locks", locks},
	{"memfd", memfd},
	{"proc_files", proc_files},
	{"proc_directories", proc_directories},
	{"mounts", mounts},
	{"terminals", terminals},
	{"devices", devices},
};

int main(int argc, char **argv)
{
	(void)argc;
	walk_operations(operations, sizeof(operations) / sizeof(operations[0]), argv);
	DONE();
}
