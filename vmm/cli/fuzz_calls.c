#include "fuzz_calls.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "mote.h"
#include "shared/fuzz/program.h"

static bool is_word(const char *name, const char *word, size_t len)
{
	return name && strlen(name) == len && !strncmp(name, word, len);
}

static bool known(const char *word, size_t len)
{
	for (unsigned int i = 0; i < fuzz_row_count; i++) {
		if (is_word(fuzz_row[i].name, word, len) || is_word(fuzz_row[i].epic, word, len))
			return true;
	}
	return false;
}

int calls_check(const char *set)
{
	const char *word = set;

	do {
		size_t len = strcspn(word, ",");

		if (!known(word, len)) {
			mote_error("--calls %.*s: no implemented system call or epic of that name (mote syscalls)", (int)len, word);
			return -EINVAL;
		}
		word += len + (word[len] == ',');
	} while (*word);
	return 0;
}
