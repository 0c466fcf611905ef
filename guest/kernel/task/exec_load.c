/* execve(2): the new address space. Nothing of the old program is touched here, so every failure is
 * an errno for it. */
#include <linux/mman.h>
#include <linux/personality.h>
#include "kernel/fs/file.h"
#include "kernel/fs/vfs.h"
#include "kernel/lib/random.h"
#include "kernel/lib/string.h"
#include "kernel/mm/page.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/vm.h"
#include "kernel/mm/uaccess.h"
#include "kernel/task/elf.h"
#include "kernel/task/exec.h"
#include "kernel/task/task.h"

/* Up to this size a program is mapped whole: a batch costs less than a few page faults. */
#define POPULATE_MAX_PAGES 64
/* Where position-independent programs go, as on Linux: two thirds up. */
#define PIE_BASE (USER_TOP / 3 * 2)
/* Where linkers put the others on x86_64 and aarch64. */
#define FIXED_BASE 0x400000ul
#define MMAP_GAP_MIN (128ul << 20)
#define MMAP_GAP_MAX (USER_TOP / 6 * 5)

/* Address-space randomisation: how many pages each part may be moved by, as on Linux x86_64. */
#define RANDOM_MMAP_PAGES (1ul << 28)
#define RANDOM_STACK_PAGES (1ul << 22)
#define RANDOM_BRK_PAGES (1ul << 13)

static vaddr random_offset(u64 random, u64 pages)
{
	return (random % pages) << PAGE_SHIFT;
}

/* ---- segments ---- */

/* Zero [from, to) inside a page that holds the end of a file's data. */
static int clear_tail(struct mm *mm, vaddr from, vaddr to)
{
	size_t n = to - from;
	return mm_write(mm, from, page_to_virt(page_zero()), n) == n ? 0 : -ENOMEM;
}

static int map_anonymous(struct mm *mm, vaddr from, vaddr to, u32 prot)
{
	if (from >= to)
		return 0;
	long at = mm_map(mm, from, to - from, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, NULL,
			 0, 0);
	return at < 0 ? (int)at : 0;
}

static int map_zeros(struct mm *mm, const struct elf_segment *s, vaddr bias)
{
	vaddr from = bias + s->file_end, to = bias + s->memory_end;
	vaddr page_end = ALIGN_UP(from, PAGE_SIZE);
	if (from == bias + s->start)
		page_end = from; /* no file data at all */
	else if (from < page_end && (s->prot & PROT_WRITE)) {
		int err = clear_tail(mm, from, MIN(page_end, ALIGN_UP(to, PAGE_SIZE)));
		if (err)
			return err;
	}
	return map_anonymous(mm, page_end, ALIGN_UP(to, PAGE_SIZE), s->prot);
}

static int map_segment(struct mm *mm, struct file *f, const struct elf_segment *s, vaddr bias,
		       bool populate)
{
	vaddr start = bias + s->start;
	size_t len = ALIGN_UP(s->file_end - s->start, PAGE_SIZE);
	if (len) {
		long at = mm_map(mm, start, len, s->prot, MAP_PRIVATE | MAP_FIXED, f, s->offset, 0);
		if (at < 0)
			return (int)at;
	}
	/* What lies beyond the end of a short file cannot be brought in; the program meets it as
	 * SIGBUS. */
	if (len && populate)
		mm_populate(mm, start, len, s->prot & PROT_WRITE);
	if (s->memory_end > s->file_end) {
		int err = map_zeros(mm, s, bias);
		if (err)
			return err;
	}
	if (populate && s->memory_end > s->start + len && (s->prot & PROT_WRITE))
		mm_populate(mm, start + len, ALIGN_UP(s->memory_end - s->start, PAGE_SIZE) - len,
			    true);
	return 0;
}

static void note_bounds(struct mm *mm, const struct elf_segment *s, vaddr bias)
{
	if ((s->prot & PROT_EXEC) && !mm->code_start) {
		mm->code_start = bias + s->start;
		mm->code_end = bias + s->file_end;
	}
	if (s->prot & PROT_WRITE) {
		mm->data_start = bias + s->start;
		mm->data_end = bias + s->file_end;
	}
}

static int map_image(struct mm *mm, struct file *f, const struct elf_image *elf, vaddr bias,
		     bool main_program)
{
	bool populate = elf->high - elf->low <= POPULATE_MAX_PAGES * PAGE_SIZE;
	struct elf_segment s;
	for (unsigned int i = 0; i < elf->phdr_count; i++) {
		if (!elf_segment_at(elf, i, &s))
			continue;
		int err = map_segment(mm, f, &s, bias, populate);
		if (err)
			return err;
		if (main_program)
			note_bounds(mm, &s, bias);
	}
	return 0;
}

/* ---- headers ---- */

/* Point elf->phdr at the program headers: inside the header already read, or in a block to be freed
 * (*block). */
static int read_segments(struct binary *b, struct elf_image *elf, void **block)
{
	*block = NULL;
	if (elf->phdr_offset % 8 == 0 && elf->phdr_offset + elf->phdr_size <= b->header_len) {
		elf->phdr = (const Elf64_Phdr *)(b->header + elf->phdr_offset);
		return elf_check_segments(elf);
	}
	*block = kmalloc(elf->phdr_size);
	if (!*block)
		return -ENOMEM;
	isize n = file_read_at(b->file, *block, elf->phdr_size, (file_off)elf->phdr_offset);
	elf->phdr = *block;
	int err = n == (isize)elf->phdr_size ? elf_check_segments(elf) : -ENOEXEC;
	if (err)
		kfree(*block);
	return err;
}

static int parse(struct binary *b, struct elf_image *elf, void **block)
{
	int err = elf_check_header(b->header, b->header_len, elf);
	return err ? err : read_segments(b, elf, block);
}

/* PT_INTERP's text, NUL-terminated in the file: kmalloc'd. */
static int interpreter_name(struct binary *b, const struct elf_image *elf, char **out)
{
	char *name = kmalloc(elf->interp_size + 1);
	if (!name)
		return -ENOMEM;
	isize n = file_read_at(b->file, name, elf->interp_size, (file_off)elf->interp_offset);
	if (n != (isize)elf->interp_size || name[n - 1]) {
		kfree(name);
		return -ENOEXEC;
	}
	*out = name;
	return 0;
}

/* ---- placement ---- */

/* Mappings begin below the largest stack and a random gap (RLIMIT_STACK as it is now). */
static void place_mmap(struct exec_image *img)
{
	u64 gap = rlimit_current(RLIMIT_STACK);
	gap = MIN(MAX(gap, MMAP_GAP_MIN), MMAP_GAP_MAX);
	gap = ALIGN_UP(gap, PAGE_SIZE) + (RANDOM_STACK_PAGES << PAGE_SHIFT);
	img->mm->mmap_top = USER_TOP - gap - random_offset(img->random[0], RANDOM_MMAP_PAGES);
}

/* The bias for an image at the top of the mappings area, in an mm that has none yet. */
static vaddr bias_below_mmap_top(const struct mm *mm, const struct elf_image *elf)
{
	return ALIGN_DOWN(mm->mmap_top - (elf->high - elf->low), elf->align) - elf->low;
}

static int load_interpreter(struct binary *main, const struct elf_image *elf,
			    struct exec_image *img)
{
	struct binary b;
	struct elf_image interp;
	void *block;
	char *name;
	int err = interpreter_name(main, elf, &name);
	if (err)
		return err;
	err = binary_open(-100 /* AT_FDCWD */, name, 0, &b);
	kfree(name);
	if (err)
		return err;
	err = parse(&b, &interp, &block);
	if (err) {
		binary_close(&b);
		return err == -ENOMEM ? err : -ELIBBAD;
	}
	vaddr bias = interp.relocatable ? bias_below_mmap_top(img->mm, &interp) : 0;
	err = map_image(img->mm, b.file, &interp, bias, false);
	img->pc = bias + interp.entry;
	img->base = bias;
	kfree(block);
	binary_close(&b);
	return err;
}

static vaddr choose_bias(const struct exec_image *img, const struct elf_image *elf)
{
	if (!elf->relocatable)
		return 0;
	if (!elf->has_interpreter)
		return bias_below_mmap_top(img->mm, elf);
	vaddr base = PIE_BASE + random_offset(img->random[1], RANDOM_MMAP_PAGES);
	return ALIGN_DOWN(base, elf->align) - elf->low;
}

/* The heap begins a random distance after the program; for a static PIE, which lies among the
 * mappings, at PIE_BASE. */
static void place_brk(struct exec_image *img, const struct elf_image *elf, vaddr bias)
{
	vaddr end = bias + elf->high;
	if (elf->relocatable && !elf->has_interpreter)
		end = ALIGN_UP(PIE_BASE, PAGE_SIZE);
	img->mm->brk_start = img->mm->brk = end + random_offset(img->random[2], RANDOM_BRK_PAGES);
}

static int map_vdso(struct exec_image *img)
{
	const struct vdso_image *vdso = arch_vdso();
	struct page *pages[8];
	size_t n = vdso->data_pages + vdso->text_pages;
	vaddr at = img->stack_top + PAGE_SIZE;
	if (!vdso->text_pages || n > ARRAY_SIZE(pages))
		return 0;
	for (size_t i = 0; i < n; i++)
		pages[i] = phys_to_page(virt_to_phys((const char *)vdso->start + i * PAGE_SIZE));
	long err = mm_map_pages(img->mm, at, pages, (unsigned int)vdso->data_pages, PROT_READ,
				VMA_VDSO);
	if (err < 0)
		return (int)err;
	at += vdso->data_pages * PAGE_SIZE;
	err = mm_map_pages(img->mm, at, pages + vdso->data_pages, (unsigned int)vdso->text_pages,
			   PROT_READ | PROT_EXEC, VMA_VDSO);
	img->mm->vdso = at;
	return err < 0 ? (int)err : 0;
}

static int load_program(struct binary *b, const struct elf_image *elf, struct exec_image *img)
{
	vaddr bias = choose_bias(img, elf);
	int err = map_image(img->mm, b->file, elf, bias, true);
	if (err)
		return err;
	img->entry = img->pc = bias + elf->entry;
	img->phdr = elf->phdr_address ? bias + elf->phdr_address : 0;
	img->phnum = elf->phdr_count;
	img->stack_exec = elf->stack_exec;
	place_brk(img, elf, bias);
	if (elf->has_interpreter)
		err = load_interpreter(b, elf, img);
	if (!err && img->pc >= USER_TOP)
		err = -EINVAL;
	return err;
}

/* The stack top, 16 GiB of room to move in, leaving pages above it for the vDSO. */
static void place_stack(struct exec_image *img)
{
	img->stack_top =
		USER_TOP - 16 * PAGE_SIZE - random_offset(img->random[3], RANDOM_STACK_PAGES);
}

/* ---- an address space made ahead ---- */

static struct mm *spare;

/* Where programs that are not moved about have something: their first segment, stack and vDSO, the mappings. */
void exec_prepare_space(void)
{
	struct exec_image img = {.mm = mm_create()};

	if (!img.mm)
		return;
	place_mmap(&img);
	place_stack(&img);
	arch_pgtable_slot(&img.mm->pgtable, FIXED_BASE);
	arch_pgtable_slot(&img.mm->pgtable, img.stack_top - PAGE_SIZE);
	arch_pgtable_slot(&img.mm->pgtable, img.mm->mmap_top - PAGE_SIZE);
	spare = img.mm;
}

static struct mm *take_space(void)
{
	struct mm *mm = spare;

	spare = NULL;
	return mm ? mm : mm_create();
}

/* personality(2) */
static void draw_random(struct exec_image *img)
{
	random_bytes(img->random, sizeof(img->random));
	if (task_current()->process->personality & ADDR_NO_RANDOMIZE)
		memset(img->random, 0, 4 * sizeof(img->random[0]));
}

int exec_load(struct binary *b, struct exec_image *img)
{
	struct elf_image elf;
	void *block;
	int err = parse(b, &elf, &block);
	if (err)
		return err;
	err = -ENOMEM;
	img->mm = take_space();
	if (!img->mm)
		goto no_mm;
	draw_random(img);
	place_mmap(img);
	place_stack(img);
	err = load_program(b, &elf, img);
	if (!err)
		err = map_vdso(img);
	if (err)
		mm_put(img->mm);
no_mm:
	kfree(block);
	return err;
}
