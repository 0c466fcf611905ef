/* Programs as text, by the printer of traces. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "shared/fuzz/grammar.h"
#include "shared/fuzz/layout.h"
#include "shared/fuzz/tree.h"
#include "trace_args.h"

/* Paths are shown to the printer at addresses that no program says. */
#define PATH_ADDR   0xffeff00000000000ull
#define PATH_STRIDE 0x1000u

_Static_assert((int)FUZZ_KIND_FLAGS == (int)KIND_FLAGS, "both number table.def's kinds alike");

static uint64_t printed_value(const struct fuzz_arg *a)
{
	switch ((enum fuzz_arg_kind)a->kind) {
	case FUZZ_ARG_DATA:
		return FUZZ_DATA_ADDR + a->value;
	case FUZZ_ARG_PATH:
		return PATH_ADDR + a->value * PATH_STRIDE;
	case FUZZ_ARG_MEMORY:
		return FUZZ_MEMORY_ADDR + a->value;
	default:
		return a->value;
	}
}

static bool read_path(uint64_t at, char *byte)
{
	const char *path = fuzz_path[at / PATH_STRIDE];
	*byte = at % PATH_STRIDE <= strlen(path) ? path[at % PATH_STRIDE] : 0;
	return true;
}

/* The data area holds what this call puts there, and zeros elsewhere. */
static bool read_data(const struct fuzz_call *call, uint64_t at, char *byte)
{
	*byte = 0;
	for (unsigned int k = 0; k < FUZZ_MAX_ARGS; k++) {
		const struct fuzz_arg *a = &call->arg[k];
		if (a->kind == FUZZ_ARG_DATA && at >= a->value && at - a->value < a->size)
			*byte = a->bytes[at - a->value];
	}
	return true;
}

static bool read_byte(const struct fuzz_call *call, uint64_t va, char *byte)
{
	if (va >= PATH_ADDR && va - PATH_ADDR < (uint64_t)fuzz_path_count * PATH_STRIDE)
		return read_path(va - PATH_ADDR, byte);
	if (va >= FUZZ_DATA_ADDR && va - FUZZ_DATA_ADDR < FUZZ_DATA_PAGES * FUZZ_PAGE)
		return read_data(call, va - FUZZ_DATA_ADDR, byte);
	return false;
}

static size_t read_program(const struct trace_call *c, uint64_t va, void *dst, size_t n)
{
	size_t done = 0;
	while (done < n && read_byte(c->read_from, va + done, (char *)dst + done))
		done++;
	return done;
}

static struct trace_row trace_row(const struct fuzz_row *row)
{
	struct trace_row r = {.argc = row->argc, .name = row->name};
	memcpy(r.kind, row->kind, sizeof(r.kind));
	memcpy(r.arg, row->arg, sizeof(r.arg));
	return r;
}

/* Structures that the printer does not know. */
static void add_bytes(struct trace_text *t, const struct fuzz_arg *a)
{
	text_add(t, " /*");
	for (unsigned int i = 0; i < a->size; i++)
		text_add(t, "%s%02x", i % 4 ? "" : " ", a->bytes[i]);
	text_add(t, " */");
}

static void add_arg(const struct trace_call *c, const struct fuzz_call *call, unsigned int k)
{
	const struct fuzz_arg *a = &call->arg[k];
	unsigned int kind = c->row->kind[k];
	if (a->kind == FUZZ_ARG_RESULT)
		text_add(c->out, "r%u", (unsigned int)a->value);
	else if (a->kind == FUZZ_ARG_OUTPUT)
		text_add(c->out, "r%u[%u]", (unsigned int)a->value, a->offset / 4);
	else if (a->kind == FUZZ_ARG_PATH && kind != FUZZ_KIND_PATH && kind != FUZZ_KIND_STR)
		text_add(c->out, "\"%s\"", fuzz_path[a->value]);
	else
		trace_arg(c, k);
	if (a->kind == FUZZ_ARG_DATA && a->size &&
	    (kind == FUZZ_KIND_PTR || kind == FUZZ_KIND_ULONG) &&
	    call->row != fuzz_row_find(FUZZ_ID_CLONE3))
		add_bytes(c->out, a);
}

size_t fuzz_print_call(const struct fuzz_program *p, unsigned int i, char *text, size_t size)
{
	char buf[8192];
	const struct fuzz_call *call = &p->call[i];
	struct trace_row row = trace_row(&fuzz_row[call->row]);
	struct trace_text out = {buf, sizeof(buf), 0};
	struct trace_record rec = {.ret = -EFAULT}; /* nothing was written */
	struct trace_call c = {
		.read = read_program, .read_from = call, .rec = &rec, .row = &row, .out = &out};
	for (unsigned int k = 0; k < row.argc; k++)
		rec.arg[k] = printed_value(&call->arg[k]);
	text_add(&out, "%s(", row.name);
	for (unsigned int k = 0; k < row.argc; k++) {
		if (trace_arg_is_hidden(&c, k))
			continue;
		text_add(&out, k ? ", " : "");
		add_arg(&c, call, k);
	}
	text_add(&out, ")");
	if (call->child)
		text_add(&out, " /* the child makes the next %u */", call->child);
	return snprintf(text, size, "%s", buf);
}

static int print_value(long long value, char *text, size_t size)
{
	const char *name = value < 0 && value >= -4095 ? strerrorname_np(-value) : NULL;
	if (name)
		return snprintf(text, size, " = -1 %s (%s)", name, strerrordesc_np(-value));
	if (value < 0 && value >= -4095)
		return snprintf(text, size, " = -1 (errno %lld)", -value);
	return snprintf(text, size, value >= FUZZ_PAGE || value < 0 ? " = %#llx" : " = %lld",
			value);
}

size_t fuzz_print_result(const struct fuzz_result *r, char *text, size_t size)
{
	switch (r->state) {
	case FUZZ_CALL_NOT_MADE:
		return snprintf(text, size, "   (not made)");
	case FUZZ_CALL_ANSWERED:
		return print_value(r->value, text, size);
	default:
		return snprintf(text, size, " = ?");
	}
}
