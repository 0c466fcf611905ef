#include "generate.h"

#include <string.h>

#include "shared/fuzz/layout.h"
#include "shared/fuzz/tree.h"

/* ---- resources ---- */

/* clang-format off */
/* By number on x86_64. */
static const struct {
	uint16_t id;
	uint8_t makes; /* enum fuzz_resource */
	uint8_t words; /* > 0: so many words of its output, instead of its result */
} makers[] = {
	{2, FUZZ_FD, 0}, {257, FUZZ_FD, 0}, {437, FUZZ_FD, 0}, {85, FUZZ_FD, 0},
	{32, FUZZ_FD, 0}, {33, FUZZ_FD, 0}, {292, FUZZ_FD, 0}, {22, FUZZ_PIPE, 2},
	{293, FUZZ_PIPE, 2}, {319, FUZZ_FD, 0}, {284, FUZZ_FD, 0}, {290, FUZZ_FD, 0},
	{282, FUZZ_FD, 0}, {289, FUZZ_FD, 0}, {213, FUZZ_EPOLL, 0}, {291, FUZZ_EPOLL, 0},
	{283, FUZZ_TIMERFD, 0}, {434, FUZZ_PIDFD, 0}, {FUZZ_ID_CLONE, FUZZ_PID, 0},
	{FUZZ_ID_FORK, FUZZ_PID, 0}, {FUZZ_ID_VFORK, FUZZ_PID, 0},
	{FUZZ_ID_CLONE3, FUZZ_PID, 0}, {39, FUZZ_PID, 0}, {186, FUZZ_PID, 0},
	{110, FUZZ_PID, 0}, {112, FUZZ_PID, 0}, {222, FUZZ_TIMER, 1}, {9, FUZZ_ADDRESS, 0},
	{12, FUZZ_ADDRESS, 0}, {25, FUZZ_ADDRESS, 0},
};
/* clang-format on */

static bool suits(enum fuzz_resource made, enum fuzz_resource want)
{
	return made == want ||
	       (want == FUZZ_FD && (made == FUZZ_PIPE || made == FUZZ_EPOLL ||
				    made == FUZZ_TIMERFD || made == FUZZ_PIDFD)) ||
	       ((want == FUZZ_DIRECTORY || want == FUZZ_TTY) && made == FUZZ_FD);
}

static int find_maker(const struct fuzz_row *row, enum fuzz_resource want)
{
	for (unsigned int i = 0; i < sizeof(makers) / sizeof(*makers); i++)
		if (makers[i].id == row->id && suits(makers[i].makes, want))
			return i;
	return -1;
}

bool fuzz_row_makes(const struct fuzz_row *row, enum fuzz_resource want)
{
	return want != FUZZ_NOTHING && find_maker(row, want) >= 0;
}

static enum fuzz_resource fd_resource(const struct fuzz_row *row, unsigned int k)
{
	if (!strcmp(row->arg[k], "epfd"))
		return FUZZ_EPOLL;
	if (!strcmp(row->arg[k], "pidfd"))
		return FUZZ_PIDFD;
	switch (row->id) {
	case 286: /* timerfd_settime, timerfd_gettime */
	case 287:
		return FUZZ_TIMERFD;
	case 78: /* getdents, fchdir */
	case 81:
	case 217:
		return FUZZ_DIRECTORY;
	case 16: /* ioctl */
		return FUZZ_TTY;
	case 275: /* splice: into a pipe */
		return k ? FUZZ_PIPE : FUZZ_FD;
	default:
		return FUZZ_FD;
	}
}

enum fuzz_resource fuzz_arg_resource(const struct fuzz_row *row, unsigned int k)
{
	switch (row->kind[k]) {
	case FUZZ_KIND_FD:
		return fd_resource(row, k);
	case FUZZ_KIND_PID:
		return FUZZ_PID;
	case FUZZ_KIND_INT:
		return row->id >= 223 && row->id <= 226 && k == 0 ? FUZZ_TIMER : FUZZ_NOTHING;
	default:
		return FUZZ_NOTHING;
	}
}

bool fuzz_call_makes(const struct fuzz_call *call, enum fuzz_resource want)
{
	if (want == FUZZ_DIRECTORY || want == FUZZ_TTY)
		return fuzz_call_opens(call, want);
	return fuzz_row_makes(&fuzz_row[call->row], want);
}

/* A reference to one of the calls before this one that makes the resource, rather a late one. */
static bool set_resource(struct fuzz_generator *g, enum fuzz_resource want)
{
	int chosen = -1;
	for (unsigned int i = 0; i < g->at; i++)
		if (fuzz_call_makes(&g->p->call[i], want) &&
		    (chosen < 0 || fuzz_chance(&g->random, 50)))
			chosen = i;
	if (chosen < 0)
		return false;
	unsigned int words = makers[find_maker(&fuzz_row[g->p->call[chosen].row], want)].words;
	struct fuzz_arg *a = fuzz_generator_arg(g);
	*a = (struct fuzz_arg){.kind = words ? FUZZ_ARG_OUTPUT : FUZZ_ARG_RESULT, .value = chosen};
	a->offset = words ? fuzz_below(&g->random, words) * 4 : 0;
	return true;
}

/* ---- numbers ---- */

uint64_t fuzz_boundary(struct fuzz_random *r)
{
	/* clang-format off */
	static const uint64_t values[] = {
		0, 1, 2, 3, 4, 7, 8, 16, 63, 64, 100, 255, 256, 511, 512, 1023, 1024, 4095,
		4096, 4097, 8191, 8192, 12288, 16384, 65535, 65536, 0x100000, 0x200000,
		0x400000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0x100000000,
		0x100000001, 0x7fffffffffff, 0x7fffffffefff, 0x7ffffffffffff000,
		0x7ffffffffffffffe, 0x7fffffffffffffff, 0x8000000000000000, -4096ull, -4095ull,
		-2ull, -1ull, -1ull,
	};
	/* clang-format on */
	return FUZZ_PICK(r, values);
}

static uint64_t small_number(struct fuzz_random *r)
{
	return fuzz_chance(r, 80) ? fuzz_below(r, 9) : fuzz_boundary(r);
}

static uint64_t size_number(struct fuzz_random *r)
{
	static const uint32_t usual[] = {1, 8, 16, 64, 100, 512, 4096, 4096, 8192, 16384, 0x10000};
	return fuzz_chance(r, 65) ? FUZZ_PICK(r, usual) : fuzz_boundary(r);
}

static uint64_t user_address(struct fuzz_random *r)
{
	static const uint64_t values[] = {0,
					  1,
					  4096,
					  0x7ffffffff000,
					  0x7fffffffffff,
					  0x800000000000,
					  0xffff800000000000,
					  0xffffffff80000000,
					  0xffffffffff600000,
					  0x8000000000000000,
					  FUZZ_DATA_ADDR + 0x4ff8,
					  -1ull,
					  -8ull,
					  FUZZ_RESULTS_ADDR,
					  0x400000,
					  0x10000};
	return FUZZ_PICK(r, values);
}

int fuzz_small_fd(struct fuzz_random *r)
{
	if (fuzz_chance(r, 90))
		return fuzz_below(r, 9);
	return fuzz_chance(r, 50) ? -1 : (int)fuzz_boundary(r);
}

void fuzz_set_const(struct fuzz_generator *g, uint64_t value)
{
	*fuzz_generator_arg(g) = (struct fuzz_arg){.kind = FUZZ_ARG_CONST, .value = value};
}

void fuzz_set_data(struct fuzz_generator *g, const void *data, unsigned int size)
{
	struct fuzz_arg *a = fuzz_generator_arg(g);
	*a = (struct fuzz_arg){.kind = FUZZ_ARG_DATA, .size = size};
	a->value = fuzz_chance(&g->random, 90) ? (g->at % 16 * FUZZ_MAX_ARGS + g->k) * 64
					       : fuzz_below(&g->random, FUZZ_DATA_VALUES / 16) * 16;
	a->value %= FUZZ_DATA_VALUES;
	if (fuzz_chance(&g->random, 2))
		a->value = FUZZ_DATA_VALUES - 1 - fuzz_below(&g->random, 16);
	if (size)
		memcpy(a->bytes, data, size);
}

/* ---- by kind ---- */

static void generate_memory(struct fuzz_generator *g)
{
	uint64_t value = fuzz_chance(&g->random, 80) ? fuzz_below(&g->random, 16) * 4096
			 : fuzz_chance(&g->random, 50)
				 ? fuzz_below(&g->random, FUZZ_MEMORY_BYTES)
				 : fuzz_below(&g->random, FUZZ_MEMORY_BYTES / 4096) * 4096;
	*fuzz_generator_arg(g) = (struct fuzz_arg){.kind = FUZZ_ARG_MEMORY, .value = value};
}

static void generate_address(struct fuzz_generator *g)
{
	unsigned int what = fuzz_below(&g->random, 100);
	if (what < 70)
		generate_memory(g);
	else if (what < 80 && set_resource(g, FUZZ_ADDRESS))
		return;
	else if (what < 90)
		fuzz_set_const(g, 0);
	else
		fuzz_set_const(g, user_address(&g->random));
}

static void generate_fd(struct fuzz_generator *g)
{
	unsigned int what = fuzz_below(&g->random, 100);
	enum fuzz_resource want = fuzz_arg_resource(fuzz_generator_row(g), g->k);
	unsigned int id = fuzz_generator_row(g)->id;
	bool signalfd = id == 282 || id == 289; /* -1: a new one */
	if (signalfd && what < 80)
		fuzz_set_const(g, -1ull);
	else if ((what < 80 && set_resource(g, want)) || (what < 85 && set_resource(g, FUZZ_FD)))
		return;
	else
		fuzz_set_const(g, fuzz_small_fd(&g->random));
}

static void generate_dirfd(struct fuzz_generator *g)
{
	if (fuzz_chance(&g->random, 75))
		fuzz_set_const(g, -100ull);
	else
		generate_fd(g);
}

/* 2 is the supervisor, 4 the program's first process, its children follow. */
static void generate_pid(struct fuzz_generator *g)
{
	static const int8_t values[] = {0, 0, 0, -1, 1, 4, 4, 5, 5, 6, 7, -4, -5, 3, 100};
	unsigned int id = fuzz_generator_row(g)->id;
	bool single = id == FUZZ_ID_TKILL || id == FUZZ_ID_TGKILL ||
		      id == FUZZ_ID_RT_TGSIGQUEUEINFO; /* takes no 0 and no groups */
	if (fuzz_chance(&g->random, 50) && set_resource(g, FUZZ_PID))
		return;
	if (single && fuzz_chance(&g->random, 80))
		fuzz_set_const(g, 4 + fuzz_below(&g->random, 2) * fuzz_below(&g->random, 3));
	else
		fuzz_set_const(g, fuzz_chance(&g->random, 95)
					  ? (uint64_t)FUZZ_PICK(&g->random, values)
					  : fuzz_boundary(&g->random));
}

static uint64_t id_number(struct fuzz_random *r)
{
	static const int32_t values[] = {0, 0, 1, 1000, 1000, 1001, 65534, -1, -1, -2};
	return (uint64_t)FUZZ_PICK(r, values);
}

static uint64_t signal_number(struct fuzz_random *r)
{
	static const uint8_t usual[] = {1, 2, 10, 12, 14, 17, 18, 19, 20, 15, 9, 34, 64, 0, 11, 13};
	return fuzz_chance(r, 80) ? FUZZ_PICK(r, usual) : fuzz_below(r, 67);
}

static uint64_t mode_number(struct fuzz_random *r)
{
	static const uint32_t values[] = {0,	   0644,    0755,    0777,    0600,    04755,
					  02755,   01777,   0100644, 0010644, 0020666, 0060600,
					  0140777, 0040755, 07777,   0444,    0111};
	return fuzz_chance(r, 90) ? FUZZ_PICK(r, values) : fuzz_below(r, 010000);
}

/* makedev(1, 3) and the like. */
static uint64_t device_number(struct fuzz_random *r)
{
	static const uint16_t values[] = {0,	 0x103, 0x105, 0x107,  0x108,
					  0x109, 0x500, 0x502, 0x8800, 0x10a};
	return fuzz_chance(r, 90) ? FUZZ_PICK(r, values) : fuzz_boundary(r);
}

static uint64_t futex_op(struct fuzz_random *r)
{
	return fuzz_below(r, 15) | (fuzz_chance(r, 50) ? 128 : 0) | (fuzz_chance(r, 10) ? 256 : 0);
}

/* How many entries the array of the argument before this one has. */
static uint64_t count_number(struct fuzz_generator *g)
{
	const struct fuzz_arg *a = g->k ? &g->call->arg[g->k - 1] : NULL;
	unsigned int kind = g->k ? fuzz_generator_row(g)->kind[g->k - 1] : FUZZ_NOKIND;
	if (a && a->kind == FUZZ_ARG_DATA && fuzz_chance(&g->random, 90)) {
		if (kind == FUZZ_KIND_IOV)
			return a->size / 16;
		if (kind == FUZZ_KIND_POLLFDS)
			return a->size / 8;
	}
	return small_number(&g->random);
}

/* Of signal masks the size is told too. */
static bool takes_sigset(const struct fuzz_row *row)
{
	for (unsigned int k = 0; k < row->argc; k++)
		if (row->kind[k] == FUZZ_KIND_SIGSET_IN || row->kind[k] == FUZZ_KIND_SIGSET_OUT ||
		    row->kind[k] == FUZZ_KIND_SIGACTION_OUT)
			return true;
	return false;
}

/* The size of a structure or of a buffer before it. */
static uint64_t structure_size(struct fuzz_generator *g)
{
	const struct fuzz_row *row = fuzz_generator_row(g);
	unsigned int before = g->k ? row->kind[g->k - 1] : FUZZ_NOKIND;
	bool usual = fuzz_chance(&g->random, 92);
	if (usual && before != FUZZ_KIND_OUT && takes_sigset(row))
		return 8;
	if (usual && row->id == FUZZ_ID_CLONE3)
		return 64;
	if (usual && row->id == 437) /* openat2 */
		return 24;
	if (usual && row->id == 273) /* set_robust_list */
		return 24;
	return size_number(&g->random);
}

/* A number for ULONG and its like: what fcntl, ioctl and prctl take is either a small number or an
 * address. */
static void generate_word(struct fuzz_generator *g)
{
	unsigned int id = fuzz_generator_row(g)->id, what = fuzz_below(&g->random, 100);
	bool pointer = id == 16 || id == 72 || id == 157;
	if (pointer && what < 55)
		fuzz_generate_pointer(g);
	else if (pointer && what < 70)
		fuzz_set_const(g, id == 72 ? (uint64_t)1 << fuzz_below(&g->random, 17)
					   : signal_number(&g->random));
	else if (!strcmp(fuzz_generator_row(g)->arg[g->k], "flags") && what < 95)
		fuzz_set_const(g, 0);
	else if (!strcmp(fuzz_generator_row(g)->arg[g->k], "off") && what < 95)
		fuzz_set_const(g, what < 80 ? 0 : fuzz_below(&g->random, 4) * 4096);
	else
		fuzz_set_const(g, count_number(g));
}

static void generate_int(struct fuzz_generator *g)
{
	static const int16_t timeouts[] = {0, 0, 1, 10, 1000, -1, -1, -2};
	const char *name = fuzz_generator_row(g)->arg[g->k];
	enum fuzz_resource want = fuzz_arg_resource(fuzz_generator_row(g), g->k);
	if (want != FUZZ_NOTHING && fuzz_chance(&g->random, 80) && set_resource(g, want))
		return;
	if (!strcmp(name, "timeout"))
		fuzz_set_const(g, FUZZ_PICK(&g->random, timeouts));
	else
		fuzz_set_const(g, count_number(g));
}

/* reboot(2): the right magic numbers most times. */
static void generate_uint(struct fuzz_generator *g)
{
	if (fuzz_generator_row(g)->id == 315 &&
	    fuzz_chance(&g->random, 80)) { /* sched_getattr's size */
		fuzz_set_const(g, 48 + fuzz_below(&g->random, 2) * 8);
		return;
	}
	static const uint32_t magic1[] = {0xfee1dead}, magic2[] = {672274793, 85072278},
			      commands[] = {0,		0x01234567, 0xcdef0123,
					    0x4321fedc, 0xa1b2c3d4, 0xd000fce2};
	if (fuzz_generator_row(g)->id != 169 || fuzz_chance(&g->random, 10))
		fuzz_set_const(g, count_number(g));
	else
		fuzz_set_const(g, g->k == 0   ? FUZZ_PICK(&g->random, magic1)
				  : g->k == 1 ? FUZZ_PICK(&g->random, magic2)
					      : FUZZ_PICK(&g->random, commands));
}

static uint64_t flag_bits(struct fuzz_random *r)
{
	static const uint32_t usual[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 3, 8, 0x800, 0x80000};
	return fuzz_chance(r, 95) ? FUZZ_PICK(r, usual) : 1ull << fuzz_below(r, 32);
}

static void generate_number(struct fuzz_generator *g, unsigned int kind)
{
	struct fuzz_random *r = &g->random;
	switch (kind) {
	case FUZZ_KIND_SIZE:
		fuzz_set_const(g, structure_size(g));
		break;
	case FUZZ_KIND_OFF:
		fuzz_set_const(g, fuzz_chance(r, 50) ? size_number(r) : fuzz_boundary(r));
		break;
	case FUZZ_KIND_UID:
	case FUZZ_KIND_GID:
		fuzz_set_const(g, id_number(r));
		break;
	case FUZZ_KIND_SIG:
		fuzz_set_const(g, signal_number(r));
		break;
	case FUZZ_KIND_MODE:
		fuzz_set_const(g, mode_number(r));
		break;
	case FUZZ_KIND_DEV:
		fuzz_set_const(g, device_number(r));
		break;
	case FUZZ_KIND_FUTEX_OP:
		fuzz_set_const(g, futex_op(r));
		break;
	case FUZZ_KIND_FLAGS:
		fuzz_set_const(g, flag_bits(r));
		break;
	default:
		fuzz_set_const(g, small_number(r));
		break;
	}
}

static bool is_pointer(unsigned int kind)
{
	return kind == FUZZ_KIND_PTR || (kind >= FUZZ_KIND_STR && kind <= FUZZ_KIND_POLLFDS);
}

static void generate_by_kind(struct fuzz_generator *g, unsigned int kind)
{
	switch (kind) {
	case FUZZ_KIND_FD:
		generate_fd(g);
		break;
	case FUZZ_KIND_DIRFD:
		generate_dirfd(g);
		break;
	case FUZZ_KIND_PID:
		generate_pid(g);
		break;
	case FUZZ_KIND_ADDR:
		generate_address(g);
		break;
	case FUZZ_KIND_PATH:
		if (fuzz_chance(&g->random, 2))
			fuzz_set_const(g, user_address(&g->random));
		else
			fuzz_generate_path(g);
		break;
	case FUZZ_KIND_INT:
		generate_int(g);
		break;
	case FUZZ_KIND_UINT:
		generate_uint(g);
		break;
	case FUZZ_KIND_LONG:
	case FUZZ_KIND_ULONG:
		generate_word(g);
		break;
	default:
		generate_number(g, kind);
		break;
	}
}

void fuzz_generate_arg(struct fuzz_generator *g)
{
	unsigned int kind = fuzz_generator_row(g)->kind[g->k];
	if (!is_pointer(kind)) {
		if (!fuzz_generate_named(g))
			generate_by_kind(g, kind);
	} else if (fuzz_chance(&g->random, 4)) {
		fuzz_set_const(g, user_address(&g->random));
	} else if (fuzz_chance(&g->random, 4)) {
		generate_memory(g);
	} else {
		fuzz_generate_pointer(g);
	}
}

void fuzz_generate_call(struct fuzz_generator *g, unsigned int row, struct fuzz_call *out)
{
	*out = (struct fuzz_call){.row = row};
	if (g->p->threads > 1)
		out->thread = fuzz_below(&g->random, g->p->threads);
	if (fuzz_row_forks(&fuzz_row[row]))
		out->child = fuzz_below(&g->random, 5);
	g->call = out;
	for (g->k = 0; g->k < fuzz_row[row].argc; g->k++)
		fuzz_generate_arg(g);
}
