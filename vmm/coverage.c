#include "coverage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"

#define MAX_EDGES (4u << 20)

int coverage_find(const struct machine *m, struct machine_control *c)
{
	if (!m->control || memory_read(&m->memory, m->control, c, sizeof(*c)) || !c->coverage_size)
		return -EOPNOTSUPP;
	if (c->coverage_size > MAX_EDGES || c->coverage % MEMORY_PAGE_SIZE || !memory_range(&m->memory, c->coverage, c->coverage_size))
		return -EINVAL;
	return 0;
}

static int begin(struct machine *m, const struct machine_control *c)
{
	void *counters = memory_writable(&m->memory, c->coverage, c->coverage_size);

	free(m->test.covered);
	m->test.covered = NULL;
	memset(counters, 0, c->coverage_size);
	return 0;
}

/* What is counted from now on is nobody's business. */
static int end(struct machine *m, const struct machine_control *c)
{
	if (m->test.covered)
		return 0;
	m->test.covered = malloc(c->coverage_size);
	if (!m->test.covered)
		return -ENOMEM;
	m->test.covered_size = c->coverage_size;
	return memory_read(&m->memory, c->coverage, m->test.covered, c->coverage_size);
}

int coverage_switch(struct machine *m, bool on)
{
	struct machine_control c;

	pthread_mutex_lock(&m->test.lock);
	int err = coverage_find(m, &c) ? -EOPNOTSUPP : 0;
	if (!err)
		err = on ? begin(m, &c) : end(m, &c);
	pthread_mutex_unlock(&m->test.lock);
	return err;
}

/* The counter of edge i: as it was at the end, or is now. */
static unsigned char counter(const struct machine *m, const struct machine_control *c, size_t i)
{
	const unsigned char *live = memory_range(&m->memory, c->coverage, c->coverage_size);

	if (m->test.covered)
		return i < m->test.covered_size ? m->test.covered[i] : 0;
	return live[i];
}

size_t machine_coverage(struct machine *m, uint64_t *pcs, size_t max)
{
	struct machine_control c;
	size_t n = 0;

	if (coverage_find(m, &c))
		return 0;
	for (size_t i = 0; i < c.coverage_size; i++) {
		struct control_edge e;

		if (!counter(m, &c, i) || memory_read(&m->memory, c.coverage_edges + i * sizeof(e), &e, sizeof(e)))
			continue;
		if (n < max)
			pcs[n] = e.pc;
		n++;
	}
	return n;
}
