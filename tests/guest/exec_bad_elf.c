/* execve(2) of damaged ELF files: an errno or a killed child, never anything worse. */
#include "test.h"
#include <elf.h>

#define NAME "/tmp/bad_elf"

static struct {
	Elf64_Ehdr e;
	Elf64_Phdr p[4];
	unsigned char code[64];
} image;

static void good(void)
{
	static const unsigned char exit_code[] = {0xb8, 60, 0, 0, 0, 0xbf, 21, 0, 0, 0, 0x0f, 0x05}; /* exit(21) */
	memset(&image, 0, sizeof(image));
	memcpy(image.e.e_ident, ELFMAG, SELFMAG);
	image.e.e_ident[EI_CLASS] = ELFCLASS64;
	image.e.e_ident[EI_DATA] = ELFDATA2LSB;
	image.e.e_ident[EI_VERSION] = EV_CURRENT;
	image.e.e_type = ET_EXEC;
	image.e.e_machine = EM_X86_64;
	image.e.e_version = EV_CURRENT;
	image.e.e_phoff = sizeof(image.e);
	image.e.e_ehsize = sizeof(image.e);
	image.e.e_phentsize = sizeof(Elf64_Phdr);
	image.e.e_phnum = 1;
	image.e.e_entry = 0x400000 + ((char *)image.code - (char *)&image);
	image.p[0] = (Elf64_Phdr){.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = 0x400000, .p_filesz = sizeof(image), .p_memsz = sizeof(image), .p_align = 4096};
	memcpy(image.code, exit_code, sizeof(exit_code));
}

/* errno of the failed exec, or 1000 + exit status, or 2000 when a signal killed it */
static int result_of(size_t bytes)
{
	int fd = open(NAME, O_WRONLY | O_CREAT | O_TRUNC, 0755), status;
	if (write(fd, &image, bytes) != (ssize_t)bytes)
		_exit(98);
	close(fd);
	pid_t pid = fork();
	if (!pid) {
		execl(NAME, NAME, NULL);
		_exit(100 + errno);
	}
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		return 2000;
	return WEXITSTATUS(status) > 100 ? WEXITSTATUS(status) - 100 : 1000 + WEXITSTATUS(status);
}

#define TRY(change, want)                                                                        \
	do {                                                                                     \
		good();                                                                          \
		change;                                                                          \
		CHECK_EQ(result_of(sizeof(image)), want);                                        \
	} while (0)
/* refused at once, or killed when it is too late for an errno */
#define TRY_BAD(change)                                                                          \
	do {                                                                                     \
		good();                                                                          \
		change;                                                                          \
		int r = result_of(sizeof(image));                                                \
		if (r >= 1000 && r < 2000)                                                       \
			say("result %d", r);                                                     \
		CHECK(r < 1000 || r == 2000);                                                    \
	} while (0)

static void headers(void)
{
	TRY((void)0, 1021);
	TRY(image.e.e_ident[0] = 0, ENOEXEC);
	TRY(image.e.e_type = ET_REL, ENOEXEC);
	TRY(image.e.e_type = ET_CORE, ENOEXEC);
	TRY(image.e.e_machine = EM_AARCH64, ENOEXEC);
	TRY(image.e.e_phentsize = 32, ENOEXEC);
	TRY(image.e.e_phnum = 0, ENOEXEC);
	TRY(image.e.e_phnum = 0xffff, ENOEXEC);
	TRY(image.e.e_phnum = 1170, ENOEXEC); /* more than the file holds */
	TRY(image.e.e_phoff = 1ull << 40, ENOEXEC);
	TRY(image.e.e_phoff = ~0ull, ENOEXEC);
	good();
	CHECK_EQ(result_of(10), ENOEXEC);
	good();
	CHECK_EQ(result_of(sizeof(image.e)), ENOEXEC);
}

static void segments(void)
{
	TRY_BAD(image.p[0].p_filesz = 1ull << 50);
	TRY_BAD(image.p[0].p_memsz = ~0ull);
	TRY_BAD(image.p[0].p_vaddr = 0xffff800000000000ull);
	TRY_BAD(image.p[0].p_vaddr = 0x7fffffffe000ull; image.p[0].p_memsz = 1 << 20);
	TRY_BAD(image.p[0].p_offset = 123);
	TRY_BAD(image.p[0].p_offset = ~0xfffull);
	TRY_BAD(image.p[0].p_memsz = 0; image.p[0].p_filesz = 0);
	TRY_BAD(image.p[0].p_type = PT_NOTE);
	TRY_BAD(image.e.e_entry = 0x10);
	TRY_BAD(image.e.e_entry = ~0ull);
	TRY_BAD(image.p[0].p_flags = PF_R);
	TRY(image.e.e_phnum = 2; image.p[1] = image.p[0], 1021); /* the same place twice */
	TRY(image.p[0].p_memsz = 5 << 20; image.p[0].p_flags |= PF_W, 1021);
}

static void interpreters(void)
{
	Elf64_Phdr interp = {.p_type = PT_INTERP, .p_offset = sizeof(image) - 16, .p_filesz = 16};
	char *text = (char *)&image + sizeof(image) - 16;
	TRY(image.e.e_phnum = 2; image.p[1] = interp; strcpy(text, "/tmp/bad_none"), ENOENT);
	TRY(image.e.e_phnum = 2; image.p[1] = interp; memset(text, 'x', 16), ENOEXEC); /* no NUL */
	TRY(image.e.e_phnum = 2; image.p[1] = interp; image.p[1].p_filesz = 1, ENOEXEC);
	TRY(image.e.e_phnum = 2; image.p[1] = interp; image.p[1].p_filesz = 5000, ENOEXEC);
	TRY_BAD(image.e.e_phnum = 2; image.p[1] = interp; image.p[1].p_offset = 1 << 30);
	TRY(image.e.e_phnum = 2; image.p[1] = interp; strcpy(text, "/tmp"), EACCES);
	int fd = open("/tmp/bad_lib", O_WRONLY | O_CREAT | O_TRUNC, 0755);
	write(fd, "no ELF file, but long enough to have been one if its first bytes were others", 77);
	close(fd);
	TRY(image.e.e_phnum = 2; image.p[1] = interp; strcpy(text, "/tmp/bad_lib"), ELIBBAD);
	unlink("/tmp/bad_lib");
}

static unsigned int seed = 12345;

static unsigned int next_random(void)
{
	seed = seed * 1103515245 + 12345;
	return seed >> 16;
}

/* Bytes changed at random: whatever happens must happen to the child alone. */
static void noise(void)
{
	for (int i = 0; i < 150; i++) {
		good();
		image.e.e_phnum = 3;
		image.p[1] = image.p[0];
		image.p[2] = image.p[0];
		for (int k = 0; k < 6; k++)
			((unsigned char *)&image)[next_random() % (sizeof(image.e) + 3 * sizeof(Elf64_Phdr))] = next_random();
		memset(image.code, 0x0f, sizeof(image.code)); /* if it ever gets there: #UD */
		result_of(sizeof(image));
	}
	say("still here");
}

int main(void)
{
	headers();
	segments();
	interpreters();
	noise();
	unlink(NAME);
	DONE();
}
