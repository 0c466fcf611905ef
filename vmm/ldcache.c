/* ld.so(8): the cache file and the tokens of search paths. */
#include "elfdeps.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CACHE_MAX (64 << 20)
#define OLD_MAGIC "ld.so-1.7.0"
#define NEW_MAGIC "glibc-ld.so.cache1.1"

/* glibc, sysdeps/generic/dl-cache.h: the layout of the file since 2.2. */
struct cache_header {
	char magic[20];
	uint32_t count;
	uint32_t strings_len;
	uint8_t flags, padding[3];
	uint32_t extension_offset;
	uint32_t unused[3];
};
_Static_assert(sizeof(struct cache_header) == 48, "cache header layout");

struct cache_entry {
	int32_t flags;
	uint32_t name, path; /* offsets of strings */
	uint32_t os_version;
	uint64_t hwcap;
};
_Static_assert(sizeof(struct cache_entry) == 24, "cache entry layout");

/* The older format that may come first: header of 16 bytes, entries of 12. */
#define OLD_HEADER 16
#define OLD_ENTRY  12

static int read_file(struct ld_cache *c, int fd)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size <= 0 || st.st_size > CACHE_MAX)
		return -EINVAL;
	c->bytes = malloc(st.st_size + 1);
	if (!c->bytes)
		return -ENOMEM;
	while (c->size < (size_t)st.st_size) {
		ssize_t n = read(fd, c->bytes + c->size, st.st_size - c->size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		c->size += n;
	}
	c->bytes[c->size] = 0; /* so every string ends */
	return 0;
}

/* Where the new format's header lies. */
static int find_header(const struct ld_cache *c, size_t *at)
{
	uint32_t old_count;
	*at = 0;
	if (c->size >= OLD_HEADER && !memcmp(c->bytes, OLD_MAGIC, sizeof(OLD_MAGIC) - 1)) {
		memcpy(&old_count, c->bytes + 12, sizeof(old_count));
		*at = (OLD_HEADER + (size_t)old_count * OLD_ENTRY + 7) & ~(size_t)7;
	}
	if (*at > c->size || c->size - *at < sizeof(struct cache_header))
		return -EINVAL;
	return memcmp(c->bytes + *at, NEW_MAGIC, sizeof(NEW_MAGIC) - 1) ? -EINVAL : 0;
}

static int parse(struct ld_cache *c)
{
	size_t at;
	if (find_header(c, &at))
		return -EINVAL;
	struct cache_header h;
	memcpy(&h, c->bytes + at, sizeof(h));
	size_t room = (c->size - at - sizeof(h)) / sizeof(struct cache_entry);
	if (h.count > room)
		return -EINVAL;
	c->count = h.count;
	c->string_base = at;
	c->entries = at + sizeof(h);
	return 0;
}

int ld_cache_load(struct ld_cache *c, const char *file)
{
	*c = (struct ld_cache){0};
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	int err = read_file(c, fd);
	close(fd);
	if (!err)
		err = parse(c);
	if (err)
		ld_cache_free(c);
	return err;
}

void ld_cache_free(struct ld_cache *c)
{
	free(c->bytes);
	*c = (struct ld_cache){0};
}

static const char *cache_string(const struct ld_cache *c, uint32_t at)
{
	return at < c->size - c->string_base ? (char *)c->bytes + c->string_base + at : NULL;
}

/* Entry i, when it is a library for this machine with a sane name and path. */
static bool cache_entry_get(const struct ld_cache *c, size_t i, struct cache_entry *e,
			    const char **name, const char **path)
{
	memcpy(e, c->bytes + c->entries + i * sizeof(*e), sizeof(*e));
	if (e->flags != elf_arch_host()->cache_flags || e->hwcap)
		return false;
	*name = cache_string(c, e->name);
	*path = cache_string(c, e->path);
	return *name && *path && **path == '/';
}

const char *ld_cache_find(const struct ld_cache *c, const char *name)
{
	for (size_t i = 0; i < c->count; i++) {
		struct cache_entry e;
		const char *have, *path;
		if (cache_entry_get(c, i, &e, &have, &path) && !strcmp(have, name))
			return path;
	}
	return NULL;
}

/* ---- a cache of fewer libraries ---- */

/* Bytes of the strings, and how many entries, that pass. */
static size_t count_kept(const struct ld_cache *c, bool (*keep)(void *ctx, const char *path),
			 void *ctx, bool *kept, size_t *strings)
{
	size_t n = 0;
	for (size_t i = 0; i < c->count; i++) {
		struct cache_entry e;
		const char *name, *path;
		kept[i] = cache_entry_get(c, i, &e, &name, &path) && keep(ctx, path);
		if (!kept[i])
			continue;
		n++;
		*strings += strlen(name) + strlen(path) + 2;
	}
	return n;
}

static uint32_t put_string(unsigned char *file, size_t *at, const char *s)
{
	size_t start = *at, n = strlen(s) + 1;
	memcpy(file + start, s, n);
	*at += n;
	return start;
}

static void write_kept(const struct ld_cache *c, const bool *kept, size_t n, unsigned char *file)
{
	struct cache_header h;
	size_t entry = sizeof(h), string = sizeof(h) + n * sizeof(struct cache_entry),
	       start = string;
	for (size_t i = 0; i < c->count; i++) {
		struct cache_entry e;
		const char *name, *path;
		if (!kept[i] || !cache_entry_get(c, i, &e, &name, &path))
			continue;
		e.name = put_string(file, &string, name);
		e.path = put_string(file, &string, path);
		memcpy(file + entry, &e, sizeof(e));
		entry += sizeof(e);
	}
	memcpy(&h, c->bytes + c->string_base, sizeof(h));
	h.count = n;
	h.strings_len = string - start;
	h.extension_offset = 0;
	memcpy(file, &h, sizeof(h));
}

int ld_cache_filter(const struct ld_cache *c, bool (*keep)(void *ctx, const char *path), void *ctx,
		    void **out, size_t *len)
{
	size_t strings = 0;
	bool *kept = malloc(c->count + 1);
	if (!kept)
		return -ENOMEM;
	size_t n = count_kept(c, keep, ctx, kept, &strings);
	*len = sizeof(struct cache_header) + n * sizeof(struct cache_entry) + strings;
	*out = n ? malloc(*len) : NULL;
	if (*out)
		write_kept(c, kept, n, *out);
	else
		*len = 0;
	free(kept);
	return *out || !n ? 0 : -ENOMEM;
}

/* ---- tokens ---- */

/* Does name, with or without braces, stand at s (behind the '$')? Its length, or 0. */
static size_t match_token(const char *s, size_t left, const char *name)
{
	size_t n = strlen(name);
	if (left >= n + 2 && s[0] == '{' && !strncmp(s + 1, name, n) && s[n + 1] == '}')
		return n + 2;
	return left >= n && !strncmp(s, name, n) ? n : 0;
}

int elf_expand_tokens(const char *element, size_t len, const char *origin, char *out, size_t size)
{
	const struct elf_arch *arch = elf_arch_host();
	const struct {
		const char *name, *value;
	} tokens[] = {{"ORIGIN", origin}, {"PLATFORM", arch->name}, {"LIB", arch->lib}};
	size_t at = 0;
	for (size_t i = 0; i < len;) {
		const char *value = NULL;
		size_t used = 0;
		for (size_t t = 0; element[i] == '$' && !used && t < 3; t++) {
			used = match_token(element + i + 1, len - i - 1, tokens[t].name);
			value = tokens[t].value;
		}
		size_t n = used ? strlen(value) : 1;
		if (at + n >= size)
			return -ENAMETOOLONG;
		memcpy(out + at, used ? value : element + i, n);
		at += n;
		i += used + 1;
	}
	out[at] = 0;
	return at;
}
