/* The system-call printer, on user memory that is this process's own.
 * sources: vmm/trace.c vmm/trace_args.c vmm/trace_flags.c vmm/elfdeps.c
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include "trace_line.h"

uint64_t memory_read_user(const struct memory *mem, uint64_t root, uint64_t va, void *dst,
			  uint64_t len)
{
	ck_assert_ptr_null(mem);
	ck_assert_uint_eq(root, 0x1000);
	struct iovec to = {dst, len}, from = {(void *)va, len};
	ssize_t n = process_vm_readv(getpid(), &to, 1, &from, 1, 0);
	return n < 0 ? 0 : n;
}

ssize_t memory_read_user_string(const struct memory *mem, uint64_t root, uint64_t va, char *dst,
				size_t size)
{
	size_t n = 0;
	while (n < size - 1) {
		if (!memory_read_user(mem, root, va + n, dst + n, 1))
			return -EFAULT;
		if (!dst[n])
			return n;
		n++;
	}
	dst[n] = 0;
	return n;
}

static struct trace_lines lines;
static char text[65536];

static void setup(void)
{
	memset(&lines, 0, sizeof(lines));
	*text = 0;
}

static struct trace_record record(unsigned int kind, unsigned int tid, unsigned long nr)
{
	return (struct trace_record){.kind = kind, .tid = tid, .root = 0x1000, .nr = nr};
}

static void add(const struct trace_record *r)
{
	size_t len = strlen(text);
	size_t n = trace_lines_add(&lines, NULL, r, text + len, sizeof(text) - len);
	ck_assert_uint_eq(strlen(text), len + n);
}

/* A whole call of task 2; answers its line. */
static const char *call(unsigned long nr, long ret, unsigned long a, unsigned long b,
			unsigned long c, unsigned long d)
{
	struct trace_record r = record(TRACE_ENTER, 2, nr);
	r.arg[0] = a;
	r.arg[1] = b;
	r.arg[2] = c;
	r.arg[3] = d;
	*text = 0;
	add(&r);
	r.kind = TRACE_EXIT;
	r.ret = ret;
	add(&r);
	return text;
}
#define A(x) ((unsigned long)(x))

START_TEST(simple)
{
	ck_assert_str_eq(call(SYS_getpid, 2, 0, 0, 0, 0),
			 "getpid()                                = 2\n");
	ck_assert_str_eq(
		call(SYS_close, -EBADF, A(-1), 0, 0, 0),
		"close(-1)                               = -1 EBADF (Bad file descriptor)\n");
	ck_assert_str_eq(call(SYS_brk, 0x1000, 0, 0, 0, 0),
			 "brk(NULL)                               = 0x1000\n");
	ck_assert_str_eq(call(SYS_lseek, 7, 3, A(-5), SEEK_END, 0),
			 "lseek(3, -5, SEEK_END)                  = 7\n");
	ck_assert_str_eq(call(SYS_kill, 0, 5, SIGTERM, 0, 0),
			 "kill(5, SIGTERM)                        = 0\n");
	ck_assert_str_eq(
		call(999, -ENOSYS, 1, 2, 3, 4),
		"syscall_0x3e7(0x1, 0x2, 0x3, 0x4, 0, 0) = -1 ENOSYS (Function not implemented)\n");
	ck_assert_str_eq(
		call(SYS_socket, -ENOSYS, 1, 2, 0, 0),
		"socket(0x1, 0x2, 0, 0, 0, 0)            = -1 ENOSYS (Function not implemented)\n");
	ck_assert_str_eq(call(1010, 1, 0, 0, 0, 0),
			 "isatty(0)                               = 1\n");
	ck_assert_ptr_nonnull(strstr(call(SYS_pause, -514, 0, 0, 0, 0),
				     "= ? ERESTARTNOHAND (To be restarted if no handler)"));
}
END_TEST

START_TEST(strings)
{
	char bytes[40];
	memset(bytes, 'a', sizeof(bytes));
	ck_assert_str_eq(call(SYS_write, 40, 1, A(bytes), 40, 0),
			 "write(1, \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"..., 40) = 40\n");
	ck_assert_str_eq(call(SYS_write, 32, 1, A(bytes), 32, 0),
			 "write(1, \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\", 32) = 32\n");
	ck_assert_str_eq(call(SYS_write, 8, 1,
			      A("\n\t\"\\\0"
				"1\033x"),
			      8, 0),
			 "write(1, \"\\n\\t\\\"\\\\\\0001\\33x\", 8)        = 8\n");
	ck_assert_str_eq(call(SYS_read, 3, 0, A("abc"), 100, 0),
			 "read(0, \"abc\", 100)                     = 3\n");
	ck_assert_str_eq(call(SYS_read, -EFAULT, 0, 16, 100, 0),
			 "read(0, 0x10, 100)                      = -1 EFAULT (Bad address)\n");
	ck_assert_str_eq(call(SYS_write, -EFAULT, 1, 16, 100, 0),
			 "write(1, 0x10, 100)                     = -1 EFAULT (Bad address)\n");
	ck_assert_str_eq(call(SYS_chdir, 0, A("/a\xff"), 0, 0, 0),
			 "chdir(\"/a\\377\")                         = 0\n");
}
END_TEST

START_TEST(opens)
{
	ck_assert_str_eq(call(SYS_openat, 3, A(AT_FDCWD), A("/x"), O_RDONLY | O_CLOEXEC, 0),
			 "openat(AT_FDCWD, \"/x\", O_RDONLY|O_CLOEXEC) = 3\n");
	ck_assert_str_eq(call(SYS_openat, 3, 4, A("/x"), O_WRONLY | O_CREAT | O_TRUNC, 0644),
			 "openat(4, \"/x\", O_WRONLY|O_CREAT|O_TRUNC, 0644) = 3\n");
	ck_assert_str_eq(call(SYS_fcntl, 0, 3, F_SETFD, FD_CLOEXEC, 0),
			 "fcntl(3, F_SETFD, FD_CLOEXEC)           = 0\n");
	ck_assert_str_eq(call(SYS_fcntl, O_RDWR, 3, F_GETFL, 99, 0),
			 "fcntl(3, F_GETFL)                       = 0x2 (flags O_RDWR)\n");
	ck_assert_str_eq(call(SYS_access, -ENOENT, A("/etc/ld.so.preload"), 4, 0, 0),
			 "access(\"/etc/ld.so.preload\", R_OK)      = -1 ENOENT (No such file or "
			 "directory)\n");
	ck_assert_str_eq(call(SYS_mmap, 0x7f0000000000, 0, 8192, 3, 0x22),
			 "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, 0, 0) "
			 "= 0x7f0000000000\n");
	ck_assert_str_eq(call(SYS_unlinkat, 0, 3, A("d"), AT_REMOVEDIR, 0),
			 "unlinkat(3, \"d\", AT_REMOVEDIR)          = 0\n");
}
END_TEST

START_TEST(structures)
{
	struct stat st = {.st_mode = S_IFREG | 0644, .st_size = 12};
	int pair[2] = {3, 4}, status = 256;
	struct iovec v[2] = {{"abc", 3}, {"defg", 4}};
	struct pollfd p[2] = {{0, POLLIN, 0}, {1, POLLOUT, POLLOUT | POLLHUP}};
	uint64_t set = 1 << (SIGINT - 1) | 1 << (SIGCHLD - 1), full = ~0ull,
		 most = ~(1ull << (SIGSEGV - 1));
	ck_assert_ptr_nonnull(strstr(call(SYS_fstat, 0, 3, A(&st), 0, 0),
				     "fstat(3, {st_mode=S_IFREG|0644, st_size=12, ...}) = 0"));
	ck_assert_ptr_nonnull(
		strstr(call(SYS_pipe2, 0, A(pair), O_CLOEXEC, 0, 0), "pipe2([3, 4], O_CLOEXEC)"));
	ck_assert_ptr_nonnull(
		strstr(call(SYS_wait4, 5, A(-1), A(&status), 0, 0),
		       "wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 1}], 0, NULL) = 5"));
	ck_assert_ptr_nonnull(strstr(call(SYS_writev, 7, 1, A(v), 2, 0),
				     "writev(1, [{iov_base=\"abc\", iov_len=3}, "
				     "{iov_base=\"defg\", iov_len=4}], 2) = 7"));
	ck_assert_ptr_nonnull(strstr(
		call(SYS_readv, 4, 1, A(v), 2, 0),
		"readv(1, [{iov_base=\"abc\", iov_len=3}, {iov_base=\"d\", iov_len=4}], 2) = 4"));
	ck_assert_ptr_nonnull(strstr(call(SYS_poll, 1, A(p), 2, A(-1), 0),
				     "poll([{fd=0, events=POLLIN}, {fd=1, events=POLLOUT}], 2, -1) "
				     "= 1 ([{fd=1, revents=POLLOUT|POLLHUP}])"));
	ck_assert_ptr_nonnull(strstr(call(SYS_rt_sigprocmask, 0, SIG_BLOCK, A(&set), A(&full), 8),
				     "rt_sigprocmask(SIG_BLOCK, [INT CHLD], ~[], 8) = 0"));
	ck_assert_ptr_nonnull(strstr(call(SYS_rt_sigprocmask, 0, SIG_SETMASK, A(&most), 0, 8),
				     "~[SEGV], NULL, 8)"));
}
END_TEST

START_TEST(programs)
{
	const char *argv[] = {"ls", "-l", NULL}, *envp[] = {"A=1", "B=2", NULL};
	const char *got = call(SYS_execve, 0, A("/bin/ls"), A(argv), A(envp), 0);
	ck_assert_ptr_nonnull(strstr(got, "execve(\"/bin/ls\", [\"ls\", \"-l\"], 0x"));
	ck_assert_ptr_nonnull(strstr(got, " /* 2 vars */) = 0"));
	ck_assert_ptr_nonnull(strstr(call(SYS_clone, 5, 0x01200000 | SIGCHLD, 0, 0, 0),
				     "CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD"));
	uint64_t thread[11] = {0x100, 0, 0x10, 0x20, 0, 0x7000, 0x1000, 0x8000};
	ck_assert_ptr_nonnull(
		strstr(call(SYS_clone3, 3, A(thread), sizeof(thread), 0, 0),
		       "clone3({flags=CLONE_VM, child_tid=0x10, parent_tid=0x20, exit_signal=0, "
		       "stack=0x7000, stack_size=0x1000, tls=0x8000}, 88) = 3"));
	ck_assert_ptr_nonnull(
		strstr(call(SYS_futex, 0, 4096, 128, 1, 0), "FUTEX_WAIT_PRIVATE, 1, NULL"));
}
END_TEST

START_TEST(two_tasks)
{
	struct trace_record r = record(TRACE_ENTER, 2, SYS_wait4);
	add(&r);
	r = record(TRACE_ENTER, 3, SYS_getpid);
	add(&r);
	r.kind = TRACE_EXIT;
	r.ret = 3;
	add(&r);
	r = record(TRACE_ENTER, 3, SYS_exit_group);
	add(&r);
	r = record(TRACE_EXITED, 3, 0);
	add(&r);
	r = record(TRACE_EXIT, 2, SYS_wait4);
	r.ret = 3;
	add(&r);
	r = record(TRACE_SIGNAL, 2, SIGCHLD);
	r.arg[0] = 1;
	r.arg[1] = 3;
	add(&r);
	r = record(TRACE_SIGNAL, 2, SIGSEGV);
	r.arg[0] = 1;
	add(&r);
	r = record(TRACE_EXITED, 2, SIGSEGV | 0x80);
	add(&r);
	ck_assert_str_eq(text,
			 "wait4(0 <unfinished ...>\n"
			 "[pid     3] getpid()                                = 3\n"
			 "[pid     3] exit_group(0)                           = ?\n"
			 "[pid     3] +++ exited with 0 +++\n"
			 "<... wait4 resumed>, NULL, 0, NULL)     = 3\n"
			 "--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=3} ---\n"
			 "--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=NULL} ---\n"
			 "+++ killed by SIGSEGV (core dumped) +++\n");
}
END_TEST

/* Nothing a guest puts in a record may hurt: every call with wild arguments, with little room for
 * text. */
START_TEST(hostile)
{
	static const unsigned long wild[] = {
		0, 8, A(-1), 0x8000000000000000, 0x7fffffffffff, 0x123456789};
	char small[100];
	for (unsigned int i = 0; i < 1100 * 6; i++) {
		struct trace_record r = record(TRACE_ENTER, 1 + i, i / 6);
		for (int k = 0; k < 6; k++)
			r.arg[k] = wild[(i + k * (i / 36)) % 6];
		ck_assert_uint_lt(trace_lines_add(&lines, NULL, &r, text, sizeof(text)),
				  sizeof(text));
		r.kind = TRACE_EXIT;
		r.ret = i % 7 ? A(wild[i % 6]) : 5;
		ck_assert_uint_lt(trace_lines_add(&lines, NULL, &r, small, sizeof(small)),
				  sizeof(small));
	}
	struct trace_record r = record(77, 1, A(-1));
	ck_assert_uint_eq(trace_lines_add(&lines, NULL, &r, text, sizeof(text)), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("trace");
	TCase *t = tcase_create("trace");
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, simple);
	tcase_add_test(t, strings);
	tcase_add_test(t, opens);
	tcase_add_test(t, structures);
	tcase_add_test(t, programs);
	tcase_add_test(t, two_tasks);
	tcase_add_test(t, hostile);
	suite_add_tcase(s, t);
	SRunner *run = srunner_create(s);
	srunner_run_all(run, CK_NORMAL);
	int failed = srunner_ntests_failed(run);
	srunner_free(run);
	return failed != 0;
}
