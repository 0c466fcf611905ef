/*
 * Tasks and mappings, read out of the kernel's memory by the table it exports (struct
 * debug_layout). The kernel may be broken and is not trusted: every address is walked to, every
 * list has a limit.
 */
#include "state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "symbol.h"

#define MAX_TASKS    100000
#define MAX_MAPPINGS 100000
#define MAX_DEPTH    64 /* of trees and paths */
#define MAX_NAME_LEN 256

/* ---- reading ---- */

static bool get(struct machine *m, uint64_t va, void *buf, size_t len)
{
	uint8_t *to = buf;

	while (len) {
		uint64_t run;
		const void *host = is_kernel_address(va) ? memory_walk(&m->memory, m->boot_root, va,
								       false, false, &run)
							 : NULL;

		if (!host)
			return false;
		if (run > len)
			run = len;
		memcpy(to, host, run);
		to += run;
		va += run;
		len -= run;
	}
	return true;
}

static uint64_t get_u64(struct machine *m, uint64_t va)
{
	uint64_t value = 0;

	return get(m, va, &value, sizeof(value)) ? value : 0;
}

static uint32_t get_u32(struct machine *m, uint64_t va)
{
	uint32_t value = 0;

	return get(m, va, &value, sizeof(value)) ? value : 0;
}

static uint8_t get_u8(struct machine *m, uint64_t va)
{
	uint8_t value = 0;

	return get(m, va, &value, sizeof(value)) ? value : 0;
}

/* What goes to a terminal must not be more than text. */
static void get_string(struct machine *m, uint64_t va, char *buf, size_t size)
{
	size_t n = 0;

	while (n + 1 < size) {
		uint8_t c = get_u8(m, va + n);

		if (!c)
			break;
		buf[n++] = c < ' ' || c == 0x7f ? '?' : (char)c;
	}
	buf[n] = 0;
}

/* ---- walking ---- */

/* Notices that a walk goes round: it meets the place again that was remembered last, and a place is remembered after twice as many
 * steps each time (R. P. Brent, 1980). All zero to begin with; no place is 0. */
struct circle {
	uint64_t remembered;
	unsigned int steps, limit;
};

static bool circle_closed(struct circle *c, uint64_t at)
{
	if (at == c->remembered)
		return true;
	if (++c->steps > c->limit) {
		c->remembered = at;
		c->limit = 2 * c->limit + 1;
		c->steps = 0;
	}
	return false;
}

/* ---- the table ---- */

static int find_symbol(const struct machine *m, const char *name, uint64_t *address)
{
	struct stat st;
	struct symbols s;
	int err = -ENOENT;

	if (m->kernel.fd < 0 || fstat(m->kernel.fd, &st) || st.st_size <= 0)
		return err;
	void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, m->kernel.fd, 0);

	if (map == MAP_FAILED)
		return err;
	symbols_init(&s, map, (size_t)st.st_size);
	err = symbols_address(&s, name, address);
	munmap(map, (size_t)st.st_size);
	return err;
}

/* NULL: this kernel has none that fits. */
static const struct debug_layout *layout(struct machine *m)
{
	struct debugger *d = m->debugger;
	struct debug_layout *l = &d->layout;
	uint64_t at;

	if (l->version || d->no_layout)
		return l->version ? l : NULL;
	if (find_symbol(m, DEBUG_LAYOUT_SYMBOL, &at) || !get(m, at, l, sizeof(*l)) ||
	    l->version != DEBUG_LAYOUT_VERSION || l->size != sizeof(*l)) {
		d->no_layout = true;
		l->version = 0;
		return NULL;
	}
	return l;
}

/* ---- tasks ---- */

static int id_number(struct machine *m, const struct debug_layout *l, uint64_t id)
{
	return id ? (int)get_u32(m, id + l->id_number) : 0;
}

static char state_letter(unsigned int state)
{
	static const char letters[] = "RSDDTZX";

	return state < sizeof(letters) - 1 ? letters[state] : '?';
}

static int cpu_of(struct machine *m, const struct debug_layout *l, uint64_t task)
{
	for (unsigned int i = 0; i < m->cpus; i++) {
		if (get_u64(m, l->cpus + i * l->cpu_size + l->cpu_current) == task)
			return (int)i;
	}
	return -1;
}

static void fill_task(struct machine *m, const struct debug_layout *l, uint64_t at,
		      struct debug_task *t)
{
	uint64_t process = get_u64(m, at + l->task_process);
	uint64_t parent = process ? get_u64(m, process + l->process_parent) : 0;

	*t = (struct debug_task){.at = at, .cpu = -1};
	t->tid = id_number(m, l, get_u64(m, at + l->task_id));
	if (process)
		t->pid = id_number(m, l, get_u64(m, process + l->process_id));
	if (parent)
		t->parent = id_number(m, l, get_u64(m, parent + l->process_id));
	size_t room =
		l->task_name_size - 1u < sizeof(t->name) ? l->task_name_size : sizeof(t->name);

	get_string(m, at + l->task_name, t->name, room);
	t->state = state_letter(get_u32(m, at + l->task_state));
	if (get_u8(m, at + l->task_on_cpu))
		t->cpu = cpu_of(m, l, at);
	t->mm = get_u64(m, at + l->task_mm);
	if (t->mm)
		t->root = get_u64(m, t->mm + l->mm_root);
}

int debug_each_task(struct machine *m, bool (*each)(void *ctx, const struct debug_task *t),
		    void *ctx)
{
	const struct debug_layout *l = layout(m);

	if (!l)
		return -ENOTSUP;
	uint64_t at = get_u64(m, l->tasks);
	struct circle circle = {0};

	for (unsigned int n = 0; at != l->tasks; n++) {
		struct debug_task t;

		/* Before the kernel has come that far the list is not made. */
		if (!at || n == MAX_TASKS || circle_closed(&circle, at))
			return n ? -EFAULT : 0;
		fill_task(m, l, at - l->task_link, &t);
		if (!each(ctx, &t))
			return 0;
		at = get_u64(m, at);
	}
	return 0;
}

int debug_task_on(struct machine *m, unsigned int cpu, struct debug_task *t)
{
	const struct debug_layout *l = layout(m);
	uint64_t at = l ? get_u64(m, l->cpus + cpu * l->cpu_size + l->cpu_current) : 0;

	if (!at)
		return -ENOENT;
	fill_task(m, l, at, t);
	return 0;
}

int debug_set_trace(struct machine *m, bool on)
{
	const struct debug_layout *l = layout(m);
	uint64_t run;
	uint8_t *host =
		l && is_kernel_address(l->trace_on)
			? memory_walk(&m->memory, m->boot_root, l->trace_on, false, true, &run)
			: NULL;

	if (!host)
		return -ENOTSUP;
	*host = on;
	memory_mark_written(&m->memory, (uint64_t)(host - m->memory.host), 1);
	return 0;
}

/* ---- names ---- */

void debug_executable(struct machine *m, uint64_t mm, char *name, size_t size)
{
	const struct debug_layout *l = layout(m);
	uint64_t file = l && mm ? get_u64(m, mm + l->mm_exe) : 0;
	uint64_t dentry = file ? get_u64(m, file + l->file_dentry) : 0;

	*name = 0;
	if (dentry)
		get_string(m, get_u64(m, dentry + l->dentry_name), name, size);
}

static bool prepend(char *start, char **at, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(*at - start) <= len)
		return false;
	*at -= len + 1;
	**at = '/';
	memcpy(*at + 1, text, len);
	return true;
}

/* The path of a file from the root of all mounts; names without a directory (pipe:[7]) as they are.
 */
static void file_name(struct machine *m, const struct debug_layout *l, uint64_t file, char *buf,
		      size_t size)
{
	uint64_t mount = get_u64(m, file + l->file_mount),
		 dentry = get_u64(m, file + l->file_dentry);
	bool gone = get_u8(m, dentry + l->dentry_unlinked);
	char name[MAX_NAME_LEN], *at = buf + size - 1;

	*at = 0;
	for (unsigned int depth = 0; depth < MAX_DEPTH && mount && dentry; depth++) {
		if (dentry == get_u64(m, mount + l->mount_root)) {
			dentry = get_u64(m, mount + l->mount_point);
			mount = get_u64(m, mount + l->mount_parent);
			continue;
		}
		get_string(m, get_u64(m, dentry + l->dentry_name), name, sizeof(name));
		if (!prepend(buf, &at, name) || get_u64(m, dentry + l->dentry_parent) == dentry)
			break;
		dentry = get_u64(m, dentry + l->dentry_parent);
	}
	memmove(buf, at, strlen(at) + 1);
	if (gone && strlen(buf) + 11 < size)
		strcat(buf, " (deleted)");
}

/* ---- mappings ---- */

static void fill_mapping(struct machine *m, const struct debug_layout *l, uint64_t mm, uint64_t vma,
			 struct debug_mapping *p)
{
	uint32_t prot = get_u32(m, vma + l->vma_prot), flags = get_u32(m, vma + l->vma_flags);
	uint64_t file = get_u64(m, vma + l->vma_file), stack = get_u64(m, mm + l->mm_stack_start);

	*p = (struct debug_mapping){.start = get_u64(m, vma + l->vma_start),
				    .end = get_u64(m, vma + l->vma_end),
				    .read = prot & PROT_READ,
				    .write = prot & PROT_WRITE,
				    .execute = prot & PROT_EXEC,
				    .shared = flags & l->vma_shared};
	if (file) {
		p->offset = get_u64(m, vma + l->vma_page_offset) * MEMORY_PAGE_SIZE;
		file_name(m, l, file, p->name, sizeof(p->name));
	} else if (flags & l->vma_vdso) {
		strcpy(p->name, p->execute ? "[vdso]" : "[vvar]");
	} else if (p->start <= stack && stack < p->end) {
		strcpy(p->name, "[stack]");
	} else if (p->start < get_u64(m, mm + l->mm_brk) &&
		   p->end > get_u64(m, mm + l->mm_brk_start)) {
		strcpy(p->name, "[heap]");
	}
}

static uint64_t leftmost(struct machine *m, const struct debug_layout *l, uint64_t node)
{
	for (unsigned int depth = 0; node && depth < MAX_DEPTH; depth++) {
		uint64_t left = get_u64(m, node + l->node_left);

		if (!left)
			return node;
		node = left;
	}
	return 0;
}

static uint64_t next_node(struct machine *m, const struct debug_layout *l, uint64_t node)
{
	uint64_t right = get_u64(m, node + l->node_right);

	if (right)
		return leftmost(m, l, right);
	for (unsigned int depth = 0; depth < MAX_DEPTH; depth++) {
		uint64_t parent = get_u64(m, node + l->node_parent);

		if (!parent || get_u64(m, parent + l->node_left) == node)
			return parent;
		node = parent;
	}
	return 0;
}

int debug_each_mapping(struct machine *m, uint64_t mm,
		       bool (*each)(void *ctx, const struct debug_mapping *p), void *ctx)
{
	const struct debug_layout *l = layout(m);

	if (!l)
		return -ENOTSUP;
	uint64_t node = leftmost(m, l, get_u64(m, mm + l->mm_vmas));
	struct circle circle = {0};

	for (unsigned int n = 0; node; n++) {
		struct debug_mapping p;

		if (n == MAX_MAPPINGS || circle_closed(&circle, node))
			return -EFAULT;
		fill_mapping(m, l, mm, node - l->vma_node, &p);
		if (!each(ctx, &p))
			return 0;
		node = next_node(m, l, node);
	}
	return 0;
}
