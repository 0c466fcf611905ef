/*
 * What a dynamically linked ELF file asks of ld.so(8): read from the file, nothing is run. Every
 * offset and length in the file is checked.
 */
#ifndef VMM_ELFDEPS_H
#define VMM_ELFDEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_info {
	unsigned int machine; /* EM_* */
	unsigned int type;    /* ET_EXEC, ET_DYN */
	char *interpreter;    /* PT_INTERP, NULL for a static program or a library */
	char **needed;	      /* DT_NEEDED, NULL-terminated */
	char *rpath;	      /* DT_RPATH (NULL when DT_RUNPATH is there), DT_RUNPATH */
	char *runpath;
	bool no_default; /* DF_1_NODEFLIB */
	char *text;	 /* owns the strings */
};

/* Parse the open file. 0; -ENOEXEC with *why (static text) when it is not a 64-bit little-endian
 * ELF program or library or is damaged; -EIO, -ENOMEM. *out is valid only after 0. */
int elf_info_read(int fd, struct elf_info *out, const char **why);
void elf_info_free(struct elf_info *e);

/* What differs between the machines whose programs a guest may run. */
struct elf_arch {
	unsigned int machine;	  /* EM_* */
	const char *name;	  /* as uname(2) says it; also $PLATFORM */
	int cache_flags;	  /* of its libraries in ld.so.cache: glibc, elf/cache.c */
	const char *lib;	  /* $LIB as Debian builds glibc */
	const char *default_dirs; /* of ld.so, in its order */
};
/* The machine this VMM runs on: the only one whose programs can run in a guest. */
const struct elf_arch *elf_arch_host(void);
const char *elf_machine_name(unsigned int machine); /* "x86_64", "aarch64", "an unknown machine" */

/* ---- where ld.so would look ---- */

/* /etc/ld.so.cache in the format of glibc 2.2 and later ("glibc-ld.so.cache1.1"), checked. */
struct ld_cache {
	unsigned char *bytes;
	size_t size;
	size_t count;	    /* entries */
	size_t entries;	    /* offset of the first entry */
	size_t string_base; /* what offsets of strings count from: the header */
};
/* 0, or a negative errno: then the cache is empty and finds nothing. */
int ld_cache_load(struct ld_cache *c, const char *file);
void ld_cache_free(struct ld_cache *c);
/* The path of the library of that name for this machine, NULL when there is none. Valid while the
 * cache is. */
const char *ld_cache_find(const struct ld_cache *c, const char *name);

/* A cache file of those of c's libraries for which keep(ctx, path) holds, in c's order (which is
 * what ld.so's search wants). *out is malloc'd, *len its bytes. 0 or -ENOMEM. */
int ld_cache_filter(const struct ld_cache *c, bool (*keep)(void *ctx, const char *path), void *ctx,
		    void **out, size_t *len);

/* Replace $ORIGIN, $LIB, $PLATFORM and their ${} forms in one element of a search path. len: of the
 * element. The length written to out[size], or -ENAMETOOLONG. */
int elf_expand_tokens(const char *element, size_t len, const char *origin, char *out, size_t size);

#endif
