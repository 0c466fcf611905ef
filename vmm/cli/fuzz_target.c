/* `mote fuzz target`: what afl-fuzz starts and talks to. */
#include <fcntl.h>
#include <getopt.h>
#include <unistd.h>

#include "fuzz.h"
#include "fuzz_options.h"
#include "mote.h"

/* afl-fuzz throws away what its targets say. */
static void speak_to(const char *log)
{
	int fd = log ? open(log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0666) : -1;

	if (fd < 0)
		return;
	dup2(fd, STDERR_FILENO);
	close(fd);
}

int fuzz_cmd_target(int argc, char **argv)
{
	static const struct option options[] = {{"findings", required_argument, NULL, 'f'}, {"log", required_argument, NULL, 'l'},
						{"kernel", required_argument, NULL, 'k'},   {"oracle", no_argument, NULL, 'o'},
						{NULL, 0, NULL, 0}};
	struct fuzz_config config = {0};
	const char *findings = NULL;
	struct fuzz_rig *rig;
	int option;

	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		switch (option) {
		case 'f':
			findings = optarg;
			break;
		case 'l':
			speak_to(optarg);
			break;
		case 'k':
			config.kernel = optarg;
			break;
		case 'o':
			break;
		default:
			fuzz_complain(option, argv[optind - 1], "fuzz");
			return MOTE_FAILED;
		}
	}
	if (fuzz_open(&rig, &config))
		return MOTE_FAILED;
	int status = fuzz_serve(rig, findings);

	fuzz_close(rig);
	return status;
}
