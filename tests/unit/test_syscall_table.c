/* table.def against the kernel headers of both architectures: each number and name agrees, nothing
 * is missing, nothing is there twice.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "guest/syscall/kinds.h"

struct row {
	int nr[2]; /* x86_64, aarch64; -1 none */
	const char *name;
	const char *kind[6], *arg[6];
};

static const struct row rows[] = {
#define ROW(a, b, e, f, n, count, k0, n0, k1, n1, k2, n2, k3, n3, k4, n4, k5, n5)                  \
	{{a, b}, #n, {#k0, #k1, #k2, #k3, #k4, #k5}, {#n0, #n1, #n2, #n3, #n4, #n5}},
#define REFUSED(a, b, e, n, err) {{a, b}, #n, {0}, {0}},
#define ABSENT(a, b, e, n)	 {{a, b}, #n, {0}, {0}},
#include "guest/syscall/expand.h"
};
#define ROW_COUNT (sizeof(rows) / sizeof(*rows))
#define CUSTOM	  1000 /* numbers from here on are mote's own */

static const char *const cpp[] = {
	"gcc -E -P -nostdinc -I/usr/include/x86_64-linux-gnu -I/usr/include",
	"gcc -E -P -nostdinc -U__x86_64__ -I/usr/aarch64-linux-gnu/include",
};

/* Run text through the preprocessor of an architecture, with more options. */
static FILE *preprocess(int arch, const char *options, void (*write_text)(FILE *))
{
	char name[] = "/tmp/mote-table-XXXXXX", command[300];
	int fd = mkstemp(name);
	ck_assert_int_ge(fd, 0);
	FILE *f = fdopen(fd, "w");
	fputs("#include <asm/unistd.h>\n", f);
	write_text(f);
	fclose(f);
	snprintf(command, sizeof(command), "%s %s -x c %s; rm %s", cpp[arch], options, name, name);
	f = popen(command, "r");
	ck_assert_ptr_nonnull(f);
	return f;
}

static void write_names(FILE *f)
{
	for (size_t i = 0; i < ROW_COUNT; i++)
		fprintf(f, "@%zu __NR_%s\n", i, rows[i].name);
}

static void write_nothing(FILE *f)
{
	(void)f;
}

static const struct row *find(const char *name)
{
	for (size_t i = 0; i < ROW_COUNT; i++) {
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	}
	return NULL;
}

START_TEST(numbers)
{
	int seen = 0;
	size_t at;
	char line[200], value[100];
	FILE *f = preprocess(_i, "", write_names);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "@%zu %99s", &at, value) != 2)
			continue;
		ck_assert_uint_lt(at, ROW_COUNT);
		seen++;
		int want = strncmp(value, "__NR_", 5) ? atoi(value) : -1;
		if (rows[at].nr[_i] < CUSTOM)
			ck_assert_msg(rows[at].nr[_i] == want, "%s: %d, the header says %s",
				      rows[at].name, rows[at].nr[_i], value);
		else
			ck_assert_int_eq(want, -1);
	}
	ck_assert_int_eq(pclose(f), 0);
	ck_assert_uint_eq(seen, ROW_COUNT);
}
END_TEST

/* Names in the headers that are no calls of a 64-bit kernel. */
static int is_no_call(const char *name)
{
	static const char *const no[] = {"syscalls", "arch_specific_syscall", "sync_file_range2"};
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++) {
		if (!strcmp(name, no[i]))
			return 1;
	}
	return 0;
}

START_TEST(complete)
{
	char line[300], name[100];
	int seen = 0;
	FILE *f = preprocess(_i, "-dM", write_nothing);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "#define __NR_%99s", name) != 1 || is_no_call(name))
			continue;
		seen++;
		const struct row *r = find(name);
		ck_assert_msg(r && r->nr[_i] >= 0, "%s is not in table.def", name);
	}
	ck_assert_int_eq(pclose(f), 0);
	ck_assert_int_gt(seen, 300);
}
END_TEST

START_TEST(no_doubles)
{
	static const char *taken[2][2048];
	for (size_t i = 0; i < ROW_COUNT; i++) {
		ck_assert_ptr_eq(find(rows[i].name), &rows[i]);
		for (int arch = 0; arch < 2; arch++) {
			int nr = rows[i].nr[arch];
			if (nr < 0)
				continue;
			ck_assert_int_lt(nr, 2048);
			ck_assert_msg(!taken[arch][nr], "%s and %s are both %d", rows[i].name,
				      taken[arch][nr], nr);
			taken[arch][nr] = rows[i].name;
		}
	}
}
END_TEST

/* kinds.h: a buffer's length is the SIZE (or count) that follows it. */
START_TEST(buffers_have_lengths)
{
	for (size_t i = 0; i < ROW_COUNT; i++) {
		for (int k = 0; k < 6 && rows[i].kind[k]; k++) {
			const char *kind = rows[i].kind[k];
			if (strcmp(kind, "IN") && strcmp(kind, "OUT") && strcmp(kind, "IOV") &&
			    strcmp(kind, "POLLFDS"))
				continue;
			const char *next = k < 5 ? rows[i].kind[k + 1] : "";
			if (!strcmp(rows[i].name, "mincore"))
				continue; /* one byte a page */
			ck_assert_msg(!strcmp(next, "SIZE") || !strcmp(next, "INT") ||
					      !strcmp(next, "UINT") || !strcmp(next, "ULONG"),
				      "%s: %s is followed by \"%s\"", rows[i].name, rows[i].arg[k],
				      next);
		}
	}
}
END_TEST

START_TEST(own_calls)
{
	static const struct {
		const char *name;
		int nr;
	} own[] = {{"spawn", 1000},
		   {"spawn_args", 1001},
		   {"set_foreground", 1002},
		   {"get_foreground", 1003},
		   {"isatty", 1010}};
	for (size_t i = 0; i < 5; i++) {
		const struct row *r = find(own[i].name);
		ck_assert_ptr_nonnull(r);
		ck_assert_int_eq(r->nr[0], own[i].nr);
		ck_assert_int_eq(r->nr[1], own[i].nr);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("syscall_table");
	TCase *t = tcase_create("table");
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, numbers, 0, 2);
	tcase_add_loop_test(t, complete, 0, 2);
	tcase_add_test(t, no_doubles);
	tcase_add_test(t, buffers_have_lengths);
	tcase_add_test(t, own_calls);
	suite_add_tcase(s, t);
	SRunner *run = srunner_create(s);
	srunner_run_all(run, CK_NORMAL);
	int failed = srunner_ntests_failed(run);
	srunner_free(run);
	return failed != 0;
}
