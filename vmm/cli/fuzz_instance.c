#include "fuzz_instance.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz_show.h"
#include "mote.h"
#include "test_shared.h"

#define NS_PER_S     1000000000ull
#define MAX_FAILURES 5
#define LONG_LIFE    (300 * NS_PER_S) /* after which an end is the first of a new row */
#define LAST_LINES   3

/* ---- its process ---- */

static int make_path(char *path, const struct instance *in, const char *format, ...) __attribute__((format(printf, 3, 4)));

static int make_path(char *path, const struct instance *in, const char *format, ...)
{
	char rest[PATH_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(rest, sizeof(rest), format, args);
	va_end(args);
	return snprintf(path, PATH_MAX, "%s/%s", in->setup->directory, rest) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* The user's own settings of the same name win, where they may. */
static void set_environment(const struct instance_setup *s)
{
	char size[32];

	snprintf(size, sizeof(size), "%zu", s->map_size);
	setenv("AFL_MAP_SIZE", size, 1);
	setenv("AFL_CUSTOM_MUTATOR_LIBRARY", s->mutator, 1);
	setenv("AFL_CUSTOM_MUTATOR_ONLY", "1", 1);
	setenv("AFL_SKIP_BIN_CHECK", "1", 1);
	setenv("AFL_NO_UI", "1", 1);
	setenv("AFL_NO_CRASH_README", "1", 1);
	setenv("AFL_AUTORESUME", "1", 1);
	setenv("AFL_IMPORT_FIRST", "1", 0);
	setenv("AFL_SYNC_TIME", "1", 0);	       /* minutes */
	setenv("AFL_FORKSRV_INIT_TMOUT", "60000", 0); /* ms: a busy host boots slowly */
	if (s->calls)
		setenv("MOTE_FUZZ_CALLS", s->calls, 1);
}

/* afl-fuzz and what it shall start; does not return. */
static _Noreturn void execute(const struct instance *in)
{
	const struct instance_setup *s = in->setup;
	char seeds[PATH_MAX], findings[PATH_MAX], log[PATH_MAX], cpu[16];
	const char *argv[40];
	size_t n = 0;

	if (make_path(seeds, in, "seeds/queue") || make_path(findings, in, "%s/findings", in->name) ||
	    make_path(log, in, "logs/%s.target.log", in->name))
		_exit(MOTE_FAILED);
	snprintf(cpu, sizeof(cpu), "%d", in->cpu);
	for (const char *const *a = (const char *const[]){"afl-fuzz", "-i", seeds, "-o", s->directory, in->is_main ? "-M" : "-S",
							  in->name, "-m", "none", "-t", "10000", NULL}; *a; a++)
		argv[n++] = *a;
	if (s->pin) {
		argv[n++] = "-b";
		argv[n++] = cpu;
	}
	for (const char *const *a = (const char *const[]){"--", s->mote, "fuzz", "target", "--findings", findings, "--log", log, NULL};
	     *a; a++)
		argv[n++] = *a;
	if (s->kernel) {
		argv[n++] = "--kernel";
		argv[n++] = s->kernel;
	}
	if (s->oracle)
		argv[n++] = "--oracle";
	argv[n] = NULL;
	set_environment(s);
	execvp(argv[0], (char *const *)argv);
	printf("afl-fuzz: %s\n", strerror(errno));
	fflush(stdout);
	_exit(MOTE_FAILED);
}

/* With us gone it ends as if interrupted, and so saves what it knows. */
static _Noreturn void be_instance(const struct instance *in, int output, pid_t parent)
{
	int null = open("/dev/null", O_RDONLY);
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent || null < 0)
		_exit(MOTE_FAILED);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
		_exit(MOTE_FAILED);
	execute(in);
}

static void open_log(struct instance *in)
{
	char path[PATH_MAX];

	if (in->log >= 0 || make_path(path, in, "logs/%s.log", in->name))
		return;
	in->log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	in->logged = in->log >= 0 ? (size_t)lseek(in->log, 0, SEEK_END) : 0;
}

int instance_start(struct instance *in)
{
	pid_t parent = getpid();
	int end[2];

	in->again_at = 0;
	if (pipe2(end, O_CLOEXEC)) {
		mote_error("cannot start afl-fuzz: %s", strerror(errno));
		return -errno;
	}
	fcntl(end[0], F_SETFL, O_NONBLOCK);
	open_log(in);
	fflush(NULL);
	in->pid = fork();
	if (in->pid == 0)
		be_instance(in, end[1], parent);
	close(end[1]);
	if (in->pid < 0) {
		int err = -errno;

		mote_error("cannot start afl-fuzz: %s", strerror(errno));
		in->pid = 0;
		close(end[0]);
		return err;
	}
	in->output = end[0];
	in->tail_len = 0;
	in->started = pool_now();
	return 0;
}

/* ---- what it says ---- */

static void rotate_log(struct instance *in)
{
	char path[PATH_MAX], old[PATH_MAX];

	if (make_path(path, in, "logs/%s.log", in->name) || make_path(old, in, "logs/%s.log.old", in->name))
		return;
	close(in->log);
	in->log = -1;
	rename(path, old);
	open_log(in);
}

static void keep(struct instance *in, const char *text, size_t len)
{
	if (len > INSTANCE_TAIL)
		text += len - INSTANCE_TAIL, len = INSTANCE_TAIL;
	if (in->tail_len + len > INSTANCE_TAIL) {
		size_t drop = in->tail_len + len - INSTANCE_TAIL;

		memmove(in->tail, in->tail + drop, in->tail_len - drop);
		in->tail_len -= drop;
	}
	memcpy(in->tail + in->tail_len, text, len);
	in->tail_len += len;
}

bool instance_listen(struct instance *in)
{
	char text[4096];
	ssize_t n = 0;

	while (in->output >= 0 && (n = read(in->output, text, sizeof(text))) > 0) {
		keep(in, text, (size_t)n);
		if (in->log >= 0 && in->logged + (size_t)n > INSTANCE_LOG)
			rotate_log(in);
		/* On a full disk the log is less important than all else. */
		if (in->log >= 0 && write(in->log, text, (size_t)n) > 0)
			in->logged += (size_t)n;
	}
	if (in->output >= 0 && (n == 0 || (errno != EAGAIN && errno != EINTR))) {
		close(in->output);
		in->output = -1;
	}
	return in->output >= 0;
}

/* ---- its end ---- */

/* Without the terminal's escape sequences (ECMA-48 5.4) and other control characters; answers the new length. */
static size_t strip(char *text, size_t len)
{
	size_t to = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\033') {
			while (i < len && !(text[i] >= '@' && text[i] <= '~' && text[i] != '['))
				i++;
		} else if (text[i] == '\n' || (unsigned char)text[i] >= ' ') {
			text[to++] = text[i];
		}
	}
	return to;
}

/* The last lines that say something. */
static void tell_last_words(struct instance *in)
{
	char *line[LAST_LINES];
	unsigned int count = 0;

	in->tail_len = strip(in->tail, in->tail_len < INSTANCE_TAIL ? in->tail_len : INSTANCE_TAIL - 1);
	in->tail[in->tail_len] = 0;
	while (count < LAST_LINES && in->tail_len) {
		char *start = memrchr(in->tail, '\n', in->tail_len);
		char *text = start ? start + 1 : in->tail;

		if (strspn(text, " ") < strlen(text))
			line[count++] = text;
		in->tail_len = start ? (size_t)(start - in->tail) : 0;
		in->tail[in->tail_len] = 0;
	}
	while (count--)
		mote_error("  %s", line[count]);
}

/* afl-fuzz has not heard what its target said. */
static void tell_target_words(const struct instance *in)
{
	char path[PATH_MAX], line[512], last[512] = "";
	FILE *f = make_path(path, in, "logs/%s.target.log", in->name) ? NULL : fopen(path, "re");

	while (f && fgets(line, sizeof(line), f))
		memcpy(last, line, sizeof(last));
	if (f)
		fclose(f);
	last[strip(last, strcspn(last, "\n"))] = 0;
	if (*last)
		mote_error("  the target: %s", last);
}

static void describe(char *text, size_t size, int wait_status)
{
	if (WIFSIGNALED(wait_status))
		snprintf(text, size, "was killed: %s", strsignal(WTERMSIG(wait_status)));
	else
		snprintf(text, size, "ended with status %d", WEXITSTATUS(wait_status));
}

/* Later each time. */
static void plan_restart(struct instance *in)
{
	uint64_t now = pool_now();

	if (now - in->started > LONG_LIFE)
		in->failures = 0;
	in->failures++;
	if (in->failures > MAX_FAILURES)
		in->ended = in->failed = true;
	else
		in->again_at = now + NS_PER_S * in->failures;
}

void instance_bury(struct instance *in, int wait_status, bool asked)
{
	char how[64];

	instance_listen(in);
	in->pid = 0;
	if (in->output >= 0)
		close(in->output);
	in->output = -1;
	in->ended = asked || (WIFEXITED(wait_status) && !WEXITSTATUS(wait_status));
	if (in->ended)
		return;
	show_hide();
	describe(how, sizeof(how), wait_status);
	plan_restart(in);
	mote_error("afl-fuzz (%s) %s; %s", in->name, how, in->ended ? "given up" : "it is started again");
	tell_last_words(in);
	tell_target_words(in);
}
