#include "test_plan.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mote.h"

static int fail(int err, const char *name, const char *why)
{
	mote_error("%s: %s", name, why);
	return err;
}

/* word as an absolute path, which is the caller's. Symbolic links and ".." stay: the guest has them
 * too. */
static char *absolute(const char *word)
{
	char here[PATH_MAX], *path;

	if (*word == '/')
		return strdup(word);
	if (!getcwd(here, sizeof(here)) || asprintf(&path, "%s/%s", here, word) < 0)
		return NULL;
	return path;
}

/* Takes name and path over. */
static int append(struct test_plan *p, char *name, char *path, bool on_host)
{
	struct test *grown = NULL;

	if (name && (path || !on_host))
		grown = reallocarray(p->test, p->count + 1, sizeof(*grown));
	if (!grown) {
		free(name);
		free(path);
		mote_error("out of memory");
		return -ENOMEM;
	}
	p->test = grown;
	p->test[p->count++] = (struct test){.name = name, .path = path, .on_host = on_host};
	return 0;
}

/* ---- a directory ---- */

static bool is_program(const struct stat *st)
{
	return S_ISREG(st->st_mode) && (st->st_mode & 0111);
}

/* Add directory/entry if it is a test. 0 or a negative errno, said. */
static int add_entry(struct test_plan *p, const char *directory, const char *entry)
{
	size_t len = strlen(directory);
	struct stat st;
	char *name;

	if (asprintf(&name, "%s%s%s", directory, directory[len - 1] == '/' ? "" : "/", entry) < 0)
		return append(p, NULL, NULL, true);
	if (stat(name, &st) || !is_program(&st)) {
		free(name);
		return 0;
	}
	return append(p, name, absolute(name), true);
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_directory(struct test_plan *p, const char *directory)
{
	struct dirent **entry;
	size_t before = p->count;
	int n = scandir(directory, &entry, NULL, by_bytes), err = 0;

	if (n < 0)
		return fail(-errno, directory, strerror(errno));
	for (int i = 0; i < n; i++) {
		if (!err)
			err = add_entry(p, directory, entry[i]->d_name);
		free(entry[i]);
	}
	free(entry);
	if (!err && p->count == before)
		return fail(-ENOENT, directory, "no executable file in this directory");
	return err;
}

/* ---- the plan ---- */

int test_plan_add(struct test_plan *p, const char *word, bool in_guest)
{
	struct stat st;

	if (stat(word, &st)) {
		if (errno == ENOENT && in_guest && *word == '/')
			return append(p, strdup(word), strdup(word), false);
		return fail(-errno, *word ? word : "''", strerror(errno));
	}
	if (S_ISDIR(st.st_mode))
		return add_directory(p, word);
	if (!S_ISREG(st.st_mode))
		return fail(-EACCES, word, "neither a program nor a directory of programs");
	if (!is_program(&st))
		return fail(-EACCES, word, "not executable");
	return append(p, strdup(word), absolute(word), true);
}

int test_plan_add_own(struct test_plan *p, const char *name)
{
	return append(p, strdup(name), NULL, false);
}

/* splitmix64: each step of the state gives a well-mixed number. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

void test_plan_shuffle(struct test_plan *p, uint64_t seed)
{
	for (size_t i = p->count; i > 1; i--) {
		size_t j = next_random(&seed) % i;
		struct test t = p->test[i - 1];

		p->test[i - 1] = p->test[j];
		p->test[j] = t;
	}
}
