/* What the tests of kernel files control in the fake machine. No libc and no kernel task headers
 * here, so that both can include it. */
#ifndef FAKE_FAKE_H
#define FAKE_FAKE_H

#include <setjmp.h>
#include "kernel/lib/types.h"

/* Physical memory of so many pages with a kernel of FAKE_KERNEL_PAGES at its bottom, then
 * page_init. */
#define FAKE_KERNEL_PAGES 16
void fake_boot(u64 ram_pages, u64 bootfs_pages);
/* First page of the fake boot file system. */
phys_addr fake_bootfs(void);

/* panic() ends the test, unless it is expected: FAKE_PANICS(statement) is true when the statement
 * panics. */
extern jmp_buf fake_panic_jump;
extern bool fake_panic_expected;
#define FAKE_PANICS(statement)                                                                     \
	({                                                                                         \
		volatile bool panicked_ = true;                                                    \
		fake_panic_expected = true;                                                        \
		if (!setjmp(fake_panic_jump)) {                                                    \
			statement;                                                                 \
			panicked_ = false;                                                         \
		}                                                                                  \
		fake_panic_expected = false;                                                       \
		panicked_;                                                                         \
	})

/* fake/pgtable.c: entries present in all tables, flushes asked for so far. */
unsigned int fake_pte_count(void);
extern unsigned int fake_flush_count;

/* fake/task.c: a current task with no limits but those set here (resource number, bytes). */
void fake_task_init(void);
void fake_rlimit(int which, u64 value);
/* Give the current task an address space. */
struct mm;
void fake_task_set_mm(struct mm *mm);
/* How often oom_kill found a victim. */
extern unsigned int fake_kill_count;
/* An open file over an inode of so many bytes with its own page cache. */
struct file *fake_file(u64 bytes, u32 open_flags);
struct mapping *fake_file_mapping(struct file *f);
void fake_file_resize(struct file *f, u64 bytes);
u32 fake_file_refs(const struct file *f);
void fake_file_put(struct file *f);

#endif
