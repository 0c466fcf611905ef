/* "#!" scripts: execve(2), "Interpreter scripts". Needs no machine. */
#include "kernel/lib/string.h"
#include "kernel/task/exec.h"

bool script_recognised(const u8 *header, size_t len)
{
	return len >= 2 && header[0] == '#' && header[1] == '!';
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The line without "#!", surrounding blanks and newline; *whole: its end was seen. */
static void line_bounds(const char *text, size_t len, const char **from, const char **to,
			bool *whole)
{
	const char *p = text + 2, *end = text + len;
	while (p < end && blank(*p))
		p++;
	const char *e = p;
	while (e < end && *e != '\n' && *e)
		e++;
	*whole = e < end || len < SCRIPT_LINE_MAX - 1;
	while (e > p && blank(e[-1]))
		e--;
	*from = p;
	*to = e;
}

int script_parse(const u8 *header, size_t len, struct script_line *out)
{
	const char *p, *end;
	bool whole;
	len = MIN(len, (size_t)SCRIPT_LINE_MAX - 1);
	line_bounds((const char *)header, len, &p, &end, &whole);
	const char *word = p;
	while (p < end && !blank(*p))
		p++;
	/* A name that is cut off would run something else; a cut argument is passed as far as it
	 * goes. */
	if (p == word || (p == end && !whole))
		return -ENOEXEC;
	memcpy(out->interpreter, word, (size_t)(p - word));
	out->interpreter[p - word] = '\0';
	while (p < end && blank(*p))
		p++;
	memcpy(out->argument, p, (size_t)(end - p));
	out->argument[end - p] = '\0';
	return 0;
}
