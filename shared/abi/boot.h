/*
 * What the VMM hands to the kernel at entry.
 *
 * The device tree (written with libfdt) describes the machine. struct boot_info is a
 * digest of it and of the run's parameters, so that a kernel whose every instruction is
 * emulated by the host need not parse a tree on its way to the first program. A debug
 * kernel checks that both agree. A VMM that makes no digest leaves ram_end 0 and fills magic,
 * version, fdt_start and fdt_len: the kernel reads the rest from the tree.
 *
 * x86_64 entry: 64-bit mode, interrupts off, rdi = gpa of struct boot_info, rsp
 * undefined, flat segments, CR0.WP, EFER.NXE|SCE|LME. Page tables map
 *	[0, top of memory) at BOOT_DIRECT_MAP_BASE, writable, not executable, and
 *	the kernel image at BOOT_KERNEL_BASE + physical address (first 16 MiB), writable,
 *	executable, and
 *	the device window (the 2 MiB pages at BOOT_MMIO_BASE and BOOT_APIC_BASE) at
 *	BOOT_DIRECT_MAP_BASE + physical address, writable, uncached, not executable.
 * All entries below the root carry the user bit, those of the root do not: the kernel may make another root.
 * Only two entries of the root are in use: those of the direct map and of the kernel image; nothing is mapped in the lower half.
 * Selectors: CS 0x10, SS DS ES FS GS 0x18 (the kernel's own table has the same descriptors there).
 * "top of memory" is boot_info.map_end: RAM plus the boot file system's pages.
 *
 * Physical layout: kernel image at its ELF physical addresses, then page tables, boot_info,
 * device tree and strings, then free memory from free_start to ram_end, all zero;
 * then from bootfs_start to map_end the pages of shared/abi/bootfs.h.
 */
#ifndef MOTE_ABI_BOOT_H
#define MOTE_ABI_BOOT_H

#define BOOT_MAGIC 0x65746f6du /* "mote", little-endian */
#define BOOT_VERSION 1

#define BOOT_DIRECT_MAP_BASE 0xffff888000000000ull
#define BOOT_KERNEL_BASE 0xffffffff80000000ull
#define BOOT_KERNEL_PHYS 0x100000ull

/* x86_64: device and inter-processor interrupts; the VMM routes a device's GSI by MSI to
 * vector BOOT_DEVICE_VECTOR + index of the device in boot_info. */
#define BOOT_DEVICE_VECTOR 0x30
#define BOOT_MAX_DEVICES 16
#define BOOT_MMIO_BASE 0xd0000000ull /* device i: BOOT_MMIO_BASE + i * BOOT_MMIO_STRIDE */
#define BOOT_MMIO_STRIDE 0x1000ull
#define BOOT_APIC_BASE 0xfee00000ull /* x86_64: every CPU's own local APIC */

/* device-tree names */
#define BOOT_FDT_COMPATIBLE "mote,machine"
#define BOOT_FDT_NODE "/mote"

enum boot_flag {
	BOOT_EMULATED_SUPERVISOR = 1 << 0, /* bulk work is best asked of the VMM */
	BOOT_TRACE = 1 << 1,		   /* report every system call with HC_TRACE */
	BOOT_VERBOSE = 1 << 2,		   /* kernel log to HC_CONSOLE as it comes */
	BOOT_STDIN_TTY = 1 << 3,	   /* the run's stdin / stdout / stderr is a terminal */
	BOOT_STDOUT_TTY = 1 << 4,
	BOOT_STDERR_TTY = 1 << 5,
	BOOT_READY = 1 << 6,	     /* say HC_READY before the first program's first instruction */
	BOOT_READY_START = 1 << 9,   /* say HC_READY before anything is executed */
	BOOT_DETERMINISTIC = 1 << 7, /* same program, same random numbers, clock reads and schedule */
	BOOT_DEBUGGER = 1 << 8,	     /* a debugger is attached: traps of programs go to it first */
};

struct boot_device {
	unsigned long long mmio; /* gpa of the virtio-mmio registers, BOOT_MMIO_STRIDE bytes */
	unsigned int device_id;	 /* VIRTIO_ID_* */
	unsigned int vector;	 /* interrupt: x86_64 vector, aarch64 INTID */
};
_Static_assert(sizeof(struct boot_device) == 16, "boot_device layout");

struct boot_info {
	unsigned int magic;
	unsigned int version;
	unsigned int flags; /* enum boot_flag */
	unsigned int cpu_count;
	unsigned long long counter_hz;	      /* TSC / CNTVCT frequency */
	unsigned long long counter_start;     /* the counter at boot: some hosts cannot set it to 0 */
	unsigned long long realtime_ns;	      /* CLOCK_REALTIME when the counter was counter_start */
	unsigned long long kernel_end;	      /* gpa, first byte after the image and bss */
	unsigned long long boot_root;	      /* gpa of the boot page-table root */
	unsigned long long free_start;	      /* gpa, page aligned: free memory begins */
	unsigned long long ram_end;	      /* gpa: free memory ends = --mem */
	unsigned long long bootfs_start;      /* gpa of struct bootfs_super; >= ram_end */
	unsigned long long map_end;	      /* gpa: end of everything in the direct map */
	unsigned long long fdt_start, fdt_len;
	unsigned long long control; /* gpa of struct machine_control (shared/abi/control.h) */
	/* the first program: NUL-terminated strings one after another at strings_start:
	 * path, cwd, argv[0..argc-1], envp[0..envc-1] */
	unsigned long long strings_start, strings_len;
	unsigned int argc, envc;
	unsigned short rows, columns; /* the terminal's size, 0 when none */
	unsigned int device_count;
	unsigned long long random[4]; /* seed material from the host */
	unsigned char early_random[64]; /* random bytes to be handed out before the kernel's generator runs */
	struct boot_device device[BOOT_MAX_DEVICES];
};
_Static_assert(sizeof(struct boot_info) == 16 + 8 * 14 + 16 + 32 + 64 + 16 * BOOT_MAX_DEVICES,
	       "boot_info layout");

#endif
