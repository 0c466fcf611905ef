/* mote snapshot: boot to the ready point, write the machine. */
#include "cli.h"

#include <stdio.h>
#include <sys/stat.h>

#include "ending.h"
#include "mote.h"
#include "run_control.h"
#include "run_options.h"
#include "shared/abi/boot.h"
#include "snapshot.h"

static uint64_t count_present(const struct snapshot *s)
{
	uint64_t n = 0;

	for (uint64_t i = 0; i < snapshot_pages(s); i++)
		n += snapshot_present(s, i);
	return n;
}

static void describe(const char *path, const struct snapshot *s)
{
	const struct snapshot_head *h = &s->head;
	struct stat st;
	unsigned long long occupied = stat(path, &st) ? 0 : (unsigned long long)st.st_blocks / 2;

	printf("%s: %s, %llu MiB of memory, %u processor%s, %u disk%s, %llu KiB in use, file occupies %llu KiB\n", path, h->program,
	       (unsigned long long)h->ram_size >> 20, h->cpus, h->cpus == 1 ? "" : "s", h->devices - 2,
	       h->devices == 3 ? "" : "s", (unsigned long long)count_present(s) * 4, occupied);
}

static int check(const char *path)
{
	struct snapshot *s;
	int err = snapshot_open(&s, path);

	if (err)
		return MOTE_FAILED;
	err = snapshot_check_memory(s, path);
	if (!err)
		describe(path, s);
	snapshot_put(s);
	return err ? MOTE_FAILED : 0;
}

/* Stop m at its ready point and write it: an exit status. */
static int take(struct machine *m, const char *path)
{
	struct snapshot *s;
	int status;

	ending_watch(m);
	status = machine_run(m);
	ending_watch(NULL);
	if (status != MOTE_READY) {
		if (machine_end_kind(m) == MOTE_END_EXIT)
			mote_error("the program ended with status %d before it was ready", status);
		return machine_end_kind(m) == MOTE_END_STOPPED ? status : MOTE_FAILED;
	}
	if (machine_snapshot(m, &s))
		return MOTE_FAILED;
	status = snapshot_write(s, path) ? MOTE_FAILED : 0;
	if (!status)
		describe(path, s);
	snapshot_put(s);
	return status;
}

int cmd_snapshot(int argc, char **argv)
{
	struct run_options o;
	struct launch_config config;
	struct machine *m;
	int status = run_options_parse(&o, argc, argv);

	if (status >= 0)
		return status;
	if (o.check)
		return check(o.check);
	ending_catch_signals();
	ending_start_timeout(o.timeout);
	run_options_config(&o, &config);
	config.plain_streams = true;
	if (o.asked)
		config.stop_asked = true;
	else
		config.flags |= BOOT_READY;
	int err = machine_launch(&m, &config);

	if (err)
		return launch_exit_status(err);
	status = run_control_setup(m, o.input, o.verbose) ? MOTE_FAILED : take(m, o.output);
	machine_destroy(m);
	return status;
}
