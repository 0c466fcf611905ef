/*
 * Names for addresses of the guest kernel, from the symbol table of its ELF file. The file is not
 * trusted.
 */
#ifndef MOTE_SYMBOL_H
#define MOTE_SYMBOL_H

#include <stddef.h>
#include <stdint.h>

struct symbols {
	const uint8_t *file; /* mapped, NULL when there is none */
	size_t len;
	uint64_t symtab, symbol_count; /* file offset, entries */
	uint64_t strtab, strtab_len;
};

/* Find the symbol table in the ELF file of len bytes at file, which stays the caller's and must
 * outlive s. Without a good table s is empty and every lookup fails. */
void symbols_init(struct symbols *s, const void *file, size_t len);
/* The function that holds addr: its name (cut to size - 1 bytes, always terminated) and addr's
 * offset in it. 0 or -ENOENT. */
int symbols_find(const struct symbols *s, uint64_t addr, char *name, size_t size, uint64_t *offset);
/* The address of the symbol of that name, whatever it is. 0 or -ENOENT. */
int symbols_address(const struct symbols *s, const char *name, uint64_t *address);
/* The line of source of addr as addr2line(1) says ("file:line"), or "" when it or debug information
 * is missing. exe_fd: the ELF file. */
void symbols_source_line(int exe_fd, uint64_t addr, char *line, size_t size);

#endif
