/* Another program than the one a snapshot was taken with: HC_ORDER. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arch/arch.h"
#include "machine.h"

static size_t list_bytes(char *const *list, unsigned int *count)
{
	size_t len = 0;

	for (*count = 0; list[*count]; ++*count)
		len += strlen(list[*count]) + 1;
	return len;
}

static char *put(char *at, const char *s)
{
	return stpcpy(at, s) + 1;
}

static void fill(char *at, const struct machine_program *p)
{
	at = put(at, p->path);
	at = put(at, p->cwd);
	for (char *const *s = p->argv; *s; s++)
		at = put(at, *s);
	for (char *const *s = p->envp; *s; s++)
		at = put(at, *s);
}

int machine_set_program(struct machine *m, const struct machine_program *p)
{
	unsigned int argc, envc;
	size_t len = sizeof(struct hc_order) + strlen(p->path) + strlen(p->cwd) + 2 +
		     list_bytes(p->argv, &argc) + list_bytes(p->envp, &envc);

	if (m->status != MOTE_READY) {
		mote_error("a program can be set only where the machine is ready for one");
		return -EINVAL;
	}
	if (len > MOTE_ORDER_MAX)
		return -E2BIG;
	struct hc_order *order = malloc(len);

	if (!order)
		return -ENOMEM;
	*order = (struct hc_order){.size = (unsigned int)len,
				   .argc = argc,
				   .envc = envc,
				   .flags = p->stop_ready ? ORDER_READY : 0};
	fill((char *)(order + 1), p);
	free(m->order);
	m->order = order;
	m->order_len = len;
	arch_hypercall_answer(&m->vcpu[0], READY_EXEC);
	return 0;
}
