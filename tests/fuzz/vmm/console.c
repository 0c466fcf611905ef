/*
 * The console with its ports, on pipes, sockets and files of the host, which are full, closed or in order. The
 * input thread is not run: what it does when poll(2) answers is one of the things that happen.
 * sources: vmm/devices/console_host.c vmm/devices/virtio.c vmm/devices/virtqueue.c vmm/memory.c vmm/arch/x86_64.c tests/fuzz/vmm/lib/driver.c tests/fuzz/vmm/lib/guest_memory.c tests/fuzz/vmm/lib/quiet.c
 * max_len: 1024
 */
#include <fcntl.h>
#include <sys/socket.h>

#include "../../../vmm/devices/console.c"
#include "lib/driver.h"

enum { IN, OUT, ERR, STREAMS };

/* The device's end, and ours (-1: none). */
static int theirs[STREAMS], ours[STREAMS];
static struct console *console;

/* ---- the host's side ---- */

static void make_pipe(int i)
{
	int end[2];

	FUZZ_CHECK(pipe2(end, O_CLOEXEC) == 0);
	theirs[i] = end[i != IN];
	ours[i] = end[i == IN];
	fcntl(theirs[i], F_SETPIPE_SZ, 4096); /* soon full */
	fcntl(ours[i], F_SETFL, O_NONBLOCK);
}

static void make_socket(int i)
{
	int end[2];

	FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, end) == 0);
	theirs[i] = end[0];
	ours[i] = end[1];
	fcntl(ours[i], F_SETFL, O_NONBLOCK);
}

static void make_stream(int i, uint8_t kind)
{
	theirs[i] = ours[i] = -1;
	switch (kind % 4) {
	case 1:
		make_pipe(i);
		break;
	case 2:
		make_socket(i);
		break;
	case 3: /* no end of input, no reader that counts; its errors are the kernel's */
		theirs[i] = open(i == IN ? "/dev/zero" : "/dev/full", O_RDWR | O_CLOEXEC);
	}
}

static void close_ours(int i)
{
	if (ours[i] >= 0)
		close(ours[i]);
	ours[i] = -1;
}

static void take_output(void)
{
	static char sink[65536];

	for (int i = IN; i <= ERR; i++) {
		while (ours[i] >= 0 && read(ours[i], sink, sizeof(sink)) > 0)
			;
	}
}

static void give_input(struct input *in)
{
	char bytes[64];
	size_t n = input_bytes(in, bytes, input_u8(in) % sizeof(bytes));

	if (ours[IN] >= 0 && write(ours[IN], bytes, n) < 0)
		errno = 0; /* full */
}

/* The input thread's turn. */
static void poll_once(void)
{
	struct pollfd p[POLL_COUNT];

	pthread_mutex_lock(&console->virtio.lock);
	if (poll(p, build_poll(console, p), 0) > 0)
		serve_poll(console, p);
	pthread_mutex_unlock(&console->virtio.lock);
}

static void event(struct input *in, uint8_t which)
{
	switch (which % 8) {
	case 0:
		take_output();
		break;
	case 1:
		give_input(in);
		break;
	case 2:
		close_ours(input_u8(in) % STREAMS);
		break;
	default:
		poll_once();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct driver driver = {.queues = CONSOLE_QUEUES, .event = event};
	static const uint64_t seed = 7;
	struct input in = {data, data + size};
	uint8_t kinds = input_u8(&in);

	driver_host_takes = take_output;
	driver_begin(kinds >> 6 & 1 ? &seed : NULL);
	for (int i = 0; i < STREAMS; i++)
		make_stream(i, kinds >> 2 * i);
	struct console_config c = {
		.in = theirs[IN], .out = theirs[OUT], .err = theirs[ERR], .in_tty = kinds >> 7 && kinds % 4 > 1}; /* what can be written to as well */

	FUZZ_CHECK(console_add(NULL, &c) == 0);
	console = (struct console *)driver_device();
	driver_run(&driver, &in);
	for (int i = 0; i < STREAMS; i++) {
		close_ours(i);
		if (theirs[i] >= 0)
			close(theirs[i]);
	}
	return 0;
}
