#include "elfdeps.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#define PHNUM_MAX	256
#define DYNAMIC_MAX	4096	    /* entries */
#define STRTAB_MAX	(16u << 20) /* bytes */
#define INTERPRETER_MAX 4096u

static const struct elf_arch archs[] = {
	{EM_X86_64, "x86_64", 0x0303, "lib/x86_64-linux-gnu",
	 "/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu:/lib:/usr/lib:/lib64:/usr/lib64"},
	{EM_AARCH64, "aarch64", 0x0a03, "lib/aarch64-linux-gnu",
	 "/lib/aarch64-linux-gnu:/usr/lib/aarch64-linux-gnu:/lib:/usr/lib"},
};

const struct elf_arch *elf_arch_host(void)
{
	static const struct elf_arch *host; /* the same for whoever finds it first */
	struct utsname u;
	size_t i = 0, last = sizeof(archs) / sizeof(*archs) - 1;
	if (host)
		return host;
	while (!uname(&u) && i < last && strcmp(archs[i].name, u.machine))
		i++;
	host = &archs[i];
	return host;
}

const char *elf_machine_name(unsigned int machine)
{
	switch (machine) {
	case EM_X86_64:
		return "x86_64";
	case EM_AARCH64:
		return "aarch64";
	case EM_386:
		return "i386";
	case EM_ARM:
		return "arm";
	case EM_RISCV:
		return "riscv";
	default:
		return "an unknown machine";
	}
}

/* Exactly n bytes at off. 0, -ENOEXEC (beyond the end), -EIO. */
static int read_at(int fd, uint64_t off, void *buf, size_t n)
{
	unsigned char *to = buf;
	if (off > INT64_MAX - n)
		return -ENOEXEC;
	while (n) {
		ssize_t got = pread(fd, to, n, off);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? -EIO : -ENOEXEC;
		to += got;
		off += got;
		n -= got;
	}
	return 0;
}

/* A file being parsed. */
struct elf_file {
	int fd;
	const char *why;
	Elf64_Phdr ph[PHNUM_MAX];
	unsigned int phnum;
	Elf64_Dyn *dyn;
	size_t dyn_count;
	uint64_t strtab, strsz;
};

static int bad(struct elf_file *f, const char *why)
{
	f->why = why;
	return -ENOEXEC;
}

static int check_header(struct elf_file *f, const Elf64_Ehdr *h)
{
	if (memcmp(h->e_ident, ELFMAG, SELFMAG))
		return bad(f, "not an ELF file");
	if (h->e_ident[EI_CLASS] != ELFCLASS64)
		return bad(f, "not a 64-bit ELF file");
	if (h->e_ident[EI_DATA] != ELFDATA2LSB || h->e_ident[EI_VERSION] != EV_CURRENT)
		return bad(f, "not a little-endian ELF file");
	if (h->e_type != ET_EXEC && h->e_type != ET_DYN)
		return bad(f, "an ELF file, but no program (an object or core file?)");
	if (h->e_phentsize != sizeof(Elf64_Phdr) || !h->e_phnum || h->e_phnum > PHNUM_MAX)
		return bad(f, "bad ELF program header table");
	return 0;
}

static int read_headers(struct elf_file *f, struct elf_info *out)
{
	Elf64_Ehdr h;
	int err = read_at(f->fd, 0, &h, sizeof(h));
	if (err)
		return err == -EIO ? err : bad(f, "truncated ELF header");
	err = check_header(f, &h);
	if (err)
		return err;
	f->phnum = h.e_phnum;
	out->machine = h.e_machine;
	out->type = h.e_type;
	err = read_at(f->fd, h.e_phoff, f->ph, f->phnum * sizeof(f->ph[0]));
	return err == -ENOEXEC ? bad(f, "truncated ELF program headers") : err;
}

/* What is to be loaded must be there: better said now than found by SIGBUS. */
static int check_segments(struct elf_file *f)
{
	struct stat st;
	if (fstat(f->fd, &st) < 0)
		return -EIO;
	uint64_t size = st.st_size;
	for (unsigned int i = 0; i < f->phnum; i++) {
		const Elf64_Phdr *p = &f->ph[i];
		if (p->p_type != PT_LOAD)
			continue;
		if (p->p_filesz > p->p_memsz)
			return bad(f, "bad ELF segment");
		if (p->p_offset > size || p->p_filesz > size - p->p_offset)
			return bad(f, "truncated: an ELF segment lies beyond the end of the file");
	}
	return 0;
}

static const Elf64_Phdr *find_segment(const struct elf_file *f, unsigned int type)
{
	for (unsigned int i = 0; i < f->phnum; i++) {
		if (f->ph[i].p_type == type)
			return &f->ph[i];
	}
	return NULL;
}

/* File offset of [va, va + n), which must lie in one PT_LOAD's file part. */
static int va_to_offset(const struct elf_file *f, uint64_t va, uint64_t n, uint64_t *off)
{
	for (unsigned int i = 0; i < f->phnum; i++) {
		const Elf64_Phdr *p = &f->ph[i];
		if (p->p_type != PT_LOAD || va < p->p_vaddr)
			continue;
		uint64_t skip = va - p->p_vaddr;
		if (skip > p->p_filesz || n > p->p_filesz - skip || p->p_offset > INT64_MAX - skip)
			continue;
		*off = p->p_offset + skip;
		return 0;
	}
	return -ENOEXEC;
}

static int read_interpreter(struct elf_file *f, struct elf_info *out)
{
	const Elf64_Phdr *p = find_segment(f, PT_INTERP);
	if (!p)
		return 0;
	if (p->p_filesz < 2 || p->p_filesz > INTERPRETER_MAX)
		return bad(f, "bad length of the ELF interpreter's name");
	out->interpreter = malloc(p->p_filesz);
	if (!out->interpreter)
		return -ENOMEM;
	int err = read_at(f->fd, p->p_offset, out->interpreter, p->p_filesz);
	if (err)
		return err == -EIO ? err : bad(f, "truncated ELF interpreter's name");
	if (out->interpreter[p->p_filesz - 1])
		return bad(f, "the ELF interpreter's name does not end");
	return 0;
}

static int read_dynamic(struct elf_file *f)
{
	const Elf64_Phdr *p = find_segment(f, PT_DYNAMIC);
	if (!p)
		return 0;
	size_t count = p->p_filesz / sizeof(Elf64_Dyn);
	if (count > DYNAMIC_MAX)
		return bad(f, "ELF dynamic section too long");
	f->dyn = malloc(count * sizeof(Elf64_Dyn) + 1);
	if (!f->dyn)
		return -ENOMEM;
	int err = read_at(f->fd, p->p_offset, f->dyn, count * sizeof(Elf64_Dyn));
	if (err)
		return err == -EIO ? err : bad(f, "truncated ELF dynamic section");
	while (f->dyn_count < count && f->dyn[f->dyn_count].d_tag != DT_NULL)
		f->dyn_count++;
	return 0;
}

static uint64_t dynamic_value(const struct elf_file *f, int64_t tag, uint64_t absent)
{
	for (size_t i = 0; i < f->dyn_count; i++) {
		if (f->dyn[i].d_tag == tag)
			return f->dyn[i].d_un.d_val;
	}
	return absent;
}

/* The string table as one block, with a NUL behind it. */
static int read_strings(struct elf_file *f, struct elf_info *out)
{
	uint64_t off;
	f->strtab = dynamic_value(f, DT_STRTAB, 0);
	f->strsz = dynamic_value(f, DT_STRSZ, 0);
	if (!f->strtab || !f->strsz)
		return 0;
	if (f->strsz > STRTAB_MAX || va_to_offset(f, f->strtab, f->strsz, &off))
		return bad(f, "bad ELF dynamic string table");
	out->text = malloc(f->strsz + 1);
	if (!out->text)
		return -ENOMEM;
	out->text[f->strsz] = 0;
	int err = read_at(f->fd, off, out->text, f->strsz);
	return err == -ENOEXEC ? bad(f, "truncated ELF dynamic string table") : err;
}

/* The string at offset `at`, NULL when there is none. */
static char *string_at(const struct elf_file *f, const struct elf_info *e, uint64_t at)
{
	return e->text && at < f->strsz ? e->text + at : NULL;
}

static int collect(struct elf_file *f, struct elf_info *out)
{
	size_t n = 0;
	out->needed = calloc(f->dyn_count + 1, sizeof(*out->needed));
	if (!out->needed)
		return -ENOMEM;
	for (size_t i = 0; i < f->dyn_count; i++) {
		if (f->dyn[i].d_tag != DT_NEEDED)
			continue;
		char *name = string_at(f, out, f->dyn[i].d_un.d_val);
		if (!name)
			return bad(f, "bad name of a needed library");
		if (*name)
			out->needed[n++] = name;
	}
	out->runpath = string_at(f, out, dynamic_value(f, DT_RUNPATH, UINT64_MAX));
	if (!out->runpath) /* ld.so(8): DT_RPATH counts only without DT_RUNPATH */
		out->rpath = string_at(f, out, dynamic_value(f, DT_RPATH, UINT64_MAX));
	out->no_default = dynamic_value(f, DT_FLAGS_1, 0) & DF_1_NODEFLIB;
	return 0;
}

int elf_info_read(int fd, struct elf_info *out, const char **why)
{
	struct elf_file f = {.fd = fd};
	*out = (struct elf_info){0};
	int err = read_headers(&f, out);
	if (!err)
		err = check_segments(&f);
	if (!err)
		err = read_interpreter(&f, out);
	if (!err)
		err = read_dynamic(&f);
	if (!err)
		err = read_strings(&f, out);
	if (!err)
		err = collect(&f, out);
	free(f.dyn);
	if (err)
		elf_info_free(out);
	*why = f.why;
	return err;
}

void elf_info_free(struct elf_info *e)
{
	free(e->interpreter);
	free(e->needed);
	free(e->text);
	*e = (struct elf_info){0};
}
