/* ETXTBSY: a program that runs cannot be written, a file open for writing cannot be run. execve(2), open(2) */
#include "fs.h"

static ssize_t sendfile_(int in, int out)
{
	return syscall(SYS_sendfile, out, in, NULL, 65536l);
}

int main(int argc, char **argv __attribute__((unused)))
{
	char c;
	int status, go[2];
	if (argc > 1)
		return read(0, &c, 1) == 1 ? 0 : 1;
	fs_enter();
	/* a copy of this program */
	int in = open("/proc/self/exe", O_RDONLY), out = open("copy", O_CREAT | O_RDWR, 0755);
	for (ssize_t n; (n = sendfile_(in, out)) > 0;)
		;
	CHECK_EQ(pipe2(go, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0) {
		execl("copy", "copy", "wait", NULL);
		_exit(errno == ETXTBSY ? 77 : 1);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(WEXITSTATUS(status), 77);
	close(out);
	int started[2];
	CHECK_EQ(pipe2(started, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		dup2(go[0], 0);
		execl("copy", "copy", "wait", NULL);
		_exit(1);
	}
	close(started[1]);
	CHECK_EQ(read(started[0], &c, 1), 0); /* closed by the exec */
	CHECK_ERR(open("copy", O_RDWR), ETXTBSY);
	CHECK_ERR(open("copy", O_WRONLY), ETXTBSY);
	CHECK_ERR(truncate("copy", 0), ETXTBSY);
	CHECK_EQ(write(go[1], "x", 1), 1);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK((out = open("copy", O_RDWR)) >= 0);
	fs_leave();
	DONE();
}
