#include "shared/fuzz/tree.h"

#define DIR(path, mode)                                                                            \
	{                                                                                          \
		path, FUZZ_NODE_DIR, 0, 0, mode, 0, 0                                              \
	}
#define FILE(path, mode, size, text)                                                               \
	{                                                                                          \
		path, FUZZ_NODE_FILE, 0, 0, mode, size, text                                       \
	}
#define LINK(path, text)                                                                           \
	{                                                                                          \
		path, FUZZ_NODE_LINK, 0, 0, 0, 0, text                                             \
	}
#define DEVICE(path, major, minor, text)                                                           \
	{                                                                                          \
		path, FUZZ_NODE_DEVICE, major, minor, 0666, 0, text                                \
	}

const struct fuzz_node fuzz_node[] = {
	DIR("d", 0755),
	DIR("d/dir", 0755),
	DIR("m", 0755),
	DIR("tmp", 01777),
	DIR("bin", 0755),
	DIR("dev", 0755),
	DIR("dev/pts", 0755),
	DIR("proc", 0555),
	FILE("a", 0644, 64, "The quick brown fox jumps over the lazy dog. 0123456789 abcdefg\n"),
	FILE("b", 0600, 0, ""),
	FILE("big", 0644, 8300, "0123456789abcdef"),
	FILE("d/x", 0666, 16, "sixteen bytes.\n\n"),
	FILE("locked", 0000, 4, "no\n\n"),
	FILE("bin/script", 0755, 12, "#!/bin/exit\n"),
	FILE("bin/broken", 0755, 100, "\177ELF\002\001\001"),
	FILE("bin/nothing", 0755, 0, ""),
	{"bin/exit", FUZZ_NODE_EXIT, 0, 0, 0755, 0, 0},
	LINK("d/link", "../a"),
	LINK("d/up", ".."),
	LINK("loop", "loop"),
	LINK("dangling", "nowhere"),
	{"fifo", FUZZ_NODE_FIFO, 0, 0, 0666, 0, 0},
	DEVICE("dev/null", 1, 3, "/dev/null"),
	DEVICE("dev/zero", 1, 5, "/dev/zero"),
	DEVICE("dev/full", 1, 7, "/dev/full"),
	DEVICE("dev/random", 1, 8, "/dev/random"),
	DEVICE("dev/tty", 5, 0, "/dev/tty"),
	LINK("dev/ptmx", "pts/ptmx"),
};
const unsigned int fuzz_node_count = sizeof(fuzz_node) / sizeof(*fuzz_node);

#define TEN   "nnnnnnnnnn"
#define FIFTY TEN TEN TEN TEN TEN

/* clang-format off */
const char *const fuzz_path[] = {
	"a", "b", "big", "d", "d/x", "d/link", "d/dir", "d/up", "d/up/a", "d/..", ".", "..", "/", "",
	"loop", "dangling", "fifo", "n", "n/y", "d/n", "m", "m/f", "tmp", "tmp/t", "dev/null",
	"dev/zero", "dev/full", "dev/tty", "dev/ptmx", "dev/random", "dev/pts/0", "proc/self/fd/3",
	"proc/self/maps", "proc/self/status", "proc/self/cwd", "proc/self/exe", "proc/self/fd",
	"bin/exit", "bin/script", "bin/broken", "bin/nothing", "locked", "a/", "d/dir/", "//d//./x",
	"d/up/d/up/d/up/loop", FIFTY FIFTY FIFTY FIFTY FIFTY "nnnnn",
	FIFTY FIFTY FIFTY FIFTY FIFTY "nnnnnn", "proc", "proc/self/mem", "proc/self/mounts",
	"proc/self/root/a", "proc/self/task", "proc/self/fdinfo/0", "proc/self/oom_score_adj",
	"proc/self/comm", "proc/sys/kernel/hostname", "dev", "dev/pts", "dev/pts/ptmx", "bin",
	"proc/self/fd/4", "proc/self/fd/5", "proc/1/status",
};
/* clang-format on */
const unsigned int fuzz_path_count = sizeof(fuzz_path) / sizeof(*fuzz_path);
