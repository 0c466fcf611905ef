/* How one run of a test ended. */
#ifndef MOTE_CLI_TEST_RESULT_H
#define MOTE_CLI_TEST_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The exit status by which a test says that it cannot tell here, as for automake. */
#define TEST_STATUS_SKIP 77

enum test_outcome {
	TEST_PASSED,
	TEST_SKIPPED,
	TEST_EXITED, /* with another exit status, or by a signal: the shell's form in status */
	TEST_TIMEOUT,
	TEST_FLOODED, /* wrote more than may be kept */
	TEST_PANICKED,
	TEST_BROKE, /* its machine, or mote around it, in a way that mote noticed */
	TEST_DIED,  /* the process around its machine: wait(2)'s form in status */
};

struct test_verdict {
	uint64_t run; /* of the plan */
	uint64_t ns;
	int status;
	enum test_outcome outcome;
};

enum test_stream { TEST_OUT, TEST_ERR, TEST_LOG, TEST_STREAMS };

/* What a run wrote to a stream; TEST_LOG is what mote and the guest's kernel said. */
struct test_capture {
	const char *data;
	size_t len;
	bool cut; /* there was more */
};

/* The end of c that reports show: at most `bytes` and `lines`, from the beginning of a line if that
 * is among them. */
struct test_capture test_capture_end(const struct test_capture *c, size_t bytes, size_t lines);

static inline bool test_failed(const struct test_verdict *r)
{
	return r->outcome > TEST_SKIPPED;
}

/* Room for test_why(). */
#define TEST_WHY_MAX 512
/* Why a run failed or was skipped, in one line without newline. timeout: in seconds, the one that
 * held. */
void test_why(char why[TEST_WHY_MAX], const struct test_verdict *r, const struct test_capture *log,
	      double timeout);

#endif
