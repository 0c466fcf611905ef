#include "print_c.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "shared/fuzz/grammar.h"
#include "shared/fuzz/layout.h"
#include "shared/fuzz/tree.h"
#include "vmm/arch/arch.h"

/* Cut at size, counted beyond. */
struct text {
	char *at;
	size_t size, len;
};

static void __attribute__((format(printf, 2, 3))) add(struct text *t, const char *format, ...)
{
	va_list ap;
	size_t left = t->len < t->size ? t->size - t->len : 0;
	va_start(ap, format);
	int n = vsnprintf(left ? t->at + t->len : NULL, left, format, ap);
	va_end(ap);
	t->len += n > 0 ? n : 0;
}

/* In octal what is not plain; three digits, so that what follows is no part of it. */
static void add_quoted(struct text *t, const void *bytes, size_t n)
{
	const unsigned char *s = bytes;
	add(t, "\"");
	for (size_t i = 0; i < n; i++) {
		if (s[i] >= ' ' && s[i] < 127 && s[i] != '"' && s[i] != '\\' && s[i] != '?')
			add(t, "%c", s[i]);
		else
			add(t, "\\%03o", s[i]);
	}
	add(t, "\"");
}

/* ---- the tree ---- */

/* A static ELF file that does exit(7), as the executor's. */
static void add_exit_program(struct text *t, const struct fuzz_node *n)
{
	add(t, "\tstatic const unsigned char elf[] = %s;\n", arch_fuzz_c_exit_elf);
	add(t, "\tmake_file(\"%s\", %#o, (const char *)elf, sizeof(elf), sizeof(elf));\n", n->path, n->mode);
}

static void add_node(struct text *t, const struct fuzz_node *n)
{
	switch ((enum fuzz_node_type)n->type) {
	case FUZZ_NODE_DIR:
		add(t, "\tmkdir(\"%s\", %#o);\n", n->path, n->mode);
		break;
	case FUZZ_NODE_FILE:
		add(t, "\tmake_file(\"%s\", %#o, ", n->path, n->mode);
		add_quoted(t, n->text, strlen(n->text));
		add(t, ", %zu, %u);\n", strlen(n->text) ? strlen(n->text) : 1, n->size);
		break;
	case FUZZ_NODE_LINK:
		add(t, "\tif (symlink(\"%s\", \"%s\"))\n\t\tfail(\"%s\");\n", n->text, n->path,
		    n->path);
		break;
	case FUZZ_NODE_FIFO:
		add(t, "\tmkfifo(\"%s\", %#o);\n", n->path, n->mode);
		break;
	case FUZZ_NODE_DEVICE:
		add(t, "\tmake_device(\"%s\", \"%s\", %u, %u);\n", n->path, n->text, n->major,
		    n->minor);
		break;
	case FUZZ_NODE_EXIT:
		add_exit_program(t, n);
		break;
	}
}

static void add_tree(struct text *t)
{
	add(t, "static void fail(const char *what);\n"
	       "static void make_file(const char *path, int mode, const char *bytes, size_t len, "
	       "size_t size);\n"
	       "static void make_device(const char *path, const char *outside, int major, int "
	       "minor);\n\n"
	       "static void make_nodes(void)\n{\n");
	for (unsigned int i = 0; i < fuzz_node_count; i++)
		add_node(t, &fuzz_node[i]);
	add(t, "}\n\n");
}

/* ---- calls ---- */

static void add_path(struct text *t, const char *path)
{
	add(t, "V(");
	add_quoted(t, path, strlen(path));
	add(t, ")");
}

static void add_value(struct text *t, const struct fuzz_arg *a)
{
	switch ((enum fuzz_arg_kind)a->kind) {
	case FUZZ_ARG_RESULT:
		add(t, "result(%" PRIu64 ")", a->value);
		break;
	case FUZZ_ARG_OUTPUT:
		add(t, "output[%" PRIu64 "][%u]", a->value, a->offset / 4);
		break;
	case FUZZ_ARG_DATA:
		add(t, "DATA + %#" PRIx64, a->value);
		break;
	case FUZZ_ARG_PATH:
		add_path(t, fuzz_path[a->value]);
		break;
	case FUZZ_ARG_MEMORY:
		add(t, "MEMORY + %#" PRIx64, a->value);
		break;
	default:
		add(t,
		    a->value < 10	   ? "%" PRIu64
		    : a->value >= -4096ull ? "%" PRId64
					   : "%#" PRIx64,
		    a->value);
	}
}

/* Which argument is the signal of a call that the executor may change (spare_supervisor()): 0 none.
 */
static unsigned int signal_argument(const struct fuzz_row *row)
{
	switch (row->id) {
	case FUZZ_ID_KILL:
	case FUZZ_ID_TKILL:
	case FUZZ_ID_RT_SIGQUEUEINFO:
		return 1;
	case FUZZ_ID_TGKILL:
	case FUZZ_ID_RT_TGSIGQUEUEINFO:
		return 2;
	default:
		return 0;
	}
}

static void add_arguments(struct text *t, const struct fuzz_call *c)
{
	const struct fuzz_row *row = &fuzz_row[c->row];
	for (unsigned int k = 0; k < row->argc; k++) {
		bool spared = k && k == signal_argument(row);
		add(t, spared ? ", spare(" : ", ");
		add_value(t, &c->arg[k]);
		if (!spared)
			continue;
		add(t, ", ");
		add_value(t, &c->arg[0]);
		add(t, ", ");
		add_value(t, &c->arg[k - 1]);
		add(t, ")");
	}
}

static void add_data(struct text *t, const struct fuzz_call *c)
{
	const struct fuzz_row *row = &fuzz_row[c->row];
	for (unsigned int k = 0; k < row->argc; k++) {
		const struct fuzz_arg *a = &c->arg[k];
		if (a->kind != FUZZ_ARG_DATA)
			continue;
		if (a->size) {
			add(t, "\tdata(%#" PRIx64 ", ", a->value);
			add_quoted(t, a->bytes, a->size);
			add(t, ", %u);\n", a->size);
		}
		if (row->id == FUZZ_ID_RT_SIGACTION && k == 1)
			add(t, "\tsigaction_at(%#" PRIx64 ");\n", a->value);
	}
}

static bool is_referred(const struct fuzz_program *p, unsigned int i)
{
	for (unsigned int n = i; n < p->count; n++)
		for (unsigned int k = 0; k < fuzz_row[p->call[n].row].argc; k++)
			if (p->call[n].arg[k].kind == FUZZ_ARG_OUTPUT &&
			    p->call[n].arg[k].value == i)
				return true;
	return false;
}

static void add_call(struct text *t, const struct fuzz_program *p, unsigned int i)
{
	const struct fuzz_call *c = &p->call[i];
	const struct fuzz_row *row = &fuzz_row[c->row];
	int out = fuzz_row_output(row);
	char line[512];
	fuzz_print_call(p, i, line, sizeof(line));
	add(t, "\t// %s\n", line);
	add_data(t, c);
	add(t, "\tbegin(%u);\n\tend(%u, ", i, i);
	if (fuzz_row_forks(row))
		add(t, "START(%u, child_%u, %d", i, i, row->nr);
	else
		add(t, "CALL(%d", row->nr);
	add_arguments(t, c);
	add(t, "));\n");
	if (out >= 0 && c->arg[out].kind == FUZZ_ARG_DATA && is_referred(p, i))
		add(t, "\tkeep(%u, DATA + %#" PRIx64 ");\n", i, c->arg[out].value);
}

static void add_block(struct text *t, const struct fuzz_program *p, unsigned int first,
		      unsigned int end, int thread)
{
	for (unsigned int i = first; i < end; i = fuzz_block_end(p, i, end))
		if (thread < 0 || p->call[i].thread == thread)
			add_call(t, p, i);
}

/* Children first, the innermost ones before those that start them. */
static void add_children(struct text *t, const struct fuzz_program *p)
{
	for (unsigned int i = p->count; i-- > 0;) {
		if (!fuzz_row_forks(&fuzz_row[p->call[i].row]))
			continue;
		add(t, "static void child_%u(void)\n{\n", i);
		add_block(t, p, i + 1, fuzz_block_end(p, i, p->count), -1);
		add(t, "\tleave();\n}\n\n");
	}
}

static void add_threads(struct text *t, const struct fuzz_program *p)
{
	for (unsigned int n = 1; n < p->threads; n++) {
		add(t, "static void thread_%u(void)\n{\n", n);
		add_block(t, p, 0, p->count, n);
		add(t, "\tleave();\n}\n\n");
	}
	add(t, "static void make_calls(void)\n{\n");
	for (unsigned int n = 1; n < p->threads; n++)
		add(t,
		    "\tSTART(%u, thread_%u, SYS_clone, CLONE_VM | CLONE_FS | CLONE_FILES | "
		    "CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM);\n",
		    63 + n, n);
	add_block(t, p, 0, p->count, 0);
	add(t, "}\n\n");
}

static void add_texts(struct text *t, const struct fuzz_program *p)
{
	char line[512];
	add(t, "static const char *const text[] = {\n");
	for (unsigned int i = 0; i < p->count; i++) {
		fuzz_print_call(p, i, line, sizeof(line));
		add(t, "\t");
		add_quoted(t, line, strlen(line));
		add(t, ",\n");
	}
	add(t, p->count ? "};\n\n" : "\t\"no calls\",\n};\n\n");
}

size_t fuzz_print_c(const struct fuzz_program *p, char *text, size_t size)
{
	struct text t = {text, size, 0};
	add(&t, "/* A fuzzed program. Build it with: musl-gcc -static -o case case.c */\n%s%s%s",
	    fuzz_c_includes, arch_fuzz_c_calls, fuzz_c_prologue);
	add_children(&t, p);
	add_threads(&t, p);
	add_texts(&t, p);
	add_tree(&t);
	add(&t, "%s", fuzz_c_epilogue);
	return t.len;
}
