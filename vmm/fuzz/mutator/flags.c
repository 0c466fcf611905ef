/* Arguments whose values have names: those that a trace prints. */
#include "generate.h"
#include "shared/fuzz/layout.h"
#include "trace_flags.h"

static const struct trace_set *set_of_kind(unsigned int kind)
{
	static const struct trace_set *const sets[] = {
		[FUZZ_KIND_OPEN_FLAGS] = &trace_open_flags,
		[FUZZ_KIND_AT_FLAGS] = &trace_at_flags,
		[FUZZ_KIND_PROT] = &trace_prot,
		[FUZZ_KIND_MAP_FLAGS] = &trace_map_flags,
		[FUZZ_KIND_CLONE_FLAGS] = &trace_clone_flags,
		[FUZZ_KIND_WAIT_OPTIONS] = &trace_wait_options,
		[FUZZ_KIND_WHENCE] = &trace_whence,
		[FUZZ_KIND_FCNTL_CMD] = &trace_fcntl,
		[FUZZ_KIND_IOCTL_CMD] = &trace_ioctl,
		[FUZZ_KIND_SIG_HOW] = &trace_sig_how,
		[FUZZ_KIND_MADVICE] = &trace_madvice,
		[FUZZ_KIND_EPOLL_OP] = &trace_epoll_op,
		[FUZZ_KIND_ACCESS_MODE] = &trace_access,
		[FUZZ_KIND_CLOCKID] = &trace_clocks,
		[FUZZ_KIND_FLAGS] = NULL,
	};
	return kind < sizeof(sets) / sizeof(*sets) ? sets[kind] : NULL;
}

/* Sets of numbers that table.def calls plain, by the names of the call and of the argument. Each
 * row's are found once. */
static const struct trace_set *set_of_arg(unsigned int row, unsigned int k)
{
	static const struct trace_set *found[1024][FUZZ_MAX_ARGS];
	static bool searched[1024];
	if (!searched[row]) {
		for (unsigned int i = 0; i < fuzz_row[row].argc; i++) {
			const struct trace_set *s =
				trace_set_for(fuzz_row[row].name, fuzz_row[row].arg[i]);
			found[row][i] = s ? s : set_of_kind(fuzz_row[row].kind[i]);
		}
		searched[row] = true;
	}
	return found[row][k];
}

static unsigned long pick_name(struct fuzz_random *r, const struct trace_set *set)
{
	unsigned int n = 0;
	while (set->names[n].name)
		n++;
	return set->names[fuzz_below(r, n)].value;
}

static uint64_t some_flags(struct fuzz_random *r, const struct trace_set *set)
{
	uint64_t value = 0;
	if (fuzz_chance(r, 45))
		return 0;
	for (unsigned int n = fuzz_chance(r, 60) ? 1 : 1 + fuzz_below(r, 3); n; n--)
		value |= pick_name(r, set);
	return fuzz_chance(r, 4) ? value | 1ull << fuzz_below(r, 32) : value;
}

/* What must be among the flags so that the rest matters. */
static uint64_t essential_flags(struct fuzz_random *r, const struct fuzz_row *row,
				unsigned int kind)
{
	static const uint8_t access[] = {0, 0, 1, 2, 2, 2, 3}, share[] = {1, 2, 2, 3};
	static const uint8_t signals[] = {17, 17, 17, 17, 0, 10, 9, 64, 65};
	switch (kind) {
	case FUZZ_KIND_OPEN_FLAGS:
		return FUZZ_PICK(r, access) | (fuzz_chance(r, 40) ? 0100 /* O_CREAT */ : 0);
	case FUZZ_KIND_MAP_FLAGS:
		return FUZZ_PICK(r, share) | (fuzz_chance(r, 60) ? 0x20 /* MAP_ANONYMOUS */ : 0) |
		       (fuzz_chance(r, 40) ? 0x10 /* MAP_FIXED */ : 0);
	case FUZZ_KIND_CLONE_FLAGS:
		return FUZZ_PICK(r, signals);
	case FUZZ_KIND_PROT:
		return fuzz_below(r, 8);
	case FUZZ_KIND_WAIT_OPTIONS:
		return row->id == 247 && fuzz_chance(r, 85) ? 4 /* waitid: WEXITED */ : 0;
	default:
		return 0;
	}
}

/* Threads and what shares memory need several flags at once: clone(2). */
static uint64_t clone_flags(struct fuzz_random *r, const struct trace_set *set)
{
	static const uint32_t whole[] = {0x50f00,  0x10f00,   0x4100, 0x100, 0x900,
					 0x3d0f00, 0x1200000, 0x1000, 0x8000};
	return fuzz_chance(r, 40)   ? FUZZ_PICK(r, whole)
	       : fuzz_chance(r, 50) ? 0
				    : some_flags(r, set);
}

static bool opens_file(const struct fuzz_row *row)
{
	return row->kind[0] == FUZZ_KIND_PATH || row->kind[0] == FUZZ_KIND_DIRFD;
}

bool fuzz_generate_named(struct fuzz_generator *g)
{
	static const uint8_t clocks[] = {
		0, 1, 7}; /* real time, monotonic, boot time: those that all calls take */
	static const uint32_t fd_flags[] = {
		0,	 0,	  0x800,  0x80000,
		0x80000, 0x80800, 0x4000, 1}; /* pipe2, dup3: O_NONBLOCK, O_CLOEXEC, O_DIRECT */
	const struct fuzz_row *row = fuzz_generator_row(g);
	const struct trace_set *set = set_of_arg(g->call->row, g->k);
	unsigned int kind = row->kind[g->k];
	uint64_t essential = essential_flags(&g->random, row, kind);
	if (!set)
		return false;
	if (kind == FUZZ_KIND_CLOCKID && fuzz_chance(&g->random, 60))
		fuzz_set_const(g, FUZZ_PICK(&g->random, clocks));
	else if (kind == FUZZ_KIND_OPEN_FLAGS && !opens_file(row))
		fuzz_set_const(g, FUZZ_PICK(&g->random, fd_flags));
	else if (kind == FUZZ_KIND_CLONE_FLAGS)
		fuzz_set_const(g, clone_flags(&g->random, set) | essential);
	else if (set->flags)
		fuzz_set_const(g, (essential && fuzz_chance(&g->random, 50)
					   ? 0
					   : some_flags(&g->random, set)) |
					  essential);
	else
		fuzz_set_const(g, fuzz_chance(&g->random, 95) ? pick_name(&g->random, set)
							      : fuzz_boundary(&g->random));
	return true;
}
