/* ld.so.cache: reading the host's, writing a smaller one, damaged ones; tokens of search paths.
 * sources: vmm/ldcache.c vmm/elfdeps.c
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "elfdeps.h"

static const char host_cache[] = "/etc/ld.so.cache";
static char file[64];

static void setup(void)
{
	strcpy(file, "/tmp/mote-ldcache-XXXXXX");
	close(mkstemp(file));
}

static void teardown(void)
{
	unlink(file);
}

static void save(const void *bytes, size_t n)
{
	int fd = open(file, O_WRONLY | O_TRUNC);
	ck_assert_int_eq(write(fd, bytes, n), (ssize_t)n);
	close(fd);
}

static bool keep_c(void *ctx, const char *path)
{
	++*(int *)ctx;
	return strstr(path, "/libc.so.6") || strstr(path, "/libm.so.6");
}

static bool keep_nothing(void *ctx, const char *path)
{
	(void)ctx, (void)path;
	return false;
}

START_TEST(host)
{
	struct ld_cache c;
	ck_assert_int_eq(ld_cache_load(&c, host_cache), 0);
	const char *path = ld_cache_find(&c, "libc.so.6");
	ck_assert_ptr_nonnull(path);
	ck_assert_int_eq(access(path, R_OK), 0);
	ck_assert_ptr_null(ld_cache_find(&c, "libno-such-library.so.7"));
	ld_cache_free(&c);
	ck_assert_int_eq(ld_cache_load(&c, "/no/such/cache"), -ENOENT);
	ck_assert_ptr_null(ld_cache_find(&c, "libc.so.6"));
	ck_assert_int_eq(ld_cache_load(&c, "/"), -EINVAL);
}
END_TEST

START_TEST(filtered)
{
	struct ld_cache c, small;
	void *bytes;
	size_t len;
	int asked = 0;
	ck_assert_int_eq(ld_cache_load(&c, host_cache), 0);
	ck_assert_int_eq(ld_cache_filter(&c, keep_c, &asked, &bytes, &len), 0);
	ck_assert_int_gt(asked, 2);
	save(bytes, len);
	free(bytes);
	ck_assert_int_eq(ld_cache_load(&small, file), 0);
	ck_assert_uint_lt(small.size, 1000);
	ck_assert_str_eq(ld_cache_find(&small, "libc.so.6"), ld_cache_find(&c, "libc.so.6"));
	ck_assert_str_eq(ld_cache_find(&small, "libm.so.6"), ld_cache_find(&c, "libm.so.6"));
	ck_assert_ptr_null(ld_cache_find(&small, "libgcc_s.so.1"));
	ck_assert_int_eq(ld_cache_filter(&c, keep_nothing, NULL, &bytes, &len), 0);
	ck_assert_uint_eq(len, 0);
	ck_assert_ptr_null(bytes);
	ld_cache_free(&small);
	ld_cache_free(&c);
}
END_TEST

/* ldconfig(8) is the judge of the form. */
START_TEST(ldconfig_reads_it)
{
	struct ld_cache c;
	void *bytes;
	size_t len;
	int asked = 0;
	char cmd[200], line[200];
	ck_assert_int_eq(ld_cache_load(&c, host_cache), 0);
	ck_assert_int_eq(ld_cache_filter(&c, keep_c, &asked, &bytes, &len), 0);
	save(bytes, len);
	free(bytes);
	snprintf(cmd, sizeof(cmd), "PATH=$PATH:/sbin:/usr/sbin ldconfig -p -C %s", file);
	FILE *f = popen(cmd, "r");
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), f));
	ck_assert_ptr_nonnull(strstr(line, " libs found in cache"));
	int libc = 0;
	while (fgets(line, sizeof(line), f))
		libc += strstr(line, "libc.so.6 (libc6,") != NULL;
	ck_assert_int_eq(pclose(f), 0);
	ck_assert_int_eq(libc, 1);
	ld_cache_free(&c);
}
END_TEST

START_TEST(damaged)
{
	struct ld_cache c;
	unsigned char *bytes;
	void *raw;
	size_t len;
	int asked = 0;
	ck_assert_int_eq(ld_cache_load(&c, host_cache), 0);
	ck_assert_int_eq(ld_cache_filter(&c, keep_c, &asked, &raw, &len), 0);
	ld_cache_free(&c);
	bytes = raw;
	for (size_t cut = 0; cut < len; cut++) {
		save(bytes, cut);
		if (ld_cache_load(&c, file) == 0)
			ld_cache_find(&c, "libc.so.6");
		ld_cache_free(&c);
	}
	for (size_t at = 0; at < len; at++) {
		bytes[at] ^= 0xff;
		save(bytes, len);
		if (ld_cache_load(&c, file) == 0) {
			void *again;
			size_t n;
			ld_cache_find(&c, "libc.so.6");
			ck_assert_int_eq(ld_cache_filter(&c, keep_c, &asked, &again, &n), 0);
			free(again);
		}
		ld_cache_free(&c);
		bytes[at] ^= 0xff;
	}
	free(raw);
}
END_TEST

static const char *expand(const char *element)
{
	static char out[64];
	int n = elf_expand_tokens(element, strlen(element), "/opt/x", out, sizeof(out));
	return n < 0 ? "too long" : out;
}

START_TEST(tokens)
{
	ck_assert_str_eq(expand("$ORIGIN/../lib"), "/opt/x/../lib");
	ck_assert_str_eq(expand("${ORIGIN}"), "/opt/x");
	ck_assert_str_eq(expand("/a/$PLATFORM/b"), "/a/x86_64/b");
	ck_assert_str_eq(expand("/usr/$LIB"), "/usr/lib/x86_64-linux-gnu");
	ck_assert_str_eq(expand("$OTHER$"), "$OTHER$");
	ck_assert_str_eq(expand("${ORIGIN"), "${ORIGIN");
	ck_assert_str_eq(expand("$ORIGIN$ORIGIN$ORIGIN$ORIGIN$ORIGIN$ORIGIN$ORIGIN$ORIGIN$ORIGIN$"
				"ORIGIN$ORIGIN"),
			 "too long");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ldcache");
	TCase *t = tcase_create("ldcache");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, host);
	tcase_add_test(t, filtered);
	tcase_add_test(t, ldconfig_reads_it);
	tcase_add_test(t, damaged);
	tcase_add_test(t, tokens);
	suite_add_tcase(s, t);
	SRunner *run = srunner_create(s);
	srunner_run_all(run, CK_NORMAL);
	int failed = srunner_ntests_failed(run);
	srunner_free(run);
	return failed != 0;
}
