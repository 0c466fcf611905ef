/*
 * Signatures of findings, and what counts as new coverage. The functions below stand for the kernel's; this program's own symbol table has
 * their names.
 * sources: vmm/fuzz/signature.c vmm/fuzz/seen.c vmm/symbol.c vmm/message.c vmm/memory.c vmm/arch/x86_64.c
 */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/seen.h"
#include "fuzz/signature.h"
#include "machine.h"

/* What the linked files want of others. */
void machine_end(struct machine *m, int status, enum mote_end how)
{
	(void)m, (void)status, (void)how;
}

#define FUNCTION(name)                                                                              \
	void name(void);                                                                            \
	void __attribute__((noinline)) name(void)                                                   \
	{                                                                                           \
		__asm__ volatile("nop; nop; nop; nop");                                             \
	}
FUNCTION(inode_put)
FUNCTION(vfs_close)
FUNCTION(sys_close)
FUNCTION(entry_code)
FUNCTION(panic)
FUNCTION(__ubsan_handle_something)
FUNCTION(mark_free)

extern const char __ehdr_start[];
static struct symbols symbols;
static char text[FUZZ_SIGNATURE];

static unsigned long long at(void (*fn)(void))
{
	return (unsigned long long)((uintptr_t)fn - (uintptr_t)__ehdr_start);
}

/* A return address in it. */
static unsigned long long behind(void (*fn)(void))
{
	return at(fn) + 4;
}

static void setup(void)
{
	struct stat st;
	int fd = open("/proc/self/exe", O_RDONLY);

	ck_assert_int_eq(fstat(fd, &st), 0);
	void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

	ck_assert_ptr_ne(map, MAP_FAILED);
	symbols_init(&symbols, map, (size_t)st.st_size);
	close(fd);
}

static struct report panic_with(const char *message)
{
	struct report r = {.panic = true, .frame_count = 5};

	strcpy(r.message, message);
	r.frame[0] = behind(panic);
	r.frame[1] = behind(inode_put);
	r.frame[2] = behind(vfs_close);
	r.frame[3] = behind(sys_close);
	r.frame[4] = behind(entry_code);
	return r;
}

START_TEST(test_kinds)
{
	static const struct {
		const char *message;
		enum fuzz_kind kind;
		const char *signature;
	} all[] = {
		{"kernel/fs/inode.c:123: i->refs > 0", FUZZ_ASSERTION, "assertion kernel/fs/inode.c:#: i->refs > # in inode_put < vfs_close < sys_close"},
		{"undefined behaviour: shift at kernel/a.c:1:2", FUZZ_UNDEFINED,
		 "undefined shift at kernel/a.c:#:# in inode_put < vfs_close < sys_close"},
		{"poison: file 0xffff8000123abc: freed twice", FUZZ_POISON, "poison file #: freed twice in inode_put < vfs_close < sys_close"},
		{"refcount: inode 0x10 has 0", FUZZ_POISON, "poison refcount: inode # has # in inode_put < vfs_close < sys_close"},
		{"lock order: a before b", FUZZ_ASSERTION, "assertion lock order: a before b in inode_put < vfs_close < sys_close"},
		{"page fault in the kernel at address 0x10, error 0", FUZZ_PANIC,
		 "panic page fault in the kernel at address #, error # in inode_put < vfs_close < sys_close"},
		{"exception 6 in the kernel, error 0", FUZZ_UNDEFINED,
		 "undefined exception # in the kernel, error # in inode_put < vfs_close < sys_close"},
		{"cap6 and u64 stay", FUZZ_PANIC, "panic cap6 and u64 stay in inode_put < vfs_close < sys_close"},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct report r = panic_with(all[i].message);

		ck_assert_int_eq(signature_of_report(text, &r, &symbols), all[i].kind);
		ck_assert_str_eq(text, all[i].signature);
	}
}
END_TEST

/* Addresses and places within a function are chance. */
START_TEST(test_same)
{
	struct report a = panic_with("poison: file 0x1000: freed twice"), b = panic_with("poison: file 0x2fe0: freed twice");
	char first[FUZZ_SIGNATURE];

	b.frame[1]--;
	signature_of_report(first, &a, &symbols);
	signature_of_report(text, &b, &symbols);
	ck_assert_str_eq(first, text);
	b.frame[2] = behind(entry_code);
	signature_of_report(text, &b, &symbols);
	ck_assert_str_ne(first, text);
}
END_TEST

/* A trap's own place comes before its callers; helpers are left out; unknown addresses too. */
START_TEST(test_frames)
{
	struct report r = {.panic = true, .message = "page fault", .reg_count = 18, .frame_count = 4};

	r.reg[arch_register_pc()] = at(inode_put);
	r.frame[0] = behind(mark_free);
	r.frame[1] = 0x10;
	r.frame[2] = behind(__ubsan_handle_something);
	r.frame[3] = behind(sys_close);
	signature_of_report(text, &r, &symbols);
	ck_assert_str_eq(text, "panic page fault in inode_put < sys_close");
	r.panic = false;
	ck_assert_int_eq(signature_of_report(text, &r, &symbols), FUZZ_BROKEN);
	ck_assert_int_eq(strncmp(text, "broken page fault", 17), 0);
}
END_TEST

/* A message of the guest's may be anything. */
START_TEST(test_hostile)
{
	struct report r = {.panic = true, .frame_count = 2, .frame = {~0ull, 0}};

	memset(r.message, 'A', sizeof(r.message) - 1);
	r.message[0] = '\n';
	r.message[1] = 27;
	signature_of_report(text, &r, &symbols);
	ck_assert_uint_eq(strlen(text), FUZZ_SIGNATURE - 1);
	ck_assert_ptr_null(strchr(text, '\n'));
	ck_assert_ptr_null(strchr(text, 27));
}
END_TEST

START_TEST(test_hang)
{
	struct report r = {.reg_count = 18, .frame_count = 2};

	r.reg[arch_register_pc()] = at(vfs_close);
	r.frame[0] = behind(sys_close);
	signature_of_hang(text, &r, &symbols, "close");
	ck_assert_str_eq(text, "hang in sys_close");
	r.frame_count = 0;
	r.reg[arch_register_pc()] = 0x400000000ull;
	signature_of_hang(text, &r, &symbols, "close");
	ck_assert_str_eq(text, "hang in program after close");
	r.reg[arch_register_pc()] = BOOT_DIRECT_MAP_BASE + 1;
	signature_of_hang(text, &r, &symbols, NULL);
	ck_assert_str_eq(text, "hang in the kernel after no call");
}
END_TEST

START_TEST(test_leak)
{
	struct fuzz_census before = {.pages = 10, .objects = 5, .files = 2}, after = before;

	ck_assert(!signature_of_leak(text, &before, &after, "census: file +1\n"));
	after.pages = 12;
	after.files = 1;
	ck_assert(signature_of_leak(text, &before, &after, ""));
	ck_assert_str_eq(text, "leak of pages+, files-");
	ck_assert(signature_of_leak(text, &before, &after, "a line\ncensus: vma +2\ncensus: \ncensus: cut\ncensus: file -1"));
	ck_assert_str_eq(text, "leak of pages+, files- (vma+, file-)");
	ck_assert_uint_lt(signature_index(text), FUZZ_MAP_SIGNATURES);
}
END_TEST

/* The classes of AFL++: 1, 2, 3, 4-7, 8-15, 16-31, 32-127, 128-255. */
START_TEST(test_seen)
{
	static const unsigned int first[] = {1, 2, 3, 4, 8, 16, 32, 128, 256};
	uint8_t seen[64] = {0}, map[64] = {0};

	ck_assert(!seen_add(seen, map, sizeof(map)));
	for (unsigned int class = 0; class < 8; class++) {
		map[63] = (uint8_t)first[class];
		ck_assert(seen_add(seen, map, sizeof(map)));
		map[63] = (uint8_t)(first[class + 1] - 1);
		ck_assert(!seen_add(seen, map, sizeof(map)));
	}
	map[0] = 1;
	ck_assert(seen_add(seen, map, sizeof(map)));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fuzz_signature");
	TCase *t = tcase_create("all");

	tcase_add_unchecked_fixture(t, setup, NULL);
	tcase_add_test(t, test_kinds);
	tcase_add_test(t, test_same);
	tcase_add_test(t, test_frames);
	tcase_add_test(t, test_hostile);
	tcase_add_test(t, test_hang);
	tcase_add_test(t, test_leak);
	tcase_add_test(t, test_seen);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);

	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
