/* /proc/PID/maps and smaps: proc_pid_maps(5), proc_pid_smaps(5). */
#include <asm/mman.h>
#include "kernel/fs/procfs.h"
#include "kernel/mm/page.h"
#include "kernel/mm/pgtable.h"
#include "kernel/mm/vm.h"
#include "kernel/task/task.h"

#define NAME_COLUMN 73

static void show_name(const struct mm *mm, const struct vma *v, struct proc_text *t)
{
	if (v->file)
		proc_path(t, &v->file->path, false);
	else if (v->flags & VMA_VDSO)
		proc_printf(t, v->prot & PROT_EXEC ? "[vdso]" : "[vvar]");
	else if (v->flags & VMA_STACK || (v->start <= mm->stack_start && v->end > mm->stack_start))
		proc_printf(t, "[stack]");
	else if (v->flags & VMA_HEAP || (v->start < mm->brk && v->end > mm->brk_start))
		proc_printf(t, "[heap]");
}

static bool has_name(const struct mm *mm, const struct vma *v)
{
	return v->file || v->flags & (VMA_VDSO | VMA_STACK | VMA_HEAP) ||
	       (v->start <= mm->stack_start && v->end > mm->stack_start) ||
	       (v->start < mm->brk && v->end > mm->brk_start);
}

static void show_vma(const struct mm *mm, const struct vma *v, struct proc_text *t)
{
	size_t start = t->len;
	const struct inode *i = v->file ? v->file->inode : NULL;
	u32 dev = i ? i->super->dev : 0;
	proc_printf(t, "%08lx-%08lx %c%c%c%c %08llx %02x:%02x %llu", v->start, v->end,
		    v->prot & PROT_READ ? 'r' : '-', v->prot & PROT_WRITE ? 'w' : '-',
		    v->prot & PROT_EXEC ? 'x' : '-', v->flags & VMA_SHARED ? 's' : 'p',
		    i ? (unsigned long long)v->pgoff << PAGE_SHIFT : 0, DEV_MAJOR(dev),
		    DEV_MINOR(dev), i ? (unsigned long long)i->ino : 0);
	if (has_name(mm, v)) {
		proc_pad(t, start, NAME_COLUMN);
		show_name(mm, v, t);
	} else {
		proc_printf(t, " ");
	}
	proc_printf(t, "\n");
}

/* Call show for each vma. */
static int show_vmas(const struct proc_node *n, struct proc_text *t,
		     void (*show)(struct mm *mm, const struct vma *v, struct proc_text *t))
{
	struct mm *mm = proc_mm(n);
	if (!mm)
		return 0;
	for (struct vma *v = vma_find_next(mm, 0); v && !t->failed; v = vma_next(v))
		show(mm, v, t);
	mm_put(mm);
	return 0;
}

static void show_maps_vma(struct mm *mm, const struct vma *v, struct proc_text *t)
{
	show_vma(mm, v, t);
}

int proc_show_maps(const struct proc_node *n, struct proc_text *t)
{
	return show_vmas(n, t, show_maps_vma);
}

/* ---- smaps ---- */

struct usage {
	u64 resident, shared, anonymous, pss; /* bytes; pss: its share of pages that several map */
};

static void add_page(struct usage *u, phys_addr pa)
{
	u->resident += PAGE_SIZE;
	const struct page *p = phys_to_page(pa);
	/* The page cache holds a reference of its own. Pages of the boot file system and of the
	 * kernel are not counted: as if nobody shared them. */
	bool cached = p->flags & PAGE_CACHE,
	     counted = phys_is_ram(pa) && !(p->flags & (PAGE_BOOTFS | PAGE_PINNED));
	u32 users = counted ? MAX(p->refcount - MIN(p->refcount, (u32)cached), 1u) : 1;
	u->pss += PAGE_SIZE / users;
	if (users > 1)
		u->shared += PAGE_SIZE;
	if (!(p->flags & (PAGE_CACHE | PAGE_BOOTFS | PAGE_PINNED)))
		u->anonymous += PAGE_SIZE;
}

static void show_smaps_vma(struct mm *mm, const struct vma *v, struct proc_text *t)
{
	struct usage u = {0};
	struct pte_run run;
	arch_pte *slot;
	for_each_pte(&mm->pgtable, v->start, v->end, run, slot) add_page(&u, arch_pte_phys(*slot));
	show_vma(mm, v, t);
	const struct {
		const char *name;
		u64 bytes;
	} lines[] = {
		{"Size:", v->end - v->start},
		{"KernelPageSize:", PAGE_SIZE},
		{"MMUPageSize:", PAGE_SIZE},
		{"Rss:", u.resident},
		{"Pss:", u.pss},
		{"Shared_Clean:", u.shared},
		{"Shared_Dirty:", 0},
		{"Private_Clean:", u.resident - u.shared - MIN(u.anonymous, u.resident - u.shared)},
		{"Private_Dirty:", MIN(u.anonymous, u.resident - u.shared)},
		{"Referenced:", u.resident},
		{"Anonymous:", u.anonymous},
		{"Swap:", 0},
		{"Locked:", v->flags & VMA_LOCKED ? u.resident : 0}};
	for (size_t k = 0; k < ARRAY_SIZE(lines); k++)
		proc_printf(t, "%-15s %8llu kB\n", lines[k].name,
			    (unsigned long long)lines[k].bytes >> 10);
}

int proc_show_smaps(const struct proc_node *n, struct proc_text *t)
{
	return show_vmas(n, t, show_smaps_vma);
}
