/*
 * Fuzzed programs as text.
 * sources: vmm/fuzz/print.c vmm/fuzz/print_c.c vmm/fuzz/print_c_text.c vmm/arch/x86_64_fuzz.c vmm/trace_args.c vmm/trace_flags.c shared/fuzz/grammar.c shared/fuzz/decode.c shared/fuzz/encode.c shared/fuzz/tree.c
 */
#include <errno.h>

#include "fuzz_cases.h"
#include "memory.h"

static struct fuzz_program p;
static char text[1 << 20];

/* There is no machine whose memory could be read. */
uint64_t memory_read_user(const struct memory *mem __attribute__((unused)),
			  uint64_t root __attribute__((unused)),
			  uint64_t va __attribute__((unused)), void *dst __attribute__((unused)),
			  uint64_t len __attribute__((unused)))
{
	ck_abort_msg("memory of a machine is read");
}

ssize_t memory_read_user_string(const struct memory *mem __attribute__((unused)),
				uint64_t root __attribute__((unused)),
				uint64_t va __attribute__((unused)),
				char *dst __attribute__((unused)),
				size_t size __attribute__((unused)))
{
	ck_abort_msg("memory of a machine is read");
}

static void add(const char *name, const struct fuzz_arg args[], unsigned int n)
{
	struct fuzz_call *c = &p.call[p.count++];
	*c = (struct fuzz_call){0};
	while (strcmp(fuzz_row[c->row].name, name))
		c->row++;
	ck_assert_uint_eq(fuzz_row[c->row].argc, n);
	memcpy(c->arg, args, n * sizeof(*args));
}
#define ADD(name, ...)                                                                             \
	add(name, (const struct fuzz_arg[]){__VA_ARGS__},                                          \
	    sizeof((const struct fuzz_arg[]){__VA_ARGS__}) / sizeof(struct fuzz_arg))
#define NUMBER(n)                                                                                  \
	{                                                                                          \
		.kind = FUZZ_ARG_CONST, .value = (uint64_t)(n)                                     \
	}

static const char *printed(unsigned int i)
{
	size_t n = fuzz_print_call(&p, i, text, sizeof(text));
	ck_assert_uint_eq(n, strlen(text));
	return text;
}

START_TEST(calls)
{
	p = (struct fuzz_program){.threads = 1};
	ADD("openat", NUMBER(-100), {.kind = FUZZ_ARG_PATH, .value = 0}, NUMBER(0102),
	    NUMBER(0644));
	ADD("write", {.kind = FUZZ_ARG_RESULT, .value = 0},
	    {.kind = FUZZ_ARG_DATA, .size = 3, .bytes = "hi\n"}, NUMBER(3));
	ADD("pipe2", {.kind = FUZZ_ARG_DATA, .value = 64}, NUMBER(04000));
	ADD("close", {.kind = FUZZ_ARG_OUTPUT, .value = 2, .offset = 4});
	ADD("munmap", {.kind = FUZZ_ARG_MEMORY, .value = 4096}, NUMBER(-1));
	ADD("nanosleep", {.kind = FUZZ_ARG_DATA, .value = 0, .size = 16, .bytes = {1, [8] = 5}},
	    NUMBER(0));
	ck_assert_str_eq(printed(0), "openat(AT_FDCWD, \"a\", O_RDWR|O_CREAT, 0644)");
	ck_assert_str_eq(printed(1), "write(r0, \"hi\\n\", 3)");
	ck_assert_str_eq(printed(2), "pipe2(0x10000040, O_NONBLOCK)");
	ck_assert_str_eq(printed(3), "close(r2[1])");
	ck_assert_str_eq(printed(4), "munmap(0x20001000, 18446744073709551615)");
	ck_assert_str_eq(printed(5), "nanosleep({tv_sec=1, tv_nsec=5}, NULL)");
}
END_TEST

static const char *result(int state, long long value)
{
	struct fuzz_result r = {.state = state, .value = value};
	ck_assert_uint_eq(fuzz_print_result(&r, text, sizeof(text)), strlen(text));
	return text;
}

START_TEST(results)
{
	ck_assert_str_eq(result(FUZZ_CALL_ANSWERED, 3), " = 3");
	ck_assert_str_eq(result(FUZZ_CALL_ANSWERED, -ENOENT),
			 " = -1 ENOENT (No such file or directory)");
	ck_assert_str_eq(result(FUZZ_CALL_ANSWERED, -4000), " = -1 (errno 4000)");
	ck_assert_str_eq(result(FUZZ_CALL_ANSWERED, 0x20000000), " = 0x20000000");
	ck_assert_str_eq(result(FUZZ_CALL_MADE, 0), " = ?");
	ck_assert_str_eq(result(FUZZ_CALL_NOT_MADE, 0), "   (not made)");
}
END_TEST

/* Whatever the program and however little room: nothing is written behind the end, and the whole
 * length is told. */
START_TEST(any_program)
{
	uint64_t state = 4;
	for (unsigned int n = 0; n < 1000; n++) {
		size_t len = fuzz_case_random(&state) % 800, size = fuzz_case_random(&state) % 300;
		uint8_t *bytes = fuzz_case_bytes(&state, len);
		char *room = malloc(size + 1);
		fuzz_decode(bytes, len, &p);
		for (unsigned int i = 0; i < p.count; i++) {
			size_t whole = strlen(printed(i));
			ck_assert_uint_eq(fuzz_print_call(&p, i, room, size + 1), whole);
			ck_assert_uint_eq(strlen(room), whole < size ? whole : size);
		}
		if (n % 10 == 0) {
			size_t whole = fuzz_print_c(&p, text, sizeof(text));
			ck_assert_uint_eq(whole, strlen(text));
			ck_assert_uint_eq(fuzz_print_c(&p, room, size + 1), whole);
			ck_assert_uint_eq(strlen(room), size);
		}
		free(room);
		free(bytes);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fuzz_print");
	TCase *t = tcase_create("print");
	tcase_add_test(t, calls);
	tcase_add_test(t, results);
	tcase_add_test(t, any_program);
	tcase_set_timeout(t, 60);
	suite_add_tcase(suite, t);
	return fuzz_case_run(suite);
}
