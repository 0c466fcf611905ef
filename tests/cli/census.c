/*
 * For fuzz_kernel.sh: programs run one after another, each on a tmpfs of its own, with all its processes ended after it; the kernel must have
 * in use what it had before. Then things are left behind on purpose, and the census must see them.
 *
 *	census PROGRAM...
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/abi/fuzz.h"
#include "shared/abi/testdev.h"

#define PLACE "/tmp/place"

static int device;
static const char *const names[] = {"pages",	"tasks",  "processes", "files",	 "inodes",
				    "dentries", "mounts", "mappings",  "objects"};
#define NAMES (sizeof(names) / sizeof(*names))
union counts {
	struct fuzz_census census;
	unsigned long long each[NAMES];
};

static void fail(const char *what)
{
	printf("FAIL %s: errno %d\n", what, errno);
	exit(1);
}

static void count(union counts *c)
{
	if (ioctl(device, (int)MOTE_CENSUS, &c->census))
		fail("MOTE_CENSUS");
}

/* The counts that differ, as text. */
static const char *difference(const union counts *a, const union counts *b)
{
	static char text[512];
	int n = 0;

	text[0] = 0;
	for (size_t i = 0; i < NAMES; i++)
		if (a->each[i] != b->each[i])
			n += snprintf(text + n, sizeof(text) - n, " %s %+lld", names[i],
				      (long long)(b->each[i] - a->each[i]));
	return text;
}

static void become(const char *program)
{
	int null = open("/dev/null", O_RDWR); /* above 2 */

	setsid();
	if (mount("none", PLACE, "tmpfs", 0, NULL) || chdir(PLACE))
		_exit(126);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	close(null);
	execl(program, program, (char *)NULL);
	_exit(127);
}

/* Its exit status; all its processes are gone. */
static int run(const char *program)
{
	int status, other;
	pid_t child = fork();

	if (child == 0)
		become(program);
	if (child < 0 || waitpid(child, &status, 0) != child)
		fail("fork");
	do
		kill(-1, SIGKILL);
	while (waitpid(-1, &other, 0) > 0);
	if (umount(PLACE))
		fail("umount");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void check_program(const char *program)
{
	const char *base = strrchr(program, '/') + 1;
	union counts before, after;

	count(&before);
	int status = run(program);
	count(&after);
	if (status)
		printf("FAIL census-%s: exit status %d\n", base, status);
	else if (memcmp(&before, &after, sizeof(before)))
		printf("FAIL census-%s: lost:%s\n", base, difference(&before, &after));
	else
		printf("ok census-%s\n", base);
}

/* ---- what is left behind ---- */

static void *leave_mapping(void)
{
	void *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static pid_t leave_process(void)
{
	pid_t child = fork();

	if (child == 0)
		for (;;)
			pause();
	return child;
}

/* Between `before` and now those counts must have grown. */
static void check_seen(const char *name, const union counts *before, const char *grown)
{
	union counts now;
	bool all = true;

	count(&now);
	for (size_t i = 0; i < NAMES; i++)
		if (strstr(grown, names[i]) && now.each[i] <= before->each[i])
			all = false;
	if (all)
		printf("ok census-sees-%s\n", name);
	else
		printf("FAIL census-sees-%s: wanted more %s, got:%s\n", name, grown, difference(before, &now));
}

static void check_undone(const char *name, const union counts *before)
{
	union counts now;

	count(&now);
	if (memcmp(before, &now, sizeof(now)))
		printf("FAIL census-%s-undone:%s\n", name, difference(before, &now));
	else
		printf("ok census-%s-undone\n", name);
}

static void check_left(void)
{
	union counts before;
	int fd, fds[2];

	munmap(leave_mapping(), 8192); /* page tables stay */
	count(&before);
	void *p = leave_mapping();
	check_seen("mapping", &before, "pages mappings");
	munmap(p, 8192);
	check_undone("mapping", &before);

	pid_t child = leave_process();
	check_seen("process", &before, "pages tasks processes mappings");
	kill(child, SIGKILL);
	check_seen("zombie", &before, "tasks processes");
	waitpid(child, NULL, 0);
	check_undone("process", &before);

	fd = open(PLACE "/file", O_CREAT | O_RDWR, 0600);
	if (fd < 0 || write(fd, "x", 1) != 1)
		fail(PLACE "/file");
	close(fd);
	check_seen("file", &before, "pages inodes dentries");
	unlink(PLACE "/file");
	check_undone("file", &before);

	if (pipe(fds) || mount("none", PLACE, "tmpfs", 0, NULL))
		fail("pipe and mount");
	check_seen("pipe-and-mount", &before, "files inodes mounts");
	close(fds[0]);
	close(fds[1]);
	umount(PLACE);
	check_undone("pipe-and-mount", &before);
}

int main(int argc, char **argv)
{
	union counts first;

	setvbuf(stdout, NULL, _IONBF, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	device = open(MOTE_DEVICE, O_RDWR | O_CLOEXEC);
	if (device < 0 || mkdir(PLACE, 0755))
		fail(PLACE);
	count(&first);
	run(argv[1]); /* its own memory is all there from now on */
	for (int i = 1; i < argc; i++)
		check_program(argv[i]);
	check_left();
	return 0;
}
