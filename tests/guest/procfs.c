/* procfs: proc(5). */
#include <dirent.h>
#include <elf.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/statfs.h>
#include "test.h"

static char text[1 << 20];

/* The whole file, NUL-terminated; its length, or -1. */
static ssize_t load(const char *path)
{
	int fd = open(path, O_RDONLY);
	ssize_t at = 0, n;
	*text = 0;
	if (fd < 0)
		return -1;
	while ((n = read(fd, text + at, sizeof(text) - 1 - at)) > 0)
		at += n;
	int err = errno;
	close(fd);
	errno = err;
	text[at] = 0;
	return n < 0 ? -1 : at;
}

static bool has(const char *what)
{
	return strstr(text, what) != NULL;
}

/* The text behind the label at a line's start, up to the newline. */
static const char *value(const char *label)
{
	static char out[256];
	const char *p = text;
	while (p && strncmp(p, label, strlen(label)))
		p = (p = strchr(p, '\n')) ? p + 1 : NULL;
	if (!p)
		return "(none)";
	p += strlen(label);
	snprintf(out, sizeof(out), "%.*s", (int)strcspn(p, "\n"), p);
	return out;
}

static const char *link_of(const char *path)
{
	static char out[4096];
	ssize_t n = readlink(path, out, sizeof(out) - 1);
	if (n < 0)
		return strerror(errno);
	out[n] = 0;
	return out;
}

static bool lists(const char *dir, const char *name)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	bool found = false;
	while (d && (e = readdir(d)))
		found |= !strcmp(e->d_name, name);
	if (d)
		closedir(d);
	return found;
}

static int mode_of(const char *path)
{
	struct stat st;
	return lstat(path, &st) ? -1 : (int)st.st_mode;
}

static void test_self(void)
{
	char pid[20];
	snprintf(pid, sizeof(pid), "%d", getpid());
	CHECK(!strcmp(link_of("/proc/self"), pid));
	char both[60];
	snprintf(both, sizeof(both), "%d/task/%d", getpid(), getpid());
	CHECK(!strcmp(link_of("/proc/thread-self"), both));
	CHECK(lists("/proc", pid));
	CHECK(lists("/proc", "self"));
	CHECK(lists("/proc", "meminfo"));
	CHECK(lists("/proc/self/task", pid));
	CHECK(lists("/proc/self", "status"));
	CHECK_EQ(chdir("/tmp"), 0);
	CHECK(!strcmp(link_of("/proc/self/cwd"), "/tmp"));
	CHECK(!strcmp(link_of("/proc/self/root"), "/"));
	const char *base = strrchr(link_of("/proc/self/exe"), '/');
	CHECK(base && !strcmp(base, "/procfs"));
}

static void test_stat(void)
{
	int pid, ppid, pgrp, session, fields = 0;
	char comm[32], state;
	CHECK(load("/proc/self/stat") > 0);
	CHECK_EQ(sscanf(text, "%d (%31[^)]) %c %d %d %d", &pid, comm, &state, &ppid, &pgrp,
			&session),
		 6);
	CHECK_EQ(pid == getpid(), 1);
	CHECK_EQ(ppid == getppid(), 1);
	CHECK_EQ(pgrp == getpgrp(), 1);
	CHECK_EQ(session == getsid(0), 1);
	CHECK_EQ(state, 'R');
	CHECK(!strcmp(comm, "procfs"));
	for (char *p = strtok(strrchr(text, ')'), " "); p; p = strtok(NULL, " "))
		fields++;
	CHECK_EQ(fields + 1, 52);
	CHECK(load("/proc/self/statm") > 0);
	long v[7];
	CHECK_EQ(sscanf(text, "%ld %ld %ld %ld %ld %ld %ld", v, v + 1, v + 2, v + 3, v + 4, v + 5,
			v + 6),
		 7);
	CHECK(v[0] > 0 && v[1] > 0 && v[1] <= v[0]);
}

static void test_status(void)
{
	signal(SIGUSR1, SIG_IGN);
	CHECK(load("/proc/self/status") > 0);
	say("     Name%s", value("Name:"));
	say("     State%s", value("State:"));
	say("     Threads%s", value("Threads:"));
	say("     Uid%s", value("Uid:"));
	say("     TracerPid%s", value("TracerPid:"));
	say("     SigPnd%s", value("SigPnd:"));
	say("     NoNewPrivs%s", value("NoNewPrivs:"));
	CHECK_EQ(atoi(value("Pid:")) == getpid(), 1);
	CHECK_EQ(atoi(value("Tgid:")) == getpid(), 1);
	CHECK_EQ(atoi(value("PPid:")) == getppid(), 1);
	CHECK(strtoull(value("SigIgn:"), NULL, 16) & 1ull << (SIGUSR1 - 1));
	CHECK(atol(value("VmSize:")) >= atol(value("VmRSS:")));
	CHECK(atol(value("VmRSS:")) > 0);
	static const char *const labels[] = {"Umask:",
					     "FDSize:",
					     "Groups:",
					     "VmPeak:",
					     "VmHWM:",
					     "VmData:",
					     "VmStk:",
					     "VmExe:",
					     "VmLib:",
					     "SigQ:",
					     "ShdPnd:",
					     "SigBlk:",
					     "SigCgt:",
					     "CapInh:",
					     "CapPrm:",
					     "CapEff:",
					     "CapBnd:",
					     "Cpus_allowed_list:",
					     "voluntary_ctxt_switches:",
					     "nonvoluntary_ctxt_switches:"};
	for (size_t k = 0; k < sizeof(labels) / sizeof(*labels); k++)
		say("     %s %s", labels[k],
		    strcmp(value(labels[k]), "(none)") ? "there" : "missing");
}

static void test_arguments(char **argv)
{
	CHECK(load("/proc/self/cmdline") == (ssize_t)strlen(argv[0]) + 1);
	CHECK(!strcmp(text, argv[0]));
	pid_t child = fork();
	if (!child) {
		char *args[] = {"procfs-child", "two words", "", NULL},
		     *env[] = {"A=1", "B=two", NULL};
		execve("/proc/self/exe", args, env);
		_exit(99);
	}
	int status;
	waitpid(child, &status, 0);
	CHECK_EQ(status, 0);
}

/* What the child of test_arguments does. */
static int in_child(void)
{
	static const char args[] = "procfs-child\0two words\0", env[] = "A=1\0B=two";
	if (load("/proc/self/cmdline") != sizeof(args) || memcmp(text, args, sizeof(args)))
		return 1;
	if (load("/proc/self/environ") != sizeof(env) || memcmp(text, env, sizeof(env)))
		return 2;
	load("/proc/self/comm");
	return strcmp(text, "exe\n") ? 3 : 0; /* execve(2): the name in the path */
}

static void test_auxv(void)
{
	ssize_t n = load("/proc/self/auxv");
	const Elf64_auxv_t *a = (void *)text;
	bool page_size = false;
	size_t k = 0;
	for (; k < n / sizeof(*a) && a[k].a_type; k++)
		page_size |= a[k].a_type == AT_PAGESZ && a[k].a_un.a_val == 4096;
	CHECK(page_size);
	CHECK_EQ((k + 1) * sizeof(*a) == (size_t)n, 1);
}

/* The perms of the mapping that holds p, "" when there is none. */
static const char *perms_of(const void *p)
{
	static char perms[8];
	unsigned long start, end;
	load("/proc/self/maps");
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (sscanf(line, "%lx-%lx %7s", &start, &end, perms) == 3 &&
		    (unsigned long)p >= start && (unsigned long)p < end)
			return perms;
	}
	return "";
}

static void test_maps(void)
{
	int local;
	char *p = mmap(NULL, 8192, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(load("/proc/self/maps") > 0);
	CHECK(has("[stack]"));
	CHECK(has("[vdso]"));
	CHECK(has("/procfs\n"));
	CHECK(!strcmp(perms_of(p), "r--s"));
	CHECK_EQ(mprotect(p, 4096, PROT_READ | PROT_WRITE), 0);
	CHECK(!strcmp(perms_of(p), "rw-s"));
	CHECK(!strcmp(perms_of(p + 4096), "r--s"));
	CHECK_EQ(munmap(p, 8192), 0);
	CHECK(!strcmp(perms_of(p), ""));
	CHECK(!strcmp(perms_of(&local), "rw-p"));
	CHECK(!strcmp(perms_of((void *)test_maps), "r-xp"));
	CHECK(load("/proc/self/smaps") > 0);
	CHECK(has("\nRss: "));
}

static void test_fd(void)
{
	char path[64], here[64];
	int p[2];
	int fd = open("/tmp/procfs-file", O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);
	CHECK_EQ(write(fd, "0123456789", 10), 10);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK(!strcmp(link_of(path), "/tmp/procfs-file"));
	CHECK_EQ(mode_of(path) & 0700, 0700);
	int again = open(path, O_RDONLY);
	CHECK_EQ(read(again, here, 3), 3); /* an open file of its own */
	CHECK(!memcmp(here, "012", 3));
	snprintf(here, sizeof(here), "/proc/self/fdinfo/%d", fd);
	load(here);
	say("     pos%s", value("pos:"));
	CHECK(has("flags:\t02100002\n") || has("flags:\t02500002\n"));
	close(again);
	unlink("/tmp/procfs-file");
	CHECK(!strcmp(link_of(path), "/tmp/procfs-file (deleted)"));
	close(fd);
	CHECK_ERR(readlink(path, here, sizeof(here)), ENOENT);
	CHECK_ERR(open("/proc/self/fd/x", O_RDONLY), ENOENT);
	CHECK_ERR(open("/proc/self/fd/00", O_RDONLY), ENOENT);
	CHECK_EQ(pipe(p), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", p[0]);
	CHECK(!strncmp(link_of(path), "pipe:[", 6));
	CHECK_EQ(mode_of(path), S_IFLNK | 0500);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", p[1]);
	CHECK_EQ(mode_of(path), S_IFLNK | 0300);
	CHECK(lists("/proc/self/fd", strrchr(path, '/') + 1));
	close(p[0]);
	close(p[1]);
}

static void test_files(void)
{
	SHOW(mode_of("/proc/self/status"));
	SHOW(mode_of("/proc/self/environ"));
	SHOW(mode_of("/proc/self/comm"));
	SHOW(mode_of("/proc/self/fd"));
	SHOW(mode_of("/proc/self/task"));
	SHOW(mode_of("/proc/self"));
	SHOW(mode_of("/proc/mounts"));
	SHOW(mode_of("/proc/uptime"));
	SHOW(mode_of("/proc/sys/kernel/hostname"));
	struct stat st;
	CHECK_EQ(stat("/proc/self/status", &st), 0);
	SHOW(st.st_size);
	struct statfs fs;
	CHECK_EQ(statfs("/proc", &fs), 0);
	SHOW(fs.f_type);
	CHECK_ERR(open("/proc/new", O_CREAT | O_WRONLY, 0600), ENOENT);
	CHECK_ERR(mkdir("/proc/new", 0700), ENOENT);
	CHECK_ERR(symlink("x", "/proc/new"), ENOENT);
	CHECK_ERR(mknod("/proc/self/new", S_IFIFO | 0600, 0), ENOENT);
	CHECK_ERR(unlink("/proc/uptime"), EPERM);
	CHECK_ERR(rmdir("/proc/self/task"), EPERM);
	CHECK_ERR(rmdir("/proc/uptime"), ENOTDIR);
	CHECK_ERR(open("/proc/0", O_RDONLY), ENOENT);
	CHECK_ERR(open("/proc/2147483648", O_RDONLY), ENOENT);
	CHECK_ERR(open("/proc/self/status/x", O_RDONLY), ENOTDIR);
	int fd = open("/proc/self/status", O_RDONLY);
	char one[8] = "", two[8] = "";
	CHECK_EQ(read(fd, one, 3), 3);
	CHECK_EQ(read(fd, one + 3, 3), 3);
	CHECK_EQ(pread(fd, two, 6, 0), 6);
	CHECK(!strcmp(one, "Name:\t") && !strcmp(one, two));
	CHECK_EQ(lseek(fd, 4, SEEK_SET), 4);
	CHECK_ERR(lseek(fd, 0, SEEK_END), EINVAL);
	CHECK_EQ(lseek(fd, -2, SEEK_CUR), 2);
	CHECK_ERR(lseek(fd, -3, SEEK_SET), EINVAL);
	CHECK_ERR(read(fd, BAD_ADDRESS, 10), EFAULT);
	CHECK_EQ(pread(fd, two, 6, 1 << 20), 0);
	CHECK_ERR(write(fd, "x", 1), EBADF);
	close(fd);
	fd = open("/proc/self/stat", O_WRONLY);
	CHECK_ERR(write(fd, "x", 1), EINVAL);
	close(fd);
}

static void test_oom_score_adj(void)
{
	int fd = open("/proc/self/oom_score_adj", O_RDWR);
	CHECK_EQ(write(fd, "500\n", 4), 4);
	CHECK_ERR(write(fd, "1001", 4), EINVAL);
	CHECK_ERR(write(fd, "x", 1), EINVAL);
	close(fd);
	load("/proc/self/oom_score_adj");
	CHECK(!strcmp(text, "500\n"));
}

static void test_comm(void)
{
	char name[20];
	int fd = open("/proc/self/comm", O_WRONLY | O_TRUNC);
	CHECK_EQ(write(fd, "renamed-by-its-file\n", 20), 20);
	close(fd);
	CHECK_EQ(prctl(PR_GET_NAME, name), 0);
	CHECK(!strcmp(name, "renamed-by-its-"));
	CHECK_EQ(prctl(PR_SET_NAME, "procfs"), 0);
	load("/proc/self/comm");
	CHECK(!strcmp(text, "procfs\n"));
}

static void *thread_body(void *arg)
{
	char path[64], tid[20];
	snprintf(tid, sizeof(tid), "%ld", syscall(SYS_gettid));
	prctl(PR_SET_NAME, "worker");
	snprintf(path, sizeof(path), "/proc/self/task/%s/comm", tid);
	load(path);
	CHECK(!strcmp(text, "worker\n"));
	CHECK(lists("/proc/self/task", tid));
	CHECK(!lists("/proc", tid));
	CHECK(load("/proc/self/status") > 0);
	say("     Threads%s", value("Threads:"));
	CHECK(load("/proc/thread-self/status") > 0);
	CHECK(atoi(value("Pid:")) == atoi(tid));
	return arg;
}

static void test_threads(void)
{
	pthread_t t;
	CHECK_EQ(pthread_create(&t, NULL, thread_body, NULL), 0);
	pthread_join(t, NULL);
}

static void test_other(void)
{
	char path[64];
	int gate[2], status;
	CHECK_EQ(pipe(gate), 0);
	pid_t child = fork();
	if (!child) {
		char c;
		close(gate[1]);
		_exit(read(gate[0], &c, 1) == 0 ? 7 : 1);
	}
	close(gate[0]);
	snprintf(path, sizeof(path), "/proc/%d/stat", child);
	CHECK(load(path) > 0);
	int fd = open(path, O_RDONLY);
	close(gate[1]);
	siginfo_t info;
	CHECK_EQ(waitid(P_PID, child, &info, WEXITED | WNOWAIT), 0);
	load(path);
	CHECK(has(") Z "));
	snprintf(path, sizeof(path), "/proc/%d/cmdline", child);
	CHECK_EQ(load(path), 0);
	CHECK_EQ(waitpid(child, &status, 0) == child, 1);
	CHECK_EQ(WEXITSTATUS(status), 7);
	CHECK_ERR(read(fd, text, 10), ESRCH);
	close(fd);
	CHECK_ERR(open(path, O_RDONLY), ENOENT);
}

/* What others may see. */
static void test_permissions(void)
{
	char path[64], out[64];
	int status, parent = getpid();
	pid_t child = fork();
	if (!child) {
		test_failures = 0;
		CHECK_EQ(setgid(65534), 0);
		CHECK_EQ(setuid(65534), 0);
		snprintf(path, sizeof(path), "/proc/%d/status", parent);
		CHECK(load(path) > 0);
		snprintf(path, sizeof(path), "/proc/%d/environ", parent);
		CHECK_ERR(open(path, O_RDONLY), EACCES);
		snprintf(path, sizeof(path), "/proc/%d/exe", parent);
		CHECK_ERR(readlink(path, out, sizeof(out)), EACCES);
		snprintf(path, sizeof(path), "/proc/%d/fd", parent);
		CHECK_ERR(open(path, O_RDONLY | O_DIRECTORY), EACCES);
		snprintf(path, sizeof(path), "/proc/%d/comm", parent);
		CHECK_ERR(open(path, O_WRONLY), EACCES);
		snprintf(path, sizeof(path), "/proc/%d/maps", parent);
		CHECK_ERR(open(path, O_RDONLY), EACCES);
		CHECK(load("/proc/self/maps") > 0);
		CHECK_ERR(open("/proc/sys/kernel/hostname", O_WRONLY), EACCES);
		CHECK_ERR(open("/proc/self/environ", O_RDONLY), EACCES); /* no longer dumpable */
		struct stat st;
		CHECK_EQ(stat("/proc/self", &st), 0);
		SHOW(st.st_uid);
		SHOW(st.st_gid);
		CHECK(readlink("/proc/self/exe", out, sizeof(out)) > 0);
		_exit(test_failures != 0);
	}
	waitpid(child, &status, 0);
	CHECK_EQ(status, 0);
}

static void test_system(void)
{
	double a, b, c;
	char name[65];
	CHECK(load("/proc/meminfo") > 0);
	CHECK(atol(value("MemTotal:")) > atol(value("MemFree:")));
	CHECK(atol(value("MemAvailable:")) > 0);
	load("/proc/uptime");
	CHECK_EQ(sscanf(text, "%lf %lf", &a, &b), 2);
	load("/proc/loadavg");
	int running, all, last;
	CHECK_EQ(sscanf(text, "%lf %lf %lf %d/%d %d", &a, &b, &c, &running, &all, &last), 6);
	CHECK(running >= 1 && all >= running && last >= 1);
	load("/proc/version");
	CHECK(!strncmp(text, "Linux version ", 14));
	load("/proc/filesystems");
	CHECK(has("nodev\tproc\n") && has("nodev\ttmpfs\n"));
	load("/proc/mounts");
	CHECK(has(" /proc proc "));
	load("/proc/self/mountinfo");
	CHECK(has(" - proc proc "));
	load("/proc/stat");
	CHECK(!strncmp(text, "cpu  ", 5));
	CHECK(has("\ncpu0 ") && has("\nbtime ") && has("\nctxt "));
	load("/proc/cpuinfo");
	CHECK(!strncmp(text, "processor\t: 0\n", 14));
	load("/proc/swaps");
	CHECK(!strncmp(text, "Filename", 8));
	load("/proc/self/limits");
	CHECK(has("Max open files            "));
	load("/proc/devices");
	CHECK(has("Character devices:\n") && has("  1 mem\n"));
	load("/proc/partitions");
	CHECK(!*text || !strncmp(text, "major minor  #blocks  name\n\n", 28)); /* empty without a disk */
	load("/proc/sys/kernel/hostname");
	CHECK_EQ(gethostname(name, sizeof(name)), 0);
	CHECK(!strncmp(text, name, strlen(name)) && !strcmp(text + strlen(name), "\n"));
	load("/proc/sys/kernel/ostype");
	say("     ostype %s", value(""));
	CHECK(load("/proc/sys/kernel/pid_max") > 0 && atoi(text) > 300);
	load("/proc/sys/kernel/cap_last_cap");
	CHECK(atoi(text) >= 40);
}

static void test_uuid(void)
{
	char first[64];
	load("/proc/sys/kernel/random/uuid");
	CHECK_EQ(strlen(text), 37);
	CHECK(text[8] == '-' && text[14] == '4' && text[23] == '-');
	strcpy(first, text);
	load("/proc/sys/kernel/random/uuid");
	CHECK(strcmp(first, text) != 0);
	load("/proc/sys/kernel/random/boot_id");
	strcpy(first, text);
	load("/proc/sys/kernel/random/boot_id");
	CHECK(strlen(text) == 37 && !strcmp(first, text));
}

static void test_sysfs(void)
{
	load("/sys/devices/system/cpu/online");
	CHECK_EQ(*text, '0');
	CHECK(lists("/sys/devices/system/cpu", "cpu0"));
	CHECK_EQ(mode_of("/sys/devices/system/cpu/cpu0") & S_IFMT, S_IFDIR);
	CHECK_ERR(open("/sys/devices/system/cpu/cpu9999", O_RDONLY), ENOENT);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return in_child();
	test_self();
	test_stat();
	test_status();
	test_arguments(argv);
	test_auxv();
	test_maps();
	test_fd();
	test_files();
	test_oom_score_adj();
	test_comm();
	test_threads();
	test_other();
	test_permissions();
	test_system();
	test_uuid();
	test_sysfs();
	DONE();
}
