/*
 * What a program's ELF file asks of ld.so.
 * sources: vmm/elfdeps.c vmm/ldcache.c
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "elfdeps.h"
#include "lib/input.h"

static int file = -1;
static volatile size_t seen; /* so that reading is not left out */

static void expand(const char *list)
{
	char out[64];

	for (size_t len = strlen(list), i = 0; i <= len && i < 200; i += 7) {
		int n = elf_expand_tokens(list + i, len - i, "/origin", out, sizeof(out));

		FUZZ_CHECK(n == -ENAMETOOLONG || (n >= 0 && strlen(out) <= (size_t)n));
	}
}

static void read_strings(const struct elf_info *e)
{
	size_t total = 0;

	for (char **name = e->needed; *name; name++)
		total += strlen(*name);
	if (e->interpreter)
		total += strlen(e->interpreter);
	seen = total;
	if (e->rpath)
		expand(e->rpath);
	if (e->runpath)
		expand(e->runpath);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_info e;
	const char *why = NULL;

	if (file < 0)
		file = memfd_create("program", MFD_CLOEXEC);
	FUZZ_CHECK(ftruncate(file, 0) == 0);
	FUZZ_CHECK(pwrite(file, data, size, 0) == (ssize_t)size);
	int err = elf_info_read(file, &e, &why);

	FUZZ_CHECK(err == 0 || err == -ENOEXEC || err == -EIO || err == -ENOMEM);
	FUZZ_CHECK(err != -ENOEXEC || why);
	if (!err) {
		read_strings(&e);
		elf_info_free(&e);
	}
	return 0;
}
