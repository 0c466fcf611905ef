/*
 * Ids: 1..PID_MAX in order, wrapping round and skipping those still named by a task, a group or a
 * session (credentials(7)). A two-level table: both looking up and handing out touch two words.
 */
#include "kernel/lib/log.h"
#include "kernel/lib/refcount.h"
#include "kernel/mm/page.h"
#include "kernel/mm/slab.h"
#include "kernel/task/pid.h"
#include "kernel/task/task.h"

#define PID_RESERVED                                                                               \
	300 /* after the first round: left to daemons of the first minutes, as on Linux */
#define CHUNK 512	 /* pointers in a page */

static struct pid **pid_table[PID_MAX / CHUNK];
static unsigned int pid_used[PID_MAX / CHUNK];
static int pid_last;
static SLAB_CACHE(pid_cache, "pid", struct pid);

struct pid *pid_find(int nr)
{
	if (nr <= 0 || nr >= PID_MAX || !pid_table[nr / CHUNK])
		return NULL;
	return pid_table[nr / CHUNK][nr % CHUNK];
}

int pid_last_used(void)
{
	return pid_last;
}

u64 pid_table_pages(void)
{
	u64 n = 0;
	for (size_t k = 0; k < ARRAY_SIZE(pid_table); k++)
		n += pid_table[k] != NULL;
	return n;
}

static int next_free(void)
{
	int nr = pid_last;
	for (int tries = 0; tries < PID_MAX; tries++) {
		if (++nr >= PID_MAX)
			nr = PID_RESERVED;
		if (!pid_find(nr))
			return nr;
	}
	return -EAGAIN;
}

static int chunk_ready(int nr)
{
	if (pid_table[nr / CHUNK])
		return 0;
	struct page *page = page_alloc(0, PAGE_ALLOC_ZERO);
	if (!page)
		return -ENOMEM;
	pid_table[nr / CHUNK] = page_to_virt(page);
	return 0;
}

/* Nothing in the chunk is in use, and numbers are handed out elsewhere now. */
static void chunk_release(int chunk)
{
	if (!pid_table[chunk])
		return;
	page_put(virt_to_page(pid_table[chunk]));
	pid_table[chunk] = NULL;
}

struct pid *pid_alloc(void)
{
	int nr = next_free();
	if (nr < 0 || chunk_ready(nr))
		return NULL;
	struct pid *p = slab_alloc(&pid_cache);
	if (!p)
		return NULL;
	p->nr = nr;
	p->refcount = 1;
	p->task = NULL;
	list_init(&p->group);
	list_init(&p->session);
	waitq_init(&p->exit_wait);
	pid_table[nr / CHUNK][nr % CHUNK] = p;
	pid_used[nr / CHUNK]++;
	if (unlikely((nr ^ pid_last) >= CHUNK) && !pid_used[pid_last / CHUNK])
		chunk_release(pid_last / CHUNK); /* the numbers go on in another one */
	pid_last = nr;
	return p;
}

struct pid *pid_get(struct pid *p)
{
	refcount_get(&p->refcount);
	return p;
}

void pid_put(struct pid *p)
{
	if (!refcount_put(&p->refcount))
		return;
	pid_table[p->nr / CHUNK][p->nr % CHUNK] = NULL;
	if (!--pid_used[p->nr / CHUNK] && p->nr / CHUNK != pid_last / CHUNK)
		chunk_release(p->nr / CHUNK);
	slab_free(&pid_cache, p);
}

struct task *task_find(int tid)
{
	struct pid *p = pid_find(tid);
	return p ? p->task : NULL;
}

struct process *process_find(int pid)
{
	struct task *t = task_find(pid);
	return t && t->process->pid == t->pid ? t->process : NULL;
}

struct process *process_next(int nr)
{
	for (nr = MAX(nr, 1); nr < PID_MAX; nr++) {
		if (!pid_used[nr / CHUNK]) {
			nr |= CHUNK - 1;
			continue;
		}
		struct process *p = process_find(nr);
		if (p)
			return p;
	}
	return NULL;
}
