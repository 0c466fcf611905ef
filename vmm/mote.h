/*
 * libmote: the whole public face. A machine is launched with a program, run to its end, or to a point
 * where it is remembered (a snapshot) and from there run and reset as often as one likes, and destroyed.
 * Whoever builds machines from parts finds these in devices/device.h and rootfs.h.
 *
 * Threads: one thread at a time uses a machine, but for machine_stop().
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
	unsigned int flags;   /* BOOT_TRACE, BOOT_VERBOSE, BOOT_DETERMINISTIC (one CPU), BOOT_STD*_TTY of shared/abi/boot.h */
	uint64_t seed;	      /* with BOOT_DETERMINISTIC: what random numbers and the schedule follow from */
};

/* What the kernel starts as its first program; strings belong to the caller. */
struct machine_program {
	const char *path; /* in the guest */
	const char *cwd;
	char *const *argv; /* NULL-terminated */
	char *const *envp;
	unsigned short rows, columns; /* of the terminal, 0 when none */
	const char *host_file; /* machine_set_program(): a file of the host that is put at path first; NULL: path is there already */
	bool fixed_layout; /* machine_set_program(): addresses are not randomised, which also makes it quicker */
	bool stop_ready; /* machine_set_program(): machine_run() answers MOTE_READY once more, before its first instruction */
};

/* ---- launching ---- */

/* What `mote run` takes: a zeroed structure with argv is a plain run in 256 MiB on one processor, wired to the descriptors 0, 1, 2. */
struct launch_config {
	uint64_t mem_size;	   /* bytes, 0: 256 MiB */
	unsigned int cpus;	   /* 0: 1 */
	unsigned int flags;	   /* BOOT_TRACE, BOOT_VERBOSE, BOOT_READY of shared/abi/boot.h */
	const char *kernel;	   /* path of the guest kernel; NULL: beside the executable, or ../lib/mote/kernel from there */
	const char *initrd;	   /* cpio archive, NULL: none */
	const char *cwd;	   /* NULL: / */
	char *const *argv;	   /* PROGRAM, a file of the host, and its arguments; NULL-terminated */
	char *const *envp;	   /* NULL: PATH, HOME, LANG and TERM */
	const char *const *file;   /* --file, NULL or NULL-terminated */
	const char *const *disk;   /* --disk, NULL or NULL-terminated */
	const char *const *program; /* more programs that travel along with their libraries (mote test); NULL or NULL-terminated */
	bool own_streams;	   /* use in, out, err below instead of 0, 1, 2 */
	int in, out, err;	   /* host descriptors, -1: none; they stay the caller's */
	bool private_disks;	   /* what is written to disks stays in the machine: needed for resets */
	bool plain_streams;	   /* the program's streams are no terminal for it, whatever they are here: it may go on elsewhere */
	bool stop_asked;	   /* ready points that a program asks for end machine_run() even without BOOT_READY */
	bool deterministic;	   /* fix random numbers, clock reads and scheduling by seed */
	uint64_t seed;
};

/* A machine with its program loaded, ready for machine_run(). 0, or a negative errno, said: -ENOENT when PROGRAM (or its
 * interpreter) is not found, -EACCES, -ENOEXEC, -ELOOP, -EISDIR when it cannot be run, others for the rest. */
int machine_launch(struct machine **out, const struct launch_config *config);
/* The exit status that says so, as a shell would: MOTE_NOT_FOUND, MOTE_CANNOT_RUN or MOTE_FAILED. */
int launch_exit_status(int err);

/* ---- running ---- */

/* machine_run()'s answer at a ready point: no exit status is as large. */
#define MOTE_READY 256

/*
 * Run until the guest exits, the machine breaks, machine_stop(), or (flag BOOT_READY, or a program that asks through /dev/mote) a
 * ready point: answers the exit status or MOTE_READY. After MOTE_READY, machine_run() goes on from there.
 */
int machine_run(struct machine *m);

enum mote_end {
	MOTE_END_NONE,	  /* it has not ended */
	MOTE_END_EXIT,	  /* PROGRAM ended: status as the shell has it */
	MOTE_END_STOPPED, /* machine_stop(): status as given there */
	MOTE_END_PANIC,	  /* the guest kernel panicked: the report is on stderr */
	MOTE_END_BROKEN,  /* it did what no machine may do (triple fault ...), or mote failed: said on stderr */
};
/* How the last machine_run() ended. */
enum mote_end machine_end_kind(const struct machine *m);

/* End the machine from any thread or signal handler: the first status given wins. */
void machine_stop(struct machine *m, int status);

/* ---- a debugger ---- */

/*
 * Between machine_launch() with the flag BOOT_DEBUGGER and the first machine_run(): the machine stands before its first instruction
 * until a gdb that connects lets it go. where: "ADDRESS:PORT" (numbers; port 0: any), "unix:PATH", or NULL for 127.0.0.1:1234. Says on
 * stderr what to type. machine_finish() tells gdb the end. 0 or a negative errno, said.
 */
int machine_debug(struct machine *m, const char *where);
/* Wait until a gdb has come, or machine_stop(). */
void machine_debug_wait(struct machine *m);

/* ---- snapshots ---- */

/*
 * A machine's whole state (memory, processors, devices), never changed once taken; any number of machines may be reset to it or
 * made from it. Counted: snapshot_put() gives one's reference back.
 */
struct snapshot;

/* Remember m as it is: after machine_run() answered MOTE_READY, or while it is held. *out is the caller's reference. Costs in
 * proportion to the memory that was ever touched. 0 or a negative errno, said. */
int machine_snapshot(struct machine *m, struct snapshot **out);
/*
 * Put m back, in place, to a snapshot taken of it (or that it was made from), whatever it has done since: panicked, hung, run out
 * of memory. Costs in proportion to the pages that changed. The guest's generator of random numbers is seeded afresh and its wall clock is
 * right (unless deterministic). 0 or a negative errno, said (the machine is then good for nothing but machine_destroy()).
 */
int machine_reset(struct machine *m, struct snapshot *s);
void snapshot_put(struct snapshot *s);

/* Write s to a new file (O_EXCL semantics are the caller's: it replaces path when complete), sparse. 0 or a negative errno, said. */
int snapshot_write(struct snapshot *s, const char *path);
/* Open such a file; everything about it is checked. 0 or a negative errno, said in one line: -ENOENT ..., -EINVAL for a file that is
 * no snapshot, truncated, damaged or of another version, -ENOTSUP for one this host or this mote cannot run. */
int snapshot_open(struct snapshot **out, const char *path);

/* What of a new machine is not the snapshot's. */
struct restore_config {
	int in, out, err; /* host descriptors for the program's streams, -1: none; they stay the caller's */
	const char *const *disk; /* the same disks in the same order as when it was taken; NULL or NULL-terminated */
	bool resettable; /* machine_reset() will be used; what is written to disks stays in the machine */
};
/* A new machine from s, which shares s's pages until it writes them. 0 or a negative errno, said. */
int machine_restore(struct machine **out, struct snapshot *s, const struct restore_config *config);

/*
 * After machine_reset() or machine_restore(), before machine_run(): have the guest execute another program instead of the one it was
 * about to start. Strings are copied, host_file is read while it is put there (its libraries must be there already). 0 or a negative errno: -E2BIG (more than MOTE_ORDER_MAX bytes),
 * -EINVAL (the machine is at no ready point, said), -ENOMEM, or why host_file cannot be opened.
 */
#define MOTE_ORDER_MAX (2u << 20)
int machine_set_program(struct machine *m, const struct machine_program *program);

/* The same program with other arguments, argv[1..] = args (NULL-terminated): where m stands right before PROGRAM. The errors of
 * machine_set_program(), and -EINVAL, said, when m stands elsewhere. */
int machine_set_arguments(struct machine *m, char *const *args);

/* ---- tests ---- */

/* What the program reads as its input by images/include/mote/test.h; copied. Stays until it is set again, also over resets. 0 or -ENOMEM. */
int machine_set_input(struct machine *m, const void *data, size_t len);
/* Called with the text of every event that the program marks; in the thread of its vCPU. fn NULL: they are dropped. */
void machine_on_event(struct machine *m, void (*fn)(void *ctx, const char *text, size_t len), void *ctx);
/*
 * Kernel code that was passed since the program's last mote_coverage(1), up to its mote_coverage(0) if there was one: the addresses of edges,
 * at most max of them into pcs. Answers how many there are; 0 too for a kernel without coverage (`make FUZZ=1` has it). While the machine
 * does not run.
 */
size_t machine_coverage(struct machine *m, uint64_t *pcs, size_t max);

/* A digest of all that a snapshot holds, of m as it stands (after machine_run() or machine_reset(), before the next): equal states have
 * equal digests. Reads all memory that was ever touched: for tests. */
uint64_t machine_digest(struct machine *m);

/*
 * What the guest kernel has put into its log from byte position *from (0: ever) on: at most size bytes, the last ones if there are more. *from becomes the position
 * behind them. Answers how many; 0 also when the kernel has no log, or one that cannot be read. While machine_run() is not on.
 */
size_t machine_log(struct machine *m, uint64_t *from, char *buf, size_t size);

/* ---- parts, for those who build machines themselves ---- */

/* A machine with memory, vCPUs and interrupt controller, nothing loaded. */
int machine_create(struct machine **out, const struct machine_config *config);
/* The host address of the boot file system's pages, config->bootfs_size bytes of zeros. */
void *machine_bootfs(struct machine *m);
/* Put kernel (an ELF file), boot data and program into memory and vCPU 0 at the kernel's entry.
 * After the last machine_add_device(). */
int machine_load(struct machine *m, const char *kernel_path, const struct machine_program *program);
/* After machine_run(): let the devices finish the output that the guest handed over, and drop them.
 */
void machine_finish(struct machine *m);
/* Does machine_finish() and frees everything. */
void machine_destroy(struct machine *m);

/* One line on stderr: "mote: " and the text. Restores nothing, ends nothing. */
void mote_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
