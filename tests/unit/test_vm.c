/* Address spaces, faults and the page cache. sources: guest/kernel/mm/vma.c guest/kernel/mm/map.c guest/kernel/mm/mm.c guest/kernel/mm/pgtable.c guest/kernel/mm/fault.c guest/kernel/mm/zap.c guest/kernel/mm/protect.c guest/kernel/mm/remap.c guest/kernel/mm/advise.c guest/kernel/mm/shmem.c guest/kernel/mm/oom.c guest/kernel/mm/mapping.c guest/kernel/mm/page.c guest/kernel/mm/slab.c guest/kernel/lib/rbtree.c guest/kernel/lib/radix.c tests/unit/fake/memory.c tests/unit/fake/pgtable.c tests/unit/fake/task.c */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include "fake.h"
#include "kernel/lib/log.h"
#include "kernel/mm/page.h"
#include "kernel/mm/pgtable.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/vma.h"

#define PG   PAGE_SIZE
#define BASE 0x10000000ul
#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static struct mm *mm;
static u64 free_before;

static u64 free_count(void)
{
	struct page_counts c;

	page_counts(&c);
	return c.free;
}

static void boot(void)
{
	fake_boot(8192, 64);
	fake_task_init();
	page_put(page_alloc(0, 0)); /* the page of poison */
	page_put(page_alloc(0, 0));
	free_before = free_count();
	mm = mm_create();
	fake_task_set_mm(mm);
}

/* Every test ends with all memory back. */
static void tear_down(void)
{
	fake_task_set_mm(NULL);
	mm_put(mm);
	ck_assert_uint_eq(fake_pte_count(), 0);
	ck_assert_uint_eq(free_count(), free_before);
}

/* The invariants of an address space. */
static void check_mm(void)
{
	u64 total = 0, data = 0, locked = 0, stack = 0;
	u32 count = 0;
	vaddr last = 0;

	for (struct vma *v = vma_find_next(mm, 0); v; v = vma_next(v)) {
		ck_assert(v->start < v->end && v->start >= last && !(v->start & ~PAGE_MASK) &&
			  !(v->end & ~PAGE_MASK));
		ck_assert_ptr_eq(v->mm, mm);
		last = v->end;
		count++;
		total += vma_pages(v);
		if (v->flags & VMA_GROWSDOWN)
			stack += vma_pages(v);
		else if (vma_is_data(v->prot, v->flags))
			data += vma_pages(v);
		if (v->flags & VMA_LOCKED)
			locked += vma_pages(v);
	}
	ck_assert_uint_eq(count, mm->vma_count);
	ck_assert_uint_eq(total, mm->total_pages);
	ck_assert_uint_eq(data, mm->data_pages);
	ck_assert_uint_eq(stack, mm->stack_pages);
	ck_assert_uint_eq(locked, mm->locked_pages);
}

static long map_at(vaddr at, size_t pages, unsigned int prot)
{
	return mm_map(mm, at, pages * PG, prot, ANON | MAP_FIXED, NULL, 0, 0);
}

/* A program's store and load. */
static int poke_in(struct mm *m, vaddr va, unsigned char value)
{
	unsigned int flags;
	phys_addr pa;
	int err;

	if (!pgtable_lookup(&m->pgtable, va, &pa, &flags) || !(flags & PTE_WRITE)) {
		err = mm_fault(m, va, FAULT_WRITE);
		if (err)
			return err;
	}
	ck_assert(pgtable_lookup(&m->pgtable, va, &pa, &flags) && flags & PTE_WRITE);
	*((unsigned char *)phys_to_virt(pa) + (va & ~PAGE_MASK)) = value;
	return 0;
}

static int peek_in(struct mm *m, vaddr va)
{
	unsigned int flags;
	phys_addr pa;
	int err;

	if (!pgtable_lookup(&m->pgtable, va, &pa, &flags) || !(flags & PTE_READ)) {
		err = mm_fault(m, va, FAULT_READ);
		if (err)
			return err;
	}
	ck_assert(pgtable_lookup(&m->pgtable, va, &pa, &flags) && flags & PTE_READ);
	return *((unsigned char *)phys_to_virt(pa) + (va & ~PAGE_MASK));
}

#define poke(va, value) poke_in(mm, va, value)
#define peek(va)	peek_in(mm, va)

static bool present(vaddr va)
{
	unsigned int flags;
	phys_addr pa;

	return pgtable_lookup(&mm->pgtable, va, &pa, &flags);
}

/* ---- vmas ---- */
START_TEST(neighbours_merge)
{
	ck_assert_int_eq(map_at(BASE, 2, RW), BASE);
	map_at(BASE + 4 * PG, 2, RW);
	ck_assert_uint_eq(mm->vma_count, 2);
	map_at(BASE + 2 * PG, 2, RW);
	ck_assert_uint_eq(mm->vma_count, 1);
	map_at(BASE + 6 * PG, 1, PROT_READ);
	ck_assert_uint_eq(mm->vma_count, 2);
	check_mm();
}
END_TEST

START_TEST(unmap_splits)
{
	map_at(BASE, 10, RW);
	poke(BASE + 3 * PG, 7);
	poke(BASE + 4 * PG, 8);
	ck_assert_int_eq(mm_unmap(mm, BASE + 4 * PG, 2 * PG), 0);
	ck_assert_uint_eq(mm->vma_count, 2);
	ck_assert_int_eq(peek(BASE + 3 * PG), 7);
	ck_assert_int_eq(peek(BASE + 4 * PG), -EFAULT);
	check_mm();
	map_at(BASE + 4 * PG, 2, RW);
	ck_assert_uint_eq(mm->vma_count, 1);
	ck_assert_int_eq(peek(BASE + 4 * PG), 0);
	ck_assert_int_eq(mm_unmap(mm, BASE - 5 * PG, 100 * PG), 0);
	ck_assert_uint_eq(mm->vma_count, 0);
	ck_assert_uint_eq(mm->rss_pages, 0);
	check_mm();
}
END_TEST

START_TEST(unmap_errors)
{
	ck_assert_int_eq(mm_unmap(mm, BASE + 1, PG), -EINVAL);
	ck_assert_int_eq(mm_unmap(mm, BASE, 0), -EINVAL);
	ck_assert_int_eq(mm_unmap(mm, BASE, ~0ul), -EINVAL);
	ck_assert_int_eq(mm_unmap(mm, USER_TOP, PG), -EINVAL);
	ck_assert_int_eq(mm_unmap(mm, BASE, 1), 0);
}
END_TEST

START_TEST(protect_splits_and_merges)
{
	map_at(BASE, 6, RW);
	for (int i = 0; i < 6; i++)
		poke(BASE + i * PG, i + 1);
	ck_assert_int_eq(mm_protect(mm, BASE + 2 * PG, 2 * PG, PROT_READ), 0);
	ck_assert_uint_eq(mm->vma_count, 3);
	ck_assert_int_eq(poke(BASE + 2 * PG, 9), -EACCES);
	ck_assert_int_eq(peek(BASE + 2 * PG), 3);
	check_mm();
	ck_assert_int_eq(mm_protect(mm, BASE + 2 * PG, 2 * PG, 0), 0);
	ck_assert_int_eq(peek(BASE + 2 * PG), -EACCES);
	ck_assert_int_eq(mm_protect(mm, BASE, 6 * PG, RW), 0);
	ck_assert_uint_eq(mm->vma_count, 1);
	ck_assert_int_eq(peek(BASE + 2 * PG), 3);
	ck_assert_int_eq(poke(BASE + 2 * PG, 9), 0);
	check_mm();
	ck_assert_int_eq(mm_protect(mm, BASE, 7 * PG, PROT_READ), -ENOMEM);
	ck_assert_int_eq(poke(BASE, 1), -EACCES);
	ck_assert_int_eq(mm_protect(mm, BASE, ~0ul, RW), -ENOMEM);
}
END_TEST

/* Random maps, unmaps and protections against an array of pages. */
START_TEST(random_against_model)
{
	enum { PAGES = 64 };
	static int prot[PAGES], value[PAGES]; /* prot -1: not mapped */

	memset(prot, -1, sizeof(prot));
	srand(5);
	for (int step = 0; step < 6000; step++) {
		int at = rand() % PAGES, n = 1 + rand() % 12, i, what = rand() % 5;
		int p = rand() % 3 == 0 ? PROT_READ : rand() % 4 == 0 ? 0 : RW;
		vaddr va = BASE + at * PG;

		n = MIN(n, PAGES - at);
		if (what == 0) {
			ck_assert_int_eq(map_at(va, n, p), va);
			for (i = at; i < at + n; i++) {
				prot[i] = p;
				value[i] = 0;
			}
		} else if (what == 1) {
			ck_assert_int_eq(mm_unmap(mm, va, n * PG), 0);
			for (i = at; i < at + n; i++)
				prot[i] = -1;
		} else if (what == 2) {
			int err = 0;

			for (i = at; i < at + n && !err; i++) {
				if (prot[i] < 0)
					err = -ENOMEM;
				else
					prot[i] = p;
			}
			ck_assert_int_eq(mm_protect(mm, va, n * PG, p), err);
		} else if (what == 3) {
			int want = prot[at] < 0 ? -EFAULT : prot[at] & PROT_WRITE ? 0 : -EACCES;

			ck_assert_int_eq(poke(va + 5, step & 0x7f), want);
			if (!want)
				value[at] = step & 0x7f;
		} else {
			ck_assert_int_eq(peek(va + 5), prot[at] < 0 ? -EFAULT
						       : !prot[at]  ? -EACCES
								    : value[at]);
		}
		if (step % 8 == 0)
			check_mm();
	}
}
END_TEST

/* ---- holes ---- */
START_TEST(holes_are_found_top_down)
{
	long a = mm_map(mm, 0, PG, RW, ANON, NULL, 0, 0);
	long b = mm_map(mm, 0, 4 * PG, PROT_READ, ANON, NULL, 0, 0);
	long c;

	ck_assert_int_eq(a, mm->mmap_top - PG);
	ck_assert_int_eq(b, a - 4 * (long)PG);
	mm_unmap(mm, a, PG);
	ck_assert_int_eq(mm_map(mm, 0, PG, PROT_EXEC, ANON, NULL, 0, 0), a);
	mm_unmap(mm, a, PG);
	c = mm_map(mm, 0, 2 * PG, PROT_EXEC, ANON, NULL, 0, 0);
	ck_assert_int_eq(c, b - 2 * (long)PG);
	/* The hole that was passed over is not forgotten. */
	ck_assert_int_eq(mm_map(mm, 0, PG, RW, ANON, NULL, 0, 0), a);
	check_mm();
}
END_TEST

START_TEST(hints)
{
	ck_assert_int_eq(mm_map(mm, BASE, PG, RW, ANON, NULL, 0, 0), BASE);
	ck_assert_int_ne(mm_map(mm, BASE, PG, RW, ANON, NULL, 0, 0), BASE);
	ck_assert_int_eq(mm_map(mm, BASE, PG, RW, ANON | MAP_FIXED_NOREPLACE, NULL, 0, 0), -EEXIST);
	ck_assert_int_eq(mm_map(mm, BASE + PG + 3, PG, RW, ANON, NULL, 0, 0), BASE + PG);
	ck_assert_int_eq(mm_map(mm, BASE + 3, PG, RW, ANON | MAP_FIXED, NULL, 0, 0), -EINVAL);
	ck_assert_int_eq(mm_map(mm, USER_TOP, PG, RW, ANON | MAP_FIXED, NULL, 0, 0), -ENOMEM);
	ck_assert_int_eq(mm_map(mm, PG, PG, RW, ANON | MAP_FIXED, NULL, 0, 0), -EPERM);
	ck_assert_int_eq(mm_map(mm, 0, 0, RW, ANON, NULL, 0, 0), -EINVAL);
	ck_assert_int_eq(mm_map(mm, 0, ~0ul, RW, ANON, NULL, 0, 0), -ENOMEM);
	ck_assert_int_eq(mm_map(mm, 0, USER_TOP, 0, ANON, NULL, 0, 0), -ENOMEM);
	ck_assert_int_eq(mm_map(mm, 0, PG, RW, MAP_ANONYMOUS, NULL, 0, 0), -EINVAL);
}
END_TEST

START_TEST(limits)
{
	fake_rlimit(RLIMIT_AS, 10 * PG);
	ck_assert_int_eq(map_at(BASE, 10, RW), BASE);
	ck_assert_int_eq(map_at(BASE + 10 * PG, 1, RW), -ENOMEM);
	/* What is replaced does not count. */
	ck_assert_int_eq(map_at(BASE, 10, PROT_READ), BASE);
	mm_unmap(mm, BASE, 10 * PG);
	fake_rlimit(RLIMIT_AS, ~0ull);
	fake_rlimit(RLIMIT_DATA, 3 * PG);
	ck_assert_int_eq(map_at(BASE, 4, RW), -ENOMEM);
	ck_assert_int_eq(map_at(BASE, 4, PROT_READ), BASE);
	ck_assert_int_eq(mm_protect(mm, BASE, 4 * PG, RW), -ENOMEM);
	ck_assert_int_eq(mm_protect(mm, BASE, 3 * PG, RW), 0);
	ck_assert_int_eq(mm_map(mm, 0, 1ul << 40, RW, ANON, NULL, 0, 0), -ENOMEM);
	check_mm();
}
END_TEST

START_TEST(break_moves)
{
	mm->brk_start = mm->brk = BASE + 100;
	ck_assert_uint_eq(mm_brk(mm, 0), BASE + 100);
	ck_assert_uint_eq(mm_brk(mm, BASE + 3 * PG), BASE + 3 * PG);
	ck_assert_int_eq(peek(BASE + PG), 0);
	ck_assert_int_eq(peek(BASE + 3 * PG), -EFAULT);
	ck_assert_uint_eq(mm_brk(mm, BASE + 3 * PG + 1), BASE + 3 * PG + 1);
	ck_assert_uint_eq(mm->vma_count, 1);
	map_at(BASE + 8 * PG, 1, RW);
	ck_assert_uint_eq(mm_brk(mm, BASE + 9 * PG), BASE + 3 * PG + 1);
	ck_assert_uint_eq(mm_brk(mm, BASE + PG), BASE + PG);
	ck_assert_int_eq(peek(BASE + PG), -EFAULT);
	ck_assert_uint_eq(mm_brk(mm, ~0ul), BASE + PG);
	fake_rlimit(RLIMIT_DATA, 2 * PG);
	ck_assert_uint_eq(mm_brk(mm, BASE + 4 * PG), BASE + PG);
	check_mm();
}
END_TEST

/* ---- faults ---- */
START_TEST(sequential_touch_maps_ahead)
{
	int faults = 0;

	map_at(BASE, 256, RW);
	for (int i = 0; i < 256; i++) {
		if (!present(BASE + i * PG)) {
			faults++;
			ck_assert_int_eq(mm_fault(mm, BASE + i * PG, FAULT_WRITE), 0);
		}
	}
	ck_assert_int_lt(faults, 30);
	ck_assert_uint_eq(mm->rss_pages, 256);
	mm_unmap(mm, BASE, 256 * PG);
	/* Scattered touches map nothing more. */
	map_at(BASE, 256, RW);
	for (int i = 0; i < 256; i += 20)
		poke(BASE + i * PG, 1);
	ck_assert_uint_eq(mm->rss_pages, 13);
}
END_TEST

START_TEST(read_only_memory_is_the_page_of_zeros)
{
	u64 before;

	map_at(BASE, 64, PROT_READ);
	peek(BASE + 63 * PG);
	before = free_count();
	for (int i = 0; i < 63; i++)
		ck_assert_int_eq(peek(BASE + i * PG), 0);
	ck_assert_uint_eq(free_count(), before);
	mm_protect(mm, BASE, 64 * PG, RW);
	ck_assert_int_eq(poke(BASE + 3 * PG, 5), 0);
	ck_assert_int_eq(peek(BASE + 4 * PG), 0);
}
END_TEST

START_TEST(stack_grows_to_its_limit)
{
	vaddr top = BASE + 4096 * PG;

	ck_assert_int_gt(mm_map(mm, top - 2 * PG, 2 * PG, RW, ANON | MAP_FIXED | MAP_GROWSDOWN,
				NULL, 0, VMA_STACK),
			 0);
	fake_rlimit(RLIMIT_STACK, 64 * PG);
	ck_assert_int_eq(poke(top - 20 * PG, 1), 0);
	ck_assert_int_eq(poke(top - 64 * PG, 1), 0);
	ck_assert_int_eq(poke(top - 64 * PG - 1, 1), -EFAULT);
	fake_rlimit(RLIMIT_STACK, ~0ull);
	/* The gap to what lies below stays free. */
	map_at(top - 500 * PG, 1, RW);
	ck_assert_int_eq(poke(top - 243 * PG, 1), 0);
	ck_assert_int_eq(poke(top - 244 * PG, 1), -EFAULT);
	check_mm();
}
END_TEST

/* ---- files ---- */
static void fill(struct file *f, u64 index, unsigned char value)
{
	struct page *p;

	ck_assert_int_eq(mapping_get(fake_file_mapping(f), index, true, &p), 0);
	memset(page_to_virt(p), value, PG);
	page_put(p);
}

START_TEST(private_file_mapping)
{
	struct file *f = fake_file(40 * PG, O_RDONLY);

	for (int i = 0; i < 40; i++)
		fill(f, i, i + 1);
	ck_assert_int_eq(mm_map(mm, BASE, 50 * PG, RW, MAP_PRIVATE | MAP_FIXED, f, 0, 0), BASE);
	ck_assert_int_eq(peek(BASE + 5 * PG), 6);
	/* Neighbours came along, read-only. */
	ck_assert(present(BASE + 8 * PG));
	ck_assert_int_eq(poke(BASE + 5 * PG, 99), 0);
	ck_assert_int_eq(peek(BASE + 5 * PG), 99);
	ck_assert_int_eq(peek(BASE + 5 * PG + 1), 6);
	ck_assert_int_eq(peek(BASE + 40 * PG), -ENXIO);
	ck_assert_int_eq(poke(BASE + 49 * PG, 1), -ENXIO);
	/* Truncation takes private copies too. */
	fake_file_resize(f, 5 * PG);
	ck_assert_int_eq(peek(BASE + 5 * PG), -ENXIO);
	ck_assert_int_eq(peek(BASE + 4 * PG), 5);
	ck_assert_uint_eq(fake_file_refs(f), 2);
	mm_unmap(mm, BASE, 50 * PG);
	ck_assert_uint_eq(fake_file_refs(f), 1);
	fake_file_put(f);
}
END_TEST

START_TEST(shared_file_mapping)
{
	struct file *f = fake_file(8 * PG, O_RDWR), *r = fake_file(PG, O_RDONLY),
		    *w = fake_file(PG, O_WRONLY);
	struct page *p;

	ck_assert_int_eq(mm_map(mm, BASE, 8 * PG, RW, MAP_SHARED | MAP_FIXED, f, 0, 0), BASE);
	ck_assert_int_eq(
		mm_map(mm, BASE + 8 * PG, 4 * PG, PROT_READ, MAP_SHARED | MAP_FIXED, f, 2 * PG, 0),
		BASE + 8 * PG);
	poke(BASE + 3 * PG, 42);
	ck_assert_int_eq(peek(BASE + 9 * PG), 42);
	ck_assert_int_eq(mapping_get(fake_file_mapping(f), 3, false, &p), 0);
	ck_assert_int_eq(*(unsigned char *)page_to_virt(p), 42);
	page_put(p);
	mapping_punch(fake_file_mapping(f), 3, 3);
	ck_assert_int_eq(peek(BASE + 3 * PG), 0);
	ck_assert_int_eq(mm_map(mm, 0, PG, RW, MAP_SHARED, r, 0, 0), -EACCES);
	ck_assert_int_eq(mm_map(mm, 0, PG, RW, MAP_SHARED, f, ~0ull & PAGE_MASK, 0), -EOVERFLOW);
	ck_assert_int_eq(mm_map(mm, 0, PG, PROT_READ, MAP_PRIVATE, w, 0, 0), -EACCES);
	ck_assert_int_gt(mm_map(mm, BASE + 32 * PG, PG, PROT_READ, MAP_SHARED | MAP_FIXED, r, 0, 0),
			 0);
	ck_assert_int_eq(mm_protect(mm, BASE + 32 * PG, PG, RW), -EACCES);
	/* Adjacent parts of one file merge, others do not. */
	mm_unmap(mm, BASE, 64 * PG);
	mm_map(mm, BASE, 2 * PG, RW, MAP_SHARED | MAP_FIXED, f, 0, 0);
	mm_map(mm, BASE + 2 * PG, 2 * PG, RW, MAP_SHARED | MAP_FIXED, f, 2 * PG, 0);
	ck_assert_uint_eq(mm->vma_count, 1);
	mm_map(mm, BASE + 4 * PG, 2 * PG, RW, MAP_SHARED | MAP_FIXED, f, 2 * PG, 0);
	ck_assert_uint_eq(mm->vma_count, 2);
	check_mm();
	mm_unmap(mm, BASE, 64 * PG);
	fake_file_put(f);
	fake_file_put(r);
	fake_file_put(w);
}
END_TEST

START_TEST(boot_file_pages_are_used_in_place)
{
	struct file *f = fake_file(3 * PG, O_RDWR);
	struct mapping *m = fake_file_mapping(f);
	u64 before;

	m->base = fake_bootfs();
	m->base_pages = 3;
	memset(phys_to_virt(m->base), 5, 3 * PG);
	mm_map(mm, BASE, 3 * PG, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, f, 0, 0);
	before = free_count();
	ck_assert_int_eq(peek(BASE + 2 * PG), 5);
	ck_assert_int_eq(peek(BASE), 5);
	/* Only page tables were taken. */
	ck_assert_uint_ge(free_count() + 1, before);
	mm_unmap(mm, BASE, 3 * PG);
	ck_assert_uint_eq(phys_to_page(m->base)->refcount, 0);
	fake_file_resize(f, PG);
	fake_file_resize(f, 3 * PG);
	mm_map(mm, BASE, 3 * PG, PROT_READ, MAP_SHARED | MAP_FIXED, f, 0, 0);
	ck_assert_int_eq(peek(BASE), 5);
	ck_assert_int_eq(peek(BASE + PG), 0);
	mm_unmap(mm, BASE, 3 * PG);
	fake_file_put(f);
}
END_TEST

/* ---- a file with a disk behind it ---- */
static unsigned char disk[8][PG];
static int disk_writes, disk_error;

static int disk_read(struct mapping *m __unused, struct page *p)
{
	memcpy(page_to_virt(p), disk[p->index], PG);
	return disk_error;
}

static int disk_write(struct mapping *m __unused, struct page *p)
{
	disk_writes++;
	memcpy(disk[p->index], page_to_virt(p), PG);
	return disk_error;
}

static const struct mapping_ops disk_ops = {disk_read, disk_write};

START_TEST(disk_pages_are_written_back_once)
{
	struct file *f = fake_file(8 * PG, O_RDWR);
	struct mapping *m = fake_file_mapping(f);

	m->ops = &disk_ops;
	memset(disk, 3, sizeof(disk));
	mm_map(mm, BASE, 8 * PG, RW, MAP_SHARED | MAP_FIXED, f, 0, 0);
	ck_assert_int_eq(peek(BASE + 2 * PG), 3);
	ck_assert_int_eq(mm_sync(mm, BASE, 8 * PG, MS_SYNC), 0);
	ck_assert_int_eq(disk_writes, 0);
	poke(BASE + 2 * PG, 4);
	poke(BASE + 5 * PG, 6);
	ck_assert_int_eq(mm_sync(mm, BASE, 8 * PG, MS_SYNC), 0);
	ck_assert_int_eq(disk_writes, 2);
	ck_assert_int_eq(disk[2][0], 4);
	ck_assert_int_eq(disk[5][0], 6);
	ck_assert_int_eq(mm_sync(mm, BASE, 8 * PG, MS_SYNC), 0);
	ck_assert_int_eq(disk_writes, 2);
	poke(BASE + 2 * PG, 9);
	ck_assert_int_eq(mapping_sync(m, 0, 7), 0);
	ck_assert_int_eq(disk[2][0], 9);
	poke(BASE + 2 * PG, 10);
	disk_error = -EIO;
	ck_assert_int_eq(mapping_sync(m, 0, 7), -EIO);
	ck_assert_int_eq(peek(BASE), -ENXIO);
	disk_error = 0;
	ck_assert_int_eq(mapping_sync(m, 0, 7), 0);
	/* Clean pages that nobody maps can go, and come back. */
	mm_unmap(mm, BASE, 8 * PG);
	ck_assert_uint_eq(mapping_reclaim(1), 1);
	ck_assert_uint_ge(mapping_reclaim(100), 1);
	ck_assert_uint_eq(m->page_count, 0);
	fake_file_put(f);
}
END_TEST

/* ---- shared anonymous memory ---- */
START_TEST(shared_anonymous)
{
	struct mm *child;

	ck_assert_int_eq(
		mm_map(mm, BASE, 4 * PG, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, NULL, 0, 0),
		BASE);
	poke(BASE, 1);
	child = mm_fork(mm);
	ck_assert_int_eq(poke_in(child, BASE, 2), 0);
	ck_assert_int_eq(peek(BASE), 2);
	poke(BASE + 2 * PG, 3);
	ck_assert_int_eq(peek_in(child, BASE + 2 * PG), 3);
	mm_unmap(mm, BASE, 4 * PG);
	ck_assert_int_eq(peek_in(child, BASE + 2 * PG), 3);
	mm_put(child);
}
END_TEST

/* ---- fork ---- */
START_TEST(fork_copies_on_write)
{
	struct mm *child;
	u64 before;

	map_at(BASE, 40, RW);
	for (int i = 0; i < 40; i++)
		poke(BASE + i * PG, i + 1);
	map_at(BASE + 40 * PG, 1, RW);
	mm_advise(mm, BASE + 39 * PG, PG, MADV_WIPEONFORK);
	mm_advise(mm, BASE + 38 * PG, PG, MADV_DONTFORK);
	before = free_count();
	child = mm_fork(mm);
	ck_assert_uint_le(before - free_count(), 3);
	ck_assert_int_eq(peek_in(child, BASE + 7 * PG), 8);
	ck_assert_int_eq(poke_in(child, BASE + 7 * PG, 100), 0);
	ck_assert_int_eq(peek(BASE + 7 * PG), 8);
	ck_assert_int_eq(poke(BASE + 8 * PG, 101), 0);
	ck_assert_int_eq(peek_in(child, BASE + 8 * PG), 9);
	ck_assert_int_eq(peek_in(child, BASE + 39 * PG), 0);
	ck_assert_int_eq(peek_in(child, BASE + 38 * PG), -EFAULT);
	mm_put(child);
	/* Alone again: written in place. */
	before = free_count();
	for (int i = 0; i < 40; i++)
		ck_assert_int_eq(poke(BASE + i * PG, 5), 0);
	ck_assert_uint_eq(free_count(), before);
	check_mm();
}
END_TEST

/* Whichever allocation fails, fork fails cleanly. */
START_TEST(fork_without_memory)
{
	map_at(BASE, 40, RW);
	map_at(BASE + 600 * PG, 40, PROT_READ);
	for (int i = 0; i < 40; i++)
		poke(BASE + i * PG, i + 1);
	for (int n = 1;; n++) {
		u64 before = free_count();
		struct mm *child;

		page_fail_nth(n);
		child = mm_fork(mm);
		page_fail_nth(0);
		if (child) {
			mm_put(child);
			ck_assert_int_gt(n, 1);
			break;
		}
		ck_assert_uint_eq(free_count(), before);
	}
	ck_assert_int_eq(peek(BASE + 39 * PG), 40);
}
END_TEST

/* ---- mremap ---- */
START_TEST(remap_grows_shrinks_and_moves)
{
	long at;

	map_at(BASE, 4, RW);
	for (int i = 0; i < 4; i++)
		poke(BASE + i * PG, i + 1);
	ck_assert_int_eq(mm_remap(mm, BASE, 4 * PG, 6 * PG, 0, 0), BASE);
	ck_assert_int_eq(peek(BASE + 5 * PG), 0);
	ck_assert_int_eq(mm_remap(mm, BASE, 6 * PG, 4 * PG, 0, 0), BASE);
	ck_assert_int_eq(peek(BASE + 5 * PG), -EFAULT);
	map_at(BASE + 4 * PG, 1, PROT_READ);
	ck_assert_int_eq(mm_remap(mm, BASE, 4 * PG, 6 * PG, 0, 0), -ENOMEM);
	at = mm_remap(mm, BASE, 4 * PG, 600 * PG, MREMAP_MAYMOVE, 0);
	ck_assert_int_gt(at, 0);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(peek(at + i * PG), i + 1);
		ck_assert_int_eq(peek(BASE + i * PG), -EFAULT);
	}
	check_mm();
	ck_assert_int_eq(mm_remap(mm, at, 2 * PG, 2 * PG, MREMAP_MAYMOVE | MREMAP_FIXED, BASE),
			 BASE);
	ck_assert_int_eq(peek(BASE + PG), 2);
	ck_assert_int_eq(peek(at), -EFAULT);
	ck_assert_int_eq(mm_remap(mm, BASE, PG, PG,
				  MREMAP_MAYMOVE | MREMAP_DONTUNMAP | MREMAP_FIXED, BASE + 32 * PG),
			 BASE + 32 * PG);
	ck_assert_int_eq(peek(BASE + 32 * PG), 1);
	ck_assert_int_eq(peek(BASE), 0);
	check_mm();
}
END_TEST

START_TEST(remap_errors)
{
	map_at(BASE, 2, RW);
	map_at(BASE + 2 * PG, 2, PROT_READ);
	ck_assert_int_eq(mm_remap(mm, BASE + 1, PG, PG, 0, 0), -EINVAL);
	ck_assert_int_eq(mm_remap(mm, BASE, PG, 0, 0, 0), -EINVAL);
	ck_assert_int_eq(mm_remap(mm, BASE, PG, PG, 8, 0), -EINVAL);
	ck_assert_int_eq(mm_remap(mm, BASE, PG, PG, MREMAP_FIXED, BASE + 8 * PG), -EINVAL);
	ck_assert_int_eq(mm_remap(mm, BASE, 2 * PG, PG, MREMAP_FIXED | MREMAP_MAYMOVE, BASE + PG),
			 -EINVAL);
	ck_assert_int_eq(mm_remap(mm, BASE, 0, PG, MREMAP_MAYMOVE, 0), -EINVAL);
	ck_assert_int_eq(mm_remap(mm, BASE, 3 * PG, 5 * PG, MREMAP_MAYMOVE, 0), -EFAULT);
	ck_assert_int_eq(mm_remap(mm, BASE + 9 * PG, PG, 2 * PG, MREMAP_MAYMOVE, 0), -EFAULT);
	ck_assert_int_eq(mm_remap(mm, USER_TOP, PG, 2 * PG, MREMAP_MAYMOVE, 0), -EFAULT);
	ck_assert_int_eq(mm_remap(mm, BASE, ~0ul & PAGE_MASK, PG, 0, 0), -EINVAL);
	ck_assert_int_eq(mm_remap(mm, BASE, PG, USER_TOP, MREMAP_MAYMOVE, 0), -ENOMEM);
}
END_TEST

START_TEST(remap_duplicates_shared_memory)
{
	long at;

	mm_map(mm, BASE, 4 * PG, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, NULL, 0, 0);
	poke(BASE + PG, 7);
	at = mm_remap(mm, BASE, 0, 4 * PG, MREMAP_MAYMOVE, 0);
	ck_assert_int_gt(at, 0);
	ck_assert_int_eq(peek(at + PG), 7);
	poke(at + PG, 8);
	ck_assert_int_eq(peek(BASE + PG), 8);
	check_mm();
}
END_TEST

/* ---- the rest ---- */
START_TEST(dontneed_forgets)
{
	map_at(BASE, 4, RW);
	poke(BASE, 1);
	poke(BASE + PG, 2);
	ck_assert_int_eq(mm_advise(mm, BASE, PG, MADV_DONTNEED), 0);
	ck_assert_int_eq(peek(BASE), 0);
	ck_assert_int_eq(peek(BASE + PG), 2);
	ck_assert_int_eq(mm_advise(mm, BASE, 5 * PG, MADV_DONTNEED), -ENOMEM);
	ck_assert_int_eq(peek(BASE + PG), 0);
	ck_assert_int_eq(mm_advise(mm, BASE, PG, 12345), -EINVAL);
	ck_assert_int_eq(mm_advise(mm, BASE + 1, PG, MADV_DONTNEED), -EINVAL);
	ck_assert_int_eq(mm_advise(mm, BASE, ~0ul, MADV_DONTNEED), -EINVAL);
}
END_TEST

START_TEST(locking_counts)
{
	map_at(BASE, 8, RW);
	fake_rlimit(RLIMIT_MEMLOCK, 4 * PG);
	ck_assert_int_eq(mm_lock_range(mm, BASE + 2 * PG, 3 * PG, VMA_LOCKED), 0);
	ck_assert_uint_eq(mm->locked_pages, 3);
	ck_assert(mm_may_lock(mm, 1));
	ck_assert(!mm_may_lock(mm, 2));
	ck_assert_int_eq(mm_advise(mm, BASE, 8 * PG, MADV_DONTNEED), -EINVAL);
	check_mm();
	mm_unmap(mm, BASE + 2 * PG, PG);
	ck_assert_uint_eq(mm->locked_pages, 2);
	ck_assert_int_eq(mm_lock_range(mm, BASE + 3 * PG, 5 * PG, 0), 0);
	ck_assert_uint_eq(mm->locked_pages, 0);
	ck_assert_int_eq(mm_lock_range(mm, BASE, 8 * PG, 0), -ENOMEM);
}
END_TEST

/* Memory runs out: the only process is asked to go, the fault says so, nothing breaks. */
START_TEST(out_of_memory_kills)
{
	int err = 0;

	map_at(BASE, 8000, RW);
	for (int i = 0; i < 8000 && !err; i++)
		err = mm_fault(mm, BASE + (vaddr)i * 7 % 8000 * PG, FAULT_WRITE);
	ck_assert_int_eq(err, -ENOMEM);
	ck_assert_uint_eq(fake_kill_count, 1);
	ck_assert_uint_eq(page_available(), 0);
	check_mm();
}
END_TEST

/* One life of an address space, whatever fails on the way. */
static void a_life(struct file *f)
{
	struct mm *child;
	long at;

	fake_task_init();
	mm = mm_create();
	if (!mm)
		return;
	fake_task_set_mm(mm);
	map_at(BASE, 20, RW);
	mm_map(mm, BASE + 30 * PG, 8 * PG, RW, MAP_SHARED | MAP_FIXED, f, 0, 0);
	mm_map(mm, BASE + 40 * PG, 8 * PG, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, NULL, 0, 0);
	mm_map(mm, BASE + 50 * PG, 8 * PG, RW, MAP_PRIVATE | MAP_FIXED, f, 0, 0);
	for (int i = 0; i < 60; i += 3)
		mm_fault(mm, BASE + i * PG, i % 2 ? FAULT_READ : FAULT_WRITE);
	mm_protect(mm, BASE + 5 * PG, 5 * PG, PROT_READ);
	mm_lock_range(mm, BASE + 41 * PG, PG, VMA_LOCKED);
	child = mm_fork(mm);
	at = mm_remap(mm, BASE, 4 * PG, 700 * PG, MREMAP_MAYMOVE, 0);
	if (at > 0)
		mm_populate(mm, at, 8 * PG, true);
	for (int i = 0; i < 60; i++)
		mm_fault(mm, BASE + i * PG, FAULT_WRITE);
	mm_advise(mm, BASE + 11 * PG, PG, MADV_DONTFORK);
	mm_advise(mm, BASE + 42 * PG, PG, MADV_REMOVE);
	mm_unmap(mm, BASE + 13 * PG, 2 * PG);
	check_mm();
	if (child)
		mm_put(child);
	fake_task_set_mm(NULL);
	mm_put(mm);
	ck_assert_uint_eq(fake_pte_count(), 0);
}

/* The n-th allocation fails, for every n: nothing breaks, nothing is lost. */
START_TEST(every_allocation_fails_once)
{
	struct file *f = fake_file(6 * PG, O_RDWR);
	u64 before = 0;
	int n;

	for (int i = 0; i < 6; i++)
		fill(f, i, i);
	fake_task_set_mm(NULL);
	mm_put(mm);
	for (n = 0; n < 400; n++) {
		page_fail_nth(n);
		a_life(f);
		page_fail_nth(0);
		ck_assert_uint_eq(fake_file_refs(f), 1);
		if (n)
			ck_assert_uint_eq(free_count(), before);
		before = free_count();
	}
	fake_file_put(f);
	mm = mm_create();
}
END_TEST

START_TEST(kernel_pages)
{
	struct page *pages[2] = {page_zero(), phys_to_page(PG)};

	ck_assert_int_eq(mm_map_pages(mm, BASE, pages, 2, PROT_READ | PROT_EXEC, 0), BASE);
	ck_assert_int_eq(peek(BASE + PG), 0);
	ck_assert_int_eq(poke(BASE, 1), -EACCES);
	ck_assert_int_eq(mm_protect(mm, BASE, PG, RW), -EACCES);
	ck_assert_int_eq(mm_map_pages(mm, BASE, pages, 1, PROT_READ, 0), -EINVAL);
	ck_assert_int_eq(mm_unmap(mm, BASE, PG), 0);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, neighbours_merge);
	tcase_add_test(t, unmap_splits);
	tcase_add_test(t, unmap_errors);
	tcase_add_test(t, protect_splits_and_merges);
	tcase_add_test(t, random_against_model);
	tcase_add_test(t, holes_are_found_top_down);
	tcase_add_test(t, hints);
	tcase_add_test(t, limits);
	tcase_add_test(t, break_moves);
	tcase_add_test(t, sequential_touch_maps_ahead);
	tcase_add_test(t, read_only_memory_is_the_page_of_zeros);
	tcase_add_test(t, stack_grows_to_its_limit);
	tcase_add_test(t, private_file_mapping);
	tcase_add_test(t, shared_file_mapping);
	tcase_add_test(t, boot_file_pages_are_used_in_place);
	tcase_add_test(t, disk_pages_are_written_back_once);
	tcase_add_test(t, shared_anonymous);
	tcase_add_test(t, fork_copies_on_write);
	tcase_add_test(t, fork_without_memory);
	tcase_add_test(t, remap_grows_shrinks_and_moves);
	tcase_add_test(t, remap_errors);
	tcase_add_test(t, remap_duplicates_shared_memory);
	tcase_add_test(t, dontneed_forgets);
	tcase_add_test(t, locking_counts);
	tcase_add_test(t, out_of_memory_kills);
	tcase_add_test(t, every_allocation_fails_once);
	tcase_add_test(t, kernel_pages);
}

int main(void)
{
	Suite *s = suite_create("vm");
	TCase *t = tcase_create("vm");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, boot, tear_down);
	tcase_set_timeout(t, 60);
	add_tests(t);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
