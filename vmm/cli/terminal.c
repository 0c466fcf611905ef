#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "message.h"

static struct termios saved;
static volatile sig_atomic_t is_raw;
static int watch_pipe =
	-1; /* the watcher lives until this closes, or a byte tells it that all is well */
static pid_t watcher;

void terminal_restore(void)
{
	if (!is_raw)
		return;
	is_raw = 0;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
	message_set_raw(false);
	if (watch_pipe < 0)
		return;
	if (write(watch_pipe, "", 1) == 1)
		waitpid(watcher, NULL, 0);
}

/*
 * The watcher: SIGKILL leaves mote no moment to restore anything, so a child waits for the end of a
 * pipe that only mote holds. It blocks all signals, being in the terminal's foreground group with
 * mote or not, and keeps none of mote's streams but the terminal.
 */
static _Noreturn void watch(int end)
{
	sigset_t all;
	char byte;
	ssize_t n;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setpgid(0, 0);
	dup2(STDIN_FILENO, 3);
	if (end != 4)
		dup2(end, 4);
	close_range(5, ~0u, 0);
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	do {
		n = read(4, &byte, 1);
	} while (n < 0 && errno == EINTR);
	if (n == 0)
		tcsetattr(3, TCSADRAIN, &saved);
	_exit(0);
}

static void start_watcher(void)
{
	int end[2];

	if (pipe2(end, O_CLOEXEC))
		return;
	pid_t child = fork();

	if (child == 0) {
		close(end[1]);
		watch(end[0]);
	}
	close(end[0]);
	if (child < 0) {
		close(end[1]);
		return;
	}
	watcher = child;
	watch_pipe = end[1];
}

/* A bug of mote's own: say so, give the terminal back, end with 125. */
static void crashed(int sig)
{
	static const char text[] = "mote: internal error: crashed\n";
	static const char bus[] = "mote: memory is gone: a file of the guest's root was truncated, "
				  "or the host is out of "
				  "memory\n";

	terminal_restore();
	message_write(sig == SIGBUS ? bus : text,
		      sig == SIGBUS ? sizeof(bus) - 1 : sizeof(text) - 1);
	_exit(125);
}

void terminal_catch_crashes(void)
{
	static const int sigs[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
	struct sigaction sa = {.sa_handler = crashed, .sa_flags = SA_RESETHAND};

	for (unsigned int i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		sigaction(sigs[i], &sa, NULL);
}

void terminal_raw(void)
{
	struct termios raw;

	if (!isatty(STDIN_FILENO) || tcgetpgrp(STDIN_FILENO) != getpgrp() ||
	    tcgetattr(STDIN_FILENO, &saved))
		return;
	start_watcher();
	atexit(terminal_restore);
	raw = saved;
	cfmakeraw(&raw);
	/* What else writes there (stdout is a pipe: its reader) still needs its line ends made
	 * whole. */
	if (!isatty(STDOUT_FILENO))
		raw.c_oflag = saved.c_oflag;
	is_raw = 1;
	message_set_raw(isatty(STDERR_FILENO));
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}
