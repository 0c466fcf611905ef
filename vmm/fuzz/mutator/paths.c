/* Paths: those with which a call can do something, most times. */
#include <string.h>

#include "generate.h"
#include "shared/fuzz/tree.h"

#define LIST(...)                                                                                  \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	} /* outside functions */

/* By the number of the call on x86_64 and, where it has two, the argument's name. */
static const struct {
	uint16_t id;
	const char *arg; /* NULL: any */
	const char *const *paths;
} suiting[] = {
	{83, NULL, LIST("n", "d/n", "m/f", "tmp/t")}, /* mkdir, mknod: names that are free */
	{258, NULL, LIST("n", "d/n", "m/f", "tmp/t")},
	{133, NULL, LIST("n", "d/n", "m/f", "tmp/t")},
	{259, NULL, LIST("n", "d/n", "m/f", "tmp/t")},
	{88, "path", LIST("n", "d/n", "m/f", "tmp/t")}, /* symlink, link, rename */
	{266, "path", LIST("n", "d/n", "m/f", "tmp/t")},
	{86, "new", LIST("n", "d/n", "m/f", "tmp/t")},
	{86, "old", LIST("a", "b", "d/x", "fifo", "n", "dangling")},
	{265, "new", LIST("n", "d/n", "m/f", "tmp/t")},
	{265, "old", LIST("a", "b", "d/x", "fifo", "n", "dangling", "d/link")},
	{82, "new", LIST("n", "d/n", "m/f", "tmp/t", "b", "d/dir")},
	{264, "new", LIST("n", "d/n", "m/f", "tmp/t", "b", "d/dir")},
	{316, "new", LIST("n", "d/n", "m/f", "tmp/t", "b", "d/dir")},
	{84, NULL, LIST("d/dir", "n", "m", "tmp", "d/n", "tmp/t")},
	{89, NULL,
	 LIST("d/link", "d/up", "loop", "dangling", "proc/self/cwd", "proc/self/exe",
	      "proc/self/fd/3", "dev/ptmx")},
	{267, NULL,
	 LIST("d/link", "d/up", "loop", "dangling", "proc/self/cwd", "proc/self/exe",
	      "proc/self/fd/3", "dev/ptmx")},
	{80, NULL, LIST("d", "d/dir", "tmp", "..", "/", "m", "proc", "d/up")}, /* chdir, chroot */
	{161, NULL, LIST("d", "d/dir", "tmp", "..", "/", "m", "proc", "d/up")},
	{165, "target", LIST("m", "tmp", "d", "d/dir", "a", "/", "proc")}, /* mount, umount2 */
	{166, NULL, LIST("m", "tmp", "d", "d/dir", "proc", "dev/pts", "dev/null", "/")},
	{FUZZ_ID_EXECVE, NULL,
	 LIST("bin/exit", "bin/exit", "bin/script", "bin/broken", "bin/nothing", "a",
	      "proc/self/exe")},
	{FUZZ_ID_EXECVEAT, NULL,
	 LIST("bin/exit", "bin/exit", "bin/script", "bin/broken", "bin/nothing", "",
	      "proc/self/exe")},
};

static const char *const *find_suiting(const struct fuzz_row *row, unsigned int k)
{
	for (unsigned int i = 0; i < sizeof(suiting) / sizeof(*suiting); i++)
		if (suiting[i].id == row->id &&
		    (!suiting[i].arg || !strcmp(suiting[i].arg, row->arg[k])))
			return suiting[i].paths;
	return NULL;
}

static unsigned int path_number(const char *path)
{
	unsigned int i = 0;
	while (i + 1 < fuzz_path_count && strcmp(fuzz_path[i], path))
		i++;
	return i;
}

static unsigned int pick(struct fuzz_random *r, const char *const *paths)
{
	unsigned int n = 0;
	while (paths[n])
		n++;
	return path_number(paths[fuzz_below(r, n)]);
}

#define USUAL_PATHS 24 /* the first ones: files and directories of the tree */

void fuzz_generate_path(struct fuzz_generator *g)
{
	const char *const *paths = find_suiting(fuzz_generator_row(g), g->k);
	unsigned int n =
		fuzz_below(&g->random, fuzz_chance(&g->random, 60) ? USUAL_PATHS : fuzz_path_count);
	if (paths && fuzz_chance(&g->random, 70))
		n = pick(&g->random, paths);
	*fuzz_generator_arg(g) = (struct fuzz_arg){.kind = FUZZ_ARG_PATH, .value = n};
}

/* ---- opening what a call needs ---- */

static const char *const *openable(enum fuzz_resource want)
{
	static const char *const directories[] = {".",	 "d", "tmp",   "proc/self/fd",
						  "dev", "/", "d/dir", NULL};
	static const char *const terminals[] = {"dev/ptmx", "dev/ptmx",	    "dev/pts/0",
						"dev/tty",  "dev/pts/ptmx", NULL};
	static const char *const files[] = {"a", "b", "big", "d/x", "n", "fifo", "d/link", NULL};
	return want == FUZZ_DIRECTORY ? directories : want == FUZZ_TTY ? terminals : files;
}

bool fuzz_row_opens(const struct fuzz_row *row)
{
	return row->id == 2 || row->id == 257 || row->id == 437; /* open, openat, openat2 */
}

bool fuzz_call_opens(const struct fuzz_call *call, enum fuzz_resource want)
{
	const struct fuzz_row *row = &fuzz_row[call->row];
	const struct fuzz_arg *path = &call->arg[row->kind[0] == FUZZ_KIND_PATH ? 0 : 1];
	if (!fuzz_row_opens(row) || path->kind != FUZZ_ARG_PATH)
		return false;
	for (const char *const *p = openable(want); *p; p++)
		if (!strcmp(fuzz_path[path->value], *p))
			return true;
	return false;
}

void fuzz_generate_maker(struct fuzz_generator *g, unsigned int row, enum fuzz_resource want,
			 struct fuzz_call *out)
{
	const struct fuzz_row *r = &fuzz_row[row];
	fuzz_generate_call(g, row, out);
	for (unsigned int k = 0; k < r->argc; k++) {
		if (r->kind[k] == FUZZ_KIND_PATH && fuzz_chance(&g->random, 85))
			out->arg[k] = (struct fuzz_arg){.kind = FUZZ_ARG_PATH,
							.value = pick(&g->random, openable(want))};
		if (r->kind[k] == FUZZ_KIND_OPEN_FLAGS && r->kind[0] != FUZZ_KIND_FDPAIR &&
		    fuzz_chance(&g->random, 70))
			out->arg[k] = (struct fuzz_arg){.kind = FUZZ_ARG_CONST,
							.value = want == FUZZ_DIRECTORY ? 0
								 : want == FUZZ_TTY	? 04402
											: 0102};
		if (r->kind[k] == FUZZ_KIND_DIRFD)
			out->arg[k] = (struct fuzz_arg){.kind = FUZZ_ARG_CONST, .value = -100ull};
	}
}
