/*
 * oracle_diff SEED SECONDS DIR [CALL...]: random programs (made mostly of the named calls) run by mote's kernel and by the host's Linux; each
 * difference that was not seen before is printed, and its case written to DIR/N.case.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fuzz/fuzz.h"
#include "fuzz/oracle.h"
#include "shared/fuzz/grammar.h"
#include "shared/fuzz/layout.h"
#include "shared/fuzz/program.h"
#include "shared/fuzz/tree.h"

static uint64_t state;

static uint64_t draw(uint64_t below)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (state >> 33) % below;
}

static const char **wanted;
static int wanted_count;

static unsigned int draw_row(void)
{
	for (;;) {
		unsigned int row = (unsigned int)draw(fuzz_row_count);

		if (fuzz_row[row].nr < 0 || fuzz_row[row].nr >= 1000)
			continue;
		if (!wanted_count || !draw(4))
			return row;
		for (int i = 0; i < wanted_count; i++)
			if (!strcmp(wanted[i], fuzz_row[row].name))
				return row;
	}
}

static uint64_t draw_number(void)
{
	static const uint64_t edges[] = {-1ull, 4095, 4096, 4097, 0x7fffffff, 0x80000000, 0xffffffff, 1ull << 32, 1ull << 62, 1ull << 63,
					 (1ull << 63) - 1, 8300, 64, 65, 65536, 100000};

	switch (draw(6)) {
	case 0:
		return edges[draw(sizeof(edges) / sizeof(edges[0]))];
	case 1:
		return 1ull << draw(64);
	case 2:
		return -draw(100);
	case 3:
		return draw(20) * 4096;
	default:
		return draw(30);
	}
}

static uint64_t draw_flags(unsigned int bits)
{
	uint64_t v = 0;

	for (uint64_t n = draw(4); n; n--)
		v |= 1ull << draw(bits);
	return v;
}

static void constant(struct fuzz_arg *a, uint64_t value)
{
	a->kind = FUZZ_ARG_CONST;
	a->value = value;
}

static void data(struct fuzz_arg *a)
{
	a->kind = FUZZ_ARG_DATA;
	a->value = draw(4) ? draw(16) * 256 : draw(20) ? draw(0x400) * 16 : 0x3ff8;
	a->size = (uint8_t)(draw(2) ? 0 : draw(9) * 8);
	for (unsigned int i = 0; i < a->size; i += 8) {
		uint64_t v = draw(4) ? draw_number() : FUZZ_DATA_ADDR + draw(16) * 256;

		memcpy(a->bytes + i, &v, 8);
	}
}

static void draw_fd(struct fuzz_arg *a, unsigned int i)
{
	if (i && draw(3)) {
		a->kind = FUZZ_ARG_RESULT;
		a->value = draw(i);
	} else {
		constant(a, draw(8) ? draw(6) : draw_number());
	}
}

static void draw_arg(struct fuzz_arg *a, unsigned int kind, unsigned int i)
{
	memset(a, 0, sizeof(*a));
	if (!draw(40)) {
		constant(a, draw_number());
		return;
	}
	switch (kind) {
	case FUZZ_KIND_FD:
		draw_fd(a, i);
		break;
	case FUZZ_KIND_DIRFD:
		if (draw(3))
			constant(a, -100ull);
		else
			draw_fd(a, i);
		break;
	case FUZZ_KIND_PATH:
		a->kind = FUZZ_ARG_PATH;
		a->value = draw(fuzz_path_count);
		break;
	case FUZZ_KIND_ADDR:
		a->kind = FUZZ_ARG_MEMORY;
		a->value = draw(5) ? draw(80) * 4096 : draw(0x400000);
		break;
	case FUZZ_KIND_PID:
		if (i && draw(2)) {
			a->kind = FUZZ_ARG_RESULT;
			a->value = draw(i);
		} else {
			constant(a, draw(4) ? draw(6) : draw_number());
		}
		break;
	case FUZZ_KIND_SIG:
		constant(a, draw(10) ? draw(66) : draw_number());
		break;
	case FUZZ_KIND_INT:
	case FUZZ_KIND_UINT:
	case FUZZ_KIND_WHENCE:
	case FUZZ_KIND_FCNTL_CMD:
	case FUZZ_KIND_CLOCKID:
	case FUZZ_KIND_SIG_HOW:
	case FUZZ_KIND_MADVICE:
	case FUZZ_KIND_EPOLL_OP:
	case FUZZ_KIND_FUTEX_OP:
	case FUZZ_KIND_UID:
	case FUZZ_KIND_GID:
		constant(a, draw(6) ? draw(20) : draw_number());
		break;
	case FUZZ_KIND_MODE:
		constant(a, draw(4096));
		break;
	case FUZZ_KIND_OPEN_FLAGS:
	case FUZZ_KIND_CLONE_FLAGS:
		constant(a, draw(2) ? draw_flags(23) : draw(3) | (draw(3) ? 0100 : 0));
		break;
	case FUZZ_KIND_PROT:
		constant(a, draw(8));
		break;
	case FUZZ_KIND_MAP_FLAGS:
		constant(a, (1 + draw(3)) | (draw(2) ? 0x20 : 0) | (draw(3) ? 0 : draw_flags(22)));
		break;
	case FUZZ_KIND_AT_FLAGS:
		constant(a, draw(2) ? 0 : draw_flags(16));
		break;
	case FUZZ_KIND_FLAGS:
	case FUZZ_KIND_WAIT_OPTIONS:
	case FUZZ_KIND_ACCESS_MODE:
		constant(a, draw(3) ? draw(8) : draw_flags(32));
		break;
	case FUZZ_KIND_IOCTL_CMD:
		constant(a, 0x5400 + draw(0x60));
		break;
	case FUZZ_KIND_SIZE:
	case FUZZ_KIND_OFF:
	case FUZZ_KIND_LONG:
	case FUZZ_KIND_DEV:
		constant(a, draw_number());
		break;
	default:
		if (draw(12))
			data(a);
		else
			constant(a, draw(2) ? 0 : draw_number());
	}
	if (kind == FUZZ_KIND_ULONG) {
		if (draw(2))
			data(a);
		else
			constant(a, draw(2) ? draw(8) : draw_number());
	}
}

static void draw_program(struct fuzz_program *p)
{
	memset(p, 0, sizeof(*p));
	p->threads = 1;
	p->count = (uint8_t)(2 + draw(14));
	for (unsigned int i = 0; i < p->count; i++) {
		struct fuzz_call *c = &p->call[i];

		c->row = (uint16_t)draw_row();
		if (fuzz_row_forks(&fuzz_row[c->row]))
			c->child = (uint8_t)draw(4);
		for (unsigned int a = 0; a < fuzz_row[c->row].argc; a++)
			draw_arg(&c->arg[a], fuzz_row[c->row].kind[a], i);
	}
}

static char *seen[10000];
static int seen_count;

static bool is_new(const char *key)
{
	for (int i = 0; i < seen_count; i++)
		if (!strcmp(seen[i], key))
			return false;
	if (seen_count < 10000)
		seen[seen_count++] = strdup(key);
	return true;
}

static void save(const char *dir, const struct fuzz_case *c)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%d.case", dir, seen_count);
	FILE *f = fopen(path, "w");

	if (f) {
		fwrite(c->bytes, 1, c->len, f);
		fclose(f);
	}
}

int main(int argc, char **argv)
{
	static struct fuzz_program p;
	struct fuzz_outcome out;
	struct fuzz_rig *r;
	struct oracle *o;

	if (argc < 4)
		return 2;
	wanted = (const char **)argv + 4;
	wanted_count = argc - 4;
	state = strtoull(argv[1], NULL, 0);
	struct oracle_config config = {
		.executor = "build/fuzz/executor", .sandbox = "build/fuzz/sandbox", .allow = "build/fuzz/oracle-allow"};
	struct fuzz_config rig = {.kernel = "build/fuzz/kernel", .executor = "build/fuzz/executor"};

	if (oracle_open(&o, &config) || fuzz_open(&r, &rig))
		return 1;
	time_t end = time(NULL) + atoi(argv[2]);

	for (unsigned long n = 0; time(NULL) < end; n++) {
		struct fuzz_case *c = fuzz_case(r);

		draw_program(&p);
		c->len = (unsigned int)fuzz_encode(&p, c->bytes, sizeof(c->bytes));
		if (fuzz_run(r, FUZZ_THOROUGH, &out))
			return 1;
		if (out.kind == FUZZ_FINE && oracle_check(o, r, &out))
			return 1;
		if (out.kind != FUZZ_FINE && is_new(out.signature)) {
			printf("#### %d: %s\n%s\n", seen_count, out.signature, out.log);
			fflush(stdout);
			save(argv[3], c);
		}
	}
	const struct oracle_counts *k = oracle_count(o);

	printf("asked %llu, unfinished %llu, allowed %llu, unstable %llu, told %llu\n", k->asked, k->unfinished, k->allowed, k->unstable,
	       k->told);
	fuzz_close(r);
	oracle_close(o);
	return 0;
}
