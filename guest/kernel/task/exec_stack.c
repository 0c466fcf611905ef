/* The stack a program starts on: System V ABI (AMD64 supplement 3.4.1), getauxval(3). */
#include <linux/mman.h>
#include <linux/auxvec.h>
#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/mm/vm.h"
#include "kernel/task/exec.h"
#include "kernel/task/task.h"

#define STACK_FIRST (132ul << 10) /* mapped at once; it grows down to RLIMIT_STACK */
#define STACK_AHEAD 4		  /* pages brought in below what is written here */
#define CLOCK_TICKS 100		  /* AT_CLKTCK */
#define MINSIGSTKSZ_AUX 2048	  /* AT_MINSIGSTKSZ: no state beyond FXSAVE in a signal frame */

/* The places of everything on the stack, from the top down. */
struct layout {
	vaddr execfn, env, arg, platform, random, sp;
	size_t execfn_len;
	size_t table_len; /* bytes from sp to the end of `random` and `platform` */
};

struct auxv {
	u64 *at;
};

static void aux(struct auxv *a, u64 type, u64 value)
{
	*a->at++ = type;
	*a->at++ = value;
}

static void fill_auxv(struct auxv *a, const struct exec_image *img, const struct layout *l, const struct exec_ids *ids)
{
	if (img->mm->vdso)
		aux(a, AT_SYSINFO_EHDR, img->mm->vdso);
	aux(a, AT_MINSIGSTKSZ, MINSIGSTKSZ_AUX);
	aux(a, AT_HWCAP, arch_hwcap());
	aux(a, AT_PAGESZ, PAGE_SIZE);
	aux(a, AT_CLKTCK, CLOCK_TICKS);
	aux(a, AT_PHDR, img->phdr);
	aux(a, AT_PHENT, 56);
	aux(a, AT_PHNUM, img->phnum);
	aux(a, AT_BASE, img->base);
	aux(a, AT_FLAGS, 0);
	aux(a, AT_ENTRY, img->entry);
	aux(a, AT_UID, ids->uid);
	aux(a, AT_EUID, ids->euid);
	aux(a, AT_GID, ids->gid);
	aux(a, AT_EGID, ids->egid);
	aux(a, AT_SECURE, ids->secure);
	aux(a, AT_RANDOM, l->random);
	aux(a, AT_HWCAP2, 0);
	aux(a, AT_EXECFN, l->execfn);
	aux(a, AT_PLATFORM, l->platform);
	aux(a, AT_NULL, 0);
}
#define AUXV_WORDS (21 * 2)

static void plan(struct layout *l, const struct exec_image *img, const struct exec_args *args, const char *execfn)
{
	l->execfn_len = strlen(execfn) + 1;
	l->execfn = img->stack_top - 8 - l->execfn_len;
	l->env = l->execfn - args->envp.len;
	l->arg = l->env - args->argv.len;
	l->platform = l->arg - sizeof(ELF_PLATFORM);
	l->random = (l->platform - 16) & ~15ul;
	size_t words = 1 + args->argv.count + 1 + args->envp.count + 1 + AUXV_WORDS;
	l->sp = (l->random - words * 8) & ~15ul;
	l->table_len = l->platform + sizeof(ELF_PLATFORM) - l->sp;
}

static u64 *fill_pointers(u64 *at, const struct exec_strings *s, vaddr base)
{
	for (u32 i = 0; i < s->count; i++)
		*at++ = base + s->offset[i];
	*at++ = 0;
	return at;
}

/* Everything from sp to the platform string, as one block. */
static void fill_table(u8 *table, struct exec_image *img, const struct exec_args *args, const struct layout *l,
		       const struct exec_ids *ids)
{
	u64 *at = (u64 *)table;
	*at++ = args->argv.count;
	at = fill_pointers(at, &args->argv, l->arg);
	at = fill_pointers(at, &args->envp, l->env);
	struct auxv a = {at};
	fill_auxv(&a, img, l, ids);
	memcpy(img->mm->auxv, at, (size_t)((u8 *)a.at - (u8 *)at));
	memcpy(table + (l->random - l->sp), &img->random[4], 16);
	memcpy(table + (l->platform - l->sp), ELF_PLATFORM, sizeof(ELF_PLATFORM));
}

static bool put(struct mm *mm, vaddr at, const void *data, size_t n)
{
	return !n || mm_write(mm, at, data, n) == n;
}

static int write_all(struct exec_image *img, const struct exec_args *args, const struct layout *l, const char *execfn,
		     const u8 *table)
{
	struct mm *mm = img->mm;
	if (!put(mm, l->execfn, execfn, l->execfn_len) || !put(mm, l->env, args->envp.data, args->envp.len) ||
	    !put(mm, l->arg, args->argv.data, args->argv.len) || !put(mm, l->sp, table, l->table_len))
		return -ENOMEM;
	mm->stack_start = img->sp = l->sp;
	mm->arg_start = l->arg;
	mm->arg_end = mm->env_start = l->env;
	mm->env_end = l->execfn;
	return 0;
}

static size_t stack_bytes(const struct exec_args *args)
{
	size_t need = args->argv.len + args->envp.len + (args->argv.count + args->envp.count) * 8 + 2 * PAGE_SIZE;
	return ALIGN_UP(need + strlen(args->path), PAGE_SIZE);
}

int exec_stack_map(struct exec_image *img, const struct exec_args *args)
{
	u32 prot = PROT_READ | PROT_WRITE | (img->stack_exec ? PROT_EXEC : 0);
	size_t used = stack_bytes(args), size = STACK_FIRST + used;
	size_t ahead = MIN(used + (STACK_AHEAD - 1) * PAGE_SIZE, size);
	long at = mm_map(img->mm, img->stack_top - size, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			 NULL, 0, VMA_STACK | VMA_GROWSDOWN);
	if (at < 0)
		return at == -EEXIST ? -ENOMEM : (int)at;
	return mm_populate(img->mm, img->stack_top - ahead, ahead, true);
}

int exec_stack_fill(struct exec_image *img, const struct exec_args *args, const char *execfn, const struct exec_ids *ids)
{
	struct layout l;
	plan(&l, img, args, execfn);
	u8 *table = kzalloc(l.table_len);
	if (!table)
		return -ENOMEM;
	fill_table(table, img, args, &l, ids);
	int err = write_all(img, args, &l, execfn, table);
	kfree(table);
	return err;
}
