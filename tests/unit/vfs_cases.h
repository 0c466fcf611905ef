/* Between vfs_cases.c (kernel headers) and test_vfs.c (Check's). */
#ifndef TESTS_UNIT_VFS_CASES_H
#define TESTS_UNIT_VFS_CASES_H

struct vfs_case {
	const char *name;
	void (*fn)(void);
};
extern const struct vfs_case vfs_cases[];
extern const int vfs_case_count, vfs_hostile_count;
void vfs_setup(void);
/* Variant i of a damaged boot image. */
void vfs_hostile_image(int i);

/* Ends the running test. */
_Noreturn void vfs_failed(const char *file, int line, const char *text, long got, long want);

#ifndef ck_assert
#define VFS_CHECK(a, op, b)                                                                     \
	do {                                                                                    \
		long a_ = (long)(a), b_ = (long)(b);                                            \
		if (!(a_ op b_))                                                                \
			vfs_failed(__FILE__, __LINE__, #a " " #op " " #b, a_, b_);              \
	} while (0)
#define ck_assert(c) VFS_CHECK(!!(c), ==, 1)
#define ck_assert_int_eq(a, b) VFS_CHECK(a, ==, b)
#define ck_assert_int_ge(a, b) VFS_CHECK(a, >=, b)
#define ck_assert_uint_eq(a, b) VFS_CHECK(a, ==, b)
#define ck_assert_str_eq(a, b) VFS_CHECK(strcmp(a, b), ==, 0)
#define ck_assert_ptr_nonnull(p) VFS_CHECK((p) != NULL, ==, 1)
#endif

#endif
