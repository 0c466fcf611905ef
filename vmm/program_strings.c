/* A program's strings as the kernel takes them, at boot (boot.h) and in an order (hypercall.h). */
#include <string.h>

#include "machine.h"

static size_t list_bytes(char *const *list, unsigned int *count)
{
	size_t len = 0;

	for (*count = 0; list[*count]; ++*count)
		len += strlen(list[*count]) + 1;
	return len;
}

size_t program_strings_size(const struct machine_program *p, unsigned int *argc, unsigned int *envc)
{
	return strlen(p->path) + strlen(p->cwd) + 2 + list_bytes(p->argv, argc) + list_bytes(p->envp, envc);
}

static char *put(char *at, const char *s)
{
	return stpcpy(at, s) + 1;
}

void program_strings_put(char *at, const struct machine_program *p)
{
	at = put(at, p->path);
	at = put(at, p->cwd);
	for (char *const *s = p->argv; *s; s++)
		at = put(at, *s);
	for (char *const *s = p->envp; *s; s++)
		at = put(at, *s);
}
