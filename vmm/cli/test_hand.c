/* The workers' side of a pool: what is done for each run, so it makes as few system calls as it
 * can. */
#include "test_pool.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "test_shared.h"

#define NS_PER_S 1000000000ull
/* The parent is woken for every result, but not more often than this. */
#define WAKE_INTERVAL (NS_PER_S / 50)
/* Files keep their pages up to this size. */
#define KEEP_PAGES 65536

uint64_t pool_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

void pool_futex_wait(atomic_uint *word, unsigned int value)
{
	struct timespec limit = {.tv_nsec = 100000000};

	syscall(SYS_futex, word, FUTEX_WAIT, value, &limit, NULL, 0);
}

void pool_futex_wake(atomic_uint *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

void pool_file_clear(int fd)
{
	off_t len = lseek(fd, 0, SEEK_CUR);

	if (len > KEEP_PAGES)
		fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, KEEP_PAGES,
			  len - KEEP_PAGES);
	if (len)
		lseek(fd, 0, SEEK_SET);
}

static void wake_parent(struct pool_worker *w, uint64_t now)
{
	uint64_t one = 1;

	w->woken = now;
	while (write(w->wake, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

void pool_ready(struct pool_worker *w)
{
	w->slot->current = POOL_NOTHING;
}

bool pool_take(struct pool_worker *w, uint64_t *run)
{
	if (w->shared->next >= w->shared->runs)
		return false;
	*run = atomic_fetch_add(&w->shared->next, 1);
	if (*run >= w->shared->runs)
		return false;
	for (int i = 0; i < TEST_STREAMS; i++)
		pool_file_clear(w->fd[i]);
	w->slot->since = pool_now();
	w->slot->current = *run + 1;
	return true;
}

/* Wait until no more than `ahead` results wait for the parent. */
static void await_parent(struct pool_worker *w, unsigned int ahead)
{
	struct pool_slot *s = w->slot;
	unsigned int consumed;

	s->waiting = 1;
	while (consumed = s->consumed, s->produced - consumed > ahead)
		pool_futex_wait(&s->consumed, consumed);
	s->waiting = 0;
}

void pool_give(struct pool_worker *w, struct test_verdict *r)
{
	struct pool_slot *s = w->slot;
	unsigned int n = s->produced;
	uint64_t now = pool_now();
	bool look = test_failed(r);

	r->run = s->current - 1;
	r->ns = now - s->since;
	s->ring[n % POOL_RING] = *r;
	s->produced = n + 1;
	s->current = POOL_NOTHING;
	if (look || now - w->woken > WAKE_INTERVAL || n - s->consumed > POOL_RING / 2)
		wake_parent(w, now);
	if (look || n + 1 - s->consumed == POOL_RING)
		await_parent(w, look ? 0 : POOL_RING / 2);
}

bool pool_overdue(const struct pool_worker *w)
{
	uint64_t current = w->slot->current;

	return current != POOL_NOTHING && w->slot->overdue == current;
}

bool pool_flooded(const struct pool_worker *w, enum test_stream stream)
{
	return (uint64_t)lseek(w->fd[stream], 0, SEEK_CUR) > w->max_output;
}
