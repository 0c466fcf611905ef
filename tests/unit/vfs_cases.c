/* The file system through its system calls, over a boot image made here. Kernel headers and Check's do not mix: test_vfs.c runs these. */
#include "kernel/fs/stat.h"
#include "kernel/fs/vfs.h"
#include "kernel/mm/page.h"
#include "kernel/mm/slab.h"
#include "kernel/task/signal.h"
#include "kernel/task/task.h"
#include "shared/abi/bootfs.h"
#include "syscall/syscall.h"
#include <linux/falloc.h>
#include <linux/fs.h>
#include <string.h>
#include "fake.h"
#include "fake_fs.h"
#include "vfs_cases.h"

#define RAM_PAGES 8192
#define IMAGE_PAGES 16
#define MODE_DIR (S_IFDIR | 0755)
#define MODE_FILE (S_IFREG | 0644)

/* ---- a boot image: /a.txt (5 bytes), /b (hard link to it), /etc/passwd (two pages), /etc/link -> passwd, /tmp ---- */
enum { I_ROOT, I_ETC, I_TMP, I_FILE, I_PASSWD, I_LINK, INODES };
enum { ENTRIES = 6, ENTRY_ETC = 4 };
#define NAMES "a.txtbetctmplinkpasswd"
#define OFF_INODES 64
#define OFF_ENTRIES (OFF_INODES + INODES * sizeof(struct bootfs_inode))
#define OFF_NAMES (OFF_ENTRIES + ENTRIES * sizeof(struct bootfs_entry))

static unsigned char *image;

static void image_make(void)
{
	image = fake_memory + fake_bootfs();
	memset(image, 0, IMAGE_PAGES * PAGE_SIZE);
	*(struct bootfs_super *)image = (struct bootfs_super){
		.magic = BOOTFS_MAGIC, .version = BOOTFS_VERSION, .inode_count = INODES, .entry_count = ENTRIES,
		.inode_offset = OFF_INODES, .entry_offset = OFF_ENTRIES, .name_offset = OFF_NAMES,
		.name_len = sizeof(NAMES) - 1, .size = IMAGE_PAGES * PAGE_SIZE};
	struct bootfs_inode *n = (void *)(image + OFF_INODES);
	n[I_ROOT] = (struct bootfs_inode){.mode = MODE_DIR, .nlink = 4, .entry_count = 4};
	n[I_ETC] = (struct bootfs_inode){.mode = MODE_DIR, .nlink = 2, .first_entry = ENTRY_ETC, .entry_count = 2};
	n[I_TMP] = (struct bootfs_inode){.mode = S_IFDIR | 01777, .nlink = 2};
	n[I_FILE] = (struct bootfs_inode){.mode = MODE_FILE, .nlink = 2, .size = 5, .data_offset = PAGE_SIZE};
	n[I_PASSWD] = (struct bootfs_inode){.mode = MODE_FILE, .nlink = 1, .size = 2 * PAGE_SIZE, .data_offset = 2 * PAGE_SIZE};
	n[I_LINK] = (struct bootfs_inode){.mode = S_IFLNK | 0777, .nlink = 1, .size = 6, .data_offset = 16};
	const struct bootfs_entry e[ENTRIES] = {{I_FILE, 0, 5}, {I_FILE, 5, 1}, {I_ETC, 6, 3}, {I_TMP, 9, 3},
						{I_LINK, 12, 4}, {I_PASSWD, 16, 6}};
	memcpy(image + OFF_ENTRIES, e, sizeof(e));
	memcpy(image + OFF_NAMES, NAMES, sizeof(NAMES) - 1);
	memcpy(image + PAGE_SIZE, "hello", 5);
	for (size_t i = 0; i < 2 * PAGE_SIZE; i++)
		image[2 * PAGE_SIZE + i] = (unsigned char)('a' + i % 26);
}

static struct boot_info info;

static void boot(void)
{
	fake_boot(RAM_PAGES, IMAGE_PAGES);
	fake_fs_init();
	image_make();
	info.bootfs_start = fake_bootfs();
	info.map_end = fake_bootfs() + IMAGE_PAGES * PAGE_SIZE;
}

void vfs_setup(void)
{
	boot();
	ck_assert_int_eq(fs_init(&info), 0);
}

/* ---- shorthand ---- */
static int open_(const char *path, int flags)
{
	return (int)sys_open(path, flags, 0644);
}

static int make_file(const char *path, const char *text)
{
	int fd = open_(path, O_CREAT | O_TRUNC | O_RDWR);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(sys_write(fd, text, strlen(text)), (long)strlen(text));
	return fd;
}

static void touch(const char *path)
{
	ck_assert_int_eq(sys_close(make_file(path, "")), 0);
}

static struct stat stat_of(const char *path)
{
	struct stat st;
	ck_assert_int_eq(sys_lstat(path, &st), 0);
	return st;
}

static void expect_text(const char *path, const char *text)
{
	char buf[256] = {0};
	int fd = open_(path, O_RDONLY);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(sys_read(fd, buf, sizeof(buf) - 1), (long)strlen(text));
	ck_assert_str_eq(buf, text);
	sys_close(fd);
}

/* All names of a directory, sorted as they come, joined by spaces. */
static void list(const char *path, char *out, size_t buf_size)
{
	unsigned char buf[4096];
	int fd = open_(path, O_RDONLY | O_DIRECTORY);
	long n;
	*out = 0;
	ck_assert_int_ge(fd, 0);
	while ((n = sys_getdents64(fd, buf, buf_size)) > 0)
		for (long at = 0; at < n; at += *(u16 *)(buf + at + 16))
			strcat(strcat(out, (char *)buf + at + 19), " ");
	ck_assert_int_eq(n, 0);
	sys_close(fd);
}

/* ---- path walk ---- */
static void walk_finds(void)
{
	struct stat st;
	ck_assert_int_eq(sys_stat("/etc/passwd", &st), 0);
	ck_assert_uint_eq(st.st_size, 2 * PAGE_SIZE);
	ck_assert_int_eq(sys_stat("//etc/.././etc//passwd", &st), 0);
	ck_assert_int_eq(sys_stat("/../../etc/link", &st), 0);
	ck_assert_uint_eq(st.st_size, 2 * PAGE_SIZE);
	ck_assert_int_eq(sys_stat("/etc/passwd/", &st), -ENOTDIR);
	ck_assert_int_eq(sys_stat("/etc/passwd/x", &st), -ENOTDIR);
	ck_assert_int_eq(sys_stat("/etc/", &st), 0);
	ck_assert_int_eq(sys_stat("/none", &st), -ENOENT);
	ck_assert_int_eq(sys_stat("", &st), -ENOENT);
	ck_assert_int_eq(sys_stat((char *)8, &st), -EFAULT);
	ck_assert_int_eq(sys_stat("/etc", (void *)8), -EFAULT);
}

static void walk_name_lengths(void)
{
	char name[512] = "/tmp/";
	struct stat st;
	for (int n = 1; n <= 255; n += n < 40 ? 1 : 43) {
		memset(name + 5, 'n', (size_t)n);
		name[5 + n] = 0;
		touch(name);
		ck_assert_int_eq(sys_stat(name, &st), 0);
		name[5 + n - 1] = 'x';
		ck_assert_int_eq(sys_stat(name, &st), -ENOENT);
	}
	memset(name + 5, 'n', 256);
	name[5 + 256] = 0;
	ck_assert_int_eq(sys_stat(name, &st), -ENAMETOOLONG);
	static char path[5000];
	memset(path, '/', 4096);
	ck_assert_int_eq(sys_stat(path, &st), -ENAMETOOLONG);
	path[4095] = 0;
	ck_assert_int_eq(sys_stat(path, &st), 0);
}

static void walk_links(void)
{
	struct stat st;
	char name[16] = "/tmp/l0", target[16];
	ck_assert_int_eq(sys_symlink("/etc", "/tmp/e"), 0);
	expect_text("/tmp/../b", "hello");
	ck_assert_int_eq(sys_stat("/tmp/e/passwd", &st), 0);
	ck_assert_int_eq(sys_symlink("self", "/tmp/self"), 0);
	ck_assert_int_eq(sys_stat("/tmp/self", &st), -ELOOP);
	ck_assert_int_eq(sys_symlink("/etc", name), 0);
	for (int i = 1; i <= 41; i++) {
		strcpy(target, name);
		name[6] = (char)('0' + i);
		ck_assert_int_eq(sys_symlink(target, name), 0);
		ck_assert_int_eq(sys_stat(name, &st), i < 40 ? 0 : -ELOOP);
	}
	ck_assert_int_eq(sys_lstat("/tmp/e/", &st), 0);
	ck_assert(S_ISDIR(st.st_mode));
	ck_assert_int_eq(sys_symlink("", "/tmp/x"), -ENOENT);
	ck_assert_int_eq(sys_unlink("/tmp/e/"), -ENOTDIR);
	ck_assert_int_eq(sys_unlink("/tmp/e"), 0);
}

static void walk_cwd_and_root(void)
{
	char buf[64];
	ck_assert_int_eq(sys_mkdir("/tmp/d", 0755), 0);
	ck_assert_int_eq(sys_chdir("/tmp/d"), 0);
	ck_assert_int_eq(sys_getcwd(buf, sizeof(buf)), 7);
	ck_assert_str_eq(buf, "/tmp/d");
	ck_assert_int_eq(sys_getcwd(buf, 6), -ERANGE);
	ck_assert_int_eq(sys_chroot("/tmp"), 0);
	ck_assert_int_eq(sys_getcwd(buf, sizeof(buf)), 3);
	ck_assert_str_eq(buf, "/d");
	ck_assert_int_eq(sys_chdir("../.."), 0);
	ck_assert_int_eq(sys_getcwd(buf, sizeof(buf)), 2);
	ck_assert_int_eq(sys_chdir("/d"), 0);
	ck_assert_int_eq(sys_rmdir("/d"), 0);
	ck_assert_int_eq(sys_getcwd(buf, sizeof(buf)), -ENOENT);
	ck_assert_int_eq(open_("x", O_CREAT | O_RDWR), -ENOENT);
}

/* ---- files ---- */
static void file_holes_and_sizes(void)
{
	char buf[16];
	int fd = make_file("/tmp/f", "abc");
	ck_assert_int_eq(sys_pwrite64(fd, "Z", 1, 10000), 1);
	ck_assert_int_eq(sys_pread64(fd, buf, 16, 9990), 11);
	ck_assert(!memcmp(buf, "\0\0\0\0\0\0\0\0\0\0Z", 11));
	ck_assert_int_eq(sys_lseek(fd, 4096, SEEK_DATA), 8192);
	ck_assert_int_eq(sys_lseek(fd, 0, SEEK_HOLE), 4096);
	ck_assert_int_eq(sys_lseek(fd, 10001, SEEK_DATA), -ENXIO);
	ck_assert_int_eq(sys_ftruncate(fd, 1), 0);
	ck_assert_int_eq(sys_ftruncate(fd, 4), 0);
	ck_assert_int_eq(sys_pread64(fd, buf, 16, 0), 4);
	ck_assert(!memcmp(buf, "a\0\0\0", 4));
	ck_assert_int_eq(sys_ftruncate(fd, -1), -EINVAL);
	ck_assert_int_eq(sys_lseek(fd, 0, 9), -EINVAL);
	ck_assert_int_eq(sys_lseek(fd, -1, SEEK_SET), -EINVAL);
	ck_assert_int_eq(sys_fallocate(fd, 0, 0, 9000), 0);
	ck_assert_uint_eq(stat_of("/tmp/f").st_size, 9000);
	ck_assert_int_eq(sys_pwrite64(fd, "QQQQ", 4, 4094), 4);
	ck_assert_int_eq(sys_fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096), 0);
	ck_assert_int_eq(sys_pread64(fd, buf, 4, 4094), 4);
	ck_assert(!memcmp(buf, "\0\0QQ", 4));
	ck_assert_int_eq(sys_write(fd, (void *)8, 5), -EFAULT);
	ck_assert_int_eq(sys_read(999, buf, 1), -EBADF);
}

static void file_append_and_limit(void)
{
	int fd = open_("/tmp/f", O_CREAT | O_APPEND | O_RDWR);
	ck_assert_int_eq(sys_write(fd, "one", 3), 3);
	ck_assert_int_eq(sys_lseek(fd, 0, SEEK_SET), 0);
	ck_assert_int_eq(sys_write(fd, "two", 3), 3);
	expect_text("/tmp/f", "onetwo");
	fake_limit(RLIMIT_FSIZE, 8);
	ck_assert_int_eq(sys_write(fd, "three", 5), 2);
	fake_last_signal = 0;
	ck_assert_int_eq(sys_write(fd, "x", 1), -EFBIG);
	ck_assert_int_eq(fake_last_signal, SIGXFSZ);
	ck_assert_int_eq(sys_ftruncate(fd, 9), -EFBIG);
}

/* Boot-image pages: read in place, written in place, extended, truncated. */
static void file_from_image(void)
{
	static char buf[3 * PAGE_SIZE];
	int fd = open_("/etc/passwd", O_RDWR);
	ck_assert_int_eq(sys_read(fd, buf, sizeof(buf)), 2 * PAGE_SIZE);
	ck_assert(!memcmp(buf, image + 2 * PAGE_SIZE, 2 * PAGE_SIZE));
	ck_assert_int_eq(sys_pwrite64(fd, "XY", 2, 4095), 2);
	ck_assert_int_eq(sys_pwrite64(fd, "end", 3, 2 * PAGE_SIZE), 3);
	ck_assert_int_eq(sys_pread64(fd, buf, sizeof(buf), 4094), 2 * PAGE_SIZE + 3 - 4094);
	ck_assert(buf[1] == 'X' && buf[2] == 'Y');
	ck_assert(!memcmp(buf + 2 * PAGE_SIZE - 4094, "end", 3));
	ck_assert_int_eq(sys_ftruncate(fd, 10), 0);
	ck_assert_int_eq(sys_ftruncate(fd, 5000), 0);
	ck_assert_int_eq(sys_pread64(fd, buf, sizeof(buf), 0), 5000);
	ck_assert(buf[9] == 'j' && !buf[10] && !buf[4999]);
	/* Both names of the linked inode see one file, whichever is looked up first. */
	expect_text("/b", "hello");
	sys_close(make_file("/a.txt", "other"));
	expect_text("/b", "other");
	ck_assert_int_eq(sys_unlink("/a.txt"), 0);
	ck_assert_uint_eq(stat_of("/b").st_nlink, 1);
	ck_assert_int_eq(open_("/a.txt", O_RDONLY), -ENOENT);
}

static void link_outlives_first_name(void)
{
	sys_close(make_file("/b", "changed"));
	ck_assert_int_eq(sys_unlink("/b"), 0);
	expect_text("/a.txt", "changed");
	ck_assert_int_eq(sys_unlink("/a.txt"), 0);
	ck_assert_int_eq(open_("/a.txt", O_RDONLY), -ENOENT);
}

static void open_flags(void)
{
	int fd;
	touch("/tmp/f");
	ck_assert_int_eq(sys_symlink("gone", "/tmp/dangling"), 0);
	ck_assert_int_eq(open_("/tmp/f", O_CREAT | O_EXCL | O_RDWR), -EEXIST);
	ck_assert_int_eq(open_("/tmp/dangling", O_CREAT | O_EXCL | O_RDWR), -EEXIST);
	ck_assert_int_eq(open_("/tmp/dangling", O_RDONLY), -ENOENT);
	fd = open_("/tmp/dangling", O_CREAT | O_RDWR);
	ck_assert_int_ge(fd, 0);
	ck_assert(S_ISREG(stat_of("/tmp/gone").st_mode));
	ck_assert_int_eq(open_("/tmp/dangling", O_RDONLY | O_NOFOLLOW), -ELOOP);
	ck_assert_int_eq(open_("/tmp/f", O_RDONLY | O_DIRECTORY), -ENOTDIR);
	ck_assert_int_eq(open_("/tmp", O_RDWR), -EISDIR);
	ck_assert_int_eq(open_("/tmp", O_CREAT | O_RDONLY), -EISDIR);
	ck_assert_int_eq(open_("/tmp/new/", O_CREAT | O_RDWR), -EISDIR);
	fd = open_("/tmp/dangling", O_PATH | O_NOFOLLOW);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(sys_read(fd, &fd, 1), -EBADF);
	fd = open_("/tmp", O_TMPFILE | O_RDWR);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(sys_write(fd, "t", 1), 1);
	ck_assert_int_eq(sys_linkat(fd, "", AT_FDCWD, "/tmp/named", AT_EMPTY_PATH), 0);
	expect_text("/tmp/named", "t");
	ck_assert_int_eq(open_("/tmp", O_TMPFILE | O_RDONLY), -EINVAL);
}

/* ---- directories ---- */
static void listing(void)
{
	char all[256];
	list("/etc", all, 4096);
	ck_assert_str_eq(all, ". .. link passwd ");
	touch("/etc/new");
	ck_assert_int_eq(sys_unlink("/etc/link"), 0);
	for (size_t size = 32; size <= 96; size += 16) {
		list("/etc", all, size);
		ck_assert_str_eq(all, ". .. passwd new ");
	}
	int fd = open_("/etc", O_RDONLY);
	ck_assert_int_eq(sys_getdents64(fd, all, 10), -EINVAL);
	ck_assert_int_eq(sys_read(fd, all, 10), -EISDIR);
	list("/", all, 4096);
	ck_assert_ptr_nonnull(strstr(all, "dev "));
	ck_assert_ptr_nonnull(strstr(all, "a.txt "));
}

static void directories(void)
{
	ck_assert_int_eq(sys_mkdir("/tmp/d/", 0777), 0);
	ck_assert_uint_eq(stat_of("/tmp/d").st_mode, S_IFDIR | 0755);
	ck_assert_uint_eq(stat_of("/tmp").st_nlink, 3);
	ck_assert_int_eq(sys_mkdir("/tmp/d", 0777), -EEXIST);
	ck_assert_int_eq(sys_mkdir("/", 0777), -EEXIST);
	ck_assert_int_eq(sys_mkdir("/tmp/none/d", 0777), -ENOENT);
	touch("/tmp/d/f");
	ck_assert_int_eq(sys_rmdir("/tmp/d"), -ENOTEMPTY);
	ck_assert_int_eq(sys_rmdir("/tmp/d/."), -EINVAL);
	ck_assert_int_eq(sys_rmdir("/tmp/d/.."), -ENOTEMPTY);
	ck_assert_int_eq(sys_rmdir("/tmp/d/f"), -ENOTDIR);
	ck_assert_int_eq(sys_unlink("/tmp/d"), -EISDIR);
	ck_assert_int_eq(sys_unlink("/tmp/d/f"), 0);
	ck_assert_int_eq(sys_rmdir("/tmp/d"), 0);
	ck_assert_uint_eq(stat_of("/tmp").st_nlink, 2);
	ck_assert_int_eq(sys_rmdir("/etc"), -ENOTEMPTY);
	ck_assert_int_eq(sys_rmdir("/dev"), -EBUSY);
	ck_assert_int_eq(sys_rmdir("/"), -EBUSY);
}

static void renames(void)
{
	const char *long_name = "/tmp/a-name-that-is-longer-than-thirty-two-bytes";
	touch("/tmp/f");
	touch("/tmp/g");
	ck_assert_int_eq(sys_mkdir("/tmp/d", 0755), 0);
	ck_assert_int_eq(sys_mkdir("/tmp/d/e", 0755), 0);
	ck_assert_int_eq(sys_rename("/tmp/f", long_name), 0);
	ck_assert_int_eq(sys_rename(long_name, "/tmp/f"), 0);
	ck_assert_int_eq(open_(long_name, O_RDONLY), -ENOENT);
	ck_assert_int_eq(sys_renameat2(AT_FDCWD, "/tmp/f", AT_FDCWD, "/tmp/g", RENAME_NOREPLACE), -EEXIST);
	ck_assert_int_eq(sys_renameat2(AT_FDCWD, "/tmp/f", AT_FDCWD, "/tmp/none", RENAME_EXCHANGE), -ENOENT);
	ck_assert_int_eq(sys_renameat2(AT_FDCWD, "/tmp/f", AT_FDCWD, "/tmp/d", RENAME_EXCHANGE), 0);
	ck_assert(S_ISDIR(stat_of("/tmp/f").st_mode));
	ck_assert_int_eq(sys_renameat2(AT_FDCWD, "/tmp/f", AT_FDCWD, "/tmp/d", RENAME_EXCHANGE), 0);
	ck_assert_int_eq(sys_rename("/tmp/d", "/tmp/d/e/x"), -EINVAL);
	ck_assert_int_eq(sys_rename("/tmp/d/e", "/tmp/d"), -ENOTEMPTY);
	ck_assert_int_eq(sys_rename("/tmp/d", "/tmp/f"), -ENOTDIR);
	ck_assert_int_eq(sys_rename("/tmp/f", "/tmp/d"), -EISDIR);
	ck_assert_int_eq(sys_rename("/tmp/f", "/tmp/d/."), -EBUSY);
	ck_assert_int_eq(sys_rename("/tmp/f", "/tmp/new/"), -ENOTDIR);
	ck_assert_int_eq(sys_rename("/tmp/none", "/tmp/f"), -ENOENT);
	ck_assert_int_eq(sys_rename("/tmp/f", "/dev/f"), -EXDEV);
	ck_assert_int_eq(sys_rename("/tmp/d/e", "/tmp/e"), 0);
	ck_assert_uint_eq(stat_of("/tmp/d").st_nlink, 2);
	ck_assert_int_eq(sys_rename("/tmp/e", "/tmp/d"), 0);
	ck_assert_int_eq(sys_rename("/tmp/f", "/tmp/g"), 0);
	ck_assert_int_eq(sys_rename("/a.txt", "/b"), 0); /* one inode: nothing happens */
	expect_text("/a.txt", "hello");
	ck_assert_int_eq(sys_rename("/etc", "/tmp/etc"), 0);
	ck_assert_uint_eq(stat_of("/tmp/etc/passwd").st_size, 2 * PAGE_SIZE);
	char all[128];
	list("/tmp", all, 4096);
	ck_assert_str_eq(all, ". .. d g etc ");
}

static void permissions(void)
{
	struct stat st;
	int fd = make_file("/tmp/root", "x");
	ck_assert_int_eq(sys_chmod("/tmp/root", 0640), 0);
	ck_assert_int_eq(sys_mkdir("/tmp/closed", 0700), 0);
	fake_be_root(false);
	ck_assert_int_eq(open_("/tmp/root", O_RDONLY), -EACCES);
	ck_assert_int_eq(sys_unlink("/tmp/root"), -EPERM); /* sticky */
	ck_assert_int_eq(sys_stat("/tmp/closed/x", &st), -EACCES);
	ck_assert_int_eq(open_("/etc/new", O_CREAT | O_RDWR), -EACCES);
	ck_assert_int_eq(sys_chmod("/tmp/root", 0777), -EPERM);
	ck_assert_int_eq(sys_chown("/tmp/root", 1000, 1000), -EPERM);
	ck_assert_int_eq(sys_access("/etc/passwd", 4), 0);
	ck_assert_int_eq(sys_access("/etc/passwd", 2), -EACCES);
	ck_assert_int_eq(sys_access("/etc/passwd", 8), -EINVAL);
	ck_assert_int_eq(open_("/etc/passwd", O_RDONLY | O_NOATIME), -EPERM);
	touch("/tmp/mine");
	ck_assert_int_eq(sys_chmod("/tmp/mine", 06777), 0);
	ck_assert_uint_eq(stat_of("/tmp/mine").st_mode & 07777, 06777);
	sys_close(make_file("/tmp/mine", "w"));
	ck_assert_uint_eq(stat_of("/tmp/mine").st_mode & 07777, 0777);
	ck_assert_int_eq(sys_mknod("/tmp/null", S_IFCHR | 0666, 0x103), -EPERM);
	ck_assert_int_eq(sys_utimensat(AT_FDCWD, "/etc/passwd", (struct __kernel_timespec[2]){{1, 0}, {1, 0}}, 0), -EPERM);
	ck_assert_int_eq(sys_utimensat(AT_FDCWD, "/etc/passwd", NULL, 0), -EACCES);
	fake_be_root(true);
	sys_close(fd);
}

/* ---- descriptors ---- */
static void descriptors(void)
{
	int fd = open_("/b", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(fd, 0);
	ck_assert_int_eq(sys_fcntl(fd, F_GETFD, 0), FD_CLOEXEC);
	ck_assert_int_eq(sys_dup(fd), 1);
	ck_assert_int_eq(sys_fcntl(1, F_GETFD, 0), 0);
	ck_assert_int_eq(sys_dup2(fd, 300), 300);
	ck_assert_int_eq(sys_dup2(fd, 1024), -EBADF);
	ck_assert_int_eq(sys_dup2(77, 78), -EBADF);
	ck_assert_int_eq(sys_dup2(fd, fd), fd);
	ck_assert_int_eq(sys_dup3(fd, fd, 0), -EINVAL);
	ck_assert_int_eq(sys_fcntl(fd, F_DUPFD, 100), 100);
	ck_assert_int_eq(sys_fcntl(fd, F_DUPFD, 1024), -EINVAL);
	ck_assert_int_eq(sys_close(1), 0);
	ck_assert_int_eq(sys_close(1), -EBADF);
	ck_assert_int_eq(sys_dup(fd), 1);
	fake_limit(RLIMIT_NOFILE, 3);
	ck_assert_int_eq(sys_dup(fd), 2);
	ck_assert_int_eq(sys_dup(fd), -EMFILE);
	fake_limit(RLIMIT_NOFILE, 1024);
	fd_table_close_on_exec(task_current()->files);
	ck_assert_int_eq(sys_fcntl(0, F_GETFD, 0), -EBADF);
	ck_assert_int_eq(sys_close_range(2, ~0u, 0), 0);
	ck_assert_int_eq(sys_fcntl(300, F_GETFD, 0), -EBADF);
	ck_assert_int_eq(sys_fcntl(1, F_GETFL, 0), O_LARGEFILE);
	struct fd_table *copy = fd_table_copy(task_current()->files);
	ck_assert_ptr_nonnull(copy);
	fd_table_put(copy);
	ck_assert_int_eq(sys_close(1), 0);
}

static void record_locks(void)
{
	int fd = make_file("/tmp/f", "0123456789");
	struct flock l = {.l_type = F_WRLCK, .l_start = 2, .l_len = 4};
	struct file *f = fd_get(fd);
	struct inode *i = inode_get(f->inode);
	ck_assert_int_eq(sys_fcntl(fd, F_SETLK, (unsigned long)&l), 0);
	struct flock other = {.l_type = F_RDLCK, .l_start = 0, .l_len = 0};
	ck_assert_int_eq(sys_fcntl(fd, F_OFD_GETLK, (unsigned long)&other), 0);
	ck_assert_int_eq(other.l_type, F_WRLCK);
	ck_assert_int_eq(other.l_start, 2);
	ck_assert_int_eq(other.l_len, 4);
	ck_assert_int_eq(other.l_pid, 2);
	/* unlock the middle: two pieces are left */
	l = (struct flock){.l_type = F_UNLCK, .l_start = 3, .l_len = 1};
	ck_assert_int_eq(sys_fcntl(fd, F_SETLK, (unsigned long)&l), 0);
	other = (struct flock){.l_type = F_WRLCK, .l_start = 3, .l_len = 1};
	ck_assert_int_eq(sys_fcntl(fd, F_OFD_SETLK, (unsigned long)&other), 0);
	other.l_start = 4;
	ck_assert_int_eq(sys_fcntl(fd, F_OFD_SETLK, (unsigned long)&other), -EAGAIN);
	other.l_type = 9;
	ck_assert_int_eq(sys_fcntl(fd, F_OFD_SETLK, (unsigned long)&other), -EINVAL);
	ck_assert_int_eq(sys_flock(fd, LOCK_EX | LOCK_NB), 0);
	int second = open_("/tmp/f", O_RDWR);
	ck_assert_int_eq(sys_flock(second, LOCK_SH | LOCK_NB), -EAGAIN);
	ck_assert_int_eq(sys_flock(fd, LOCK_UN), 0);
	ck_assert_int_eq(sys_flock(second, LOCK_SH | LOCK_NB), 0);
	ck_assert_int_eq(sys_flock(second, 77), -EINVAL);
	file_put(f);
	sys_close(second);
	sys_close(fd);
	ck_assert(list_empty(&i->locks));
	inode_put(i);
}

/* ---- pipes ---- */
static void pipe_basics(void)
{
	static char big[70000], back[70000];
	int fd[2];
	ck_assert_int_eq(sys_pipe2(fd, O_NONBLOCK), 0);
	ck_assert_int_eq(sys_read(fd[0], back, 10), -EAGAIN);
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7);
	ck_assert_int_eq(sys_write(fd[1], big, sizeof(big)), 65536);
	ck_assert_int_eq(sys_write(fd[1], big, 1), -EAGAIN);
	ck_assert_int_eq(sys_read(fd[0], back, 5000), 5000);
	ck_assert_int_eq(sys_write(fd[1], big + 65536, 4096), 4096);
	ck_assert_int_eq(sys_write(fd[1], big, 1000), -EAGAIN); /* atomic: all or nothing */
	ck_assert_int_eq(sys_read(fd[0], back + 5000, 70000), 64632);
	ck_assert(!memcmp(big, back, 69632));
	ck_assert_int_eq(sys_fcntl(fd[0], F_GETPIPE_SZ, 0), 65536);
	ck_assert_int_eq(sys_write(fd[1], big, 6000), 6000);
	ck_assert_int_eq(sys_fcntl(fd[0], F_SETPIPE_SZ, 4096), -EBUSY);
	ck_assert_int_eq(sys_fcntl(fd[0], F_SETPIPE_SZ, 5000), 8192);
	ck_assert_int_eq(sys_read(fd[0], back, 70000), 6000);
	ck_assert(!memcmp(big, back, 6000));
	ck_assert_int_eq(sys_read(fd[1], back, 1), -EBADF);
	ck_assert_int_eq(sys_lseek(fd[0], 0, SEEK_SET), -ESPIPE);
	ck_assert_int_eq(sys_write(fd[1], (void *)8, 1), -EFAULT);
	sys_close(fd[0]);
	fake_last_signal = 0;
	ck_assert_int_eq(sys_write(fd[1], big, 1), -EPIPE);
	ck_assert_int_eq(fake_last_signal, SIGPIPE);
	sys_close(fd[1]);
}

static void pipe_packets(void)
{
	char buf[16];
	int fd[2];
	ck_assert_int_eq(sys_pipe2(fd, O_DIRECT), 0);
	ck_assert_int_eq(sys_write(fd[1], "first", 5), 5);
	ck_assert_int_eq(sys_write(fd[1], "second", 6), 6);
	ck_assert_int_eq(sys_read(fd[0], buf, 3), 3);
	ck_assert_int_eq(sys_read(fd[0], buf, 16), 6);
	ck_assert(!memcmp(buf, "second", 6));
	sys_close(fd[1]);
	ck_assert_int_eq(sys_read(fd[0], buf, 16), 0);
	sys_close(fd[0]);
}

static int hook_fd;
static bool hook_write(void)
{
	return sys_write(hook_fd, "late", 4) == 4;
}

static void pipe_sleeps(void)
{
	char buf[16];
	int fd[2];
	ck_assert_int_eq(sys_pipe2(fd, 0), 0);
	ck_assert_int_eq(sys_read(fd[0], buf, 16), -ERESTARTSYS);
	hook_fd = fd[1];
	fake_sleep_hook = hook_write;
	ck_assert_int_eq(sys_read(fd[0], buf, 16), 4);
	fake_sleep_hook = NULL;
	ck_assert_int_eq(sys_mknod("/tmp/fifo", S_IFIFO | 0600, 0), 0);
	ck_assert_int_eq(open_("/tmp/fifo", O_WRONLY | O_NONBLOCK), -ENXIO);
	ck_assert_int_eq(open_("/tmp/fifo", O_RDONLY), -ERESTARTSYS);
	int rw = open_("/tmp/fifo", O_RDWR);
	ck_assert_int_ge(rw, 0);
	int w = open_("/tmp/fifo", O_WRONLY);
	ck_assert_int_ge(w, 0);
	sys_close(rw);
	sys_close(w);
}

static void splicing(void)
{
	char buf[64];
	int fd[2], f = make_file("/tmp/f", "0123456789"), out = make_file("/tmp/out", "");
	s64 off = 2;
	ck_assert_int_eq(sys_pipe2(fd, 0), 0);
	ck_assert_int_eq(sys_splice(f, &off, fd[1], NULL, 5, 0), 5);
	ck_assert_int_eq(off, 7);
	ck_assert_int_eq(sys_splice(fd[0], NULL, out, NULL, 100, 0), 5);
	expect_text("/tmp/out", "23456");
	ck_assert_int_eq(sys_splice(f, NULL, out, NULL, 5, 0), -EINVAL);
	off = 0;
	ck_assert_int_eq(sys_sendfile(out, f, &off, 100), 10);
	expect_text("/tmp/out", "234560123456789");
	off = 0;
	s64 to = 10;
	ck_assert_int_eq(sys_copy_file_range(f, &off, out, &to, 3, 0), 3);
	ck_assert_int_eq(sys_pread64(out, buf, 3, 10), 3);
	ck_assert(!memcmp(buf, "012", 3));
	off = 0, to = 1;
	ck_assert_int_eq(sys_copy_file_range(f, &off, f, &to, 3, 0), -EINVAL);
}

static void seals(void)
{
	int fd = (int)sys_memfd_create("x", 2);
	ck_assert_int_eq(sys_write(fd, "abc", 3), 3);
	ck_assert_int_eq(sys_fcntl(fd, F_GET_SEALS, 0), 0);
	ck_assert_int_eq(sys_fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK), 0);
	ck_assert_int_eq(sys_ftruncate(fd, 1), -EPERM);
	ck_assert_int_eq(sys_ftruncate(fd, 10), -EPERM);
	ck_assert_int_eq(sys_pwrite64(fd, "d", 1, 3), -EPERM);
	ck_assert_int_eq(sys_fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL), 0);
	ck_assert_int_eq(sys_pwrite64(fd, "d", 1, 0), -EPERM);
	ck_assert_int_eq(sys_fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -EPERM);
}

/* ---- mounts ---- */
static void mounts(void)
{
	ck_assert_int_eq(sys_mkdir("/tmp/m", 0755), 0);
	touch("/tmp/m/below");
	ck_assert_int_eq(sys_mount("none", "/tmp/m", "nofs", 0, NULL), -ENODEV);
	ck_assert_int_eq(sys_mount("none", "/tmp/m", "tmpfs", 0, "size=1m,mode=0700"), 0);
	ck_assert_uint_eq(stat_of("/tmp/m").st_mode, S_IFDIR | 0700);
	ck_assert_int_eq(open_("/tmp/m/below", O_RDONLY), -ENOENT);
	int fd = make_file("/tmp/m/f", "x");
	ck_assert_int_eq(sys_umount2("/tmp/m", 0), -EBUSY);
	sys_close(fd);
	ck_assert_int_eq(sys_mount(NULL, "/tmp/m", NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	ck_assert_int_eq(open_("/tmp/m/g", O_CREAT | O_RDWR), -EROFS);
	ck_assert_int_eq(open_("/tmp/m/f", O_RDWR), -EROFS);
	ck_assert_int_eq(sys_unlink("/tmp/m/f"), -EROFS);
	ck_assert_int_eq(sys_mkdir("/tmp/n", 0755), 0);
	ck_assert_int_eq(sys_mount("/tmp/m", "/tmp/n", NULL, MS_BIND, NULL), 0);
	expect_text("/tmp/n/f", "x");
	ck_assert_int_eq(sys_umount2("/tmp/n", 0), 0);
	ck_assert_int_eq(sys_mount("/tmp/m", "/tmp/n", NULL, MS_MOVE, NULL), 0);
	expect_text("/tmp/n/f", "x");
	expect_text("/tmp/m/below", "");
	ck_assert_int_eq(sys_umount2("/tmp/n", 4), -EAGAIN);
	ck_assert_int_eq(sys_umount2("/tmp/n", 4), 0); /* nobody has used it since */
	ck_assert_int_eq(sys_umount2("/tmp/n", 0), -EINVAL);
	ck_assert_int_eq(sys_umount2("/", 0), -EINVAL);
}

static void devices(void)
{
	char buf[8] = "xxxxxxx";
	struct stat st;
	int fd = open_("/dev/zero", O_RDWR);
	ck_assert_int_eq(sys_read(fd, buf, 4), 4);
	ck_assert(!memcmp(buf, "\0\0\0\0xxx", 7));
	fd = open_("/dev/full", O_WRONLY);
	ck_assert_int_eq(sys_write(fd, buf, 1), -ENOSPC);
	fd = open_("/dev/null", O_RDWR);
	ck_assert_int_eq(sys_write(fd, buf, 8), 8);
	ck_assert_int_eq(sys_read(fd, buf, 8), 0);
	ck_assert_int_eq(sys_lstat("/dev/stdin", &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	ck_assert_int_eq(sys_stat("/dev/shm", &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFDIR | 01777);
	ck_assert_int_eq(sys_mknod("/tmp/none", S_IFCHR | 0666, 0x7777), 0);
	ck_assert_int_eq(open_("/tmp/none", O_RDONLY), -ENXIO);
}

/* ---- hostile images, no memory, nothing left behind ---- */

/* Touch everything an image offers; answers do not matter, surviving does. */
static void explore(void)
{
	static const char *paths[] = {"/a.txt", "/b", "/etc", "/etc/passwd", "/etc/link", "/tmp", "/none"};
	char buf[4096];
	struct stat st;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		sys_stat(paths[i], &st);
		long fd = sys_open(paths[i], O_RDONLY, 0);
		if (fd < 0)
			continue;
		for (int n = 0; n < 8 && sys_getdents64((int)fd, buf, sizeof(buf)) > 0; n++)
			;
		sys_close((int)fd);
	}
	sys_unlink("/b");
	sys_unlink("/etc/passwd");
	sys_rename("/etc", "/tmp/etc");
}

/* Every word of the tables in turn, with every odd value; each in a fresh kernel (Check forks). */
static const u32 odd_values[] = {0, 3, 0x7fffffff, 0xfffff000, 0xffffffff};

void vfs_hostile_image(int _i)
{
	boot();
	*(u32 *)(image + (size_t)_i / ARRAY_SIZE(odd_values) * 4) = odd_values[(size_t)_i % ARRAY_SIZE(odd_values)];
	if (!fs_init(&info))
		explore();
}

static u64 objects;

static void count_objects(void *ctx, const struct slab_cache *c)
{
	(void)ctx;
	if (!strcmp(c->name, "inode") || !strcmp(c->name, "dentry") || !strcmp(c->name, "file") ||
	    !strcmp(c->name, "pipe") || !strcmp(c->name, "mount") || !strcmp(c->name, "super"))
		objects += c->objects;
}

static u64 objects_now(void)
{
	objects = 0;
	slab_for_each(count_objects, NULL);
	return objects;
}

static void scenario(void)
{
	static char text[9000];
	int fd[2];
	long f = sys_open("/tmp/s", O_CREAT | O_RDWR, 0600);
	if (f >= 0) {
		sys_write((int)f, text, sizeof(text));
		sys_close((int)f);
	}
	sys_mkdir("/tmp/t", 0755);
	sys_symlink("a target of some length, longer than what is kept inline", "/tmp/t/l");
	sys_rename("/tmp/s", "/tmp/t/a-name-that-is-longer-than-thirty-two-bytes");
	if (!sys_pipe2(fd, O_DIRECT)) {
		sys_write(fd[1], text, 100);
		sys_close(fd[0]);
		sys_close(fd[1]);
	}
	f = sys_memfd_create("m", 0);
	if (f >= 0)
		sys_close((int)f);
	sys_mount("none", "/tmp/t", "tmpfs", 0, NULL);
	sys_umount2("/tmp/t", 0);
	sys_unlink("/tmp/t/l");
	sys_unlink("/tmp/t/a-name-that-is-longer-than-thirty-two-bytes");
	sys_unlink("/tmp/s");
	sys_rmdir("/tmp/t");
}

static void nothing_left_behind(void)
{
	scenario();
	u64 before = objects_now();
	for (int i = 0; i < 50; i++)
		scenario();
	ck_assert_uint_eq(objects_now(), before);
}

static void out_of_memory(void)
{
	scenario();
	u64 before = objects_now();
	for (u64 n = 1; n < 60; n++) {
		page_fail_nth(n);
		scenario();
		page_fail_nth(0);
		scenario();
		ck_assert_uint_eq(objects_now(), before);
	}
}

const struct vfs_case vfs_cases[] = {
	{"walk_finds", walk_finds},
	{"walk_name_lengths", walk_name_lengths},
	{"walk_links", walk_links},
	{"walk_cwd_and_root", walk_cwd_and_root},
	{"file_holes_and_sizes", file_holes_and_sizes},
	{"file_append_and_limit", file_append_and_limit},
	{"file_from_image", file_from_image},
	{"link_outlives_first_name", link_outlives_first_name},
	{"open_flags", open_flags},
	{"listing", listing},
	{"directories", directories},
	{"renames", renames},
	{"permissions", permissions},
	{"descriptors", descriptors},
	{"record_locks", record_locks},
	{"pipe_basics", pipe_basics},
	{"pipe_packets", pipe_packets},
	{"pipe_sleeps", pipe_sleeps},
	{"splicing", splicing},
	{"seals", seals},
	{"mounts", mounts},
	{"devices", devices},
	{"nothing_left_behind", nothing_left_behind},
	{"out_of_memory", out_of_memory},
};
const int vfs_case_count = ARRAY_SIZE(vfs_cases);
const int vfs_hostile_count = (OFF_NAMES + sizeof(NAMES)) / 4 * ARRAY_SIZE(odd_values);
