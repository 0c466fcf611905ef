#include "fuzz_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mote.h"

int files_search_path(const char *name, char *path, size_t size)
{
	const char *at = getenv("PATH");

	while (at && *at) {
		size_t len = strcspn(at, ":");

		if ((size_t)snprintf(path, size, "%.*s/%s", (int)len, at, name) < size && !access(path, X_OK))
			return 0;
		at += len + (at[len] == ':');
	}
	return -ENOENT;
}

static int complain(const char *name)
{
	int err = -errno;

	mote_error("%s: %s", name, strerror(errno));
	return err;
}

int files_read_case(const char *name, struct fuzz_case *c)
{
	int fd = strcmp(name, "-") ? open(name, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO), err = 0;
	ssize_t n = -1;

	c->len = 0;
	while (fd >= 0 && c->len < sizeof(c->bytes)) {
		n = read(fd, c->bytes + c->len, sizeof(c->bytes) - c->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		c->len += (unsigned int)n;
	}
	if (fd < 0 || n < 0)
		err = complain(name);
	if (fd >= 0)
		close(fd);
	return err;
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

int files_write_case(const char *name, const void *bytes, size_t len)
{
	char temporary[PATH_MAX];

	if (!strcmp(name, "-"))
		return write_all(STDOUT_FILENO, bytes, len) ? complain("standard output") : 0;
	if (snprintf(temporary, sizeof(temporary), "%s.%d", name, (int)getpid()) >= (int)sizeof(temporary)) {
		errno = ENAMETOOLONG;
		return complain(name);
	}
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd < 0)
		return complain(name);
	int failed = write_all(fd, bytes, len);

	if (close(fd) || failed || rename(temporary, name)) {
		int err = complain(name);

		unlink(temporary);
		return err;
	}
	return 0;
}
