/*
 * Guest-physical memory as the VMM sees it: one host mapping of guest addresses [0, size).
 * [0, ram_size) is a memfd, lazy; [bootfs_gpa, size) is the boot file system, whose pages may be
 * private mappings of host files (shared/abi/bootfs.h). A machine made from a snapshot has all of it
 * as a private mapping of the snapshot's memory instead. All guest addresses that reach the VMM go
 * through memory_range(), memory_writable() or memory_walk(): nothing else turns them into pointers.
 *
 * The mapping and its bounds do not change while a vCPU runs, so none of these functions needs a
 * lock. The bytes behind a pointer may change at any time: copy once, then check.
 */
#ifndef MOTE_MEMORY_H
#define MOTE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MEMORY_PAGE_SIZE 4096ull

struct memory {
	int fd;		     /* memfd of the RAM */
	uint8_t *host;	     /* host address of guest address 0 */
	uint64_t ram_size;   /* bytes, page aligned */
	uint64_t bootfs_gpa; /* == ram_size */
	uint64_t size;	     /* bytes: RAM and boot file system */
	/* Bit n: the VMM has written to page n since the bit was cleared. NULL until somebody asks
	 * (memory_note_writes()); what the guest writes is KVM's to tell. */
	_Atomic(uint64_t) *written;
};

/* Make ram_size bytes of RAM and reserve bootfs_size bytes (both are multiples of the page size) of
 * zero pages behind it. 0, or a negative errno: -EINVAL for sizes that are not aligned, are zero
 * (ram_size) or overflow; -ENOMEM and what memfd_create(2), ftruncate(2) and mmap(2) say. */
int memory_create(struct memory *mem, uint64_t ram_size, uint64_t bootfs_size);
/* The same sizes, but filled with the first ram_size + bootfs_size bytes at offset `at` (page aligned) of file fd, mapped
 * privately: its pages are shared until they are written. fd stays the caller's. The same errors. */
int memory_create_from(struct memory *mem, uint64_t ram_size, uint64_t bootfs_size, int fd,
		       uint64_t at);
void memory_destroy(struct memory *mem);

/* Bring the pages of [gpa, gpa + len) in at once, which is cheaper than a fault for each. An
 * optimisation: it may fail silently. */
void memory_populate(const struct memory *mem, uint64_t gpa, uint64_t len);

/* The host address of guest-physical [gpa, gpa + len), or NULL when any byte of it lies outside
 * guest memory or the sum overflows. len 0 is good for gpa <= size. */
const void *memory_range(const struct memory *mem, uint64_t gpa, uint64_t len);
/* The same to be written to, which is noted for all of it. */
void *memory_writable(const struct memory *mem, uint64_t gpa, uint64_t len);

/* Note which pages the VMM writes to from now on. 0 or -ENOMEM. */
int memory_note_writes(struct memory *mem);
/* [gpa, gpa + len), inside memory, was or will be written through a pointer from memory_walk(). Any thread. */
void memory_mark_written(const struct memory *mem, uint64_t gpa, uint64_t len);

/* Copy out of / into guest-physical memory. 0, or -EFAULT without any effect. */
int memory_read(const struct memory *mem, uint64_t gpa, void *dst, size_t len);
int memory_write(const struct memory *mem, uint64_t gpa, const void *src, size_t len);

/* Read-only walk of the guest page tables at `root` for the virtual address va, as the processor
 * would for a user access (user, write: what must be allowed). Answers the host address of va and
 * in *run the bytes from there to the end of its page, or NULL when it is not mapped so. Never
 * writes to a table; who writes to the memory says so with memory_mark_written(). Implemented in arch/ (the format of page tables is the architecture's). */
void *memory_walk(const struct memory *mem, uint64_t root, uint64_t va, bool user, bool write,
		  uint64_t *run);

/* Copy from / to user memory of the address space `root`; answers the bytes copied before the first
 * page that is not mapped for it (0..len). */
uint64_t memory_read_user(const struct memory *mem, uint64_t root, uint64_t va, void *dst,
			  uint64_t len);
uint64_t memory_write_user(const struct memory *mem, uint64_t root, uint64_t va, const void *src,
			   uint64_t len);
uint64_t memory_clear_user(const struct memory *mem, uint64_t root, uint64_t va, uint64_t len);
/* A NUL-terminated string from user memory, at most size - 1 bytes, into dst (always terminated).
 * Answers its length, or -EFAULT when a page is missing before the end. Longer strings are cut at
 * size - 1. */
ssize_t memory_read_user_string(const struct memory *mem, uint64_t root, uint64_t va, char *dst,
				size_t size);

#endif
