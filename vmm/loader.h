/*
 * The guest kernel: an ELF64 executable for this architecture whose segments lie at physical
 * addresses inside RAM. Nothing in the file is trusted.
 */
#ifndef MOTE_LOADER_H
#define MOTE_LOADER_H

#include <stddef.h>
#include <stdint.h>

#include "memory.h"

struct kernel_image {
	int fd;		/* the ELF file, kept open for symbols */
	uint64_t entry; /* virtual */
	uint64_t start; /* gpa of the lowest byte */
	uint64_t end;	/* gpa behind the highest byte, bss included */
};

/* What is wrong with a kernel file; messages by loader_strerror(). */
enum loader_error {
	LOADER_OK = 0,
	LOADER_TRUNCATED,
	LOADER_NOT_ELF,
	LOADER_WRONG_MACHINE,
	LOADER_BAD_HEADER,
	LOADER_NO_SEGMENT,
	LOADER_BAD_SEGMENT,
	LOADER_OUTSIDE,
	LOADER_BAD_ENTRY,
	LOADER_NO_MEMORY,
};

/* Load the ELF file of file_len bytes at file into guest memory: every PT_LOAD at its physical
 * address, all inside [BOOT_KERNEL_PHYS, min(ram_size, 16 MiB)), none overlapping another; the
 * entry inside an executable one and, being virtual, equal to BOOT_KERNEL_BASE + its physical
 * address. Guest memory behind p_filesz must still be untouched (zero). Checks everything before
 * the first byte is written. Fills entry, start and end of image. */
enum loader_error loader_load(const struct memory *mem, const void *file, size_t file_len,
			      struct kernel_image *image);

const char *loader_strerror(enum loader_error err);

/* Open path and load it. 0 or a negative errno, with a message said. */
int loader_load_file(const struct memory *mem, const char *path, struct kernel_image *image);

#endif
