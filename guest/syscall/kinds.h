/*
 * Argument kinds of table.def and the C type each has in a handler's prototype.
 *
 * table.def lines: SYSCALLn(x86_64 number, aarch64 number or NONE, epic, flags, name, KIND, arg, ... n pairs)
 *		    REFUSED(x86_64, aarch64, epic, name, errno)	  answered with that errno by design
 *		    ABSENT(x86_64, aarch64, epic, name)		  not there: ENOSYS
 * An OUT / IN buffer's length is the SIZE argument that follows it; an OUT buffer holds `result` bytes after the call.
 */
#ifndef GUEST_SYSCALL_KINDS_H
#define GUEST_SYSCALL_KINDS_H

/* X(kind, C type) */
#define SYSCALL_KINDS(X)                                                                       \
	X(FD, int)	      /* a descriptor */                                               \
	X(DIRFD, int)	      /* a descriptor or AT_FDCWD */                                   \
	X(INT, int)	      /* plain number */                                               \
	X(UINT, unsigned int)                                                                   \
	X(LONG, long)                                                                           \
	X(ULONG, unsigned long)                                                                 \
	X(SIZE, size_t)                                                                         \
	X(OFF, s64)	      /* file offset */                                                \
	X(PID, int)                                                                             \
	X(UID, u32)                                                                             \
	X(GID, u32)                                                                             \
	X(SIG, int)	      /* signal number */                                              \
	X(MODE, u32)	      /* octal */                                                      \
	X(DEV, unsigned int)                                                                    \
	X(CLOCKID, int)                                                                         \
	X(ADDR, unsigned long) /* a user address passed as a number (mmap) */                  \
	X(PTR, void __user *) /* anything else in memory */                                    \
	X(PATH, const char __user *)                                                            \
	X(STR, const char __user *)                                                             \
	X(STRV, void __user *) /* argv, envp */                                                \
	X(IN, const void __user *)                                                              \
	X(OUT, void __user *)                                                                   \
	X(IOV, const void __user *) /* struct iovec[next argument] */                          \
	X(FDPAIR, int __user *)     /* int[2], written */                                      \
	X(INTP_OUT, int __user *)                                                               \
	X(STAT_OUT, void __user *)                                                              \
	X(STATX_OUT, void __user *)                                                             \
	X(TIMESPEC_IN, const void __user *)                                                     \
	X(TIMESPEC_OUT, void __user *)                                                          \
	X(TIMEVAL_IN, const void __user *)                                                      \
	X(TIMEVAL_OUT, void __user *)                                                           \
	X(ITIMERVAL_IN, const void __user *)                                                    \
	X(ITIMERVAL_OUT, void __user *)                                                         \
	X(SIGSET_IN, const u64 __user *)                                                        \
	X(SIGSET_OUT, u64 __user *)                                                             \
	X(SIGACTION_IN, const void __user *)                                                    \
	X(SIGACTION_OUT, void __user *)                                                         \
	X(WSTATUS_OUT, int __user *)                                                            \
	X(RLIMIT_IN, const void __user *)                                                       \
	X(RLIMIT_OUT, void __user *)                                                            \
	X(POLLFDS, void __user *)                                                               \
	X(OPEN_FLAGS, int)                                                                      \
	X(AT_FLAGS, int)                                                                        \
	X(PROT, int)                                                                            \
	X(MAP_FLAGS, int)                                                                       \
	X(CLONE_FLAGS, unsigned long)                                                           \
	X(WAIT_OPTIONS, int)                                                                    \
	X(WHENCE, int)                                                                          \
	X(FCNTL_CMD, int)                                                                       \
	X(IOCTL_CMD, unsigned int)                                                              \
	X(FUTEX_OP, int)                                                                        \
	X(SIG_HOW, int)                                                                         \
	X(MADVICE, int)                                                                         \
	X(EPOLL_OP, int)                                                                        \
	X(ACCESS_MODE, int)                                                                     \
	X(FLAGS, unsigned int) /* flags printed in hexadecimal */

/* flags of a row */
#define SYS_FULL_REGS 1 /* the handler reads or writes the caller's whole register frame (fork, clone, execve, sigreturn) */
#define SYS_HEAVY 2	/* several hundred instructions as a rule: arch_heavy_begin() pays where supervisor code is emulated */
/* A program that waits for time to pass may make the call again and again (virtual time): it reads a clock; or it polls, when it answers 0. */
#define SYS_CLOCK 4
#define SYS_POLL 8
#define NONE -1		/* no number on that architecture */

#endif
