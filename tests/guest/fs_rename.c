/* rename(2), renameat(2), renameat2(2) */
#include "fs.h"

#define RENAME2(a, b, flags) syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, flags)
#define NOREPLACE 1
#define EXCHANGE 2

static void user_part(void)
{
	CHECK_ERR(rename("a", "z"), EACCES);
	CHECK_ERR(rename("sticky/theirs", "sticky/z"), EPERM);
	touch("sticky/mine");
	CHECK_EQ(rename("sticky/mine", "sticky/own"), 0);
	CHECK_ERR(rename("sticky/own", "sticky/theirs"), EPERM);
	CHECK_ERR(rename("sticky/foreign-dir", "sticky/z"), EPERM);
}

static void directories(void)
{
	mkdir("d", 0755);
	mkdir("d/e", 0755);
	mkdir("empty", 0755);
	CHECK_ERR(rename("d", "d/e/f"), EINVAL);
	CHECK_ERR(rename("d", "d/e"), EINVAL);
	CHECK_ERR(rename("d/e", "d"), ENOTEMPTY);
	CHECK_ERR(rename("empty", "d"), ENOTEMPTY);
	CHECK_ERR(rename("d", "a"), ENOTDIR);
	CHECK_ERR(rename("a", "d"), EISDIR);
	CHECK_ERR(rename("d/.", "x"), EBUSY);
	CHECK_ERR(rename("d", "."), EBUSY);
	CHECK_ERR(rename("d/..", "x"), EBUSY);
	CHECK_ERR(rename("/", "x"), EBUSY);
	CHECK_EQ(rename("d/", "empty/"), 0);
	CHECK_EQ(links_of("empty"), 3);
	CHECK_EQ(rename("empty/e", "e"), 0);
	CHECK_EQ(links_of("empty"), 2);
	CHECK_EQ(rename("e", "empty"), 0);
	CHECK_ERR(access("e", F_OK), ENOENT);
	CHECK_EQ(rename("empty", "new-directory/"), 0);
	CHECK_EQ(rmdir("new-directory"), 0);
}

static void flags(void)
{
	close(make_file("one", "1"));
	mkdir("two", 0755);
	CHECK_ERR(RENAME2("one", "a", NOREPLACE), EEXIST);
	CHECK_ERR(RENAME2("one", ".", NOREPLACE), EEXIST);
	CHECK_EQ(RENAME2("one", "fresh", NOREPLACE), 0);
	CHECK_EQ(RENAME2("fresh", "one", 0), 0);
	CHECK_ERR(RENAME2("one", "none", EXCHANGE), ENOENT);
	CHECK_EQ(RENAME2("one", "two", EXCHANGE), 0);
	CHECK_EQ(mode_of("one"), S_IFDIR | 0755);
	CHECK(file_is("two", "1"));
	mkdir("one/sub", 0755);
	CHECK_ERR(RENAME2("one", "one/sub", EXCHANGE), EINVAL);
	CHECK_ERR(RENAME2("one/sub", "one", EXCHANGE), EINVAL);
	CHECK_EQ(RENAME2("one/sub", "two", EXCHANGE), 0);
	CHECK(file_is("one/sub", "1"));
	CHECK_EQ(links_of("one"), 2);
	CHECK_ERR(RENAME2("one", "two", NOREPLACE | EXCHANGE), EINVAL);
	CHECK_ERR(RENAME2("one", "two", 64), EINVAL);
}

int main(void)
{
	char name[300];
	fs_enter();
	close(make_file("a", "text of a"));
	close(make_file("b", "text of b"));
	CHECK_EQ(rename("a", "c"), 0);
	CHECK_ERR(access("a", F_OK), ENOENT);
	CHECK(file_is("c", "text of a"));
	int fd = open("b", O_RDONLY);
	CHECK_EQ(rename("c", "b"), 0);
	CHECK(file_is("b", "text of a"));
	CHECK_EQ(read(fd, name, 20), 9);
	CHECK(!memcmp(name, "text of b", 9));
	CHECK_EQ(rename("b", "a"), 0);
	CHECK_EQ(rename("a", "a"), 0);
	CHECK_EQ(link("a", "same"), 0);
	CHECK_EQ(rename("a", "same"), 0);
	CHECK_EQ(links_of("a"), 2); /* both names stay */
	CHECK_EQ(rename("a", long_name(name, 255)), 0);
	CHECK_EQ(rename(name, "a"), 0);
	CHECK_ERR(rename("a", long_name(name, 256)), ENAMETOOLONG);
	CHECK_ERR(rename("none", "a"), ENOENT);
	CHECK_ERR(rename("a", "none/x"), ENOENT);
	CHECK_ERR(rename("", "a"), ENOENT);
	CHECK_ERR(rename("a/x", "y"), ENOTDIR);
	CHECK_ERR(rename("a/", "y"), ENOTDIR);
	CHECK_ERR(rename("a", "y/"), ENOTDIR);
	CHECK_ERR(rename("a", "/proc/x"), EXDEV);
	CHECK_ERR(rename(BAD_ADDRESS, "a"), EFAULT);
	CHECK_ERR(rename("a", BAD_ADDRESS), EFAULT);
	CHECK_ERR(renameat(-1, "a", AT_FDCWD, "b"), EBADF);
	CHECK_ERR(renameat(fd, "a", AT_FDCWD, "b"), ENOTDIR);
	symlink("a", "link");
	CHECK_EQ(rename("link", "moved"), 0);
	CHECK_EQ(S_ISLNK(mode_of("moved")), 1);
	directories();
	flags();
	mkdir("sticky", 0777);
	chmod("sticky", 01777);
	touch("sticky/theirs");
	mkdir("sticky/foreign-dir", 0755);
	as_user(user_part);
	fs_leave();
	DONE();
}
