#include "kernel/fs/procfs.h"

#include "kernel/lib/log.h"
#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"

#define TEXT_MAX (4ul << 20)

void *proc_room(struct proc_text *t, size_t n)
{
	if (t->failed || n > TEXT_MAX - t->len) {
		t->failed = true;
		return NULL;
	}
	if (t->size - t->len >= n)
		return t->buf + t->len;
	size_t size = t->size ? t->size : 1024;
	while (size - t->len < n)
		size *= 2;
	char *buf = kmalloc(MIN(size, TEXT_MAX));
	if (!buf) {
		t->failed = true;
		return NULL;
	}
	if (t->len)
		memcpy(buf, t->buf, t->len);
	kfree(t->buf);
	t->buf = buf;
	t->size = MIN(size, TEXT_MAX);
	return buf + t->len;
}

void proc_bytes(struct proc_text *t, const void *bytes, size_t n)
{
	void *to = proc_room(t, n);
	if (!to)
		return;
	memcpy(to, bytes, n);
	t->len += n;
}

void proc_printf(struct proc_text *t, const char *fmt, ...)
{
	char line[512];
	va_list ap;
	va_start(ap, fmt);
	int n = kvsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	proc_bytes(t, line, MIN((size_t)n, sizeof(line) - 1));
}

void proc_pad(struct proc_text *t, size_t start, size_t column)
{
	size_t used = t->len - start, n = used < column ? column - used : 1;
	char *to = proc_room(t, n);
	if (!to)
		return;
	memset(to, ' ', n);
	t->len += n;
}

void proc_escaped(struct proc_text *t, const char *s)
{
	for (; *s; s++) {
		if (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\\' || *s == '#')
			proc_printf(t, "\\%03o", *s);
		else
			proc_bytes(t, s, 1);
	}
}

void proc_path(struct proc_text *t, const struct path *p, bool escaped)
{
	char *buf = kmalloc(PATH_LEN_MAX);
	char *name = buf ? path_name(p, buf, PATH_LEN_MAX) : NULL;
	if (!name)
		t->failed |= !buf;
	else if (escaped)
		proc_escaped(t, name);
	else
		proc_bytes(t, name, strlen(name));
	kfree(buf);
}
