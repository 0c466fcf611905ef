#include "signature.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "shared/abi/boot.h"

#define FRAMES 3

const char *fuzz_kind_name(enum fuzz_kind kind)
{
	static const char *const name[FUZZ_KINDS] = {
		[FUZZ_FINE] = "fine",	      [FUZZ_STOPPED] = "stopped",     [FUZZ_PANIC] = "panic",
		[FUZZ_ASSERTION] = "assertion", [FUZZ_UNDEFINED] = "undefined", [FUZZ_POISON] = "poison",
		[FUZZ_LEAK] = "leak",	      [FUZZ_HANG] = "hang",	      [FUZZ_BROKEN] = "broken",
		[FUZZ_DIFFERENT] = "different"};

	return (unsigned int)kind < FUZZ_KINDS ? name[kind] : "?";
}

struct text {
	char *at;
	size_t len;
};

static void __attribute__((format(printf, 2, 3))) add(struct text *t, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	int n = vsnprintf(t->at + t->len, FUZZ_SIGNATURE - t->len, format, ap);

	va_end(ap);
	t->len += n > 0 ? (size_t)n : 0;
	if (t->len > FUZZ_SIGNATURE - 1)
		t->len = FUZZ_SIGNATURE - 1;
}

/* ---- the message ---- */

/* How panics begin: guest/kernel/lib/log.h. said: the kind's name stands for it. */
static const struct beginning {
	const char *text;
	enum fuzz_kind kind;
	bool said;
} beginnings[] = {
	{"undefined behaviour: ", FUZZ_UNDEFINED, true},
	{"exception 6 ", FUZZ_UNDEFINED, false}, /* UBSan in trap mode */
	{"poison: ", FUZZ_POISON, true},
	{"refcount: ", FUZZ_POISON, false},
	{"lock order: ", FUZZ_ASSERTION, false},
};

static const struct beginning *find_beginning(const char *message)
{
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		if (!strncmp(message, beginnings[i].text, strlen(beginnings[i].text)))
			return &beginnings[i];
	}
	return NULL;
}

/* "file.c:123: condition", as BUG_ON says. */
static bool is_assertion(const char *message)
{
	const char *dot = strstr(message, ".c:");
	const char *end = dot ? dot + 3 + strspn(dot + 3, "0123456789") : NULL;

	return dot && end > dot + 3 && *end == ':' && !memchr(message, ' ', (size_t)(dot - message));
}

static enum fuzz_kind kind_of(const struct report *r)
{
	const struct beginning *b = find_beginning(r->message);

	if (!r->panic)
		return FUZZ_BROKEN;
	return b ? b->kind : is_assertion(r->message) ? FUZZ_ASSERTION : FUZZ_PANIC;
}

/* A number that stands alone, not the 6 of cap6 or the 64 of u64. */
static bool begins_number(const char *message, const char *p)
{
	return isdigit((unsigned char)*p) && (p == message || !(isalnum((unsigned char)p[-1]) || p[-1] == '_'));
}

/* Numbers and addresses become #; what is not text a space. */
static void add_message(struct text *t, const char *message)
{
	for (const char *p = message; *p;) {
		if (begins_number(message, p)) {
			size_t hex = p[0] == '0' && p[1] == 'x' ? 2 : 0;

			p += hex;
			p += strspn(p, hex ? "0123456789abcdefABCDEF" : "0123456789");
			add(t, "#");
		} else {
			add(t, "%c", isprint((unsigned char)*p) ? *p : ' ');
			p++;
		}
	}
}

/* ---- functions ---- */

/* They tell how it was noticed, not what was going on. */
static bool is_helper(const char *name)
{
	static const char *const helper[] = {"panic",	     "report",	   "kernel_broken",	"trap_kernel", "trap_fatal", "mark_used",
					     "mark_free", "arch_panic_context", "__stack_chk_fail", "poison_check"};

	for (size_t i = 0; i < sizeof(helper) / sizeof(helper[0]); i++) {
		if (!strcmp(name, helper[i]))
			return true;
	}
	return !strncmp(name, "__ubsan_handle_", 15) || !strncmp(name, "refcount_", 9) || !strncmp(name, "order_", 6);
}

/* The function that holds addr, without what a compiler puts behind its name. */
static bool name_of(const struct symbols *s, uint64_t addr, char name[128])
{
	uint64_t offset;

	if (symbols_find(s, addr, name, 128, &offset))
		return false;
	name[strcspn(name, ".")] = 0;
	return name[0];
}

/* Function i, from within: false after the last. known: it has a name. */
static bool function_at(const struct report *r, const struct symbols *s, unsigned int i, char name[128], bool *known)
{
	bool at_pc = r->reg_count > arch_register_pc();
	uint64_t addr = at_pc && !i ? r->reg[arch_register_pc()] : 0;

	if (!addr) {
		if (i - at_pc >= r->frame_count)
			return false;
		addr = r->frame[i - at_pc] - 1; /* inside the call */
	}
	*known = name_of(s, addr, name);
	return true;
}

static void add_functions(struct text *t, const struct report *r, const struct symbols *s)
{
	char name[128];
	unsigned int told = 0;
	bool known;

	for (unsigned int i = 0; told < FRAMES && function_at(r, s, i, name, &known); i++) {
		if (known && !is_helper(name))
			add(t, "%s%s", told++ ? " < " : " in ", name);
	}
}

enum fuzz_kind signature_of_report(char text[FUZZ_SIGNATURE], const struct report *r, const struct symbols *s)
{
	const struct beginning *b = find_beginning(r->message);
	struct text t = {text, 0};
	enum fuzz_kind kind = kind_of(r);

	add(&t, "%s ", fuzz_kind_name(kind));
	add_message(&t, r->message + (b && b->said ? strlen(b->text) : 0));
	if (!r->user || r->reg[arch_register_pc()] >= BOOT_DIRECT_MAP_BASE)
		add_functions(&t, r, s);
	return kind;
}

/* ---- the other kinds ---- */

/* Where a case is stopped is chance, but for the system call in which it is. */
static bool find_system_call(const struct report *r, const struct symbols *s, char name[128])
{
	bool known;

	for (unsigned int i = 0; function_at(r, s, i, name, &known); i++) {
		if (known && !strncmp(name, "sys_", 4))
			return true;
	}
	return false;
}

void signature_of_hang(char text[FUZZ_SIGNATURE], const struct report *r, const struct symbols *s, const char *call)
{
	struct text t = {text, 0};
	char name[128];

	add(&t, "%s in ", fuzz_kind_name(FUZZ_HANG));
	if (find_system_call(r, s, name))
		add(&t, "%s", name);
	else if (r->reg_count > arch_register_pc() && r->reg[arch_register_pc()] >= BOOT_DIRECT_MAP_BASE)
		add(&t, "the kernel after %s", call ? call : "no call");
	else
		add(&t, "program after %s", call ? call : "no call");
}

/* The kinds of objects that the kernel's log says were lost: "census: NAME +N" lines, the number left out. */
static void add_lost(struct text *t, const char *log)
{
	static const char mark[] = "census: ";
	const char *separator = " (";

	for (const char *line = strstr(log, mark); line; line = strstr(line, mark)) {
		line += sizeof(mark) - 1;
		size_t n = 0;

		while (isgraph((unsigned char)line[n]))
			n++;
		if (line[n] != ' ' || (line[n + 1] != '+' && line[n + 1] != '-'))
			continue;
		add(t, "%s%.*s%c", separator, (int)n, line, line[n + 1]);
		separator = ", ";
	}
	if (separator[0] == ',')
		add(t, ")");
}

bool signature_of_leak(char text[FUZZ_SIGNATURE], const struct fuzz_census *before, const struct fuzz_census *after, const char *log)
{
	static const char *const name[] = {"pages", "tasks", "processes", "files", "inodes", "dentries", "mounts", "mappings", "objects"};
	struct text t = {text, 0};
	unsigned long long from[9], to[9];
	bool any = false;

	_Static_assert(sizeof(from) == sizeof(*before), "a name each");
	memcpy(from, before, sizeof(from));
	memcpy(to, after, sizeof(to));
	add(&t, "%s", fuzz_kind_name(FUZZ_LEAK));
	for (unsigned int i = 0; i < 9; i++) {
		if (from[i] != to[i])
			add(&t, "%s %s%c", any ? "," : " of", name[i], to[i] > from[i] ? '+' : '-');
		any |= from[i] != to[i];
	}
	if (any)
		add_lost(&t, log);
	return any;
}

void signature_of_failure(char text[FUZZ_SIGNATURE], const char *what)
{
	struct text t = {text, 0};

	add(&t, "%s ", fuzz_kind_name(FUZZ_BROKEN));
	add_message(&t, what);
}

/* FNV-1a */
uint32_t signature_hash(const char *text)
{
	uint32_t h = 0x811c9dc5;

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 0x01000193;
	return h;
}

unsigned int signature_index(const char *text)
{
	uint32_t h = signature_hash(text);

	return (h ^ h >> 16) % FUZZ_MAP_SIGNATURES;
}
