#include "trace_flags.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <linux/random.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>

#define N(x)                                                                                       \
	{                                                                                          \
		(unsigned long)(x), #x                                                             \
	}
#define SET(var, is_flags, zero_text, ...)                                                         \
	const struct trace_set var = {is_flags, zero_text,                                         \
				      (const struct trace_name[]){__VA_ARGS__, {0, NULL}}}

/* O_ACCMODE is printed by the caller; O_SYNC and O_TMPFILE hold other bits, so they come first. */
SET(trace_open_flags, true, NULL, N(O_TMPFILE), N(O_SYNC), N(O_CREAT), N(O_EXCL), N(O_NOCTTY),
    N(O_TRUNC), N(O_APPEND), N(O_NONBLOCK), N(O_DSYNC), N(O_ASYNC), N(O_DIRECT), N(O_DIRECTORY),
    N(O_NOFOLLOW), N(O_NOATIME), N(O_CLOEXEC), N(O_PATH), {0100000, "O_LARGEFILE"});
SET(trace_at_flags, true, NULL, N(AT_SYMLINK_NOFOLLOW), {AT_EACCESS, "AT_EACCESS"},
    N(AT_SYMLINK_FOLLOW), N(AT_NO_AUTOMOUNT), N(AT_EMPTY_PATH), N(AT_STATX_FORCE_SYNC),
    N(AT_STATX_DONT_SYNC), N(AT_RECURSIVE));
SET(trace_prot, true, "PROT_NONE", N(PROT_READ), N(PROT_WRITE), N(PROT_EXEC), N(PROT_GROWSDOWN),
    N(PROT_GROWSUP));
SET(trace_map_flags, true, NULL, N(MAP_SHARED_VALIDATE), N(MAP_SHARED), N(MAP_PRIVATE),
    N(MAP_FIXED), N(MAP_ANONYMOUS), N(MAP_GROWSDOWN), N(MAP_DENYWRITE), N(MAP_EXECUTABLE),
    N(MAP_LOCKED), N(MAP_NORESERVE), N(MAP_POPULATE), N(MAP_NONBLOCK), N(MAP_STACK), N(MAP_HUGETLB),
    N(MAP_SYNC), N(MAP_FIXED_NOREPLACE));
SET(trace_clone_flags, true, NULL, N(CLONE_VM), N(CLONE_FS), N(CLONE_FILES), N(CLONE_SIGHAND),
    N(CLONE_PIDFD), N(CLONE_PTRACE), N(CLONE_VFORK), N(CLONE_PARENT), N(CLONE_THREAD),
    N(CLONE_NEWNS), N(CLONE_SYSVSEM), N(CLONE_SETTLS), N(CLONE_PARENT_SETTID),
    N(CLONE_CHILD_CLEARTID), N(CLONE_DETACHED), N(CLONE_UNTRACED), N(CLONE_CHILD_SETTID),
    N(CLONE_NEWCGROUP), N(CLONE_NEWUTS), N(CLONE_NEWIPC), N(CLONE_NEWUSER), N(CLONE_NEWPID),
    N(CLONE_NEWNET), N(CLONE_IO));
SET(trace_wait_options, true, NULL, N(WNOHANG), N(WUNTRACED), N(WEXITED), N(WCONTINUED), N(WNOWAIT),
    {0x20000000, "__WNOTHREAD"}, {0x40000000, "__WALL"}, {0x80000000, "__WCLONE"});
SET(trace_whence, false, NULL, N(SEEK_SET), N(SEEK_CUR), N(SEEK_END), N(SEEK_DATA), N(SEEK_HOLE));
SET(trace_fcntl, false, NULL, N(F_DUPFD), N(F_GETFD), N(F_SETFD), N(F_GETFL), N(F_SETFL),
    {5, "F_GETLK"}, {6, "F_SETLK"}, {7, "F_SETLKW"}, N(F_SETOWN), N(F_GETOWN), N(F_SETSIG),
    N(F_GETSIG), N(F_SETOWN_EX), N(F_GETOWN_EX), N(F_OFD_GETLK), N(F_OFD_SETLK), N(F_OFD_SETLKW),
    N(F_SETLEASE), N(F_GETLEASE), N(F_DUPFD_CLOEXEC), N(F_SETPIPE_SZ), N(F_GETPIPE_SZ),
    N(F_ADD_SEALS), N(F_GET_SEALS));
SET(trace_ioctl, false, NULL, N(TCGETS), N(TCSETS), N(TCSETSW), N(TCSETSF), N(TCFLSH), N(TCXONC),
    N(TCSBRK), N(TIOCGPGRP), N(TIOCSPGRP), N(TIOCGWINSZ), N(TIOCSWINSZ), N(TIOCSCTTY), N(TIOCNOTTY),
    N(TIOCGSID), N(TIOCGPTN), N(TIOCSPTLCK), N(TIOCGPTPEER), N(TIOCOUTQ), N(TIOCSTI), N(FIONREAD),
    N(FIONBIO), N(FIOCLEX), N(FIONCLEX), N(FIOASYNC), {0x1260, "BLKGETSIZE"},
    {0x80081272, "BLKGETSIZE64"}, {0x1268, "BLKSSZGET"}, {0x1261, "BLKFLSBUF"},
    {0x80045200, "RNDGETENTCNT"});
SET(trace_sig_how, false, NULL, N(SIG_BLOCK), N(SIG_UNBLOCK), N(SIG_SETMASK));
SET(trace_madvice, false, NULL, N(MADV_NORMAL), N(MADV_RANDOM), N(MADV_SEQUENTIAL),
    N(MADV_WILLNEED), N(MADV_DONTNEED), N(MADV_FREE), N(MADV_REMOVE), N(MADV_DONTFORK),
    N(MADV_DOFORK), N(MADV_MERGEABLE), N(MADV_UNMERGEABLE), N(MADV_HUGEPAGE), N(MADV_NOHUGEPAGE),
    N(MADV_DONTDUMP), N(MADV_DODUMP), N(MADV_WIPEONFORK), N(MADV_KEEPONFORK), N(MADV_COLD),
    N(MADV_PAGEOUT), N(MADV_POPULATE_READ), N(MADV_POPULATE_WRITE));
SET(trace_epoll_op, false, NULL, N(EPOLL_CTL_ADD), N(EPOLL_CTL_DEL), N(EPOLL_CTL_MOD));
SET(trace_access, true, "F_OK", {4, "R_OK"}, {2, "W_OK"}, {1, "X_OK"});
SET(trace_clocks, false, NULL, N(CLOCK_REALTIME), N(CLOCK_MONOTONIC), N(CLOCK_PROCESS_CPUTIME_ID),
    N(CLOCK_THREAD_CPUTIME_ID), N(CLOCK_MONOTONIC_RAW), N(CLOCK_REALTIME_COARSE),
    N(CLOCK_MONOTONIC_COARSE), N(CLOCK_BOOTTIME), N(CLOCK_REALTIME_ALARM), N(CLOCK_BOOTTIME_ALARM),
    N(CLOCK_TAI));
SET(trace_poll, true, NULL, N(POLLIN), N(POLLPRI), N(POLLOUT), N(POLLERR), N(POLLHUP), N(POLLNVAL),
    N(POLLRDNORM), N(POLLRDBAND), N(POLLWRNORM), N(POLLWRBAND), {0x2000, "POLLRDHUP"});
SET(trace_sa_flags, true, NULL, {0x04000000, "SA_RESTORER"}, N(SA_NOCLDSTOP), N(SA_NOCLDWAIT),
    N(SA_SIGINFO), N(SA_ONSTACK), N(SA_RESTART), N(SA_NODEFER), N(SA_RESETHAND));
SET(trace_fd_flags, true, NULL, N(FD_CLOEXEC));
SET(trace_stat_types, false, NULL, N(S_IFREG), N(S_IFDIR), N(S_IFLNK), N(S_IFCHR), N(S_IFBLK),
    N(S_IFIFO), N(S_IFSOCK));

/* ---- by argument ---- */

static SET(resources, false, NULL, N(RLIMIT_CPU), N(RLIMIT_FSIZE), N(RLIMIT_DATA), N(RLIMIT_STACK),
	   N(RLIMIT_CORE), N(RLIMIT_RSS), N(RLIMIT_NPROC), N(RLIMIT_NOFILE), N(RLIMIT_MEMLOCK),
	   N(RLIMIT_AS), N(RLIMIT_LOCKS), N(RLIMIT_SIGPENDING), N(RLIMIT_MSGQUEUE), N(RLIMIT_NICE),
	   N(RLIMIT_RTPRIO), N(RLIMIT_RTTIME));
static SET(unlink_flags, true, NULL, N(AT_REMOVEDIR));
static SET(link_flags, true, NULL, N(AT_SYMLINK_FOLLOW), N(AT_EMPTY_PATH));
static SET(id_types, false, NULL, N(P_ALL), N(P_PID), N(P_PGID), N(P_PIDFD));
static SET(prctl_options, false, NULL, N(PR_SET_PDEATHSIG), N(PR_GET_PDEATHSIG), N(PR_GET_DUMPABLE),
	   N(PR_SET_DUMPABLE), N(PR_GET_KEEPCAPS), N(PR_SET_KEEPCAPS), N(PR_SET_NAME),
	   N(PR_GET_NAME), N(PR_CAPBSET_READ), N(PR_CAPBSET_DROP), N(PR_SET_TIMERSLACK),
	   N(PR_GET_TIMERSLACK), N(PR_SET_CHILD_SUBREAPER), N(PR_GET_CHILD_SUBREAPER),
	   N(PR_SET_NO_NEW_PRIVS), N(PR_GET_NO_NEW_PRIVS), N(PR_SET_THP_DISABLE), N(PR_SET_VMA));
static SET(arch_prctl_codes, false, NULL, {0x1001, "ARCH_SET_GS"}, {0x1002, "ARCH_SET_FS"},
	   {0x1003, "ARCH_GET_FS"}, {0x1004, "ARCH_GET_GS"}, {0x3001, "ARCH_CET_STATUS"});
static SET(mount_flags, true, NULL, N(MS_RDONLY), N(MS_NOSUID), N(MS_NODEV), N(MS_NOEXEC),
	   N(MS_SYNCHRONOUS), N(MS_REMOUNT), N(MS_BIND), N(MS_MOVE), N(MS_REC), N(MS_SILENT),
	   N(MS_PRIVATE), N(MS_SHARED), N(MS_SLAVE), N(MS_UNBINDABLE), N(MS_RELATIME),
	   N(MS_NOATIME), N(MS_NODIRATIME), N(MS_STRICTATIME));
static SET(umount_flags, true, NULL, N(MNT_FORCE), N(MNT_DETACH), N(MNT_EXPIRE),
	   N(UMOUNT_NOFOLLOW));
static SET(random_flags, true, NULL, N(GRND_NONBLOCK), N(GRND_RANDOM), {4, "GRND_INSECURE"});
static SET(memfd_flags, true, NULL, N(MFD_CLOEXEC), N(MFD_ALLOW_SEALING));
static SET(eventfd_flags, true, NULL, N(EFD_SEMAPHORE), N(EFD_CLOEXEC), N(EFD_NONBLOCK));
static SET(epoll_flags, true, NULL, N(EPOLL_CLOEXEC));
static SET(timerfd_flags, true, NULL, N(TFD_CLOEXEC), N(TFD_NONBLOCK));
static SET(signalfd_flags, true, NULL, N(SFD_CLOEXEC), N(SFD_NONBLOCK));
static SET(abstime, true, NULL, N(TIMER_ABSTIME));
static SET(flock_ops, true, NULL, N(LOCK_SH), N(LOCK_EX), N(LOCK_NB), N(LOCK_UN));
static SET(rename_flags, true, NULL, {1, "RENAME_NOREPLACE"}, {2, "RENAME_EXCHANGE"},
	   {4, "RENAME_WHITEOUT"});
static SET(msync_flags, true, NULL, N(MS_ASYNC), N(MS_INVALIDATE), N(MS_SYNC));
static SET(mremap_flags, true, NULL, N(MREMAP_MAYMOVE), N(MREMAP_FIXED), {4, "MREMAP_DONTUNMAP"});
static SET(itimers, false, NULL, N(ITIMER_REAL), N(ITIMER_VIRTUAL), N(ITIMER_PROF));
static SET(usages, false, NULL, N(RUSAGE_SELF), {(unsigned int)RUSAGE_CHILDREN, "RUSAGE_CHILDREN"},
	   N(RUSAGE_THREAD));
static SET(priorities, false, NULL, N(PRIO_PROCESS), N(PRIO_PGRP), N(PRIO_USER));
static SET(policies, false, NULL, N(SCHED_OTHER), N(SCHED_FIFO), N(SCHED_RR), N(SCHED_BATCH),
	   N(SCHED_IDLE));
static SET(fallocate_modes, true, NULL, N(FALLOC_FL_KEEP_SIZE), N(FALLOC_FL_PUNCH_HOLE),
	   N(FALLOC_FL_COLLAPSE_RANGE), N(FALLOC_FL_ZERO_RANGE), N(FALLOC_FL_INSERT_RANGE));
static SET(close_range_flags, true, NULL, {2, "CLOSE_RANGE_UNSHARE"}, {4, "CLOSE_RANGE_CLOEXEC"});
static SET(lock_all_flags, true, NULL, N(MCL_CURRENT), N(MCL_FUTURE), N(MCL_ONFAULT));
static SET(fadvice, false, NULL, N(POSIX_FADV_NORMAL), N(POSIX_FADV_RANDOM),
	   N(POSIX_FADV_SEQUENTIAL), N(POSIX_FADV_WILLNEED), N(POSIX_FADV_DONTNEED),
	   N(POSIX_FADV_NOREUSE));
static SET(rseq_flags, true, NULL, {1, "RSEQ_FLAG_UNREGISTER"});
static SET(membarrier_cmds, false, NULL, N(MEMBARRIER_CMD_QUERY), N(MEMBARRIER_CMD_GLOBAL),
	   N(MEMBARRIER_CMD_PRIVATE_EXPEDITED), N(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED),
	   N(MEMBARRIER_CMD_GLOBAL_EXPEDITED), N(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED));

static const struct {
	const char *call, *arg;
	const struct trace_set *set;
} by_argument[] = {
	{"prlimit64", "resource", &resources},
	{"getrlimit", "resource", &resources},
	{"setrlimit", "resource", &resources},
	{"unlinkat", "flags", &unlink_flags},
	{"linkat", "flags", &link_flags},
	{"waitid", "which", &id_types},
	{"prctl", "option", &prctl_options},
	{"arch_prctl", "code", &arch_prctl_codes},
	{"mount", "flags", &mount_flags},
	{"umount2", "flags", &umount_flags},
	{"getrandom", "flags", &random_flags},
	{"memfd_create", "flags", &memfd_flags},
	{"eventfd2", "flags", &eventfd_flags},
	{"epoll_create1", "flags", &epoll_flags},
	{"timerfd_create", "flags", &timerfd_flags},
	{"signalfd4", "flags", &signalfd_flags},
	{"clock_nanosleep", "flags", &abstime},
	{"timerfd_settime", "flags", &abstime},
	{"timer_settime", "flags", &abstime},
	{"flock", "operation", &flock_ops},
	{"renameat2", "flags", &rename_flags},
	{"msync", "flags", &msync_flags},
	{"mremap", "flags", &mremap_flags},
	{"setitimer", "which", &itimers},
	{"getitimer", "which", &itimers},
	{"getrusage", "who", &usages},
	{"getpriority", "which", &priorities},
	{"setpriority", "which", &priorities},
	{"sched_setscheduler", "policy", &policies},
	{"fallocate", "mode", &fallocate_modes},
	{"close_range", "flags", &close_range_flags},
	{"mlockall", "flags", &lock_all_flags},
	{"fadvise64", "advice", &fadvice},
	{"rseq", "flags", &rseq_flags},
	{"membarrier", "cmd", &membarrier_cmds},
};

const struct trace_set *trace_set_for(const char *call, const char *arg)
{
	for (size_t i = 0; i < sizeof(by_argument) / sizeof(*by_argument); i++) {
		if (!strcmp(by_argument[i].call, call) && !strcmp(by_argument[i].arg, arg))
			return by_argument[i].set;
	}
	return NULL;
}
