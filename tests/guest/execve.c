/* execve(2), execveat(2): what the new program gets, what is reset, errors. The program runs itself again with a word that says what to check. */
#include "test.h"
#include <elf.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

static char *self;
static void *volatile bad = (void *)8; /* never mapped; not a constant, so that the compiler has no opinion */
extern char **environ;

static int run(char *const argv[], char *const envp[])
{
	int status = -1;
	pid_t pid = fork();
	if (!pid) {
		execve(self, argv, envp);
		_exit(100 + errno);
	}
	waitpid(pid, &status, 0);
	return status;
}

static int run_path(const char *path, char *const argv[])
{
	int status = -1;
	pid_t pid = fork();
	if (!pid) {
		execve(path, argv, environ);
		_exit(100 + errno);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

/* ---- in the new program ---- */

static int check_args(int argc, char **argv)
{
	int bad = argc != 5 || strcmp(argv[2], "") || strcmp(argv[3], "two words") || strlen(argv[4]) != 5000;
	bad |= (!environ[0] || strcmp(environ[0], "A=1") || strcmp(environ[1], "EMPTY=") || environ[2]) << 1;
	bad |= (argv[argc] != NULL) << 2;
	return bad;
}

static int check_auxv(char **argv)
{
	const Elf64_Ehdr *e = NULL;
	const Elf64_Phdr *ph = (void *)getauxval(AT_PHDR);
	int bad = getauxval(AT_PAGESZ) != 4096;
	bad |= (getauxval(AT_PHENT) != sizeof(*ph) || !getauxval(AT_PHNUM)) << 1;
	bad |= (!getauxval(AT_ENTRY) || getauxval(AT_BASE)) << 2; /* static: no interpreter */
	bad |= (getauxval(AT_UID) != getuid() || getauxval(AT_EUID) != geteuid()) << 3;
	bad |= (getauxval(AT_GID) != getgid() || getauxval(AT_EGID) != getegid() || getauxval(AT_SECURE)) << 4;
	bad |= (!getauxval(AT_RANDOM) || !getauxval(AT_HWCAP) || getauxval(AT_CLKTCK) != 100) << 5;
	bad |= strcmp((char *)getauxval(AT_EXECFN), argv[0]) ? 1 << 6 : 0;
	bad |= strcmp((char *)getauxval(AT_PLATFORM), "x86_64") ? 1 << 7 : 0;
	(void)e;
	return bad;
}

static int check_state(void)
{
	struct sigaction sa;
	sigset_t mask;
	stack_t alt;
	int bad = fcntl(100, F_GETFD) != -1;		 /* close-on-exec */
	bad |= (fcntl(101, F_GETFD) == -1) << 1;
	sigaction(SIGUSR1, NULL, &sa);
	bad |= (sa.sa_handler != SIG_DFL) << 2;		 /* handlers are gone */
	sigaction(SIGUSR2, NULL, &sa);
	bad |= (sa.sa_handler != SIG_IGN) << 3;		 /* ignored stays ignored */
	sigprocmask(SIG_BLOCK, NULL, &mask);
	bad |= !sigismember(&mask, SIGUSR1) << 4;
	sigaltstack(NULL, &alt);
	bad |= !(alt.ss_flags & SS_DISABLE) << 5;
	sigpending(&mask);
	bad |= !sigismember(&mask, SIGUSR1) << 6;	 /* pending stays pending */
	return bad;
}

static int new_program(int argc, char **argv)
{
	if (!strcmp(argv[1], "args"))
		return check_args(argc, argv);
	if (!strcmp(argv[1], "auxv"))
		return check_auxv(argv);
	if (!strcmp(argv[1], "state"))
		return check_state();
	if (!strcmp(argv[1], "count"))
		return argc;
	return 55;
}

/* ---- in the first program ---- */

static void arguments(void)
{
	char big[5001];
	memset(big, 'x', 5000);
	big[5000] = 0;
	CHECK_EQ(run((char *[]){self, "args", "", "two words", big, NULL}, (char *[]){"A=1", "EMPTY=", NULL}), 0);
	CHECK_EQ(run((char *[]){self, "auxv", NULL}, environ), 0);
	CHECK_EQ(run((char *[]){self, "count", NULL}, NULL), 2 << 8);
}

static void on_signal(int sig)
{
	(void)sig;
}

static void state(void)
{
	int status;
	pid_t pid = fork();
	if (!pid) {
		static char stack[16384];
		stack_t alt = {.ss_sp = stack, .ss_size = sizeof(stack)};
		sigset_t mask;
		dup3(1, 100, O_CLOEXEC);
		dup2(1, 101);
		signal(SIGUSR1, on_signal);
		signal(SIGUSR2, SIG_IGN);
		sigemptyset(&mask);
		sigaddset(&mask, SIGUSR1);
		sigprocmask(SIG_BLOCK, &mask, NULL);
		kill(getpid(), SIGUSR1);
		sigaltstack(&alt, NULL);
		execve(self, (char *[]){self, "state", NULL}, environ);
		_exit(100);
	}
	waitpid(pid, &status, 0);
	CHECK_EQ(status, 0);
}

static void many_strings(void)
{
	static char *argv[5003];
	argv[0] = self;
	argv[1] = "count";
	for (int i = 2; i < 5002; i++)
		argv[i] = "argument";
	CHECK_EQ(run(argv, environ), (5002 & 0xff) << 8);
}

static void too_big(void)
{
	static char *argv[40];
	char *big = malloc(131073);
	memset(big, 'x', 131072);
	big[131072] = 0;
	CHECK_ERR(execve(self, (char *[]){self, big, NULL}, environ), E2BIG);
	big[131071] = 0;
	CHECK_EQ(run((char *[]){self, "count", big, NULL}, environ), 3 << 8);
	for (int i = 0; i < 38; i++)
		argv[i] = big;
	CHECK_ERR(execve(self, argv, environ), E2BIG);
	CHECK_ERR(execve(self, (char *[]){self, NULL}, argv), E2BIG);
}

static void make(const char *path, const void *text, size_t n, int mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	if (write(fd, text, n) != (ssize_t)n)
		_exit(98);
	fchmod(fd, mode);
	close(fd);
}

static void errors(void)
{
	char *argv[] = {self, NULL};
	char name[5000];
	make("/tmp/ex_plain", "hello", 5, 0600);
	make("/tmp/ex_text", "hello", 5, 0755);
	make("/tmp/ex_empty", "", 0, 0755);
	symlink("ex_loop", "/tmp/ex_loop");
	CHECK_ERR(execve("/tmp/ex_none", argv, environ), ENOENT);
	CHECK_ERR(execve("", argv, environ), ENOENT);
	CHECK_ERR(execve("/tmp/ex_plain/x", argv, environ), ENOTDIR);
	CHECK_ERR(execve("/tmp/ex_plain", argv, environ), EACCES);
	CHECK_ERR(execve("/tmp", argv, environ), EACCES);
	CHECK_ERR(execve("/tmp/ex_text", argv, environ), ENOEXEC);
	CHECK_ERR(execve("/tmp/ex_empty", argv, environ), ENOEXEC);
	CHECK_ERR(execve("/tmp/ex_loop", argv, environ), ELOOP);
	CHECK_ERR(execve(bad, argv, environ), EFAULT);
	CHECK_ERR(execve(self, bad, environ), EFAULT);
	CHECK_ERR(execve(self, (char *[]){bad, NULL}, environ), EFAULT);
	CHECK_ERR(execve(self, argv, (char *[]){bad, NULL}), EFAULT);
	memset(name, 'a', sizeof(name));
	name[4999] = 0;
	CHECK_ERR(execve(name, argv, environ), ENAMETOOLONG);
	int fd = open("/tmp/ex_text", O_WRONLY);
	CHECK_ERR(execve("/tmp/ex_text", argv, environ), ETXTBSY);
	close(fd);
	unlink("/tmp/ex_plain");
	unlink("/tmp/ex_text");
	unlink("/tmp/ex_empty");
	unlink("/tmp/ex_loop");
}

static int at(int dirfd, const char *path, int flags)
{
	int status = -1;
	pid_t pid = fork();
	if (!pid) {
		syscall(SYS_execveat, dirfd, path, (char *[]){self, "count", "x", NULL}, environ, flags);
		_exit(100 + errno);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void execveat_calls(void)
{
	int fd = open(self, O_RDONLY | O_CLOEXEC);
	symlink(self, "/tmp/ex_link");
	CHECK_EQ(at(AT_FDCWD, self, 0), 3);
	CHECK_EQ(at(-1, self, 0), 3); /* an absolute path needs no directory */
	CHECK_EQ(at(fd, "", AT_EMPTY_PATH), 3);
	CHECK_EQ(at(fd, "", 0), 100 + ENOENT);
	CHECK_EQ(at(1000, "x", 0), 100 + EBADF);
	CHECK_EQ(at(fd, "x", 0), 100 + ENOTDIR);
	CHECK_EQ(at(fd, "", 0x8000), 100 + ENOENT);
	CHECK_EQ(at(AT_FDCWD, self, 0x8000), 100 + EINVAL);
	CHECK_EQ(at(AT_FDCWD, "/tmp/ex_link", AT_SYMLINK_NOFOLLOW), 100 + ELOOP);
	CHECK_EQ(at(AT_FDCWD, "/tmp/ex_link", 0), 3);
	close(fd);
	unlink("/tmp/ex_link");
}

static void scripts(void)
{
	char line[400], script[64] = "/tmp/ex_script";
	char *argv[] = {"zero", "more", NULL};
	snprintf(line, sizeof(line), "#!%s count\n", self);
	make(script, line, strlen(line), 0755);
	CHECK_EQ(run_path(script, argv), 4); /* self count script more */
	snprintf(line, sizeof(line), "#! \t%s   count and the rest  \nignored", self);
	make(script, line, strlen(line), 0755);
	CHECK_EQ(run_path(script, argv), 55); /* one argument, with its blanks */
	snprintf(line, sizeof(line), "#!%s", self);
	make(script, line, strlen(line), 0755);
	CHECK_EQ(run_path(script, (char *[]){"count", NULL}), 55);
	make(script, "#!\n", 3, 0755);
	CHECK_EQ(run_path(script, argv), 100 + ENOEXEC);
	make(script, "#!/tmp/ex_none\n", 15, 0755);
	CHECK_EQ(run_path(script, argv), 100 + ENOENT);
	make(script, "#!/tmp\n", 7, 0755);
	CHECK_EQ(run_path(script, argv), 100 + EACCES);
	make(script, "#!/tmp/ex_script\n", 17, 0755);
	CHECK_EQ(run_path(script, argv), 100 + ELOOP);
	memset(line, 'a', sizeof(line));
	memcpy(line, "#!/", 3);
	make(script, line, sizeof(line), 0755);
	CHECK_EQ(run_path(script, argv), 100 + ENOEXEC);
	unlink(script);
}

static void nested_scripts(void)
{
	char name[32], line[64];
	for (int i = 0; i < 7; i++) {
		snprintf(name, sizeof(name), "/tmp/ex_nest%d", i);
		if (i)
			snprintf(line, sizeof(line), "#!/tmp/ex_nest%d\n", i - 1);
		else
			snprintf(line, sizeof(line), "#!%s count\n", self);
		make(name, line, strlen(line), 0755);
	}
	CHECK_EQ(run_path("/tmp/ex_nest0", (char *[]){"a", NULL}), 3);
	CHECK_EQ(run_path("/tmp/ex_nest3", (char *[]){"a", NULL}), 6);
	CHECK_EQ(run_path("/tmp/ex_nest4", (char *[]){"a", NULL}), 7);
	CHECK_EQ(run_path("/tmp/ex_nest5", (char *[]){"a", NULL}), 100 + ELOOP);
	for (int i = 0; i < 7; i++) {
		snprintf(name, sizeof(name), "/tmp/ex_nest%d", i);
		unlink(name);
	}
}

int main(int argc, char **argv)
{
	self = argv[0];
	if (argc > 1)
		return new_program(argc, argv);
	arguments();
	state();
	many_strings();
	too_big();
	errors();
	execveat_calls();
	scripts();
	nested_scripts();
	DONE();
}
