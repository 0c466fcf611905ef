/* access(2), faccessat(2), faccessat2(2) */
#include "fs.h"

#define FACCESSAT2(path, mode, flags) syscall(SYS_faccessat2, AT_FDCWD, path, mode, flags)
#ifndef SYS_faccessat2
#define SYS_faccessat2 439
#endif

static void user_part(void)
{
	CHECK_EQ(access("readable", R_OK), 0);
	CHECK_ERR(access("readable", W_OK), EACCES);
	CHECK_ERR(access("secret", R_OK), EACCES);
	CHECK_EQ(access("secret", F_OK), 0);
	CHECK_ERR(access("readable", X_OK), EACCES);
	CHECK_EQ(access("program", X_OK), 0);
	CHECK_ERR(access("closed/x", F_OK), EACCES);
}

/* real user 1000, effective root: access() asks for the real one. */
static void mixed(void)
{
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		if (setresuid(1000, 0, 0))
			_exit(99);
		CHECK_ERR(access("secret", R_OK), EACCES);
		CHECK_EQ(FACCESSAT2("secret", R_OK, AT_EACCESS), 0);
		CHECK_ERR(FACCESSAT2("secret", R_OK, 0), EACCES);
		_exit(test_failures ? 1 : 0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

int main(void)
{
	fs_enter();
	touch("readable");
	touch("secret");
	chmod("secret", 0600);
	touch("program");
	chmod("program", 0755);
	mkdir("closed", 0700);
	touch("closed/x");
	symlink("none", "dangling");
	int dir = open(".", O_RDONLY);
	CHECK_EQ(access("readable", F_OK), 0);
	CHECK_EQ(access("readable", R_OK | W_OK), 0);
	CHECK_ERR(access("readable", X_OK), EACCES); /* not even root */
	CHECK_EQ(access("program", X_OK), 0);
	CHECK_EQ(access("closed", R_OK | W_OK | X_OK), 0);
	CHECK_ERR(access("none", F_OK), ENOENT);
	CHECK_ERR(access("dangling", F_OK), ENOENT);
	CHECK_EQ(FACCESSAT2("dangling", F_OK, AT_SYMLINK_NOFOLLOW), 0);
	CHECK_ERR(access("readable", 8), EINVAL);
	CHECK_ERR(access("readable", -1), EINVAL);
	CHECK_ERR(access("readable/x", F_OK), ENOTDIR);
	CHECK_ERR(access(BAD_ADDRESS, F_OK), EFAULT);
	CHECK_ERR(FACCESSAT2("readable", F_OK, 0x40000000), EINVAL);
	CHECK_EQ(syscall(SYS_faccessat, dir, "readable", R_OK), 0);
	CHECK_ERR(syscall(SYS_faccessat, -1, "readable", R_OK), EBADF);
	as_user(user_part);
	mixed();
	fs_leave();
	DONE();
}
