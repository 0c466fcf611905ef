/* fork(2): the child is a copy; memory, descriptors' offsets, signal state; vfork(2): the parent waits. */
#include "test.h"

static int variable = 1;

static int status_of(pid_t pid)
{
	int status = -1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static void copies_memory(void)
{
	pid_t pid = fork();
	if (!pid) {
		variable = 2;
		_exit(variable);
	}
	CHECK_EQ(status_of(pid), 2 << 8);
	CHECK_EQ(variable, 1);
}

static void inherits(void)
{
	int fd = open("/tmp/fork_offset", O_RDWR | O_CREAT | O_TRUNC, 0600);
	sigset_t block;
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	sigprocmask(SIG_BLOCK, &block, NULL);
	kill(getpid(), SIGUSR1);
	pid_t parent = getpid(), pid = fork();
	if (!pid) {
		sigset_t now;
		int bad = write(fd, "abc", 3) != 3;
		sigprocmask(SIG_BLOCK, NULL, &now);
		bad |= !sigismember(&now, SIGUSR1) << 1;
		sigpending(&now);
		bad |= sigismember(&now, SIGUSR1) << 2; /* pending signals are not inherited */
		bad |= (getppid() != parent) << 3;
		bad |= (getpid() == parent) << 4;
		bad |= (syscall(SYS_gettid) != getpid()) << 5;
		_exit(bad);
	}
	CHECK_EQ(status_of(pid), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 3);
	signal(SIGUSR1, SIG_IGN);
	sigprocmask(SIG_UNBLOCK, &block, NULL);
	unlink("/tmp/fork_offset");
}

static void many(void)
{
	pid_t pid[40];
	int right = 0;
	for (int i = 0; i < 40; i++) {
		pid[i] = fork();
		if (!pid[i])
			_exit(i);
	}
	for (int i = 0; i < 40; i++)
		right += status_of(pid[i]) == i << 8;
	CHECK_EQ(right, 40);
}

static void vfork_shares(void)
{
	variable = 5;
	pid_t pid = vfork();
	if (!pid) {
		variable = 6;
		_exit(3);
	}
	CHECK_EQ(variable, 6);
	CHECK_EQ(status_of(pid), 3 << 8);
}

static void vfork_exec(char *self)
{
	char *argv[] = {self, "child", NULL};
	pid_t pid = vfork();
	if (!pid) {
		execv(argv[0], argv);
		_exit(9);
	}
	CHECK_EQ(status_of(pid), 17 << 8);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "child"))
		return 17;
	copies_memory();
	inherits();
	many();
	vfork_shares();
	vfork_exec(argv[0]);
	CHECK_ERR(wait(NULL), ECHILD);
	DONE();
}
