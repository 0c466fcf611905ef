/*
 * Snapshots: a machine's whole state in one file descriptor, laid out the same in memory (a memfd) and on disk.
 *
 *	struct snapshot_head	at 0
 *	state			at SNAPSHOT_STATE: bitmap of the pages that are not all zero, then struct snapshot_vcpu
 *				and its state for each vCPU that had been started, then struct snapshot_device and its state
 *				for each device
 *	memory			at head.memory_offset: RAM and boot file system, holes for zero pages
 *
 * Numbers are the host's (little-endian on every architecture there is). Head and state are covered by checksums that are
 * always checked; memory has one too, checked by `mote snapshot --check` only, since it would be read whole.
 */
#ifndef MOTE_SNAPSHOT_H
#define MOTE_SNAPSHOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "memory.h"
#include "mote.h"
#include "shared/abi/boot.h"

#define SNAPSHOT_MAGIC	 "MOTESNAP"
#define SNAPSHOT_VERSION 1u
#define SNAPSHOT_STATE	 4096u
#define SNAPSHOT_STATE_MAX (16u << 20) /* bytes: far more than there is, and a file need not be believed */
#define SNAPSHOT_FEATURES 8

struct snapshot_head {
	char magic[8];
	uint32_t version;
	uint32_t head_crc; /* of this struct with head_crc 0 */
	uint64_t file_size;
	uint64_t state_size; /* bytes at SNAPSHOT_STATE */
	uint64_t memory_offset, ram_size, bootfs_size;
	uint32_t state_crc, memory_crc; /* memory_crc: over the pages that are present, in order */
	uint32_t machine;	     /* EM_* */
	uint32_t state_format;	     /* bytes of one vCPU's state */
	uint32_t cpus, started, devices; /* processors, of which started (the first ones); devices */
	uint32_t flags;			 /* enum boot_flag of the guest */
	uint32_t shadowed;		 /* page tables were followed through machine_control.tables */
	uint32_t ready;			 /* taken at a ready point: 1 + enum ready_point, else 0 */
	uint32_t features[SNAPSHOT_FEATURES]; /* of the processor, as the guest was shown: arch_features() */
	uint64_t counter_hz;
	uint64_t ready_frame;		   /* gpa of what a program goes on with at the ready point, 0: unknown */
	uint64_t boot_root, control, info; /* gpa of the boot tables, struct machine_control, struct boot_info */
	uint64_t kernel_entry, kernel_start, kernel_end;
	uint64_t kernel_size, kernel_mtime_ns; /* of its file, to know it again */
	char kernel_path[1024];		       /* for backtraces; "" unknown */
	char program[256];		       /* what ran, for people */
};
_Static_assert(sizeof(struct snapshot_head) <= SNAPSHOT_STATE, "snapshot_head fits before the state");

struct snapshot_device {
	uint32_t device_id; /* VIRTIO_ID_* */
	uint32_t pad;
	uint64_t size[2];
};
_Static_assert(sizeof(struct snapshot_device) == 24, "snapshot_device layout");

struct snapshot {
	atomic_uint refs;
	int fd;
	struct snapshot_head head;
	uint8_t *state; /* state_size bytes */
	/* Inside state: */
	const uint64_t *present;
	const uint8_t *vcpu[MOTE_MAX_CPUS];
	const struct snapshot_device *device[BOOT_MAX_DEVICES]; /* its bytes follow */
	const uint8_t *memory; /* mapped read-only; only present pages are looked at */
	/* What it was taken on top of, and the pages that may differ between the two; NULL: unknown. */
	struct snapshot *parent;
	uint32_t *diff, diff_count;
};

/* The 4096 bytes of page n. */
const uint8_t *snapshot_page(const struct snapshot *s, uint64_t n);
static inline uint64_t snapshot_pages(const struct snapshot *s)
{
	return (s->head.ram_size + s->head.bootfs_size) / MEMORY_PAGE_SIZE;
}
static inline bool snapshot_present(const struct snapshot *s, uint64_t n)
{
	return s->present[n / 64] >> n % 64 & 1;
}
struct snapshot *snapshot_get(struct snapshot *s);

/* ---- snapshot_file.c ---- */
/* Find the parts of s->state and map its memory, everything checked against s->head; fd, head and state are set. 0, -EINVAL: they do not fit
 * together, or what mmap(2) says. Nothing is said. */
int snapshot_attach(struct snapshot *s);
/* Checksums of head and state into head, which is then complete. */
void snapshot_seal(struct snapshot *s);
/* Read all memory and compare its checksum. 0, -EINVAL: damaged, said. */
int snapshot_check_memory(const struct snapshot *s, const char *path);

#endif
