/*
 * oracle_run EXECUTOR SANDBOX ALLOW COUNT TEXT: run a case of these bytes COUNT times in the oracle's sandbox; print the last run's results
 * and what a run took.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fuzz/oracle.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void print(const struct fuzz_results *r)
{
	printf("stage %u, ended %#x, %u calls\n", r->stage, r->ended, r->calls);
	for (unsigned int i = 0; i < r->calls; i++)
		printf("%u: state %u, value %lld\n", r->result[i].nr, r->result[i].state, r->result[i].value);
	fputs(r->observed, stdout);
}

int main(int argc, char **argv)
{
	static struct fuzz_case c;
	static struct fuzz_results r;
	struct oracle *o;

	if (argc != 6)
		return 2;
	struct oracle_config config = {.executor = argv[1], .sandbox = argv[2], .allow = argv[3]};

	if (oracle_open(&o, &config))
		return 1;
	c.len = (unsigned int)strlen(argv[5]);
	memcpy(c.bytes, argv[5], c.len);
	double begin = now();
	int count = atoi(argv[4]), status = 0;

	for (int i = 0; i < count && !status; i++)
		status = oracle_run(o, &c, &r) ? 1 : 0;
	print(&r);
	fprintf(stderr, "%.2f ms a run\n", (now() - begin) / count);
	oracle_close(o);
	return status;
}
