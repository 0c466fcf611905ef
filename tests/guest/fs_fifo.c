/* fifo(7): named pipes */
#include "fs.h"

int main(void)
{
	char buf[16];
	int r, w, status;
	fs_enter();
	CHECK_EQ(mkfifo("fifo", 0666), 0);
	CHECK_EQ(mode_of("fifo"), S_IFIFO | 0644);
	CHECK_ERR(open("fifo", O_WRONLY | O_NONBLOCK), ENXIO);
	CHECK((r = open("fifo", O_RDONLY | O_NONBLOCK)) >= 0);
	CHECK_EQ(read(r, buf, 1), 0);
	CHECK((w = open("fifo", O_WRONLY | O_NONBLOCK)) >= 0);
	CHECK_ERR(read(r, buf, 1), EAGAIN);
	CHECK_EQ(write(w, "hello", 5), 5);
	CHECK_EQ(read(r, buf, 16), 5);
	CHECK_ERR(lseek(r, 0, SEEK_SET), ESPIPE);
	close(w);
	CHECK_EQ(read(r, buf, 16), 0);
	close(r);
	CHECK((r = open("fifo", O_RDWR)) >= 0);
	CHECK_EQ(write(r, "x", 1), 1);
	CHECK_EQ(read(r, buf, 16), 1);
	close(r);
	/* openings wait for each other */
	pid_t pid = fork();
	if (pid == 0) {
		w = open("fifo", O_WRONLY);
		_exit(write(w, "child", 5) == 5 ? 0 : 1);
	}
	CHECK((r = open("fifo", O_RDONLY)) >= 0);
	CHECK_EQ(read(r, buf, 16), 5);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(read(r, buf, 16), 0);
	close(r);
	pid = fork();
	if (pid == 0) {
		r = open("fifo", O_RDONLY);
		_exit(read(r, buf, 16) == 6 ? 0 : 1);
	}
	CHECK((w = open("fifo", O_WRONLY)) >= 0);
	CHECK_EQ(write(w, "parent", 6), 6);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	fs_leave();
	DONE();
}
