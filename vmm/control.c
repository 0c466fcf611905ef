#include "control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "coverage.h"
#include "machine.h"
#include "shared/abi/hypercall.h"
#include "shared/abi/testdev.h"

#define MAX_ERRNO 4095

void control_init(struct test_control *c)
{
	*c = (struct test_control){0};
	pthread_mutex_init(&c->lock, NULL);
}

void control_destroy(struct test_control *c)
{
	free(c->input);
	free(c->covered);
	pthread_mutex_destroy(&c->lock);
}

int machine_set_input(struct machine *m, const void *data, size_t len)
{
	void *copy = NULL;

	if (len) {
		copy = malloc(len);
		if (!copy)
			return -ENOMEM;
		memcpy(copy, data, len);
	}
	free(m->test.input);
	m->test.input = copy;
	m->test.input_len = len;
	return 0;
}

void machine_on_event(struct machine *m, void (*fn)(void *ctx, const char *text, size_t len), void *ctx)
{
	m->test.on_event = fn;
	m->test.event_ctx = ctx;
}

static int64_t do_event(struct machine *m, uint64_t gpa, uint64_t len)
{
	char text[MOTE_EVENT_MAX];

	if (len > sizeof(text) || memory_read(&m->memory, gpa, text, len))
		return -EFAULT;
	pthread_mutex_lock(&m->test.lock);
	if (m->test.on_event)
		m->test.on_event(m->test.event_ctx, text, len);
	pthread_mutex_unlock(&m->test.lock);
	return 0;
}

static int64_t do_input(struct machine *m, uint64_t gpa, uint64_t len, uint64_t offset)
{
	const struct test_control *c = &m->test;

	if (!gpa && !len && !offset)
		return (int64_t)c->input_len;
	if (!memory_range(&m->memory, gpa, len))
		return -EFAULT;
	if (offset >= c->input_len)
		return 0;
	if (len > c->input_len - offset)
		len = c->input_len - offset;
	int err = memory_write(&m->memory, gpa, (const char *)c->input + offset, len);

	return err ? err : (int64_t)len;
}

static int64_t do_io_fault(struct machine *m, const unsigned long long arg[4])
{
	uint64_t index = arg[0] & 0xff, unit = arg[0] >> 8;
	struct io_fault f = {.countdown = arg[1], .length = arg[3], .unit = (uint32_t)unit, .error = (uint32_t)arg[2]};

	if (index >= m->device_count || unit > UINT32_MAX)
		return -ENODEV;
	if (arg[2] > MAX_ERRNO)
		return -EINVAL;
	struct mmio_device *d = m->device[index];

	return d->set_fault(d, &f);
}

int64_t control_hypercall(struct machine *m, uint32_t nr, const unsigned long long arg[4])
{
	switch (nr) {
	case HC_EVENT:
		return do_event(m, arg[0], arg[1]);
	case HC_INPUT:
		return do_input(m, arg[0], arg[1], arg[2]);
	case HC_IO_FAULT:
		return do_io_fault(m, arg);
	case HC_COVERAGE:
		return arg[0] > 1 ? -EINVAL : coverage_switch(m, arg[0]);
	default:
		return -ENOSYS;
	}
}
