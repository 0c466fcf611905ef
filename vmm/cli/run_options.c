#include "run_options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "mote.h"
#include "option.h"
#include "shared/abi/boot.h"

static const char run_usage[] =
	"usage: mote run [OPTION...] [--] PROGRAM [ARGUMENT...]\n"
	"       mote run --from FILE [--timeout SECONDS] [--disk FILE]... [--input FILE] [-v]\n"
	"                [-- ARGUMENT...]\n"
	"\n"
	"Starts PROGRAM, a file of the host, in a fresh guest wired to this terminal. Its "
	"libraries travel along.\n"
	"With --from, goes on from a snapshot (mote snapshot), with other ARGUMENTs when given.\n"
	"\n";
static const char snapshot_usage[] =
	"usage: mote snapshot -o FILE [--asked] [OPTION...] [--] PROGRAM [ARGUMENT...]\n"
	"       mote snapshot --check FILE\n"
	"\n"
	"Boots a guest with PROGRAM, stops before its first instruction (--asked: where it asks, "
	"mote/test.h) and\n"
	"writes the machine to FILE, for mote run --from and mote test --from. --check reads FILE "
	"whole.\n"
	"\n";
static const char option_text[] =
	"  -m, --mem SIZE          guest memory, with K, M or G (default 256M, 16M to 3G)\n"
	"  -c, --cpus N            processors, 1 to 16 (default 1)\n"
	"  -e, --env NAME=VALUE    set a variable; NAME alone hands on the host's value "
	"(repeatable)\n"
	"  -w, --cwd DIRECTORY     where PROGRAM starts (default /)\n"
	"  -t, --timeout SECONDS   end with status 124 after that time\n"
	"  -f, --file HOST[:GUEST] put a host file or directory into the guest (repeatable)\n"
	"      --initrd FILE       a cpio archive (newc, plain or gzip) as the guest's root\n"
	"      --disk FILE[,ro|,private]  a virtio disk, /dev/vda and so on (repeatable); private: writes are not kept\n"
	"      --input FILE        what a test program reads as its input\n"
	"      --trace             print every system call on stderr, as strace does\n"
	"      --deterministic SEED  random numbers, clocks and scheduling follow from a number\n"
	"      --kernel FILE       another guest kernel\n"
	"      --gdb[=WHERE]       wait for gdb at ADDRESS:PORT or unix:PATH (default 127.0.0.1:1234), "
	"then run\n"
	"  -v, --verbose           the kernel's messages, unimplemented system calls and tests' events on stderr\n"
	"\n"
	"The status is PROGRAM's; 128+N when signal N killed it; 124 timeout; 125 mote or the "
	"kernel failed;\n"
	"126 PROGRAM cannot be run; 127 it is not found. The environment starts as PATH, "
	"HOME=/root, LANG=C, TERM.\n";

enum long_only {
	OPT_INITRD = 256,
	OPT_INPUT,
	OPT_DISK,
	OPT_TRACE,
	OPT_KERNEL,
	OPT_DETERMINISTIC,
	OPT_GDB,
	OPT_FROM,
	OPT_CHECK,
	OPT_ASKED,
};

const struct option run_options_long[] = {
	{"mem", required_argument, NULL, 'm'},
	{"cpus", required_argument, NULL, 'c'},
	{"env", required_argument, NULL, 'e'},
	{"cwd", required_argument, NULL, 'w'},
	{"timeout", required_argument, NULL, 't'},
	{"file", required_argument, NULL, 'f'},
	{"initrd", required_argument, NULL, OPT_INITRD},
	{"disk", required_argument, NULL, OPT_DISK},
	{"input", required_argument, NULL, OPT_INPUT},
	{"trace", no_argument, NULL, OPT_TRACE},
	{"kernel", required_argument, NULL, OPT_KERNEL},
	{"deterministic", required_argument, NULL, OPT_DETERMINISTIC},
	{"gdb", optional_argument, NULL, OPT_GDB},
	{"from", required_argument, NULL, OPT_FROM},
	{"check", required_argument, NULL, OPT_CHECK},
	{"asked", no_argument, NULL, OPT_ASKED},
	{"output", required_argument, NULL, 'o'},
	{"verbose", no_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

int parse_size(const char *text, uint64_t *size)
{
	static const char units[] = "KMGT";
	char *rest;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	unsigned long long n = strtoull(text, &rest, 10);

	if (errno)
		return -EINVAL;
	unsigned int shift = 0;

	if (*rest) {
		const char *unit = strchr(units, *rest >= 'a' ? *rest - 'a' + 'A' : *rest);

		if (!unit || (rest[1] && strcmp(rest + 1, "B") && strcmp(rest + 1, "iB")))
			return -EINVAL;
		shift = 10 * (unsigned int)(unit - units + 1);
	}
	if (shift && n >> (64 - shift))
		return -EINVAL;
	*size = n << shift;
	return 0;
}

static int parse_mem(struct run_options *o, const char *text)
{
	if (parse_size(text, &o->mem_size)) {
		mote_error("--mem %s: not a size (like 256M or 1G)", text);
		return -EINVAL;
	}
	if (o->mem_size < MOTE_MIN_MEM || o->mem_size > MOTE_MAX_MEM) {
		mote_error("--mem %s: must be between %lluM and %lluM", text, MOTE_MIN_MEM >> 20,
			   MOTE_MAX_MEM >> 20);
		return -EINVAL;
	}
	o->mem_size &= ~(MEMORY_PAGE_SIZE - 1);
	return 0;
}

static int parse_cpus(struct run_options *o, const char *text)
{
	char *rest;
	unsigned long n = strtoul(text, &rest, 10);

	if (*text < '0' || *text > '9' || *rest || n < 1 || n > MOTE_MAX_CPUS) {
		mote_error("--cpus %s: must be a number from 1 to %d", text, MOTE_MAX_CPUS);
		return -EINVAL;
	}
	o->cpus = (unsigned int)n;
	return 0;
}

static int parse_seed(struct run_options *o, const char *text)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hex ? text + 2 : text;
	char *rest;

	errno = 0;
	o->seed = strtoull(digits, &rest, hex ? 16 : 10);
	if (!isxdigit((unsigned char)*digits) || *rest || errno) {
		mote_error("--deterministic %s: must be a number from 0 to 2^64 - 1, decimal or 0x...", text);
		return -EINVAL;
	}
	o->deterministic = true;
	return 0;
}

static int parse_timeout(struct run_options *o, const char *text)
{
	char *rest;

	o->timeout = strtod(text, &rest);
	if (rest == text || *rest || !(o->timeout > 0 && o->timeout <= 1e9)) {
		mote_error("--timeout %s: must be a number of seconds above 0", text);
		return -EINVAL;
	}
	return 0;
}

/* Set "NAME=VALUE", in place of an earlier NAME. The array has room. */
static void set_env(struct run_options *o, char *assignment)
{
	size_t name = strcspn(assignment, "=") + 1;

	for (unsigned int i = 0; i < o->env_count; i++) {
		if (!strncmp(o->env[i], assignment, name)) {
			o->env[i] = assignment;
			return;
		}
	}
	o->env[o->env_count++] = assignment;
}

/* Hand on the host's value of name, or fallback, or nothing. 0 or -ENOMEM. */
static int inherit_env(struct run_options *o, const char *name, const char *fallback)
{
	const char *value = getenv(name);
	char *assignment;

	if (!value)
		value = fallback;
	if (!value)
		return 0;
	if (asprintf(&assignment, "%s=%s", name, value) < 0) {
		mote_error("out of memory");
		return -ENOMEM;
	}
	set_env(o, assignment);
	return 0;
}

static int parse_env(struct run_options *o, char *text)
{
	if (*text == '=' || !*text) {
		mote_error("--env %s: no name", text);
		return -EINVAL;
	}
	if (!strchr(text, '='))
		return inherit_env(o, text, NULL);
	set_env(o, text);
	return 0;
}

static int parse_cwd(struct run_options *o, const char *text)
{
	if (*text != '/') {
		mote_error("--cwd %s: must be an absolute path in the guest", text);
		return -EINVAL;
	}
	o->cwd = text;
	return 0;
}

static void help(const struct run_options *o)
{
	fputs(o->snapshot ? snapshot_usage : run_usage, stdout);
	fputs(option_text, stdout);
}

/* Options that only one of the two commands has: 0, or -EINVAL, said. */
static int belongs(const struct run_options *o, int option)
{
	const char *name = option == OPT_FROM ? "--from" : option == OPT_CHECK ? "--check" : option == OPT_ASKED ? "--asked" : "-o";

	if (o->snapshot == (option != OPT_FROM))
		return 0;
	mote_error("mote %s has no option %s", o->snapshot ? "snapshot" : "run", name);
	return -EINVAL;
}

/* Of one command only. */
static int parse_own(struct run_options *o, int option, char *value)
{
	if (belongs(o, option))
		return -EINVAL;
	if (option == OPT_FROM)
		o->from = value;
	else if (option == OPT_CHECK)
		o->check = value;
	else if (option == OPT_ASKED)
		o->asked = true;
	else
		o->output = value;
	return 0;
}

/* What a snapshot settles cannot be asked for again: remember the last such option. */
static void note_fixed(struct run_options *o, int option)
{
	for (const struct option *l = run_options_long; l->name; l++) {
		if (l->val == option && !strchr("tov", option < 256 ? option : 'o') && option != OPT_DISK && option != OPT_FROM &&
		    option != OPT_INPUT)
			o->fixed = l->name;
	}
}

int run_options_apply(struct run_options *o, int option, char *value)
{
	note_fixed(o, option);
	switch (option) {
	case OPT_FROM:
	case OPT_CHECK:
	case OPT_ASKED:
	case 'o':
		return parse_own(o, option, value);
	case 'm':
		return parse_mem(o, value);
	case 'c':
		return parse_cpus(o, value);
	case 'e':
		return parse_env(o, value);
	case 'w':
		return parse_cwd(o, value);
	case 't':
		return parse_timeout(o, value);
	case 'f':
		o->file[o->file_count++] = value;
		return 0;
	case OPT_INITRD:
		o->initrd = value;
		return 0;
	case OPT_DISK:
		o->disk[o->disk_count++] = value;
		return 0;
	case OPT_INPUT:
		o->input = value;
		return 0;
	case OPT_TRACE:
		o->trace = true;
		return 0;
	case OPT_KERNEL:
		o->kernel = value;
		return 0;
	case OPT_DETERMINISTIC:
		return parse_seed(o, value);
	case OPT_GDB:
		o->gdb = value ? value : "";
		return 0;
	case 'v':
		o->verbose = true;
		return 0;
	default:
		help(o);
		return 1;
	}
}

static const char *command_of(const struct run_options *o)
{
	return o->snapshot ? "snapshot" : "run";
}

/* Do the options go together? */
static int check_together(const struct run_options *o)
{
	if (o->from && o->fixed) {
		mote_error("--%s is settled by the snapshot: not with --from", o->fixed);
		return -EINVAL;
	}
	if (o->snapshot && !o->output && !o->check) {
		mote_error("no -o FILE given (mote snapshot --help)");
		return -EINVAL;
	}
	if (!o->from && !o->check && (!o->program[0] || !*o->program[0])) {
		mote_error("no PROGRAM given (mote %s --help)", command_of(o));
		return -EINVAL;
	}
	return 0;
}

int run_options_init(struct run_options *o, int argc)
{
	char **room = calloc(3 * (size_t)argc + 10, sizeof(*room));

	if (!room) {
		mote_error("out of memory");
		return -ENOMEM;
	}
	*o = (struct run_options){.mem_size = 256ull << 20, .cpus = 1, .cwd = "/"};
	o->file = room;
	o->disk = room + argc + 1;
	o->env = room + 2 * argc + 2; /* the defaults, one an argument, NULL */
	set_env(o, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	set_env(o, "HOME=/root");
	set_env(o, "LANG=C"); /* the guest has no locales of the host */
	return inherit_env(o, "TERM", "dumb");
}

int run_options_parse(struct run_options *o, int argc, char **argv)
{
	int option, done;

	if (run_options_init(o, argc))
		return MOTE_FAILED;
	o->snapshot = argc && !strcmp(argv[0], "snapshot");
	while ((option = getopt_long(argc, argv, "+:m:c:e:w:t:f:o:vh", run_options_long, NULL)) != -1) {
		if (option == ':' || option == '?') {
			option_complain(option, argv[optind - 1], command_of(o));
			return MOTE_FAILED;
		}
		done = run_options_apply(o, option, optarg);
		if (done)
			return done < 0 ? MOTE_FAILED : 0;
	}
	o->program = argv + optind;
	return check_together(o) ? MOTE_FAILED : -1;
}

void run_options_config(const struct run_options *o, struct launch_config *c)
{
	*c = (struct launch_config){
		.mem_size = o->mem_size,
		.cpus = o->cpus,
		.flags = (o->trace ? BOOT_TRACE : 0) | (o->verbose ? BOOT_VERBOSE : 0) | (o->gdb ? BOOT_DEBUGGER : 0),
		.deterministic = o->deterministic,
		.seed = o->seed,
		.kernel = o->kernel,
		.initrd = o->initrd,
		.cwd = o->cwd,
		.argv = o->program,
		.envp = o->env,
		.file = (const char *const *)o->file,
		.disk = (const char *const *)o->disk,
	};
}
