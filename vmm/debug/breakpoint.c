/*
 * Breakpoint instructions in guest memory. Pages of programs are shared: by processes that run the
 * same program, by others that map the same library, and by the page cache. So a breakpoint can
 * have several sites (copies of its page), and its instruction may be met by programs it is not for
 * (SITE_ELSEWHERE), which are helped over it. Programs that read the file see it too.
 */
#include "state.h"

#include <errno.h>
#include <string.h>

#include "host.h"
#include "shared/abi/control.h"

/* ---- sites ---- */

static const uint8_t *site_host(const struct machine *m, const struct site *s)
{
	return memory_range(&m->memory, s->gpa, ARCH_BREAKPOINT_SIZE);
}

static const uint8_t *instruction(const struct breakpoint *b)
{
	return is_kernel_address(b->address) ? arch_kernel_breakpoint : arch_program_breakpoint;
}

static bool is_planted(const struct breakpoint *b, const uint8_t *host)
{
	return host && !memcmp(host, instruction(b), ARCH_BREAKPOINT_SIZE);
}

/* Any breakpoint's site at gpa but one of `except`. */
static struct site *find_site(struct debugger *d, uint64_t gpa, const struct breakpoint *except)
{
	for (struct breakpoint *b = d->breakpoint; b < d->breakpoint + MAX_BREAKPOINTS; b++) {
		for (unsigned int i = 0; b->used && b != except && i < b->sites; i++) {
			if (b->site[i].gpa == gpa)
				return &b->site[i];
		}
	}
	return NULL;
}

/* A page that was given back and filled anew has no instruction of ours any more. */
static struct site *free_site(const struct machine *m, struct breakpoint *b)
{
	if (b->sites < MAX_SITES)
		return &b->site[b->sites++];
	for (unsigned int i = 0; i < MAX_SITES; i++) {
		if (!is_planted(b, site_host(m, &b->site[i])))
			return &b->site[i];
	}
	return NULL;
}

static struct site *own_site(struct breakpoint *b, uint64_t gpa)
{
	for (unsigned int i = 0; i < b->sites; i++) {
		if (b->site[i].gpa == gpa)
			return &b->site[i];
	}
	return NULL;
}

/* What stood at gpa. A page that has our instruction already and is no site is a copy of one. */
static void save(struct debugger *d, struct breakpoint *b, struct site *s, const uint8_t *host)
{
	const struct site *original = find_site(d, s->gpa, b);

	if (!original && is_planted(b, host) && b->sites && s != &b->site[0])
		original = &b->site[0];
	memcpy(s->saved, original ? original->saved : host, ARCH_BREAKPOINT_SIZE);
}

static void put(struct machine *m, uint64_t gpa, const uint8_t *code)
{
	memory_write(&m->memory, gpa, code, ARCH_BREAKPOINT_SIZE);
}

static int plant_at(struct machine *m, struct breakpoint *b, uint64_t gpa)
{
	const uint8_t *host = memory_range(&m->memory, gpa, ARCH_BREAKPOINT_SIZE);
	struct site *s = own_site(b, gpa);

	if (!host)
		return -EFAULT;
	if (s && is_planted(b, host))
		return 0;
	if (!s) {
		s = free_site(m, b);
		if (!s)
			return -ENOSPC;
		s->gpa = gpa;
	}
	save(m->debugger, b, s, host);
	put(m, gpa, instruction(b));
	return 0;
}

static int gpa_of(const struct machine *m, uint64_t root, uint64_t address, uint64_t *gpa)
{
	uint64_t run;
	const uint8_t *host =
		memory_walk(&m->memory, root, address, !is_kernel_address(address), false, &run);

	if (!host || run < ARCH_BREAKPOINT_SIZE)
		return -EFAULT;
	*gpa = (uint64_t)(host - m->memory.host);
	return 0;
}

static int plant_under(struct machine *m, struct breakpoint *b, uint64_t root)
{
	uint64_t gpa;
	int err = gpa_of(m, root, b->address, &gpa);

	return err ? err : plant_at(m, b, gpa);
}

static void restore(struct machine *m, struct breakpoint *b)
{
	for (unsigned int i = 0; i < b->sites; i++) {
		const struct site *s = &b->site[i];

		if (is_planted(b, site_host(m, s)) && !find_site(m->debugger, s->gpa, b))
			put(m, s->gpa, s->saved);
	}
}

enum debug_site debug_site_at(struct machine *m, uint64_t root, uint64_t address)
{
	struct debugger *d = m->debugger;
	enum debug_site found = SITE_NONE;
	uint64_t gpa;

	if (gpa_of(m, root, address, &gpa))
		return SITE_NONE;
	for (struct breakpoint *b = d->breakpoint; b < d->breakpoint + MAX_BREAKPOINTS; b++) {
		if (!b->used || !own_site(b, gpa))
			continue;
		if (b->address == address)
			return b->recent ? SITE_RECENT : SITE_HERE;
		found = SITE_ELSEWHERE;
	}
	return found;
}

/* ---- programs ---- */

void debug_plant_in(struct machine *m, uint64_t root, const char *name)
{
	struct debugger *d = m->debugger;

	if (!d->program[0])
		memcpy(d->program, name, strlen(name) + 1);
	if (strcmp(name, d->program))
		return;
	for (struct breakpoint *b = d->breakpoint; b < d->breakpoint + MAX_BREAKPOINTS; b++) {
		if (b->used && !b->data && !is_kernel_address(b->address))
			plant_under(m, b, root);
	}
}

static bool plant_in_task(void *ctx, const struct debug_task *t)
{
	struct machine *m = ctx;
	char name[MAX_NAME];

	if (t->mm) {
		debug_executable(m, t->mm, name, sizeof(name));
		if (*name)
			debug_plant_in(m, t->root, name);
	}
	return true;
}

/* PROGRAM is pid 2. */
static bool name_program(void *ctx, const struct debug_task *t)
{
	struct machine *m = ctx;

	if (t->pid != 2 || !t->mm)
		return true;
	debug_executable(m, t->mm, m->debugger->program, MAX_NAME);
	return false;
}

static bool any_in_programs(const struct debugger *d)
{
	for (const struct breakpoint *b = d->breakpoint; b < d->breakpoint + MAX_BREAKPOINTS; b++) {
		if (b->used && !is_kernel_address(b->address))
			return true;
	}
	return false;
}

static void plant_in_all(struct machine *m)
{
	if (!any_in_programs(m->debugger))
		return;
	if (!m->debugger->program[0])
		debug_each_task(m, name_program, m);
	if (m->debugger->program[0])
		debug_each_task(m, plant_in_task, m);
}

/* The kernel tells of every way to user mode while there are breakpoints in programs. */
static void update_leave(struct machine *m)
{
	struct machine_control *c = memory_writable(&m->memory, m->control, sizeof(*c));

	if (c)
		c->debug_leave = any_in_programs(m->debugger);
}

const char *debug_program(const struct machine *m)
{
	return m->debugger->program[0] ? m->debugger->program : NULL;
}

int debug_set_program(struct machine *m, const char *name)
{
	struct debugger *d = m->debugger;

	if (!*name || strlen(name) >= MAX_NAME || strchr(name, '/'))
		return -EINVAL;
	debug_lift(m);
	memcpy(d->program, name, strlen(name) + 1);
	debug_plant(m, false);
	return 0;
}

/* ---- the list ---- */

static struct breakpoint *find(struct debugger *d, uint64_t address)
{
	for (struct breakpoint *b = d->breakpoint; b < d->breakpoint + MAX_BREAKPOINTS; b++) {
		if (b->used && b->address == address)
			return b;
	}
	return NULL;
}

/* Room for one at address: what is remembered of it gives way, and of others when need be. */
static struct breakpoint *find_free(struct debugger *d, uint64_t address)
{
	struct breakpoint *found = NULL;

	for (struct breakpoint *b = d->breakpoint; b < d->breakpoint + MAX_BREAKPOINTS; b++) {
		if (b->used)
			continue;
		if (b->recent && b->address == address)
			return b;
		if (!found || (found->recent && !b->recent))
			found = b;
	}
	return found;
}

static bool may_write(struct vcpu *v, uint64_t address)
{
	uint64_t run;

	return memory_walk(&v->machine->memory, debug_root(v), address, true, true, &run) != NULL;
}

static int insert_locked(struct vcpu *v, uint64_t address)
{
	struct machine *m = v->machine;
	struct breakpoint *b;
	int err = 0;

	if (find(m->debugger, address))
		return 0;
	if (!is_kernel_address(address) && address >> 48)
		return -EFAULT;
	b = find_free(m->debugger, address);
	if (!b)
		return -ENOSPC;
	*b = (struct breakpoint){.used = true, .address = address};
	b->data = !is_kernel_address(address) && may_write(v, address);
	if (is_kernel_address(address))
		err = plant_under(m, b, m->boot_root);
	else if (b->data)
		err = plant_under(m, b, debug_root(v));
	else
		plant_in_all(m);
	b->used = !err;
	update_leave(m);
	return err;
}

int debug_insert(struct vcpu *v, uint64_t address)
{
	struct debugger *d = v->machine->debugger;

	pthread_mutex_lock(&d->lock);
	int err = insert_locked(v, address);

	pthread_mutex_unlock(&d->lock);
	return err;
}

/* Copies that were made meanwhile are found first. */
static void remove_locked(struct machine *m, struct breakpoint *b)
{
	if (!is_kernel_address(b->address))
		plant_in_all(m);
	restore(m, b);
	b->used = false;
	b->recent = true;
	update_leave(m);
}

int debug_remove(struct machine *m, uint64_t address)
{
	pthread_mutex_lock(&m->debugger->lock);
	struct breakpoint *b = find(m->debugger, address);

	if (b)
		remove_locked(m, b);
	pthread_mutex_unlock(&m->debugger->lock);
	return b ? 0 : -ENOENT;
}

void debug_remove_all(struct machine *m)
{
	struct debugger *d = m->debugger;

	pthread_mutex_lock(&d->lock);
	for (struct breakpoint *b = d->breakpoint; b < d->breakpoint + MAX_BREAKPOINTS; b++) {
		if (b->used)
			remove_locked(m, b);
	}
	pthread_mutex_unlock(&d->lock);
}

void debug_raise_recent(struct machine *m)
{
	struct debugger *d = m->debugger;

	for (struct breakpoint *b = d->breakpoint; b < d->breakpoint + MAX_BREAKPOINTS; b++)
		b->used |= b->recent;
	debug_plant(m, false);
}

void debug_lower_recent(struct machine *m)
{
	struct debugger *d = m->debugger;

	for (struct breakpoint *b = d->breakpoint; b < d->breakpoint + MAX_BREAKPOINTS; b++) {
		if (b->used && b->recent)
			remove_locked(m, b);
	}
}

void debug_forget_recent(struct machine *m)
{
	struct debugger *d = m->debugger;

	for (struct breakpoint *b = d->breakpoint; b < d->breakpoint + MAX_BREAKPOINTS; b++)
		b->recent = false;
}

void debug_lift(struct machine *m)
{
	struct debugger *d = m->debugger;

	pthread_mutex_lock(&d->lock);
	for (struct breakpoint *b = d->breakpoint; b < d->breakpoint + MAX_BREAKPOINTS; b++) {
		for (unsigned int i = 0; b->used && i < b->sites; i++) {
			const struct site *s = &b->site[i];

			if (is_planted(b, site_host(m, s)))
				put(m, s->gpa, s->saved);
		}
	}
	pthread_mutex_unlock(&d->lock);
}

/* Where pages of programs are now is looked up anew. */
static void plant_again(struct machine *m, struct breakpoint *b, bool replaced)
{
	if (b->data && replaced)
		b->used = b->recent = false;
	else if (!b->data && !is_kernel_address(b->address))
		b->sites = 0;
	for (unsigned int i = 0; b->used && i < b->sites; i++)
		plant_at(m, b, b->site[i].gpa);
}

void debug_plant(struct machine *m, bool replaced)
{
	struct debugger *d = m->debugger;

	pthread_mutex_lock(&d->lock);
	for (struct breakpoint *b = d->breakpoint; b < d->breakpoint + MAX_BREAKPOINTS; b++) {
		if (b->used)
			plant_again(m, b, replaced);
	}
	plant_in_all(m);
	update_leave(m);
	pthread_mutex_unlock(&d->lock);
}

/* ---- memory as if they were not there ---- */

/* Call each for every byte that planted sites and [gpa, gpa + len) have in common: the one in buf,
 * the one saved, the breakpoint's. */
static void for_each_common(struct machine *m, uint64_t gpa, uint8_t *buf, size_t len,
			    void (*each)(uint8_t *byte, uint8_t *saved, uint8_t planted))
{
	struct debugger *d = m->debugger;

	for (struct breakpoint *b = d->breakpoint; b < d->breakpoint + MAX_BREAKPOINTS; b++) {
		for (unsigned int i = 0; b->used && i < b->sites; i++) {
			struct site *s = &b->site[i];

			for (unsigned int k = 0; k < ARCH_BREAKPOINT_SIZE; k++) {
				if (s->gpa + k - gpa < len && is_planted(b, site_host(m, s)))
					each(&buf[s->gpa + k - gpa], &s->saved[k],
					     instruction(b)[k]);
			}
		}
	}
}

static void show(uint8_t *byte, uint8_t *saved, uint8_t planted)
{
	(void)planted;
	*byte = *saved;
}

static void save_byte(uint8_t *byte, uint8_t *saved, uint8_t planted)
{
	(void)planted;
	*saved = *byte;
}

static void keep_planted(uint8_t *byte, uint8_t *saved, uint8_t planted)
{
	(void)saved;
	*byte = planted;
}

void debug_hide(struct machine *m, uint64_t gpa, uint8_t *buf, size_t len)
{
	for_each_common(m, gpa, buf, len, show);
}

void debug_write_beneath(struct machine *m, uint64_t gpa, uint8_t *buf, size_t len)
{
	for_each_common(m, gpa, buf, len, save_byte);
	for_each_common(m, gpa, buf, len, keep_planted);
}

/* ---- hardware ---- */

static bool same_point(const struct debug_point *a, const struct debug_point *b)
{
	return a->address == b->address && a->len == b->len && a->kind == b->kind;
}

int debug_insert_point(struct machine *m, const struct debug_point *p)
{
	struct debugger *d = m->debugger;

	if (d->points == POINTS_UNKNOWN)
		d->points = host_has_debug_points() ? POINTS_THERE : POINTS_NONE;
	if (d->points == POINTS_NONE || p->kind == DEBUG_POINT_READ)
		return -ENOTSUP;
	if (!arch_debug_point_valid(p))
		return -EINVAL;
	for (unsigned int i = 0; i < ARCH_DEBUG_POINTS; i++) {
		if (d->point[i].len && !same_point(&d->point[i], p))
			continue;
		d->point[i] = *p;
		return 0;
	}
	return -ENOSPC;
}

int debug_remove_point(struct machine *m, const struct debug_point *p)
{
	for (unsigned int i = 0; i < ARCH_DEBUG_POINTS; i++) {
		if (same_point(&m->debugger->point[i], p)) {
			m->debugger->point[i].len = 0;
			return 0;
		}
	}
	return -ENOENT;
}

const struct debug_point *debug_point_number(const struct machine *m, unsigned int i)
{
	return &m->debugger->point[i % ARCH_DEBUG_POINTS];
}
