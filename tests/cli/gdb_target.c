/* What tests/cli/gdb.sh debugs. Compiled with -O0 -g; the script names functions and the lines that say "line:". */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int counter;
static int initialised = 41;
static struct point {
	int x, y;
	const char *name;
} where = {3, 4, "here"};
static volatile int stop, children;
static volatile unsigned long turns;

static int add(int a, int b)
{
	int sum = a + b;

	counter += sum;
	return sum; /* line: added */
}

static int plain(void)
{
	for (int i = 0; i < 3; i++)
		add(i, 10);
	getppid();
	printf("counter %d\n", counter); /* line: counted */
	return initialised;
}

/* ---- a breakpoint instruction of the program's own ---- */

static volatile int caught;

static void on_trap(int sig)
{
	caught = sig;
}

static int own_trap(void)
{
	signal(SIGTRAP, on_trap);
	__asm__ volatile("int3");
	return caught; /* line: trapped */
}

/* ---- processes ---- */

static int in_child(int n)
{
	children += n;
	initialised = 7;
	return children;
}

static int forks(void)
{
	int status, sum = 0;

	for (int i = 1; i <= 2; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(in_child(i) * 10 + (initialised == 7));
		waitpid(pid, &status, 0);
		sum += WEXITSTATUS(status);
	}
	return sum + (initialised == 41); /* line: forked */
}

/* ---- threads ---- */

static void *spin(void *arg)
{
	while (!stop)
		turns++;
	return arg;
}

static int spins(void)
{
	pthread_t t;

	pthread_create(&t, NULL, spin, NULL);
	spin(NULL);
	pthread_join(t, NULL);
	return 5;
}

/* Two threads that come by often, with faults and system calls in between. */
#define PASSES 100
static volatile int passed[2];

static void pass(long who, int i)
{
	passed[who] = i;
	if (i % 16)
		return;
	char *p = malloc(100000);

	memset(p, 1, 100000);
	free(p);
	getppid();
}

static void *passes(void *who)
{
	for (int i = 1; i <= PASSES; i++)
		pass((long)who, i);
	return NULL;
}

static int race(void)
{
	pthread_t t[2];

	for (long i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, passes, (void *)i);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	return passed[0] == PASSES && passed[1] == PASSES ? 6 : 1; /* line: raced */
}

/* Another program (this one's copy) that shares the C library's pages. */
static int shares(void)
{
	int status;

	getppid();
	getppid();
	if (!fork()) {
		execl("/tmp/other", "other", "plain", NULL);
		_exit(9);
	}
	wait(&status);
	getppid();
	return WEXITSTATUS(status);
}

/* ---- pages that are not there yet ---- */

static char *fresh;
static const char *volatile text = "never touched";

static int lazy(void)
{
	fresh = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	getppid();
	return fresh[5000] + fresh[70000]; /* line: looked */
}

static int sleeps(void)
{
	for (int i = 0; i < 20; i++)
		usleep(3000000);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*fn)(void);
	} modes[] = {{"plain", plain}, {"trap", own_trap}, {"fork", forks}, {"spin", spins}, {"share", shares}, {"race", race}, {"lazy", lazy}, {"sleep", sleeps}};

	for (unsigned int i = 0; argc > 1 && i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (!strcmp(argv[1], modes[i].name))
			return modes[i].fn();
	}
	fprintf(stderr, "what? %s %s %d\n", text, where.name, where.x);
	return 99;
}
