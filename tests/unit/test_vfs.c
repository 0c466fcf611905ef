/* Runs vfs_cases.c.
 * sources: tests/unit/vfs_cases.c guest/kernel/fs/inode.c guest/kernel/fs/dentry.c guest/kernel/fs/mount.c guest/kernel/fs/namei.c guest/kernel/fs/permission.c guest/kernel/fs/open.c guest/kernel/fs/file.c guest/kernel/fs/fd_table.c guest/kernel/fs/fs_context.c guest/kernel/fs/uio.c guest/kernel/fs/rw.c guest/kernel/fs/attr.c guest/kernel/fs/lock.c guest/kernel/fs/pipe.c guest/kernel/fs/tmpfs.c guest/kernel/fs/bootfs.c guest/kernel/fs/devtmpfs.c guest/kernel/fs/memdev.c guest/kernel/fs/device.c guest/kernel/fs/boot.c guest/kernel/fs/dirops.c guest/kernel/fs/path_name.c guest/kernel/fs/stat.c guest/kernel/fs/splice.c guest/kernel/fs/memfd.c guest/kernel/mm/page.c guest/kernel/mm/slab.c guest/kernel/mm/mapping.c guest/kernel/lib/radix.c guest/kernel/lib/printf.c guest/syscall/file.c guest/syscall/path.c guest/syscall/fd.c guest/syscall/attr.c guest/syscall/mount.c guest/syscall/splice.c tests/unit/fake/memory.c tests/unit/fake/fs.c
 */
#include <check.h>
#include "vfs_cases.h"

void vfs_failed(const char *file, int line, const char *text, long got, long want)
{
	_ck_assert_failed(file, line, "Assertion failed", "%s: %ld, %ld", text, got, want);
	__builtin_unreachable();
}

START_TEST(case_runs)
{
	vfs_setup();
	vfs_cases[_i].fn();
}
END_TEST

START_TEST(hostile_image)
{
	vfs_hostile_image(_i);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vfs");
	TCase *t = tcase_create("calls");
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, case_runs, 0, vfs_case_count);
	suite_add_tcase(s, t);
	TCase *h = tcase_create("hostile images");
	tcase_set_timeout(h, 60);
	tcase_add_loop_test(h, hostile_image, 0, vfs_hostile_count);
	suite_add_tcase(s, h);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
