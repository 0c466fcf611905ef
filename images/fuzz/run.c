#include "executor.h"

#include <asm/ioctls.h>
#include <asm/signal.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <linux/time.h>

static struct fuzz_program program;
/* What RESULT and OUTPUT arguments refer to. Each process has its own. */
static long answer[FUZZ_MAX_CALLS];
static bool answered[FUZZ_MAX_CALLS];
static uint32_t output[FUZZ_MAX_CALLS][FUZZ_DATA_BYTES / 4];
/* Calls whose output is referred to. */
static bool watched[FUZZ_MAX_CALLS];

static void run_block(unsigned int first, unsigned int end, int thread);

/* ---- arguments ---- */

/* The functions that a handler in a program stands for: layout.h. */
static void set_handler(uint64_t *action)
{
	if (action[0] >= FUZZ_HANDLER)
		action[0] = (uint64_t)executor_handler;
	action[2] = (uint64_t)executor_restorer;
}

static void fill_data(const struct fuzz_row *row, unsigned int k, const struct fuzz_arg *a)
{
	char *at = (char *)FUZZ_DATA_ADDR + a->value;
	for (unsigned int i = 0; i < a->size; i++)
		at[i] = a->bytes[i];
	if (row->id == FUZZ_ID_RT_SIGACTION && k == 1)
		set_handler((uint64_t *)at);
}

static uint64_t argument(const struct fuzz_row *row, unsigned int k, const struct fuzz_arg *a)
{
	switch ((enum fuzz_arg_kind)a->kind) {
	case FUZZ_ARG_RESULT:
		return answered[a->value] && answer[a->value] > 0 ? answer[a->value] : 0;
	case FUZZ_ARG_OUTPUT:
		return output[a->value][a->offset / 4];
	case FUZZ_ARG_DATA:
		fill_data(row, k, a);
		return FUZZ_DATA_ADDR + a->value;
	case FUZZ_ARG_PATH:
		return (uint64_t)fuzz_path[a->value];
	case FUZZ_ARG_MEMORY:
		return FUZZ_MEMORY_ADDR + a->value;
	default:
		return a->value;
	}
}

static void watch_outputs(void)
{
	for (unsigned int i = 0; i < program.count; i++) {
		const struct fuzz_call *c = &program.call[i];
		for (unsigned int k = 0; k < fuzz_row[c->row].argc; k++)
			if (c->arg[k].kind == FUZZ_ARG_OUTPUT)
				watched[c->arg[k].value] = true;
	}
}

static void keep_output(unsigned int i, const uint64_t arg[6])
{
	int k = fuzz_row_output(&fuzz_row[program.call[i].row]);
	if (k < 0 || program.call[i].arg[k].kind != FUZZ_ARG_DATA)
		return;
	const uint32_t *at = (const uint32_t *)arg[k];
	for (unsigned int w = 0; w < FUZZ_DATA_BYTES / 4; w++)
		output[i][w] = at[w];
}

/* ---- one call ---- */

/*
 * A stopped supervisor would never say that a program is over; nothing in the system stands above
 * it that could wake it. So a stop that may reach it becomes one that it ignores.
 */
static void spare_supervisor(const struct fuzz_row *row, uint64_t arg[6])
{
	unsigned int sig =
		row->id == FUZZ_ID_TGKILL || row->id == FUZZ_ID_RT_TGSIGQUEUEINFO ? 2 : 1;
	switch (row->id) {
	case FUZZ_ID_KILL:
	case FUZZ_ID_TKILL:
	case FUZZ_ID_TGKILL:
	case FUZZ_ID_RT_SIGQUEUEINFO:
	case FUZZ_ID_RT_TGSIGQUEUEINFO:
		if ((int)arg[sig] == SIGSTOP &&
		    ((int)arg[0] < 0 || (int)arg[sig - 1] == executor.supervisor))
			arg[sig] = SIGTSTP;
	}
}

static void __attribute__((noreturn)) end_block(void)
{
	if (!__atomic_sub_fetch(&FUZZ_RESULTS->running, 1, __ATOMIC_SEQ_CST))
		CALL3(__NR_futex, &FUZZ_RESULTS->running, FUTEX_WAKE, 2);
	for (;;)
		CALL1(__NR_exit, 0);
}

static void child_entry(void *argument)
{
	unsigned int i = (uintptr_t)argument;
	run_block(i + 1, fuzz_block_end(&program, i, program.count), -1);
	end_block();
}

static long start_block(long nr, const uint64_t arg[6], void *stack, void (*entry)(void *),
			uintptr_t argument)
{
	__atomic_add_fetch(&FUZZ_RESULTS->running, 1, __ATOMIC_SEQ_CST);
	long value = executor_fork(nr, arg, stack, entry, (void *)argument);
	if (value < 0)
		__atomic_sub_fetch(&FUZZ_RESULTS->running, 1, __ATOMIC_SEQ_CST);
	return value;
}

/* What exec starts does not tell when it ends: it does not count, unless there is nothing to start.
 */
static long exec(long nr, const uint64_t arg[6])
{
	bool counted = FUZZ_RESULTS->running > 0;
	if (counted)
		__atomic_sub_fetch(&FUZZ_RESULTS->running, 1, __ATOMIC_SEQ_CST);
	long value = executor_call(nr, arg);
	if (counted)
		__atomic_add_fetch(&FUZZ_RESULTS->running, 1, __ATOMIC_SEQ_CST);
	return value;
}

static long make_call(unsigned int i, const uint64_t arg[6])
{
	const struct fuzz_row *row = &fuzz_row[program.call[i].row];
	if (fuzz_row_forks(row))
		return start_block(row->nr, arg, executor_stack(i), child_entry, i);
	if (row->id == FUZZ_ID_EXECVE || row->id == FUZZ_ID_EXECVEAT)
		return exec(row->nr, arg);
	return executor_call(row->nr, arg);
}

/* On Linux a worker carries bytes from one side of a pty to the other, some time after the call: a program would show when it ran. */
static void await_terminal(const struct fuzz_row *row, const uint64_t arg[6])
{
	struct __kernel_timespec t = {0, 2000000};
	unsigned char settings[64];
	switch (row->nr) {
	case __NR_read:
	case __NR_readv:
	case __NR_preadv2:
	case __NR_write:
	case __NR_writev:
	case __NR_pwritev2:
	case __NR_ioctl:
	case __NR_sendfile:
		if (!CALL3(__NR_ioctl, arg[0], TCGETS, settings))
			CALL2(__NR_nanosleep, &t, 0);
	}
}

static void run_call(unsigned int i)
{
	const struct fuzz_call *c = &program.call[i];
	const struct fuzz_row *row = &fuzz_row[c->row];
	volatile struct fuzz_result *r = &FUZZ_RESULTS->result[i];
	uint64_t arg[6] = {0};
	for (unsigned int k = 0; k < row->argc; k++)
		arg[k] = argument(row, k, &c->arg[k]);
	spare_supervisor(row, arg);
	r->state = FUZZ_CALL_MADE;
	long value = make_call(i, arg);
	r->value = value;
	if (FUZZ_RESULTS->options & FUZZ_OBSERVE)
		r->output = digest_output(row, arg, value);
	if (executor.host)
		await_terminal(row, arg);
	r->state = FUZZ_CALL_ANSWERED;
	answer[i] = value;
	answered[i] = true;
	if (watched[i] && value >= 0)
		keep_output(i, arg);
}

/* Calls [first, end): those of a thread, or (thread -1) all. What belongs to children is left to
 * them. */
static void run_block(unsigned int first, unsigned int end, int thread)
{
	for (unsigned int i = first; i < end; i = fuzz_block_end(&program, i, end))
		if (thread < 0 || program.call[i].thread == thread)
			run_call(i);
}

/* ---- threads ---- */

static void thread_entry(void *argument)
{
	run_block(0, program.count, (intptr_t)argument);
	end_block();
}

static void start_threads(void)
{
	const uint64_t arg[6] = {CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
				 CLONE_SYSVSEM};
	for (unsigned int t = 1; t < program.threads; t++)
		start_block(__NR_clone, arg, executor_stack(FUZZ_MAX_CALLS + t), thread_entry, t);
}

/* ---- the whole ---- */

static void clear_results(void)
{
	FUZZ_RESULTS->ended = 0;
	FUZZ_RESULTS->observed_len = 0;
	FUZZ_RESULTS->running = 0;
	for (unsigned int i = 0; i < program.count; i++) {
		volatile struct fuzz_result *r = &FUZZ_RESULTS->result[i];
		r->value = 0;
		r->output = 0;
		r->nr = fuzz_row[program.call[i].row].nr;
		r->state = FUZZ_CALL_NOT_MADE;
	}
	FUZZ_RESULTS->calls = program.count;
}

void run_case(void)
{
	unsigned int len = FUZZ_CASE->len;
	fuzz_decode(FUZZ_CASE->bytes, len < FUZZ_CASE_BYTES ? len : FUZZ_CASE_BYTES, &program);
	clear_results();
	watch_outputs();
	if (program.threads > 1)
		start_threads();
	run_block(0, program.count, 0);
	executor_join();
	if (FUZZ_RESULTS->options & FUZZ_OBSERVE)
		observe();
}
