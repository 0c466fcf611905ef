/* getcwd(2), chdir(2), fchdir(2), chroot(2), umask(2) */
#include "fs.h"

static void user_part(void)
{
	CHECK_ERR(chdir("closed"), EACCES);
	CHECK_ERR(chroot("."), EPERM);
	int fd = open("open", O_RDONLY);
	CHECK_EQ(fchdir(fd), 0);
	CHECK_ERR(chdir("../closed"), EACCES);
}

static void new_root(void)
{
	char buf[64];
	int status, up = open("..", O_RDONLY);
	pid_t pid = fork();
	if (pid == 0) {
		CHECK_EQ(chroot("open"), 0);
		CHECK_EQ(chdir("/"), 0);
		CHECK_EQ(chdir(".."), 0);
		CHECK_EQ(syscall(SYS_getcwd, buf, sizeof(buf)), 2);
		CHECK_EQ(strcmp(buf, "/"), 0);
		CHECK_EQ(access("/inside", F_OK), 0);
		CHECK_EQ(access("/../inside", F_OK), 0);
		CHECK_ERR(access("/tmp", F_OK), ENOENT);
		CHECK_EQ(readlink("/link", buf, sizeof(buf)), 7);
		CHECK_EQ(access("/link", F_OK), 0); /* -> /inside, of the new root */
		CHECK_EQ(fchdir(up), 0); /* outside still: only names are confined */
		CHECK(syscall(SYS_getcwd, buf, sizeof(buf)) > 14);
		CHECK_EQ(strncmp(buf, "(unreachable)/", 14), 0);
		_exit(test_failures ? 1 : 0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	close(up);
}

int main(void)
{
	char buf[PATH_MAX];
	char name[300];
	fs_enter();
	mkdir("open", 0755);
	touch("open/inside");
	symlink("/inside", "open/link");
	mkdir("closed", 0700);
	touch("file");
	CHECK_EQ(syscall(SYS_getcwd, buf, sizeof(buf)), strlen(fs_directory) + 1);
	CHECK_EQ(strcmp(buf, fs_directory), 0);
	CHECK_ERR(syscall(SYS_getcwd, buf, strlen(fs_directory)), ERANGE);
	CHECK_ERR(syscall(SYS_getcwd, buf, 0), ERANGE);
	CHECK_ERR(syscall(SYS_getcwd, BAD_ADDRESS, 4096), EFAULT);
	CHECK_EQ(chdir("open"), 0);
	CHECK_EQ(access("inside", F_OK), 0);
	CHECK_EQ(chdir(".."), 0);
	CHECK_ERR(chdir("none"), ENOENT);
	CHECK_ERR(chdir("file"), ENOTDIR);
	CHECK_ERR(chdir(""), ENOENT);
	CHECK_ERR(chdir(long_name(name, 256)), ENAMETOOLONG);
	CHECK_ERR(chdir(BAD_ADDRESS), EFAULT);
	CHECK_ERR(fchdir(-1), EBADF);
	int fd = open("file", O_RDONLY);
	CHECK_ERR(fchdir(fd), ENOTDIR);
	CHECK_ERR(chroot("none"), ENOENT);
	CHECK_ERR(chroot("file"), ENOTDIR);
	CHECK_ERR(chroot(BAD_ADDRESS), EFAULT);
	mkdir("gone", 0755);
	CHECK_EQ(chdir("gone"), 0);
	CHECK_EQ(rmdir("../gone"), 0);
	CHECK_ERR(syscall(SYS_getcwd, buf, sizeof(buf)), ENOENT);
	CHECK_ERR(open("new", O_CREAT | O_RDWR, 0644), ENOENT);
	CHECK_ERR(mkdir("new", 0755), ENOENT);
	CHECK_EQ(access(".", F_OK), 0);
	CHECK_EQ(chdir(".."), 0);
	new_root();
	as_user(user_part);
	CHECK_EQ(umask(0777), 022);
	CHECK_EQ(umask(07777), 0777);
	CHECK_EQ(umask(0), 0777);
	close(open("all", O_CREAT | O_RDWR, 0666));
	CHECK_EQ(mode_of("all"), S_IFREG | 0666);
	CHECK_EQ(umask(027), 0);
	mkdir("masked", 0777);
	CHECK_EQ(mode_of("masked"), S_IFDIR | 0750);
	fs_leave();
	DONE();
}
