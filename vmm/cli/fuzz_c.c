/* `mote fuzz c`: a case as a C program. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "fuzz_files.h"
#include "fuzz_options.h"
#include "mote.h"
#include "option.h"
#include "shared/fuzz/program.h"

static const char help_text[] =
	"usage: mote fuzz c FILE\n"
	"\n"
	"Writes a C program that makes the calls of the case in FILE (- for standard input) to standard output:\n"
	"\n"
	"    mote fuzz c FILE >case.c\n"
	"    musl-gcc -static -pthread -o case case.c\n"
	"    mote run ./case\n"
	"\n"
	"It makes them for real: on a host, start it only where that does no harm.\n";

/* The text is as long as it is: asked for first. */
static int print(const struct fuzz_program *p)
{
	size_t len = fuzz_print_c(p, NULL, 0);
	char *text = malloc(len + 1);

	if (!text) {
		mote_error("out of memory");
		return MOTE_FAILED;
	}
	fuzz_print_c(p, text, len + 1);
	fputs(text, stdout);
	free(text);
	if (fflush(stdout) || ferror(stdout)) {
		mote_error("cannot write all of it");
		return MOTE_FAILED;
	}
	return 0;
}

int fuzz_cmd_c(int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	struct fuzz_program program;
	struct fuzz_case kase;
	const char *file;
	int option;

	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help_text, stdout);
			return 0;
		}
		option_complain(option, argv[optind - 1], "fuzz c");
		return MOTE_FAILED;
	}
	if (fuzz_parse_file("c", argc - optind, argv + optind, &file) || files_read_case(file, &kase))
		return MOTE_FAILED;
	fuzz_decode(kase.bytes, kase.len, &program);
	return print(&program);
}
