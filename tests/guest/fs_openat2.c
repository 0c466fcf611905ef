/* openat2(2) */
#include "fs.h"

struct open_how {
	uint64_t flags, mode, resolve;
};
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#define RESOLVE_NO_XDEV 1
#define RESOLVE_NO_SYMLINKS 4
#define RESOLVE_BENEATH 8
#define RESOLVE_IN_ROOT 16

static long openat2_(int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
	struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
	return syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
}

int main(void)
{
	struct open_how how = {.flags = O_RDONLY};
	struct { struct open_how how; uint64_t more; } big = {.how = {.flags = O_RDONLY}};
	int dir;
	fs_enter();
	close(make_file("file", "x"));
	mkdir("dir", 0755);
	close(make_file("dir/in", "y"));
	symlink("../file", "dir/up");
	symlink("in", "dir/side");
	symlink("/in", "dir/abs");
	dir = open("dir", O_RDONLY);
	CHECK(openat2_(AT_FDCWD, "file", O_RDONLY, 0, 0) >= 0);
	CHECK_ERR(openat2_(AT_FDCWD, "file", O_RDONLY, 0644, 0), EINVAL);
	CHECK_ERR(openat2_(AT_FDCWD, "new", O_CREAT | O_RDWR, 010000, 0), EINVAL);
	CHECK_ERR(openat2_(AT_FDCWD, "file", 1ull << 40, 0, 0), EINVAL);
	CHECK_ERR(openat2_(AT_FDCWD, "file", O_RDONLY, 0, 1 << 20), EINVAL);
	CHECK_ERR(openat2_(AT_FDCWD, "file", O_PATH | O_RDWR, 0, 0), EINVAL);
	CHECK(openat2_(AT_FDCWD, "new", O_CREAT | O_RDWR, 0600, 0) >= 0);
	CHECK_EQ(mode_of("new"), S_IFREG | 0600);
	CHECK(openat2_(dir, "in", O_RDONLY, 0, RESOLVE_BENEATH) >= 0);
	CHECK(openat2_(dir, "side", O_RDONLY, 0, RESOLVE_BENEATH) >= 0);
	CHECK(openat2_(dir, "../dir/in", O_RDONLY, 0, 0) >= 0);
	CHECK_ERR(openat2_(dir, "../file", O_RDONLY, 0, RESOLVE_BENEATH), EXDEV);
	CHECK_ERR(openat2_(dir, "up", O_RDONLY, 0, RESOLVE_BENEATH), EXDEV);
	CHECK_ERR(openat2_(dir, "abs", O_RDONLY, 0, RESOLVE_BENEATH), EXDEV);
	CHECK_ERR(openat2_(dir, "/tmp", O_RDONLY, 0, RESOLVE_BENEATH), EXDEV);
	CHECK_ERR(openat2_(dir, "side", O_RDONLY, 0, RESOLVE_NO_SYMLINKS), ELOOP);
	CHECK(openat2_(dir, "abs", O_RDONLY, 0, RESOLVE_IN_ROOT) >= 0);
	CHECK(openat2_(dir, "../../in", O_RDONLY, 0, RESOLVE_IN_ROOT) >= 0);
	CHECK_ERR(openat2_(dir, "up", O_RDONLY, 0, RESOLVE_IN_ROOT), ENOENT);
	CHECK_ERR(openat2_(AT_FDCWD, "/proc/self", O_RDONLY, 0, RESOLVE_NO_XDEV), EXDEV);
	CHECK_ERR(syscall(SYS_openat2, AT_FDCWD, "file", &how, 8), EINVAL);
	CHECK_ERR(syscall(SYS_openat2, AT_FDCWD, "file", &how, 1 << 20), E2BIG);
	CHECK_ERR(syscall(SYS_openat2, AT_FDCWD, "file", BAD_ADDRESS, sizeof(how)), EFAULT);
	CHECK(syscall(SYS_openat2, AT_FDCWD, "file", &big, sizeof(big)) >= 0);
	big.more = 1;
	CHECK_ERR(syscall(SYS_openat2, AT_FDCWD, "file", &big, sizeof(big)), E2BIG);
	fs_leave();
	DONE();
}
