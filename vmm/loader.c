#include "loader.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arch/arch.h"
#include "mote.h"
#include "shared/abi/boot.h"

#define WINDOW_END   (16ull << 20) /* of the boot page tables' kernel window */
#define MAX_SEGMENTS 16

struct segments {
	unsigned int count;
	Elf64_Phdr at[MAX_SEGMENTS];
};

static enum loader_error check_header(const Elf64_Ehdr *eh)
{
	if (memcmp(eh->e_ident, ELFMAG, SELFMAG))
		return LOADER_NOT_ELF;
	if (eh->e_ident[EI_CLASS] != ELFCLASS64 || eh->e_ident[EI_DATA] != ELFDATA2LSB ||
	    eh->e_machine != arch_elf_machine())
		return LOADER_WRONG_MACHINE;
	if (eh->e_type != ET_EXEC || eh->e_version != EV_CURRENT ||
	    eh->e_phentsize != sizeof(Elf64_Phdr))
		return LOADER_BAD_HEADER;
	return LOADER_OK;
}

/* One PT_LOAD: inside the file, inside [BOOT_KERNEL_PHYS, top), at its place in the kernel window.
 */
static enum loader_error check_segment(const Elf64_Phdr *p, size_t file_len, uint64_t top)
{
	if (p->p_offset > file_len || p->p_filesz > file_len - p->p_offset)
		return LOADER_TRUNCATED;
	if (p->p_filesz > p->p_memsz)
		return LOADER_BAD_SEGMENT;
	if (p->p_paddr < BOOT_KERNEL_PHYS || p->p_paddr > top || p->p_memsz > top - p->p_paddr)
		return LOADER_OUTSIDE;
	if (p->p_vaddr != BOOT_KERNEL_BASE + p->p_paddr)
		return LOADER_BAD_SEGMENT;
	return LOADER_OK;
}

static bool overlaps_earlier(const struct segments *s, const Elf64_Phdr *p)
{
	for (unsigned int i = 0; i < s->count; i++) {
		const Elf64_Phdr *q = &s->at[i];

		if (p->p_paddr < q->p_paddr + q->p_memsz && q->p_paddr < p->p_paddr + p->p_memsz)
			return true;
	}
	return false;
}

static enum loader_error collect_segments(const void *file, size_t file_len, const Elf64_Ehdr *eh,
					  uint64_t top, struct segments *s)
{
	uint64_t table_len = (uint64_t)eh->e_phnum * sizeof(Elf64_Phdr);

	if (eh->e_phoff > file_len || table_len > file_len - eh->e_phoff)
		return LOADER_TRUNCATED;
	for (unsigned int i = 0; i < eh->e_phnum; i++) {
		Elf64_Phdr p;

		memcpy(&p, (const char *)file + eh->e_phoff + i * sizeof(p), sizeof(p));
		if (p.p_type != PT_LOAD || !p.p_memsz)
			continue;
		enum loader_error err = check_segment(&p, file_len, top);

		if (err)
			return err;
		if (s->count == MAX_SEGMENTS || overlaps_earlier(s, &p))
			return LOADER_BAD_SEGMENT;
		s->at[s->count++] = p;
	}
	return s->count ? LOADER_OK : LOADER_NO_SEGMENT;
}

static bool entry_is_code(const struct segments *s, uint64_t entry)
{
	for (unsigned int i = 0; i < s->count; i++) {
		const Elf64_Phdr *p = &s->at[i];

		if ((p->p_flags & PF_X) && entry >= p->p_vaddr && entry - p->p_vaddr < p->p_filesz)
			return true;
	}
	return false;
}

/* pwrite(2) fills the memfd's pages without a page fault for each. */
static bool store(const struct memory *mem, const void *src, size_t len, uint64_t gpa)
{
	while (len) {
		ssize_t n = pwrite(mem->fd, src, len, (off_t)gpa);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		src = (const char *)src + n;
		gpa += (uint64_t)n;
		len -= (size_t)n;
	}
	return true;
}

enum loader_error loader_load(const struct memory *mem, const void *file, size_t file_len,
			      struct kernel_image *image)
{
	uint64_t top = mem->ram_size < WINDOW_END ? mem->ram_size : WINDOW_END;
	struct segments s = {0};
	Elf64_Ehdr eh;

	if (file_len < sizeof(eh))
		return LOADER_TRUNCATED;
	memcpy(&eh, file, sizeof(eh));
	enum loader_error err = check_header(&eh);

	if (!err)
		err = collect_segments(file, file_len, &eh, top, &s);
	if (err)
		return err;
	if (!entry_is_code(&s, eh.e_entry))
		return LOADER_BAD_ENTRY;
	image->entry = eh.e_entry;
	image->start = UINT64_MAX;
	image->end = 0;
	for (unsigned int i = 0; i < s.count; i++) {
		const Elf64_Phdr *p = &s.at[i];

		if (!store(mem, (const char *)file + p->p_offset, p->p_filesz, p->p_paddr))
			return LOADER_NO_MEMORY;
		if (p->p_paddr < image->start)
			image->start = p->p_paddr;
		if (p->p_paddr + p->p_memsz > image->end)
			image->end = p->p_paddr + p->p_memsz;
	}
	return LOADER_OK;
}

const char *loader_strerror(enum loader_error err)
{
	static const char *const text[] = {
		[LOADER_OK] = "no error",
		[LOADER_TRUNCATED] = "the file is truncated",
		[LOADER_NOT_ELF] = "not an ELF file",
		[LOADER_WRONG_MACHINE] = "made for another processor",
		[LOADER_BAD_HEADER] = "bad ELF header",
		[LOADER_NO_SEGMENT] = "nothing to load in it",
		[LOADER_BAD_SEGMENT] = "bad segment",
		[LOADER_OUTSIDE] = "a segment lies outside guest memory",
		[LOADER_BAD_ENTRY] = "the entry point is not code",
		[LOADER_NO_MEMORY] = "no memory to load it",
	};

	return text[err];
}

int loader_load_file(const struct memory *mem, const char *path, struct kernel_image *image)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st)) {
		int err = -errno;

		mote_error("kernel %s: %s", path, strerror(-err));
		if (fd >= 0)
			close(fd);
		return err;
	}
	size_t len = (size_t)st.st_size;
	void *file = S_ISREG(st.st_mode) && len ? mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0)
						: MAP_FAILED;
	enum loader_error err =
		file == MAP_FAILED ? LOADER_NOT_ELF : loader_load(mem, file, len, image);

	if (file != MAP_FAILED)
		munmap(file, len);
	if (err) {
		mote_error("kernel %s: %s", path, loader_strerror(err));
		close(fd);
		return -ENOEXEC;
	}
	image->fd = fd;
	return 0;
}
