/* Runs a program five times from just before its first instruction, each time in the same machine
 * as it was then. */
#include <mote/boot.h>
#include <mote/mote.h>
#include <stdio.h>
#include <string.h>

static int fail(void)
{
	return 1; /* the library has said why */
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: reset_loop KERNEL PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	struct launch_config config = {.kernel = argv[1], .argv = argv + 2, .flags = BOOT_READY};
	struct machine *m;
	struct snapshot *ready;

	if (machine_launch(&m, &config) || machine_run(m) != MOTE_READY ||
	    machine_snapshot(m, &ready))
		return fail();
	for (int i = 1; i <= 5; i++) {
		char input[16]; /* what mote_input() of mote/test.h reads */

		snprintf(input, sizeof(input), "input %d", i);
		if (machine_reset(m, ready) || machine_set_input(m, input, strlen(input)))
			return fail();
		int status = machine_run(m);

		printf("run %d: %s, status %d\n", i,
		       machine_end_kind(m) == MOTE_END_EXIT ? "exit" : "broken", status);
	}
	snapshot_put(ready);
	machine_destroy(m);
	return 0;
}
