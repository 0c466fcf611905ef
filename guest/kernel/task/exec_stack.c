/* The stack a program starts on: System V ABI (AMD64 supplement 3.4.1), getauxval(3). */
#include <linux/mman.h>
#include <linux/auxvec.h>
#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/mm/vm.h"
#include "kernel/task/exec.h"
#include "kernel/task/task.h"

#define STACK_FIRST (128ul << 10) /* mapped below what is written; it grows down to RLIMIT_STACK */
#define STACK_AHEAD 2		  /* pages brought in below what is written */
#define CLOCK_TICKS 100		  /* AT_CLKTCK */
#define MINSIGSTKSZ_AUX 2048	  /* AT_MINSIGSTKSZ: no state beyond FXSAVE in a signal frame */

/* The places of everything on the stack, from the top down. */
struct layout {
	vaddr execfn, env, arg, platform, random, sp;
	size_t execfn_len;
};

struct auxv {
	u64 *at;
};

static void aux(struct auxv *a, u64 type, u64 value)
{
	*a->at++ = type;
	*a->at++ = value;
}

static void fill_auxv(struct auxv *a, const struct exec_image *img, const struct layout *l,
		      const struct exec_ids *ids)
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

static void plan(struct layout *l, const struct exec_image *img, const struct exec_args *args,
		 const char *execfn)
{
	l->execfn_len = strlen(execfn) + 1;
	l->execfn = img->stack_top - 8 - l->execfn_len;
	l->env = l->execfn - args->envp.len;
	l->arg = l->env - args->argv.len;
	l->platform = l->arg - sizeof(ELF_PLATFORM);
	l->random = (l->platform - 16) & ~15ul;
	size_t words = 1 + args->argv.count + 1 + args->envp.count + 1 + AUXV_WORDS;
	l->sp = (l->random - words * 8) & ~15ul;
}

static u64 *fill_pointers(u64 *at, const struct exec_strings *s, vaddr base)
{
	for (u32 i = 0; i < s->count; i++)
		*at++ = base + s->offset[i];
	*at++ = 0;
	return at;
}

/* The whole stack from sp to its top as one block, so that it is written in one go. */
static void fill_block(u8 *block, struct exec_image *img, const struct exec_args *args,
		       const char *execfn, const struct layout *l, const struct exec_ids *ids)
{
	u64 *at = (u64 *)block;
	*at++ = args->argv.count;
	at = fill_pointers(at, &args->argv, l->arg);
	at = fill_pointers(at, &args->envp, l->env);
	struct auxv a = {at};
	fill_auxv(&a, img, l, ids);
	memcpy(img->mm->auxv, at, (size_t)((u8 *)a.at - (u8 *)at));
	memset(a.at, 0, (size_t)(block + (l->random - l->sp) - (u8 *)a.at));
	memcpy(block + (l->random - l->sp), &img->random[4], 16);
	memset(block + (l->random - l->sp) + 16, 0, l->platform - l->random - 16);
	memcpy(block + (l->platform - l->sp), ELF_PLATFORM, sizeof(ELF_PLATFORM));
	memcpy(block + (l->arg - l->sp), args->argv.data, args->argv.len);
	memcpy(block + (l->env - l->sp), args->envp.data, args->envp.len);
	memcpy(block + (l->execfn - l->sp), execfn, l->execfn_len);
	memset(block + (img->stack_top - 8 - l->sp), 0, 8);
}

static void note_places(struct mm *mm, const struct layout *l)
{
	mm->stack_start = l->sp;
	mm->arg_start = l->arg;
	mm->arg_end = mm->env_start = l->env;
	mm->env_end = l->execfn;
}

/* The stack's mapping, with the pages that are written now or soon brought in. */
static int map_stack(struct exec_image *img, const struct layout *l)
{
	u32 prot = PROT_READ | PROT_WRITE | (img->stack_exec ? PROT_EXEC : 0);
	vaddr bottom = ALIGN_DOWN(l->sp, PAGE_SIZE), start = bottom - STACK_FIRST,
	      ahead = bottom - STACK_AHEAD * PAGE_SIZE;
	long at = mm_map(img->mm, start, img->stack_top - start, prot,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, NULL, 0,
			 VMA_STACK | VMA_GROWSDOWN);
	if (at < 0)
		return at == -EEXIST ? -ENOMEM : (int)at;
	return mm_populate(img->mm, ahead, img->stack_top - ahead, true);
}

int exec_stack_build(struct exec_image *img, const struct exec_args *args, const char *execfn,
		     const struct exec_ids *ids)
{
	struct layout l;
	plan(&l, img, args, execfn);
	int err = map_stack(img, &l);
	if (err)
		return err;
	size_t size = img->stack_top - l.sp;
	u8 *block = kmalloc(size);
	if (!block)
		return -ENOMEM;
	fill_block(block, img, args, execfn, &l, ids);
	size_t done = mm_write(img->mm, l.sp, block, size);
	kfree(block);
	img->sp = l.sp;
	note_places(img->mm, &l);
	return done == size ? 0 : -ENOMEM;
}
