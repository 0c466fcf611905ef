#include "aflmem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mote.h"

static int map_system_v(int id, void **at, size_t *size)
{
	struct shmid_ds ds;

	if (shmctl(id, IPC_STAT, &ds))
		return -errno;
	void *map = shmat(id, NULL, 0);

	if (map == (void *)-1)
		return -errno;
	*at = map;
	*size = ds.shm_segsz;
	return 0;
}

static int map_posix(const char *name, void **at, size_t *size)
{
	struct stat st;
	int fd = shm_open(name, O_RDWR | O_CLOEXEC, 0);
	int err = fd < 0 || fstat(fd, &st) ? -errno : 0;

	if (!err) {
		void *map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		err = map == MAP_FAILED ? -errno : 0;
		*at = map;
		*size = (size_t)st.st_size;
	}
	if (fd >= 0)
		close(fd);
	return err;
}

int aflmem_map(const char *variable, void **at, size_t *size)
{
	const char *name = getenv(variable);

	if (!name || !*name)
		return -ENOENT;
	int err = *name == '/' ? map_posix(name, at, size) : map_system_v(atoi(name), at, size);

	if (err) {
		mote_error("cannot map AFL++'s shared memory (%s=%s): %s", variable, name, strerror(-err));
		return err == -ENOENT ? -EIO : err;
	}
	return 0;
}
