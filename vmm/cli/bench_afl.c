#include "bench_afl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mote.h"

/* include/config.h and include/types.h of AFL++ */
#define CONTROL_FD	   198
#define STATUS_FD	   199
#define SHARED_CASE	   (1u << 20)
#define MAP_BYTES	   (8u << 20)
#define FS_OPT_ENABLED	   0x80000001u
#define FS_OPT_MAPSIZE	   0x40000000u
#define FS_OPT_SHDMEM_FUZZ 0x01000000u

static void *share(size_t size, int *id, const char *variable)
{
	char text[16];

	*id = shmget(IPC_PRIVATE, size, IPC_CREAT | IPC_EXCL | 0600);
	void *at = *id < 0 ? (void *)-1 : shmat(*id, NULL, 0);

	if (at == (void *)-1)
		return NULL;
	snprintf(text, sizeof(text), "%d", *id);
	setenv(variable, text, 1);
	return at;
}

static void unshare_all(struct afl *a)
{
	if (a->map)
		shmdt(a->map);
	if (a->kase)
		shmdt(a->kase);
	if (a->map_id >= 0)
		shmctl(a->map_id, IPC_RMID, NULL);
	if (a->case_id >= 0)
		shmctl(a->case_id, IPC_RMID, NULL);
}

static void start_child(char *const argv[], int control, int status)
{
	if (dup2(control, CONTROL_FD) < 0 || dup2(status, STATUS_FD) < 0)
		_exit(127);
	execv(argv[0], argv);
	_exit(127);
}

static int start(struct afl *a, char *const argv[])
{
	int control[2], status[2];

	if (pipe2(control, O_CLOEXEC) || pipe2(status, O_CLOEXEC))
		return -1;
	a->pid = fork();
	if (!a->pid)
		start_child(argv, control[0], status[1]);
	close(control[0]);
	close(status[1]);
	a->control = control[1];
	a->status = status[0];
	return a->pid < 0 ? -1 : 0;
}

static int read_word(const struct afl *a, uint32_t *word)
{
	return read(a->status, word, sizeof(*word)) == sizeof(*word) ? 0 : -1;
}

static int write_word(const struct afl *a, uint32_t word)
{
	return write(a->control, &word, sizeof(word)) == sizeof(word) ? 0 : -1;
}

static int shake_hands(struct afl *a)
{
	const uint32_t wanted = FS_OPT_ENABLED | FS_OPT_MAPSIZE | FS_OPT_SHDMEM_FUZZ;
	uint32_t hello = 0;

	if (read_word(a, &hello) || (hello & wanted) != wanted)
		return -1;
	a->map_size = ((hello & 0x00fffffeu) >> 1) + 1;
	return write_word(a, FS_OPT_ENABLED | FS_OPT_SHDMEM_FUZZ);
}

int afl_open(struct afl *a, char *const argv[])
{
	*a = (struct afl){.pid = -1, .control = -1, .status = -1, .map_id = -1, .case_id = -1};
	a->map = share(MAP_BYTES, &a->map_id, "__AFL_SHM_ID");
	a->kase = share(SHARED_CASE, &a->case_id, "__AFL_SHM_FUZZ_ID");
	if (!a->map || !a->kase || start(a, argv) || shake_hands(a)) {
		mote_error("bench: '%s' is no target for AFL++ here", argv[0]);
		afl_close(a);
		return -1;
	}
	return 0;
}

void afl_close(struct afl *a)
{
	if (a->control >= 0)
		close(a->control);
	if (a->status >= 0)
		close(a->status);
	while (a->pid > 0 && waitpid(a->pid, NULL, 0) < 0 && errno == EINTR)
		;
	unshare_all(a);
	unsetenv("__AFL_SHM_ID");
	unsetenv("__AFL_SHM_FUZZ_ID");
}

int afl_run(struct afl *a)
{
	uint32_t pid, status;

	memset(a->map, 0, a->map_size);
	if (write_word(a, 0) || read_word(a, &pid) || read_word(a, &status)) {
		mote_error("bench: the target has gone");
		return -1;
	}
	return (int)status;
}
