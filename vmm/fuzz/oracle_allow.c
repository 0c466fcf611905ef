/* The list of differences that are known: docs/fuzzing-oracle.md describes the file. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mote.h"
#include "oracle.h"

#define FORMAT	"mote-oracle-allow"
#define VERSION 1

struct entry {
	char *pattern, *reason;
};

struct oracle_allow {
	struct entry *entry;
	size_t count;
};

static char *trim(char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	char *end = s + strlen(s);

	while (end > s && isspace((unsigned char)end[-1]))
		end--;
	*end = 0;
	return s;
}

/* '*' stands for any characters, everything else for itself. */
static bool matches(const char *pattern, const char *s)
{
	const char *star = NULL, *resume = NULL;

	while (*s) {
		if (*pattern == '*') {
			star = ++pattern;
			resume = s;
		} else if (*pattern == *s) {
			pattern++;
			s++;
		} else if (star) {
			pattern = star;
			s = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

static int add_entry(struct oracle_allow *a, const char *pattern, const char *reason)
{
	struct entry *more = realloc(a->entry, (a->count + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	a->entry = more;
	struct entry *e = &more[a->count];

	e->pattern = strdup(pattern);
	e->reason = strdup(reason);
	if (!e->pattern || !e->reason) {
		free(e->pattern);
		free(e->reason);
		return -ENOMEM;
	}
	a->count++;
	return 0;
}

static int refuse(const char *path, unsigned int line, const char *why)
{
	mote_error("%s:%u: %s", path, line, why);
	return -EINVAL;
}

/* "mote-oracle-allow 1" */
static int parse_head(const char *path, unsigned int line, const char *s)
{
	unsigned int version;
	char rest;

	if (sscanf(s, FORMAT " %u%c", &version, &rest) != 1)
		return refuse(path, line, "not an allow-list: its first line is not \"" FORMAT " 1\"");
	if (version != VERSION)
		return refuse(path, line, "an allow-list of another version than 1");
	return 0;
}

static int parse_entry(struct oracle_allow *a, const char *path, unsigned int line, char *s)
{
	char *hash = strchr(s, '#');

	if (!hash || !*trim(hash + 1))
		return refuse(path, line, "no reason (\"# why\") behind the difference");
	char *reason = trim(hash + 1);

	*hash = 0;
	s = trim(s);
	if (!strchr(s, ':'))
		return refuse(path, line, "not a difference: \"CALL(ARGUMENTS): Linux ANSWER, mote ANSWER\"");
	if (s[strspn(s, "* ")] == ':')
		return refuse(path, line, "a difference of every call would be allowed");
	int error = add_entry(a, s, reason);

	if (error)
		mote_error("%s: %s", path, strerror(-error));
	return error;
}

static int parse_line(struct oracle_allow *a, const char *path, unsigned int line, bool *head, char *s)
{
	s = trim(s);
	if (!*s || *s == '#')
		return 0;
	if (*head)
		return parse_entry(a, path, line, s);
	*head = true;
	return parse_head(path, line, s);
}

static int parse_file(struct oracle_allow *a, const char *path, FILE *f)
{
	char *text = NULL;
	size_t size = 0;
	unsigned int line = 0;
	bool head = false;
	int error = 0;
	ssize_t len;

	while (!error && (len = getline(&text, &size, f)) >= 0) {
		line++;
		error = strlen(text) == (size_t)len ? parse_line(a, path, line, &head, text)
						    : refuse(path, line, "a NUL byte");
	}
	free(text);
	if (!error && ferror(f)) {
		mote_error("%s: %s", path, strerror(errno));
		error = -EIO;
	}
	if (!error && !head)
		error = refuse(path, line, "empty: an allow-list begins with \"" FORMAT " 1\"");
	return error;
}

int oracle_allow_load(struct oracle_allow **out, const char *path)
{
	FILE *f = fopen(path, "re");
	int error = f ? 0 : -errno;

	if (!f) {
		mote_error("%s: %s", path, strerror(errno));
		return error;
	}
	struct oracle_allow *a = calloc(1, sizeof(*a));

	error = a ? parse_file(a, path, f) : -ENOMEM;
	fclose(f);
	if (error) {
		oracle_allow_free(a);
		return error;
	}
	*out = a;
	return 0;
}

void oracle_allow_free(struct oracle_allow *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->count; i++) {
		free(a->entry[i].pattern);
		free(a->entry[i].reason);
	}
	free(a->entry);
	free(a);
}

const char *oracle_allow_reason(const struct oracle_allow *a, const char *key)
{
	for (size_t i = 0; i < a->count; i++)
		if (matches(a->entry[i].pattern, key))
			return a->entry[i].reason;
	return NULL;
}
