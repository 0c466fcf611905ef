#include "fuzz_walk.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz_files.h"
#include "mote.h"

/* glob(3) patterns in the user's own path are none. */
static int quote(char *to, size_t size, const char *path)
{
	size_t n = 0;

	for (; *path && n + 2 < size; path++) {
		if (strchr("*?[\\", *path))
			to[n++] = '\\';
		to[n++] = *path;
	}
	to[n] = 0;
	return *path ? -ENAMETOOLONG : 0;
}

/* DIR/sync names instances: is the one this came from in DIR itself? */
static bool is_copy(const char *directory, const char *path)
{
	char other[PATH_MAX], from[64];
	struct stat st;
	const char *sync = strstr(strrchr(path, '/'), ",sync:");

	if (!sync || sscanf(sync, ",sync:%63[^,]", from) != 1)
		return false;
	return snprintf(other, sizeof(other), "%s/%s/queue", directory, from) < (int)sizeof(other) && !stat(other, &st);
}

static int visit_one(const char *directory, const char *path, walk_case *visit, void *ctx)
{
	struct fuzz_case c;
	struct stat st;

	if (is_copy(directory, path) || stat(path, &st) || !S_ISREG(st.st_mode))
		return 0;
	return files_read_case(path, &c) ? 0 : visit(ctx, path, &c);
}

int walk_cases(const char *directory, const char *name, walk_case *visit, void *ctx)
{
	char pattern[PATH_MAX], quoted[PATH_MAX - 64];
	glob_t found;
	int err = quote(quoted, sizeof(quoted), directory);

	if (err) {
		mote_error("%s: %s", directory, strerror(-err));
		return err;
	}
	snprintf(pattern, sizeof(pattern), "%s/*/%s*/id:*", quoted, name);
	err = glob(pattern, 0, NULL, &found);
	if (err == GLOB_NOMATCH)
		return 0;
	if (err) {
		mote_error("%s: cannot be searched", directory);
		return -EIO;
	}
	for (size_t i = 0; i < found.gl_pathc && !err; i++)
		err = visit_one(directory, found.gl_pathv[i], visit, ctx);
	globfree(&found);
	return err;
}
