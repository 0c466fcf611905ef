#include "cli.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mote.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *about;
} commands[] = {
	{"run", cmd_run, "start a program in a fresh guest"},
	{"snapshot", cmd_snapshot, "write a machine that is ready to run to a file"},
	{"test", cmd_test, "run tests, each in a fresh machine, many at a time"},
	{"fuzz", cmd_fuzz, "fuzz the guest kernel's system calls with afl-fuzz"},
	{"check", cmd_check, "what this host offers, and how fast it is"},
	{"syscalls", cmd_syscalls, "list the system calls and their state"},
	{"bench", cmd_bench, "measure speed beside the host's own floors"},
};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void help(void)
{
	printf("usage: mote COMMAND [ARGUMENT...]\n\n"
	       "Runs unmodified Linux programs on a small kernel of its own, under KVM.\n\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		printf("  mote %-9s %s\n", commands[i].name, commands[i].about);
	printf("\nmote COMMAND --help says more; mote --version names the version.\n");
}

/* A closed standard descriptor would be taken by the next file opened, and the guest's output would
 * go there. */
static int fill_standard_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd ? O_WRONLY : O_RDONLY) != fd)
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (fill_standard_descriptors())
		return MOTE_FAILED;
	if (argc < 2) {
		mote_error("no command: mote run PROGRAM starts one (mote --help)");
		return MOTE_FAILED;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		help();
		return 0;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("mote %s\n", MOTE_VERSION);
		return 0;
	}
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	}
	mote_error("unknown command '%s' (mote --help)", argv[1]);
	return MOTE_FAILED;
}
