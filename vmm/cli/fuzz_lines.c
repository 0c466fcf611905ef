#include "fuzz_lines.h"

#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mote.h"

/* Both ends are files: neither side waits for the other. */
static int make_file(void)
{
	return memfd_create("mote-addr2line", MFD_CLOEXEC);
}

static int write_addresses(int fd, const uint64_t address[], size_t count)
{
	FILE *f = fdopen(dup(fd), "w");

	if (!f)
		return -errno;
	for (size_t i = 0; i < count; i++)
		fprintf(f, "%#" PRIx64 "\n", address[i]);
	if (fclose(f))
		return -errno;
	return lseek(fd, 0, SEEK_SET) < 0 ? -errno : 0;
}

static int run_addr2line(const char *path, int in, int out)
{
	char *argv[] = {(char *)"addr2line", (char *)"-f", (char *)"-e", (char *)path, NULL};
	posix_spawn_file_actions_t actions;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	int err = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);

	posix_spawn_file_actions_destroy(&actions);
	if (err)
		return -err;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status ? -EIO : 0;
}

static int read_all(int fd, char **text)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	*text = malloc((size_t)st.st_size + 1);
	if (!*text)
		return -ENOMEM;
	ssize_t n = pread(fd, *text, (size_t)st.st_size, 0);

	(*text)[n > 0 ? n : 0] = 0;
	return 0;
}

/* The next line, NUL in place of its end; "" behind the last. */
static char *next_line(char **at)
{
	char *line = *at, *end = strchr(line, '\n');

	if (end)
		*end = 0;
	*at = end ? end + 1 : line + strlen(line);
	return line;
}

/* "/where/it/was/built/guest/kernel/a.c:12 (discriminator 3)" */
static void parse_place(struct source_place *p, char *function, char *where)
{
	char *colon = strrchr(where, ':'), *guest = strstr(where, "/guest/");

	if (colon)
		*colon = 0;
	p->function = *function && *function != '?' ? function : "?";
	p->file = guest ? guest + 1 : *where && *where != '?' ? where : "?";
	p->line = colon ? (unsigned int)strtoul(colon + 1, NULL, 10) : 0;
}

static int find_all(int in, int out, const char *path, const uint64_t address[], size_t count, struct source_place place[], char **text)
{
	int err = write_addresses(in, address, count);

	if (!err)
		err = run_addr2line(path, in, out);
	if (!err)
		err = read_all(out, text);
	if (err)
		return err;
	char *at = *text;

	for (size_t i = 0; i < count; i++) {
		char *function = next_line(&at);

		parse_place(&place[i], function, next_line(&at));
	}
	return 0;
}

int lines_find(const char *path, const uint64_t address[], size_t count, struct source_place place[], char **text)
{
	int in = make_file(), out = make_file();
	int err = in < 0 || out < 0 ? -errno : find_all(in, out, path, address, count, place, text);

	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	if (err)
		mote_error("addr2line (package binutils) on %s: %s", path, strerror(-err));
	return err;
}
