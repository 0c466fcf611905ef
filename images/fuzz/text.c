/* What a compiler expects of a library, and strings. */
#include "executor.h"

void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);

void *memcpy(void *to, const void *from, size_t n)
{
	char *d = to;
	const char *s = from;
	while (n--)
		*d++ = *s++;
	return to;
}

void *memset(void *to, int value, size_t n)
{
	char *d = to;
	while (n--)
		*d++ = value;
	return to;
}

size_t text_length(const char *s)
{
	size_t n = 0;
	while (s[n])
		n++;
	return n;
}

bool text_equal(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}
