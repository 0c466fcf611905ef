#include "lib/debug_kernel.h"

#include <elf.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shared/abi/boot.h"
#include "shared/abi/debug.h"

#define VA(gpa) (BOOT_DIRECT_MAP_BASE + (gpa))

enum { /* gpa */
	DIRECTORIES = 0x5000,
	LAYOUT = 0x8000,
	TASKS = 0x9000,
	CPU_ARRAY = 0x9200,
	TASK = 0xa000,
	ID = 0xa100,
	PROCESS = 0xa200,
	MM = 0xa300,
	VMA = 0xa400,
	NAMED_FILE = 0xa500,
	MOUNT = 0xa600,
	DENTRY = 0xa700,
	TEXT = 0xa800,
};

static const struct debug_layout layout = {
	.version = DEBUG_LAYOUT_VERSION, .size = sizeof(layout), .tasks = VA(TASKS), .trace_on = VA(TASKS + 0x100),
	.cpus = VA(CPU_ARRAY), .cpu_size = 64, .task_id = 16, .task_process = 24, .task_name = 32,
	.task_name_size = 16, .task_state = 48, .task_on_cpu = 52, .task_mm = 56, .process_parent = 8,
	.mm_vmas = 8, .mm_exe = 16, .mm_brk_start = 24, .mm_brk = 32, .mm_stack_start = 40, .node_left = 8,
	.node_right = 16, .vma_start = 24, .vma_end = 32, .vma_prot = 40, .vma_flags = 44, .vma_file = 48,
	.vma_page_offset = 56, .vma_shared = 1, .vma_vdso = 2, .file_dentry = 8, .dentry_name = 8,
	.dentry_unlinked = 16, .mount_parent = 8, .mount_point = 16,
};

static void set(struct memory *mem, uint64_t gpa, uint64_t value)
{
	memcpy(mem->host + gpa, &value, sizeof(value));
}

static void set_text(struct memory *mem, uint64_t gpa, const char *text)
{
	memcpy(mem->host + gpa, text, strlen(text) + 1);
}

/* One large page; memory ends within it. */
static void map_directly(struct memory *mem)
{
	set(mem, GUEST_ROOT + 8 * (BOOT_DIRECT_MAP_BASE >> 39 & 511), DIRECTORIES | 3);
	set(mem, DIRECTORIES, (DIRECTORIES + 0x1000) | 3);
	set(mem, DIRECTORIES + 0x1000, 0x83);
}

static void fill_task(struct memory *mem)
{
	set(mem, TASKS, VA(TASK));
	set(mem, TASK, VA(TASKS));
	set(mem, TASK + 16, VA(ID));
	set(mem, TASK + 24, VA(PROCESS));
	set_text(mem, TASK + 32, "program");
	set(mem, TASK + 48, 1ull << 32);
	set(mem, TASK + 56, VA(MM));
	set(mem, ID, 2);
	set(mem, PROCESS, VA(ID));
	set(mem, CPU_ARRAY, VA(TASK));
}

static void fill_mm(struct memory *mem)
{
	set(mem, MM, GUEST_ROOT);
	set(mem, MM + 8, VA(VMA));
	set(mem, MM + 16, VA(NAMED_FILE));
	set(mem, VMA + 24, GUEST_USER);
	set(mem, VMA + 32, GUEST_USER + 0x2000);
	set(mem, VMA + 40, 5);
	set(mem, VMA + 48, VA(NAMED_FILE));
	set(mem, NAMED_FILE, VA(MOUNT));
	set(mem, NAMED_FILE + 8, VA(DENTRY));
	set(mem, MOUNT, VA(DENTRY + 0x20));
	set(mem, DENTRY, VA(DENTRY + 0x20));
	set(mem, DENTRY + 8, VA(TEXT));
	set_text(mem, TEXT, "program");
}

void debug_kernel_fill(struct memory *mem)
{
	map_directly(mem);
	memcpy(mem->host + LAYOUT, &layout, sizeof(layout));
	fill_task(mem);
	fill_mm(mem);
}

int debug_kernel_file(void)
{
	static const char names[] = "\0" DEBUG_LAYOUT_SYMBOL;
	struct {
		Elf64_Ehdr head;
		Elf64_Shdr section[3];
		Elf64_Sym symbol[2];
		char names[sizeof(names)];
	} f = {
		.head = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64},
			 .e_shoff = sizeof(Elf64_Ehdr),
			 .e_shentsize = sizeof(Elf64_Shdr),
			 .e_shnum = 3},
		.symbol[1] = {.st_name = 1, .st_shndx = 1, .st_value = VA(LAYOUT)},
	};
	int fd = memfd_create("kernel", MFD_CLOEXEC);

	memcpy(f.names, names, sizeof(names));
	f.section[1] = (Elf64_Shdr){.sh_type = SHT_SYMTAB,
				    .sh_offset = (size_t)((char *)f.symbol - (char *)&f),
				    .sh_size = sizeof(f.symbol),
				    .sh_link = 2,
				    .sh_entsize = sizeof(Elf64_Sym)};
	f.section[2] = (Elf64_Shdr){.sh_type = SHT_STRTAB,
				    .sh_offset = (size_t)(f.names - (char *)&f),
				    .sh_size = sizeof(names)};
	FUZZ_CHECK(write(fd, &f, sizeof(f)) == sizeof(f));
	return fd;
}
