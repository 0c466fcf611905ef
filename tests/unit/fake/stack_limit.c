/* A current task of which only RLIMIT_STACK matters. */
#include "fake/stack_limit.h"
#include "kernel/task/task.h"

unsigned char *fake_memory;
struct thread_info fake_thread_info;
static struct process process;
static struct task task = {.process = &process};

void fake_stack_limit(u64 bytes)
{
	process.rlimit[RLIMIT_STACK].rlim_cur = bytes;
	fake_thread_info.task = &task;
}
