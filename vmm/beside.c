#include "beside.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mote.h"

int beside_self(char *path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", path, size - 1);

	if (n <= 0) {
		mote_error("/proc/self/exe: %s", strerror(errno));
		return -ENOENT;
	}
	path[n] = 0;
	return 0;
}

/* Where mote lies. */
static int own_directory(char path[PATH_MAX])
{
	int err = beside_self(path, PATH_MAX);

	if (!err)
		*strrchr(path, '/') = 0;
	return err;
}

int beside_look(const char *name, char *path, size_t size)
{
	static const char *const places[] = {"", "../lib/mote/"};
	char directory[PATH_MAX];

	if (own_directory(directory))
		return -ENOENT;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if ((size_t)snprintf(path, size, "%s/%s%s", directory, places[i], name) < size && !access(path, R_OK))
			return 0;
	}
	return -ENOENT;
}

int beside_find(const char *given, const char *name, const char *what, const char *remedy, char *path, size_t size)
{
	char directory[PATH_MAX];

	if (given) {
		if ((size_t)snprintf(path, size, "%s", given) < size)
			return 0;
		mote_error("%s: %s", given, strerror(ENAMETOOLONG));
		return -ENAMETOOLONG;
	}
	int err = beside_look(name, path, size);

	if (err && !own_directory(directory))
		mote_error("no %s beside mote (%s/%s): %s", what, directory, name, remedy);
	return err;
}

int beside_find_fuzz(const char *given, const char *part, char *path, size_t size)
{
	char name[NAME_MAX], what[NAME_MAX];

	snprintf(name, sizeof(name), "fuzz/%s", part);
	snprintf(what, sizeof(what), "%s for fuzzing", part);
	return beside_find(given, name, what, "build it with make fuzz", path, size);
}
