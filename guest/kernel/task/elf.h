/* ELF executables: elf(5), System V ABI chapters 4 and 5. Pure checks of bytes that nobody vouches
 * for; needs no machine. */
#ifndef KERNEL_TASK_ELF_H
#define KERNEL_TASK_ELF_H

#include <linux/elf.h>
#include "kernel/lib/types.h"

#define ELF_HEADERS_MAX 65536 /* bytes of program headers */

/* What the headers say, checked. */
struct elf_image {
	bool relocatable; /* ET_DYN */
	u64 entry;
	u64 phdr_offset, phdr_size; /* in the file */
	u16 phdr_count;
	const Elf64_Phdr *phdr;
	u64 low, high;	   /* page-aligned span of all PT_LOAD, low inclusive */
	u64 align;	   /* at least a page */
	u64 phdr_address;  /* of the program headers in memory, 0 when no segment holds them */
	bool has_interpreter;
	u64 interp_offset, interp_size;
	bool stack_exec; /* PT_GNU_STACK asks for it */
};

/* A PT_LOAD as it is to be mapped, addresses without bias. */
struct elf_segment {
	u64 start;	   /* page aligned */
	u64 file_end;	   /* byte after the file's data, = start when there are none */
	u64 memory_end;	   /* byte after the zeros that follow */
	u64 offset;	   /* of start in the file, page aligned */
	u32 prot;	   /* PROT_* */
};

/* The file header (len bytes are there): 0 or -ENOEXEC. Fills the fields up to phdr_count. */
int elf_check_header(const void *header, size_t len, struct elf_image *out);
/* The program headers img->phdr[0..phdr_count-1]: 0, -ENOEXEC, -EINVAL. Fills the rest. */
int elf_check_segments(struct elf_image *img);
/* Of a checked image: is header i a PT_LOAD that occupies memory, and how is it mapped? */
bool elf_segment_at(const struct elf_image *img, unsigned int i, struct elf_segment *out);

#endif
