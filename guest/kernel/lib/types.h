/* Basic types and helpers every kernel file may use. */
#ifndef KERNEL_LIB_TYPES_H
#define KERNEL_LIB_TYPES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <asm/errno.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef long isize;	  /* ssize_t without the libc */
typedef s64 file_off;	  /* loff_t */
typedef u64 phys_addr;	  /* guest-physical address, bytes */
typedef unsigned long vaddr; /* virtual address, bytes */

/* A pointer into user memory: only kernel/mm/uaccess.h may follow it; sparse checks. */
#ifdef __CHECKER__
#define __user __attribute__((noderef, address_space(1)))
#define __force __attribute__((force))
#else
#define __user
#define __force
#endif

#define PAGE_SHIFT 12
#define PAGE_SIZE (1ul << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(p, type, member) ((type *)((char *)(p)-offsetof(type, member)))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define ALIGN_UP(x, a) (((x) + ((a)-1)) & ~((__typeof__(x))(a)-1))
#define ALIGN_DOWN(x, a) ((x) & ~((__typeof__(x))(a)-1))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define __packed __attribute__((packed))
#define __aligned(n) __attribute__((aligned(n)))
#define __unused __attribute__((unused))

/* Errors that never reach a program: signal delivery turns them into EINTR or a restart
 * (signal(7), "Interruption of system calls"). */
#define ERESTARTSYS 512		   /* restart if SA_RESTART */
#define ERESTARTNOINTR 513	   /* restart always */
#define ERESTARTNOHAND 514	   /* restart if no handler ran */
#define ERESTART_RESTARTBLOCK 516 /* restart through restart_syscall with a corrected timeout */

#endif
