/* Functions and source lines of many addresses at once, by addr2line(1). */
#ifndef MOTE_CLI_FUZZ_LINES_H
#define MOTE_CLI_FUZZ_LINES_H

#include <stddef.h>
#include <stdint.h>

struct source_place {
	const char *function, *file; /* "?" when unknown; file as the tree has it: guest/kernel/... */
	unsigned int line;	     /* 0: unknown */
};

/* place[i] of address[i] in the ELF file `path`; *text holds the strings, for free(). 0 or a negative errno, said: -ENOENT without
 * addr2line (package binutils). */
int lines_find(const char *path, const uint64_t address[], size_t count, struct source_place place[], char **text);

#endif
