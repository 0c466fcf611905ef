/* Programs that take all they can get; exhaustion.sh runs them. argv[1] says which. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int eat(void)
{
	for (;;) {
		char *p = malloc(1 << 20);

		if (!p)
			return 9;
		memset(p, 1, 1 << 20);
	}
}

static int recurse(int n)
{
	volatile char room[1000];

	room[0] = n;
	return recurse(n + 1) + room[0];
}

/* Children without end until fork fails; all of them are killed with their group. */
static int bomb(void)
{
	setpgid(0, 0);
	for (;;) {
		pid_t pid = fork();

		if (pid < 0) {
			printf("fork: %s\n",
			       errno == EAGAIN || errno == ENOMEM ? "no more" : strerror(errno));
			fflush(stdout);
			kill(0, SIGKILL);
		}
		if (pid == 0)
			for (;;)
				pause();
	}
}

/* Page tables alone: a page here and there, given back at once. */
static int tables(void)
{
	size_t span = 1ul << 45;
	char *p = mmap(NULL, span, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return 9;
	for (size_t at = 0; at < span; at += 2 << 20) {
		p[at] = 1;
		madvise(p + at, 4096, MADV_DONTNEED);
	}
	return 0;
}

static int run(const char *what)
{
	if (!strcmp(what, "tables"))
		return tables();
	if (!strcmp(what, "eat"))
		return eat();
	if (!strcmp(what, "recurse"))
		return recurse(0);
	return bomb();
}

/* "child-X": X in a child, and then life goes on. */
static int in_child(const char *what)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(run(what));
	waitpid(pid, &status, 0);
	printf("%s: signal %d\n", what, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	pid = fork();
	if (pid == 0)
		_exit(5);
	waitpid(pid, &status, 0);
	printf("afterwards: %d\n", WEXITSTATUS(status));
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "eat";

	return strncmp(what, "child-", 6) ? run(what) : in_child(what + 6);
}
