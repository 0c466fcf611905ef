/* For tests of files: each runs in a fresh directory below /tmp, removed at the end. */
#ifndef TESTS_GUEST_FS_H
#define TESTS_GUEST_FS_H

#include "test.h"
#include <ftw.h>
#include <limits.h>

static char fs_directory[32];

static int fs_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)ftw;
	return type == FTW_DP ? rmdir(path) : unlink(path);
}

__attribute__((unused)) static void fs_leave(void)
{
	if (chdir("/") || nftw(fs_directory, fs_remove_one, 16, FTW_DEPTH | FTW_PHYS))
		say("FAIL cannot remove the directory (errno %d)", errno), test_failures++;
}

__attribute__((unused)) static void fs_enter(void)
{
	umask(022);
	strcpy(fs_directory, "/tmp/mote-fs-XXXXXX");
	if (!mkdtemp(fs_directory) || chmod(fs_directory, 0755) || chdir(fs_directory)) {
		say("FAIL cannot make a directory (errno %d)", errno);
		_exit(1);
	}
}

/* A file with this text; the descriptor stays open for reading and writing, at offset 0. */
__attribute__((unused)) static int make_file(const char *path, const char *text)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_RDWR, 0644);
	if (fd < 0 || pwrite(fd, text, strlen(text), 0) != (ssize_t)strlen(text)) {
		say("FAIL cannot make %s (errno %d)", path, errno);
		_exit(1);
	}
	return fd;
}

__attribute__((unused)) static void touch(const char *path)
{
	close(make_file(path, ""));
}

/* Run fn as uid and gid 1000 in a child; its failures count. */
__attribute__((unused)) static void as_user(void (*fn)(void))
{
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		test_failures = 0;
		if (setgid(1000) || setuid(1000))
			_exit(99);
		fn();
		_exit(test_failures ? 1 : 0);
	}
	if (waitpid(pid, &status, 0) != pid || status) {
		say("FAIL child status %d", status);
		test_failures++;
	}
}

/* The text of a whole (small) file equals want. */
__attribute__((unused)) static bool file_is(const char *path, const char *want)
{
	char buf[4096];
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf));
	close(fd);
	return n == (ssize_t)strlen(want) && !memcmp(buf, want, strlen(want));
}

/* A name of n characters. */
__attribute__((unused)) static char *long_name(char *buf, size_t n)
{
	memset(buf, 'n', n);
	buf[n] = 0;
	return buf;
}

__attribute__((unused)) static mode_t mode_of(const char *path)
{
	struct stat st;
	return lstat(path, &st) ? 0 : st.st_mode;
}

__attribute__((unused)) static long size_of(const char *path)
{
	struct stat st;
	return lstat(path, &st) ? -1 : (long)st.st_size;
}

__attribute__((unused)) static long links_of(const char *path)
{
	struct stat st;
	return lstat(path, &st) ? -1 : (long)st.st_nlink;
}

#endif
