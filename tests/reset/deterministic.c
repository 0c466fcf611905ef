/*
 * Deterministic machines by the library: after every reset, and in every other machine with the same seed, a program writes the same
 * and leaves the same state behind, to the last byte of memory.
 *
 *	deterministic KERNEL PROGRAM ARG
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mote.h"
#include "shared/abi/boot.h"

#define RESETS 20

struct outcome {
	uint64_t output, state;
	size_t bytes;
};

static uint64_t hash_output(int fd, size_t *bytes)
{
	uint64_t h = 0xcbf29ce484222325ull;
	unsigned char c[4096];
	ssize_t n;

	for (*bytes = 0; (n = pread(fd, c, sizeof(c), (off_t)*bytes)) > 0; *bytes += (size_t)n)
		for (ssize_t i = 0; i < n; i++)
			h = (h ^ c[i]) * 0x100000001b3ull;
	return h;
}

/* Run to the end and look at what came of it. */
static struct outcome finish(struct machine *m, int out)
{
	struct outcome o;

	if (machine_run(m) != 0) {
		fprintf(stderr, "the program failed\n");
		exit(1);
	}
	o.output = hash_output(out, &o.bytes);
	o.state = machine_digest(m);
	return o;
}

static void empty(int fd)
{
	if (ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET))
		exit(1);
}

static int compare(const char *what, struct outcome a, struct outcome b)
{
	if (a.output == b.output && a.bytes == b.bytes && a.state == b.state && a.bytes)
		return 0;
	printf("%s: %zu and %zu bytes, output %s, state %s\n", what, a.bytes, b.bytes, a.output == b.output ? "same" : "differs",
	       a.state == b.state ? "same" : "differs");
	return 1;
}

static struct machine *launch(char **argv, int out)
{
	struct launch_config c = {.kernel = argv[1],
				  .argv = argv + 2,
				  .flags = BOOT_READY,
				  .own_streams = true,
				  .in = -1,
				  .out = out,
				  .err = STDERR_FILENO,
				  .deterministic = true,
				  .seed = 11};
	struct machine *m;

	empty(out);
	if (machine_launch(&m, &c) || machine_run(m) != MOTE_READY)
		exit(1);
	return m;
}

int main(int argc, char **argv)
{
	int out = memfd_create("output", 0), failed = 0;
	struct snapshot *s;

	if (argc != 4 || out < 0)
		return 2;
	struct machine *m = launch(argv, out);

	if (machine_snapshot(m, &s))
		return 1;
	struct outcome first = finish(m, out);

	for (int i = 0; i < RESETS && !failed; i++) {
		empty(out);
		if (machine_reset(m, s))
			return 1;
		failed = compare("after a reset", first, finish(m, out));
	}
	machine_destroy(m);
	m = launch(argv, out);
	failed |= compare("another machine", first, finish(m, out));
	machine_destroy(m);
	snapshot_put(s);
	if (!failed)
		puts("same");
	return failed;
}
