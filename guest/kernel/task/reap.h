/* wait4(2), waitid(2) without their decoding. */
#ifndef KERNEL_TASK_REAP_H
#define KERNEL_TASK_REAP_H

#include "kernel/lib/types.h"

struct pid;

struct wait_request {
	enum { WAIT_ANY, WAIT_PID, WAIT_GROUP } which;
	int id;	     /* of WAIT_PID, WAIT_GROUP */
	int options; /* WNOHANG WUNTRACED(=WSTOPPED) WCONTINUED WEXITED WNOWAIT __WALL __WCLONE */
};
struct wait_result {
	int pid; /* 0: WNOHANG and nothing yet */
	u32 uid;
	int status;	  /* wait(2) status word */
	int code, value; /* si_code CLD_*, si_status */
	u64 user_ns, kernel_ns;
	u64 min_faults, maj_faults, switches_voluntary, switches_forced, peak_rss_pages;
};

/* Wait for a change of a child of the current process. 0; -ECHILD; -ERESTARTSYS. */
int process_wait(const struct wait_request *req, struct wait_result *out);

#endif
