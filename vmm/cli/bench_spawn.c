/* Commands and their output. */
#include "bench.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mote.h"

extern char **environ;

int bench_spawn_wait(char *const argv[])
{
	posix_spawn_file_actions_t fa;
	pid_t pid;
	int status;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	int err = posix_spawn(&pid, argv[0], &fa, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	if (err || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int bench_time_command(const struct bench *b, const char *name, char *const argv[], struct figure *out)
{
	uint64_t *sample = calloc(b->runs, sizeof(*sample));
	int result = 0;

	if (!sample)
		return -1;
	for (unsigned int i = 0; i < b->runs && !result; i++) {
		uint64_t start = bench_now_ns();
		result = bench_spawn_wait(argv) == 0 ? 0 : -1;
		sample[i] = bench_now_ns() - start;
	}
	if (result)
		mote_error("bench %s: '%s' failed", name, argv[0]);
	figure_fill(out, name, "ns", sample, b->runs);
	free(sample);
	return result;
}

FILE *bench_spawn_capture(char *const argv[], int capture, pid_t *pid)
{
	int fds[2];
	posix_spawn_file_actions_t fa;

	if (pipe2(fds, O_CLOEXEC))
		return NULL;
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&fa, fds[1], capture);
	int err = posix_spawn(pid, argv[0], &fa, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	close(fds[1]);
	FILE *in = err ? NULL : fdopen(fds[0], "r");
	if (!in)
		close(fds[0]);
	return in;
}

bool bench_exited_well(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int bench_program(const struct bench *b, const char *name, char *path, size_t size)
{
	if ((size_t)snprintf(path, size, "%s/%s", b->directory, name) < size && !access(path, X_OK))
		return 0;
	mote_error("bench: %s is missing: run make bench", path);
	return -1;
}
