/* Another program than the one a snapshot was taken with: HC_ORDER. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arch/arch.h"
#include "machine.h"

void order_drop(struct machine *m)
{
	free(m->order);
	if (m->order_fd >= 0)
		close(m->order_fd);
	m->order = NULL;
	m->order_len = 0;
	m->order_fd = -1;
}

int64_t order_read_file(struct machine *m, uint64_t gpa, uint64_t len, uint64_t offset)
{
	void *to = memory_writable(&m->memory, gpa, len);

	if (!to || offset > INT64_MAX)
		return -EFAULT;
	ssize_t n = pread(m->order_fd, to, len, (off_t)offset);

	return n < 0 ? -errno : n;
}

/* -1: there is to be no file. A descriptor or a negative errno. */
static int open_host_file(const struct machine_program *p)
{
	if (!p->host_file)
		return -1;
	int fd = open(p->host_file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

int machine_set_program(struct machine *m, const struct machine_program *p)
{
	unsigned int argc, envc;
	size_t len = sizeof(struct hc_order) + program_strings_size(p, &argc, &envc);

	if (m->status != MOTE_READY) {
		mote_error("a program can be set only where the machine is ready for one");
		return -EINVAL;
	}
	if (len > MOTE_ORDER_MAX)
		return -E2BIG;
	int fd = open_host_file(p);

	if (p->host_file && fd < 0)
		return fd;
	struct hc_order *order = malloc(len);

	if (!order) {
		if (fd >= 0)
			close(fd);
		return -ENOMEM;
	}
	*order = (struct hc_order){.size = (unsigned int)len,
				   .argc = argc,
				   .envc = envc,
				   .flags = (p->stop_ready ? ORDER_READY : 0) |
						    (p->fixed_layout ? ORDER_FIXED_LAYOUT : 0) |
					    (fd >= 0 ? ORDER_FILE : 0)};
	program_strings_put((char *)(order + 1), p);
	order_drop(m);
	m->order = order;
	m->order_len = len;
	m->order_fd = fd;
	arch_hypercall_answer(&m->vcpu[0], READY_EXEC);
	return 0;
}

/* ---- the program the machine was made with ---- */

/* Make list[0..count] of the strings at *at, NULL-terminated; NULL: they are cut off, or there is no memory. */
static char **take_list(char **at, const char *end, unsigned int first, unsigned int count)
{
	size_t total = (size_t)first + count;

	if (total > (size_t)(end - *at)) /* each has a NUL at least; the guest names the count */
		return NULL;
	char **list = calloc(total + 1, sizeof(*list));

	for (size_t i = 0; list && i < total; i++) {
		char *nul = *at < end ? memchr(*at, 0, (size_t)(end - *at)) : NULL;

		if (!nul) {
			free(list);
			return NULL;
		}
		list[i] = *at;
		*at = nul + 1;
	}
	return list;
}

static int set_arguments(struct machine *m, char *strings, const struct boot_info *b, char *const *args)
{
	char *at = strings, *end = strings + b->strings_len;
	char **names = take_list(&at, end, 2, b->argc), **env = names ? take_list(&at, end, 0, b->envc) : NULL;
	unsigned int count = 0;
	int err = -EINVAL;

	while (args[count])
		count++;
	char **argv = calloc((size_t)count + 2, sizeof(*argv));

	if (env && argv && b->argc) {
		argv[0] = names[2];
		memcpy(argv + 1, args, count * sizeof(*argv));
		err = machine_set_program(m, &(struct machine_program){
						     .path = names[0], .cwd = names[1], .argv = argv, .envp = env});
	}
	free(argv);
	free(env);
	free(names);
	return err;
}

int machine_set_arguments(struct machine *m, char *const *args)
{
	struct boot_info b;

	if (m->status != MOTE_READY || m->ready_why == READY_ASKED) {
		mote_error("the machine does not stand right before its program: it takes no arguments");
		return -EINVAL;
	}
	if (memory_read(&m->memory, m->info, &b, sizeof(b)) || b.strings_len > MOTE_ORDER_MAX)
		return -EINVAL;
	char *strings = malloc(b.strings_len + 1);
	int err = strings ? memory_read(&m->memory, b.strings_start, strings, b.strings_len) : -ENOMEM;

	if (!err)
		err = set_arguments(m, strings, &b, args);
	free(strings);
	return err;
}
