/* The command `mote fuzz`. */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>

#include "cli.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"repro", fuzz_cmd_repro}, {"min", fuzz_cmd_min},	{"c", fuzz_cmd_c},
	{"report", fuzz_cmd_report}, {"target", fuzz_cmd_target},
};

int cmd_fuzz(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	}
	return fuzz_cmd_campaign(argc, argv);
}
