/*
 * libmote: the whole public face. A machine is made, given devices (devices/device.h) and a
 * root (rootfs.h), loaded, run to its end, and destroyed.
 *
 * Errors: functions answer 0 or a negative errno and have already said why, in one line, through
 * mote_error().
 */
#ifndef MOTE_H
#define MOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOTE_VERSION "0.1"

#define MOTE_MAX_CPUS 16
#define MOTE_MIN_MEM  (16ull << 20)
#define MOTE_MAX_MEM  (3ull << 30)

/* Exit statuses of `mote run` that are not the program's. */
enum mote_status {
	MOTE_TIMEOUT = 124,
	MOTE_FAILED = 125, /* mote or the guest kernel failed */
	MOTE_CANNOT_RUN = 126,
	MOTE_NOT_FOUND = 127,
	MOTE_SIGNALLED = 128, /* + N */
};

struct machine;

struct machine_config {
	uint64_t mem_size;    /* bytes of RAM, page aligned, MOTE_MIN_MEM..MOTE_MAX_MEM */
	uint64_t bootfs_size; /* bytes of the boot file system, page aligned, may be 0 */
	unsigned int cpus;    /* 1..MOTE_MAX_CPUS */
	unsigned int flags;   /* BOOT_TRACE, BOOT_VERBOSE, BOOT_STD*_TTY of shared/abi/boot.h */
};

/* What the kernel starts as its first program; strings belong to the caller. */
struct machine_program {
	const char *path; /* in the guest */
	const char *cwd;
	char *const *argv; /* NULL-terminated */
	char *const *envp;
	unsigned short rows, columns; /* of the terminal, 0 when none */
};

/* A machine with memory, vCPUs and interrupt controller, nothing loaded. */
int machine_create(struct machine **out, const struct machine_config *config);
/* The host address of the boot file system's pages, config->bootfs_size bytes of zeros. */
void *machine_bootfs(struct machine *m);
/* Put kernel (an ELF file), boot data and program into memory and vCPU 0 at the kernel's entry.
 * After the last machine_add_device(). */
int machine_load(struct machine *m, const char *kernel_path, const struct machine_program *program);
/* Run until the guest exits, the machine breaks or machine_stop(): answers the exit status. */
int machine_run(struct machine *m);
/* End the machine from any thread or signal handler: the first status given wins. */
void machine_stop(struct machine *m, int status);
/* After machine_run(): let the devices finish the output that the guest handed over, and drop them.
 */
void machine_finish(struct machine *m);
/* Does machine_finish() and frees everything. */
void machine_destroy(struct machine *m);

/* One line on stderr: "mote: " and the text. Restores nothing, ends nothing. */
void mote_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
