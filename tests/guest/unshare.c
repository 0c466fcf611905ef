/* unshare(2): CLONE_FILES and CLONE_FS after clone shared them; what cannot be unshared. */
#include "test.h"
#include <pthread.h>
#include <sched.h>

static int share(unsigned long flags, int (*fn)(void))
{
	int status;
	pid_t pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
	if (!pid)
		_exit(fn());
	waitpid(pid, &status, 0);
	return status;
}

static int close_200(void)
{
	return close(200);
}

static int unshare_and_close(void)
{
	return unshare(CLONE_FILES) || close(200);
}

static int change_mask(void)
{
	umask(07);
	return 0;
}

static int unshare_and_change(void)
{
	int err = unshare(CLONE_FS);
	umask(0);
	return err;
}

static void *in_thread(void *arg)
{
	(void)arg;
	CHECK_ERR(unshare(CLONE_VM), EINVAL);
	CHECK_ERR(unshare(CLONE_SIGHAND), EINVAL);
	CHECK_ERR(unshare(CLONE_THREAD), EINVAL);
	CHECK_EQ(unshare(CLONE_FILES | CLONE_FS), 0);
	return NULL;
}

int main(void)
{
	pthread_t t;
	dup2(1, 200);
	umask(022);
	CHECK_EQ(share(CLONE_FILES, unshare_and_close), 0);
	CHECK(fcntl(200, F_GETFD) >= 0);
	CHECK_EQ(share(CLONE_FILES, close_200), 0);
	CHECK_ERR(fcntl(200, F_GETFD), EBADF);
	CHECK_EQ(share(CLONE_FS, unshare_and_change), 0);
	CHECK_EQ(umask(022), 022);
	CHECK_EQ(share(CLONE_FS, change_mask), 0);
	CHECK_EQ(umask(022), 07);
	CHECK_EQ(unshare(0), 0);
	CHECK_EQ(unshare(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM), 0);
	CHECK_ERR(unshare(CLONE_PARENT), EINVAL);
	CHECK_ERR(unshare(CLONE_SETTLS), EINVAL);
	pthread_create(&t, NULL, in_thread, NULL);
	pthread_join(t, NULL);
	DONE();
}
