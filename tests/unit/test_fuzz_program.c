/*
 * Fuzzed programs: bytes to programs and back, edits, sets of calls.
 * sources: shared/fuzz/grammar.c shared/fuzz/decode.c shared/fuzz/encode.c shared/fuzz/edit.c shared/fuzz/set.c shared/fuzz/tree.c
 */
#include "fuzz_cases.h"
#include "shared/fuzz/edit.h"
#include "shared/fuzz/set.h"

static struct fuzz_program p, q;
static uint8_t out[FUZZ_CASE_BYTES];

static const struct fuzz_row *find(const char *name)
{
	for (unsigned int i = 0; i < fuzz_row_count; i++)
		if (!strcmp(fuzz_row[i].name, name))
			return &fuzz_row[i];
	ck_abort_msg("no row %s", name);
}

static struct fuzz_call call(const char *name)
{
	return (struct fuzz_call){.row = find(name) - fuzz_row};
}

/* ---- the grammar ---- */

START_TEST(rows)
{
	for (unsigned int i = 0; i < fuzz_row_count; i++) {
		if (i)
			ck_assert_int_gt(fuzz_row[i].id, fuzz_row[i - 1].id);
		ck_assert_int_lt(fuzz_row[i].id, 1024); /* ten bits in the bytes */
		ck_assert_uint_le(fuzz_row[i].argc, FUZZ_MAX_ARGS);
		ck_assert_int_lt(fuzz_row_output(&fuzz_row[i]), fuzz_row[i].argc);
	}
	ck_assert_uint_lt(fuzz_row_count, 64 * FUZZ_SET_WORDS);
	ck_assert_int_eq(fuzz_row_output(find("pipe2")), 0);
	ck_assert_int_eq(fuzz_row_output(find("timer_create")), 2);
	ck_assert_int_eq(fuzz_row_output(find("read")), 1);
	ck_assert_int_eq(fuzz_row_output(find("getpid")), -1);
	ck_assert(fuzz_row_forks(find("clone3")) && fuzz_row_forks(find("vfork")) &&
		  !fuzz_row_forks(find("execve")));
}
END_TEST

START_TEST(ids)
{
	static const struct {
		int id;
		const char *name;
	} ids[] = {{FUZZ_ID_RT_SIGACTION, "rt_sigaction"},
		   {FUZZ_ID_CLONE, "clone"},
		   {FUZZ_ID_FORK, "fork"},
		   {FUZZ_ID_VFORK, "vfork"},
		   {FUZZ_ID_EXECVE, "execve"},
		   {FUZZ_ID_EXECVEAT, "execveat"},
		   {FUZZ_ID_KILL, "kill"},
		   {FUZZ_ID_RT_SIGQUEUEINFO, "rt_sigqueueinfo"},
		   {FUZZ_ID_TKILL, "tkill"},
		   {FUZZ_ID_TGKILL, "tgkill"},
		   {FUZZ_ID_RT_TGSIGQUEUEINFO, "rt_tgsigqueueinfo"},
		   {FUZZ_ID_CLONE3, "clone3"}};
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++)
		ck_assert_int_eq(find(ids[i].name)->id, ids[i].id);
}
END_TEST

/* Each call is named by its number, and every other number by the next one. */
START_TEST(reachable)
{
	unsigned int row = 0;
	for (unsigned int id = 0; id < 1024; id++) {
		uint8_t bytes[3] = {0, id, id >> 8};
		fuzz_decode(bytes, sizeof(bytes), &p);
		ck_assert_uint_eq(p.count, 1);
		ck_assert_uint_eq(p.call[0].row, row < fuzz_row_count ? row : 0);
		if (row < fuzz_row_count && (unsigned int)fuzz_row[row].id == id)
			row++;
	}
	ck_assert_uint_eq(row, fuzz_row_count);
}
END_TEST

/* ---- bytes ---- */

START_TEST(any_bytes)
{
	uint64_t state = 1;
	for (unsigned int n = 0; n < 3000; n++) {
		size_t len = n < 300 ? n : fuzz_case_random(&state) % FUZZ_CASE_BYTES;
		uint8_t *bytes = fuzz_case_bytes(&state, len);
		fuzz_decode(bytes, len, &p);
		ck_assert(fuzz_case_is_whole(&p));
		size_t size = fuzz_encode(&p, out, sizeof(out));
		fuzz_decode(out, size, &q);
		if (size < sizeof(out) - 600) /* else calls may have been left out */
			ck_assert(fuzz_case_equal(&p, &q));
		free(bytes);
	}
}
END_TEST

START_TEST(nothing)
{
	fuzz_decode(NULL, 0, &p);
	ck_assert_uint_eq(p.count, 0);
	ck_assert_uint_eq(p.threads, 1);
	ck_assert_uint_eq(fuzz_encode(&p, out, sizeof(out)), 1);
	ck_assert_uint_eq(fuzz_encode(&p, out, 0), 0);
}
END_TEST

/* Each constant comes back, the usual ones in one byte. */
START_TEST(constants)
{
	uint64_t state = 2;
	p = (struct fuzz_program){.threads = 1, .count = 1};
	p.call[0] = call("close");
	for (unsigned int n = 0; n < 20000; n++) {
		uint64_t value = fuzz_case_random(&state) << 32 | fuzz_case_random(&state);
		value >>= fuzz_case_random(&state) % 64;
		if (n < 600)
			value = n < 200	  ? 1ull << n % 64
				: n < 400 ? (1ull << n % 64) - 1
					  : ~(1ull << n % 64);
		p.call[0].arg[0].value = n % 2 ? value : -value;
		fuzz_decode(out, fuzz_encode(&p, out, sizeof(out)), &q);
		ck_assert(fuzz_case_equal(&p, &q));
	}
	static const int64_t one_byte[] = {0, 1, 15, -1, -100};
	for (size_t i = 0; i < sizeof(one_byte) / sizeof(*one_byte); i++) {
		p.call[0].arg[0].value = one_byte[i];
		ck_assert_uint_eq(fuzz_encode(&p, out, sizeof(out)), 4);
	}
}
END_TEST

/* What does not fit is left out as a whole call, and nothing is written behind the end. */
START_TEST(too_long)
{
	p = (struct fuzz_program){.threads = 2, .count = 10};
	for (unsigned int i = 0; i < p.count; i++) {
		p.call[i] = call("write");
		p.call[i].arg[1] = (struct fuzz_arg){.kind = FUZZ_ARG_DATA, .size = 64};
	}
	size_t whole = fuzz_encode(&p, out, sizeof(out)), last = 0;
	for (size_t size = 0; size <= whole; size++) {
		uint8_t *bytes = malloc(size ? size : 1);
		size_t len = fuzz_encode(&p, bytes, size);
		ck_assert_uint_le(len, size);
		fuzz_decode(bytes, len, &q);
		ck_assert(q.count == last || q.count == last + 1);
		last = q.count;
		free(bytes);
	}
	ck_assert_uint_eq(last, 10);
}
END_TEST

/* ---- edits ---- */

static void make_three(void)
{
	p = (struct fuzz_program){.threads = 1, .count = 3};
	p.call[0] = call("pipe2");
	p.call[1] = call("fork");
	p.call[1].child = 1;
	p.call[2] = call("write");
	p.call[2].arg[0] = (struct fuzz_arg){.kind = FUZZ_ARG_OUTPUT, .value = 0, .offset = 4};
}

START_TEST(insert)
{
	struct fuzz_call c = call("getpid");
	make_three();
	ck_assert(fuzz_insert_call(&p, 0, &c)); /* references move along */
	ck_assert_uint_eq(p.call[3].arg[0].value, 1);
	ck_assert_uint_eq(p.call[2].child, 1);
	ck_assert(fuzz_insert_call(&p, 3, &c)); /* among the child's */
	ck_assert_uint_eq(p.call[2].child, 2);
	ck_assert(fuzz_insert_call(&p, 5, &c)); /* behind them */
	ck_assert_uint_eq(p.call[2].child, 2);
	ck_assert_uint_eq(fuzz_block_end(&p, 2, p.count), 5);
	ck_assert(fuzz_case_is_whole(&p));
	while (p.count < FUZZ_MAX_CALLS)
		ck_assert(fuzz_insert_call(&p, 3, &c));
	ck_assert_uint_le(p.call[2].child, FUZZ_MAX_CHILD);
	ck_assert(!fuzz_insert_call(&p, 0, &c));
	ck_assert(fuzz_case_is_whole(&p));
}
END_TEST

START_TEST(removal)
{
	make_three();
	fuzz_remove_call(&p, 0); /* what referred to it refers to nothing */
	ck_assert_uint_eq(p.count, 2);
	ck_assert_uint_eq(p.call[1].arg[0].kind, FUZZ_ARG_CONST);
	make_three();
	fuzz_remove_call(&p, 1);
	ck_assert_uint_eq(p.call[1].arg[0].kind, FUZZ_ARG_OUTPUT);
	make_three();
	fuzz_remove_call(&p, 2);
	ck_assert_uint_eq(p.call[1].child, 0);
	fuzz_remove_call(&p, 0);
	fuzz_remove_call(&p, 0);
	ck_assert_uint_eq(p.count, 0);
}
END_TEST

/* ---- sets ---- */

static unsigned int size_of(const char *text)
{
	struct fuzz_set set;
	unsigned int n = 0;
	ck_assert_ptr_null(fuzz_set_parse(&set, text));
	for (unsigned int i = 0; i < fuzz_row_count; i++)
		n += fuzz_set_has(&set, i);
	return n;
}

START_TEST(sets)
{
	struct fuzz_set set;
	ck_assert_uint_eq(size_of(""), fuzz_row_count);
	ck_assert_uint_eq(size_of("*"), fuzz_row_count);
	ck_assert_uint_eq(size_of("read"), 1);
	ck_assert_uint_eq(size_of("read,write,read"), 2);
	ck_assert_uint_eq(size_of("-read"), fuzz_row_count - 1);
	ck_assert_uint_eq(size_of("epoll_*") + size_of("-epoll_*"), fuzz_row_count);
	ck_assert_uint_eq(size_of("epoll_*,-epoll_ctl") + 1, size_of("epoll_*"));
	ck_assert_uint_gt(size_of("E1"), 10);
	ck_assert_uint_ge(size_of("E1,E6"), size_of("E1"));
	ck_assert_ptr_null(fuzz_set_parse(&set, "E6")); /* among several epics of a row */
	ck_assert(fuzz_set_has(&set, find("kill") - fuzz_row));
	ck_assert_ptr_null(fuzz_set_parse(&set, "signals"));
	ck_assert(fuzz_set_has(&set, find("rt_sigaction") - fuzz_row));
	ck_assert(!fuzz_set_has(&set, find("read") - fuzz_row));
}
END_TEST

START_TEST(bad_sets)
{
	static const char *const bad[] = {
		"nosuch", "read,nosuch*,write", "E99", "read,", ",", "-nosuch", "-", "E", "signal"};
	static const char *const at[] = {
		"nosuch", "nosuch*,write", "E99", NULL, ",", "-nosuch", "-", "E", "signal"};
	struct fuzz_set set;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const char *where = fuzz_set_parse(&set, bad[i]);
		if (at[i])
			ck_assert_str_eq(where, at[i]);
		else
			ck_assert_ptr_null(where);
	}
}
END_TEST

START_TEST(groups)
{
	unsigned int i;
	for (i = 0; fuzz_set_group(i); i++)
		ck_assert_uint_gt(size_of(fuzz_set_group(i)), 3);
	ck_assert_uint_gt(i, 5);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fuzz_program");
	TCase *t = tcase_create("program");
	tcase_add_test(t, rows);
	tcase_add_test(t, ids);
	tcase_add_test(t, reachable);
	tcase_add_test(t, any_bytes);
	tcase_add_test(t, nothing);
	tcase_add_test(t, constants);
	tcase_add_test(t, too_long);
	tcase_add_test(t, insert);
	tcase_add_test(t, removal);
	tcase_add_test(t, sets);
	tcase_add_test(t, bad_sets);
	tcase_add_test(t, groups);
	tcase_set_timeout(t, 60);
	suite_add_tcase(suite, t);
	return fuzz_case_run(suite);
}
