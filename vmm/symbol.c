#include "symbol.h"

#include <elf.h>
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Section header i, checked to lie in the file. */
static int read_section(const struct symbols *s, const Elf64_Ehdr *eh, unsigned int i,
			Elf64_Shdr *out)
{
	uint64_t at = (uint64_t)i * sizeof(*out);

	if (i >= eh->e_shnum || eh->e_shentsize != sizeof(*out) || eh->e_shoff > s->len ||
	    at > s->len - eh->e_shoff || sizeof(*out) > s->len - eh->e_shoff - at)
		return -EINVAL;
	memcpy(out, s->file + eh->e_shoff + at, sizeof(*out));
	if (out->sh_type != SHT_NOBITS &&
	    (out->sh_offset > s->len || out->sh_size > s->len - out->sh_offset))
		return -EINVAL;
	return 0;
}

void symbols_init(struct symbols *s, const void *file, size_t len)
{
	Elf64_Ehdr eh;
	Elf64_Shdr sym, str;

	*s = (struct symbols){.file = file, .len = len};
	if (!file || len < sizeof(eh))
		return;
	memcpy(&eh, file, sizeof(eh));
	if (memcmp(eh.e_ident, ELFMAG, SELFMAG) || eh.e_ident[EI_CLASS] != ELFCLASS64)
		return;
	for (unsigned int i = 0; i < eh.e_shnum; i++) {
		if (read_section(s, &eh, i, &sym) || sym.sh_type != SHT_SYMTAB ||
		    sym.sh_entsize != sizeof(Elf64_Sym))
			continue;
		if (read_section(s, &eh, sym.sh_link, &str) || str.sh_type != SHT_STRTAB)
			continue;
		s->symtab = sym.sh_offset;
		s->symbol_count = sym.sh_size / sizeof(Elf64_Sym);
		s->strtab = str.sh_offset;
		s->strtab_len = str.sh_size;
		return;
	}
}

int symbols_find(const struct symbols *s, uint64_t addr, char *name, size_t size, uint64_t *offset)
{
	Elf64_Sym best = {0};

	for (uint64_t i = 0; i < s->symbol_count; i++) {
		Elf64_Sym sym;

		memcpy(&sym, s->file + s->symtab + i * sizeof(sym), sizeof(sym));
		unsigned int type = ELF64_ST_TYPE(sym.st_info);

		if (sym.st_shndx == SHN_UNDEF || sym.st_shndx == SHN_ABS ||
		    (type != STT_FUNC && type != STT_NOTYPE) || sym.st_value > addr ||
		    sym.st_value < best.st_value || sym.st_name >= s->strtab_len)
			continue;
		/* Assembly labels have no size; a function's must hold addr. */
		if (sym.st_size && addr - sym.st_value >= sym.st_size)
			continue;
		best = sym;
	}
	if (!best.st_value)
		return -ENOENT;
	const char *text = (const char *)s->file + s->strtab + best.st_name;

	snprintf(name, size, "%.*s", (int)strnlen(text, s->strtab_len - best.st_name), text);
	*offset = addr - best.st_value;
	return 0;
}

int symbols_address(const struct symbols *s, const char *name, uint64_t *address)
{
	size_t len = strlen(name) + 1;

	for (uint64_t i = 0; i < s->symbol_count; i++) {
		Elf64_Sym sym;

		memcpy(&sym, s->file + s->symtab + i * sizeof(sym), sizeof(sym));
		if (sym.st_shndx == SHN_UNDEF || sym.st_name >= s->strtab_len || s->strtab_len - sym.st_name < len ||
		    memcmp(s->file + s->strtab + sym.st_name, name, len))
			continue;
		*address = sym.st_value;
		return 0;
	}
	return -ENOENT;
}

/* addr2line -e FILE ADDR with its output in a pipe; answers the pipe's reading end or -1. */
static int spawn_addr2line(int exe_fd, uint64_t addr, pid_t *pid)
{
	char exe[64], hex[32];
	char *argv[] = {"addr2line", "-s", "-e", exe, hex, NULL};
	posix_spawn_file_actions_t actions;
	int end[2];

	if (pipe(end))
		return -1;
	snprintf(exe, sizeof(exe), "/proc/%d/fd/%d", (int)getpid(), exe_fd);
	snprintf(hex, sizeof(hex), "%#llx", (unsigned long long)addr);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, end[1], STDOUT_FILENO);
	posix_spawn_file_actions_addclose(&actions, end[0]);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", 1, 0);
	int err = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);

	posix_spawn_file_actions_destroy(&actions);
	close(end[1]);
	if (!err)
		return end[0];
	close(end[0]);
	return -1;
}

void symbols_source_line(int exe_fd, uint64_t addr, char *line, size_t size)
{
	size_t len = 0;
	pid_t pid;
	int fd = spawn_addr2line(exe_fd, addr, &pid);

	line[0] = 0;
	if (fd < 0)
		return;
	for (;;) {
		ssize_t n = read(fd, line + len, size - 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	line[len] = 0;
	line[strcspn(line, "\n")] = 0;
	close(fd);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (line[0] == '?')
		line[0] = 0;
}
