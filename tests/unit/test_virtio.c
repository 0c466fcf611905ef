/*
 * The virtio-mmio transport and the console, entropy and disk devices behind it, driven as a guest would.
 * sources: vmm/devices/virtio.c vmm/devices/virtqueue.c vmm/devices/console.c vmm/devices/console_host.c vmm/devices/rng.c vmm/seeded.c vmm/devices/blk.c vmm/devices/overlay.c vmm/memory.c vmm/message.c vmm/arch/x86_64.c
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_console.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "devices/blk.h"
#include "devices/console.h"
#include "devices/device.h"
#include "devices/rng.h"
#include "devices/virtio.h"
#include "memory.h"
#include "shared/abi/console.h"

#define RAM (1u << 20)
#define N 8u
#define QUEUE_BASE(q) (0x10000ull + 0x1000ull * (q))
#define BUFFER 0x80000ull

static struct memory mem;
static struct mmio_device *dev;
static int irqs;
static pthread_mutex_t irq_lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- the machine, as far as devices see it ---- */

int machine_add_device(struct machine *m, struct mmio_device *d)
{
	d->machine = m;
	d->memory = &mem;
	dev = d;
	return 0;
}

void device_raise_irq(struct mmio_device *d)
{
	ck_assert_ptr_eq(d, dev);
	pthread_mutex_lock(&irq_lock);
	irqs++;
	pthread_mutex_unlock(&irq_lock);
}

/* A KVM without ioeventfds: notifications keep coming through the registers. The direct way is in tests/cli/terminal.sh. */
int device_add_ioeventfd(struct mmio_device *dev, uint64_t off, unsigned int len, uint64_t value, int fd)
{
	(void)dev, (void)off, (void)len, (void)value, (void)fd;
	return -ENOSYS;
}

int device_start_thread(unsigned long *thread, void *(*fn)(void *arg), void *arg)
{
	return -pthread_create((pthread_t *)thread, NULL, fn, arg);
}

bool machine_forced(struct machine *m)
{
	(void)m;
	return false;
}

static const uint64_t *seed; /* of a deterministic machine */

const uint64_t *machine_seed(const struct machine *m)
{
	(void)m;
	return seed;
}

bool machine_may_wait(const struct machine *m)
{
	(void)m;
	return seed;
}

static int irq_count(void)
{
	pthread_mutex_lock(&irq_lock);
	int n = irqs;
	pthread_mutex_unlock(&irq_lock);
	return n;
}

/* ---- a driver ---- */

static uint32_t rd(unsigned int reg)
{
	uint32_t v;
	dev->read(dev, reg, &v, 4);
	return v;
}

static void wr(unsigned int reg, uint32_t v)
{
	dev->write(dev, reg, &v, 4);
}

static struct vring_desc *desc(unsigned int q)
{
	return memory_writable(&mem, QUEUE_BASE(q), N * 16);
}

static struct vring_avail *avail(unsigned int q)
{
	return memory_writable(&mem, QUEUE_BASE(q) + 0x400, 4 + 2 * N + 2);
}

static struct vring_used *used(unsigned int q)
{
	return memory_writable(&mem, QUEUE_BASE(q) + 0x800, 4 + 8 * N + 2);
}

static uint16_t used_idx(unsigned int q)
{
	return __atomic_load_n(&used(q)->idx, __ATOMIC_ACQUIRE);
}

static void negotiate(uint64_t features)
{
	wr(VIRTIO_MMIO_STATUS, 0);
	wr(VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	features |= 1ull << VIRTIO_F_VERSION_1;
	wr(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
	wr(VIRTIO_MMIO_DRIVER_FEATURES, features);
	wr(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	wr(VIRTIO_MMIO_DRIVER_FEATURES, features >> 32);
	wr(VIRTIO_MMIO_STATUS, 11);
	ck_assert_uint_eq(rd(VIRTIO_MMIO_STATUS), 11);
}

static void add_queue(unsigned int q)
{
	memset(memory_writable(&mem, QUEUE_BASE(q), 0x1000), 0, 0x1000);
	wr(VIRTIO_MMIO_QUEUE_SEL, q);
	ck_assert_uint_ge(rd(VIRTIO_MMIO_QUEUE_NUM_MAX), N);
	wr(VIRTIO_MMIO_QUEUE_NUM, N);
	wr(VIRTIO_MMIO_QUEUE_DESC_LOW, QUEUE_BASE(q));
	wr(VIRTIO_MMIO_QUEUE_AVAIL_LOW, QUEUE_BASE(q) + 0x400);
	wr(VIRTIO_MMIO_QUEUE_USED_LOW, QUEUE_BASE(q) + 0x800);
	wr(VIRTIO_MMIO_QUEUE_READY, 1);
	ck_assert_uint_eq(rd(VIRTIO_MMIO_QUEUE_READY), 1);
}

static void describe(unsigned int q, unsigned int i, uint64_t addr, uint32_t len, uint16_t flags)
{
	desc(q)[i] = (struct vring_desc){.addr = addr, .len = len, .flags = flags, .next = i + 1};
}

static void offer(unsigned int q, uint16_t head)
{
	avail(q)->ring[avail(q)->idx % N] = head;
	__atomic_store_n(&avail(q)->idx, avail(q)->idx + 1, __ATOMIC_RELEASE);
	wr(VIRTIO_MMIO_QUEUE_NOTIFY, q);
}

static void wait_used(unsigned int q, uint16_t idx)
{
	for (int i = 0; used_idx(q) != idx; i++) {
		ck_assert_int_lt(i, 5000);
		poll(NULL, 0, 1);
	}
}

static void setup(void)
{
	ck_assert_int_eq(memory_create(&mem, RAM, 0), 0);
	irqs = 0;
}

static void teardown(void)
{
	if (dev)
		dev->destroy(dev);
	dev = NULL;
	memory_destroy(&mem);
}

/* ---- transport ---- */

START_TEST(test_identity)
{
	ck_assert_int_eq(rng_add(NULL), 0);
	ck_assert_uint_eq(rd(VIRTIO_MMIO_MAGIC_VALUE), 0x74726976);
	ck_assert_uint_eq(rd(VIRTIO_MMIO_VERSION), 2);
	ck_assert_uint_eq(rd(VIRTIO_MMIO_DEVICE_ID), VIRTIO_ID_RNG);
	wr(VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
	ck_assert_uint_eq(rd(VIRTIO_MMIO_DEVICE_FEATURES), 1);
	wr(VIRTIO_MMIO_DEVICE_FEATURES_SEL, 2);
	ck_assert_uint_eq(rd(VIRTIO_MMIO_DEVICE_FEATURES), 0);
	uint16_t half = 0xffff;
	dev->read(dev, 0, &half, 2); /* registers are 32 bits wide */
	ck_assert_uint_eq(half, 0);
}
END_TEST

START_TEST(test_features_refused)
{
	ck_assert_int_eq(rng_add(NULL), 0);
	wr(VIRTIO_MMIO_STATUS, 3);
	wr(VIRTIO_MMIO_STATUS, 11); /* without VERSION_1 */
	ck_assert_uint_eq(rd(VIRTIO_MMIO_STATUS), 3);
	wr(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	wr(VIRTIO_MMIO_DRIVER_FEATURES, 3); /* more than was offered */
	wr(VIRTIO_MMIO_STATUS, 11);
	ck_assert_uint_eq(rd(VIRTIO_MMIO_STATUS), 3);
	wr(VIRTIO_MMIO_STATUS, 15); /* DRIVER_OK does not get in by the way */
	ck_assert_uint_eq(rd(VIRTIO_MMIO_STATUS), 3);
}
END_TEST

START_TEST(test_bad_queue_addresses)
{
	ck_assert_int_eq(rng_add(NULL), 0);
	negotiate(0);
	wr(VIRTIO_MMIO_QUEUE_SEL, 0);
	wr(VIRTIO_MMIO_QUEUE_NUM, N);
	wr(VIRTIO_MMIO_QUEUE_DESC_HIGH, 0x80000000);
	wr(VIRTIO_MMIO_QUEUE_READY, 1);
	ck_assert_uint_eq(rd(VIRTIO_MMIO_QUEUE_READY), 0);
	ck_assert_uint_eq(rd(VIRTIO_MMIO_STATUS), 11 | VIRTIO_CONFIG_S_NEEDS_RESET);
	wr(VIRTIO_MMIO_STATUS, 0);
	ck_assert_uint_eq(rd(VIRTIO_MMIO_STATUS), 0);
	wr(VIRTIO_MMIO_QUEUE_SEL, 99);
	ck_assert_uint_eq(rd(VIRTIO_MMIO_QUEUE_NUM_MAX), 0);
	wr(VIRTIO_MMIO_QUEUE_READY, 1);
	wr(VIRTIO_MMIO_QUEUE_NOTIFY, 99);
}
END_TEST

START_TEST(test_rng)
{
	unsigned char *p = memory_writable(&mem, BUFFER, 64);
	ck_assert_int_eq(rng_add(NULL), 0);
	negotiate(0);
	add_queue(0);
	describe(0, 0, BUFFER, 64, VRING_DESC_F_WRITE);
	offer(0, 0);
	ck_assert_uint_eq(used_idx(0), 0); /* not before DRIVER_OK */
	wr(VIRTIO_MMIO_STATUS, 15);
	wr(VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	ck_assert_uint_eq(used_idx(0), 1);
	ck_assert_uint_eq(used(0)->ring[0].len, 64);
	ck_assert_int_eq(irqs, 1);
	ck_assert_uint_eq(rd(VIRTIO_MMIO_INTERRUPT_STATUS), VIRTIO_MMIO_INT_VRING);
	wr(VIRTIO_MMIO_INTERRUPT_ACK, VIRTIO_MMIO_INT_VRING);
	ck_assert_uint_eq(rd(VIRTIO_MMIO_INTERRUPT_STATUS), 0);
	int nonzero = 0;
	for (int i = 0; i < 64; i++)
		nonzero += p[i] != 0;
	ck_assert_int_gt(nonzero, 32);
}
END_TEST

static void ask_rng(void)
{
	describe(0, 0, BUFFER, 64, VRING_DESC_F_WRITE);
	offer(0, 0);
}

/* What a deterministic machine's device gives follows from the seed and its saved state. */
START_TEST(test_seeded_rng)
{
	const unsigned char *p = memory_writable(&mem, BUFFER, 64);
	unsigned char bytes[3][64], saved[64];
	uint64_t seeds[] = {1, 1, 2};

	for (int i = 0; i < 3; i++) {
		seed = &seeds[i];
		ck_assert_int_eq(rng_add(NULL), 0);
		negotiate(0);
		add_queue(0);
		wr(VIRTIO_MMIO_STATUS, 15);
		ask_rng();
		memcpy(bytes[i], p, 64);
		if (i < 2)
			dev->destroy(dev);
	}
	ck_assert_mem_eq(bytes[0], bytes[1], 64);
	ck_assert_mem_ne(bytes[0], bytes[2], 64);
	ck_assert_uint_le(dev->state[1].size, sizeof(saved));
	memcpy(saved, dev->state[1].at, dev->state[1].size);
	ask_rng();
	memcpy(bytes[0], p, 64);
	ck_assert_mem_ne(bytes[0], bytes[2], 64);
	memcpy(dev->state[1].at, saved, dev->state[1].size);
	ask_rng();
	ck_assert_mem_eq(bytes[0], p, 64);
	seed = NULL;
}
END_TEST

START_TEST(test_broken_ring_needs_reset)
{
	ck_assert_int_eq(rng_add(NULL), 0);
	negotiate(0);
	add_queue(0);
	wr(VIRTIO_MMIO_STATUS, 15);
	describe(0, 0, RAM, 64, VRING_DESC_F_WRITE);
	offer(0, 0);
	ck_assert_uint_eq(rd(VIRTIO_MMIO_STATUS), 15 | VIRTIO_CONFIG_S_NEEDS_RESET);
	ck_assert_uint_eq(used_idx(0), 0);
	ck_assert_uint_eq(rd(VIRTIO_MMIO_INTERRUPT_STATUS), VIRTIO_MMIO_INT_CONFIG);
	describe(0, 0, BUFFER, 64, VRING_DESC_F_WRITE); /* good now, but too late */
	wr(VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	ck_assert_uint_eq(used_idx(0), 0);
	wr(VIRTIO_MMIO_STATUS, 15); /* the bit cannot be written away */
	ck_assert_uint_eq(rd(VIRTIO_MMIO_STATUS), 15 | VIRTIO_CONFIG_S_NEEDS_RESET);
	negotiate(0);
	add_queue(0);
	wr(VIRTIO_MMIO_STATUS, 15);
	describe(0, 0, BUFFER, 64, VRING_DESC_F_WRITE);
	offer(0, 0);
	ck_assert_uint_eq(used_idx(0), 1);
}
END_TEST

/* What a snapshot file may hold that no device ever comes to. */
START_TEST(test_impossible_queues)
{
	ck_assert_int_eq(rng_add(NULL), 0);
	negotiate(0);
	add_queue(0);
	struct virtio_state *s = dev->state[0].at, good = *s, bad[6];

	ck_assert(dev->state_possible(dev));
	for (int i = 0; i < 6; i++)
		bad[i] = good;
	bad[0].queue[0].size = 0;
	bad[1].queue[0].size = 512;
	bad[2].queue[0].used = RAM - 2;
	bad[3].queue[0].ready = 2;
	bad[4].queue[1] = good.queue[0];
	bad[5].fault = (struct io_fault){.countdown = 1, .unit = 1};
	for (int i = 0; i < 6; i++) {
		*s = bad[i];
		ck_assert(!dev->state_possible(dev));
	}
	good.queue[0] = (struct virtqueue){.size = 0x7fff}; /* not ready: a driver may have written that */
	*s = good;
	ck_assert(dev->state_possible(dev));
}
END_TEST

/* ---- console ---- */

static int in_pipe[2], out_pipe[2];

static void console_up(void)
{
	ck_assert_int_eq(pipe(in_pipe) | pipe(out_pipe), 0);
	struct console_config c = {.in = in_pipe[0], .out = out_pipe[1], .err = -1, .rows = 25, .columns = 80};
	ck_assert_int_eq(console_add(NULL, &c), 0);
	negotiate(1ull << VIRTIO_CONSOLE_F_MULTIPORT | 1ull << VIRTIO_CONSOLE_F_SIZE);
	wr(VIRTIO_MMIO_STATUS, 15);
}

static void close_pipes(void)
{
	for (int i = 0; i < 2; i++) {
		close(in_pipe[i]);
		close(out_pipe[i]);
	}
}

START_TEST(test_console_config)
{
	uint16_t cols, rows;
	uint32_t ports;
	console_up();
	dev->read(dev, VIRTIO_MMIO_CONFIG, &cols, 2);
	dev->read(dev, VIRTIO_MMIO_CONFIG + 2, &rows, 2);
	dev->read(dev, VIRTIO_MMIO_CONFIG + 4, &ports, 4);
	ck_assert_uint_eq(cols, 80);
	ck_assert_uint_eq(rows, 25);
	ck_assert_uint_eq(ports, 4);
	uint64_t beyond = 1;
	dev->read(dev, VIRTIO_MMIO_CONFIG + 0xe00, &beyond, 8);
	ck_assert_uint_eq(beyond, 0);
	close_pipes();
}
END_TEST

START_TEST(test_console_impossible_state)
{
	console_up();
	ck_assert(dev->state_possible(dev));
	memset(dev->state[1].at, 0xff, dev->state[1].size); /* more messages pending than there is room for */
	ck_assert(!dev->state_possible(dev));
	memset(dev->state[1].at, 0, dev->state[1].size);
	ck_assert(dev->state_possible(dev));
	close_pipes();
}
END_TEST

START_TEST(test_console_output)
{
	char got[16];
	console_up();
	add_queue(7);
	memcpy(memory_writable(&mem, BUFFER, 16), "hello, world\n", 13);
	describe(7, 0, BUFFER, 6, VRING_DESC_F_NEXT);
	describe(7, 1, BUFFER + 6, 7, 0);
	offer(7, 0);
	ck_assert_uint_eq(used_idx(7), 1);
	ck_assert_int_eq(read(out_pipe[0], got, sizeof(got)), 13);
	ck_assert_int_eq(memcmp(got, "hello, world\n", 13), 0);
	close_pipes();
}
END_TEST

START_TEST(test_console_input)
{
	char *p = memory_writable(&mem, BUFFER, 16);
	console_up();
	add_queue(4);
	ck_assert_int_eq(write(in_pipe[1], "abcdef", 6), 6);
	describe(4, 0, BUFFER, 4, VRING_DESC_F_WRITE);
	offer(4, 0);
	ck_assert_uint_eq(used_idx(4), 1);
	ck_assert_uint_eq(used(4)->ring[0].len, 4);
	ck_assert_int_eq(memcmp(p, "abcd", 4), 0);
	offer(4, 0);
	wait_used(4, 2);
	ck_assert_uint_eq(used(4)->ring[1].len, 2);
	/* nothing there: the input thread waits */
	offer(4, 0);
	ck_assert_uint_eq(used_idx(4), 2);
	ck_assert_int_eq(write(in_pipe[1], "x", 1), 1);
	wait_used(4, 3);
	ck_assert_uint_eq(used(4)->ring[2].len, 1);
	ck_assert_int_gt(irq_count(), 0);
	/* end of input: length 0, each time */
	close(in_pipe[1]);
	for (int i = 4; i < 6; i++) {
		offer(4, 0);
		wait_used(4, i);
		ck_assert_uint_eq(used(4)->ring[i - 1].len, 0);
	}
	close_pipes();
}
END_TEST

START_TEST(test_console_backpressure)
{
	static char sink[1 << 17];
	size_t sum = 0;
	console_up();
	add_queue(7);
	fcntl(out_pipe[1], F_SETPIPE_SZ, 4096);
	for (int i = 0; i < 4; i++) {
		memset(memory_writable(&mem, BUFFER + 0x2000 * i, 0x2000), 'a' + i, 0x2000);
		describe(7, i, BUFFER + 0x2000 * i, 0x2000, 0);
		offer(7, i);
	}
	ck_assert_uint_lt(used_idx(7), 4);
	while (sum < 4 * 0x2000) {
		ssize_t n = read(out_pipe[0], sink + sum, sizeof(sink) - sum);
		ck_assert_int_gt(n, 0);
		sum += n;
	}
	wait_used(7, 4);
	for (size_t i = 0; i < sum; i++)
		ck_assert_int_eq(sink[i], 'a' + (int)(i / 0x2000));
	close_pipes();
}
END_TEST

START_TEST(test_console_output_survives_the_end)
{
	static char sink[1 << 17];
	size_t sum = 0;
	console_up();
	add_queue(7);
	fcntl(out_pipe[1], F_SETPIPE_SZ, 4096);
	describe(7, 0, BUFFER, 0x8000, 0);
	offer(7, 0);
	ck_assert_uint_eq(used_idx(7), 0);
	pid_t child = fork(); /* a slow reader */
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		close(out_pipe[1]);
		ssize_t n;
		while ((n = read(out_pipe[0], sink, sizeof(sink))) > 0)
			sum += n;
		_exit(sum == 0x8000 ? 0 : 1);
	}
	dev->destroy(dev);
	dev = NULL;
	close_pipes();
	int status;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(test_console_closed_output)
{
	struct virtio_console_control *m = memory_writable(&mem, BUFFER + 64, sizeof(*m));
	console_up();
	add_queue(7);
	close(out_pipe[0]);
	describe(7, 0, BUFFER, 8, 0);
	offer(7, 0);
	/* kept until the driver has learnt of it; it is made to look by a configuration interrupt */
	ck_assert_uint_eq(used_idx(7), 0);
	ck_assert_uint_eq(rd(VIRTIO_MMIO_INTERRUPT_STATUS), VIRTIO_MMIO_INT_CONFIG);
	add_queue(2);
	describe(2, 0, BUFFER + 64, 8, VRING_DESC_F_WRITE);
	offer(2, 0);
	ck_assert_uint_eq(used_idx(2), 1);
	ck_assert_uint_eq(m->id, CONSOLE_PORT_STDOUT);
	ck_assert_uint_eq(m->event, VIRTIO_CONSOLE_PORT_OPEN);
	ck_assert_uint_eq(m->value, 0);
	ck_assert_uint_eq(used_idx(7), 1);
	close_pipes();
}
END_TEST

/* A host that refuses output for another reason says which; the next output is tried again. */
START_TEST(test_console_refused_output)
{
	struct virtio_console_control *m = memory_writable(&mem, BUFFER + 64, 2 * sizeof(*m));
	int full = open("/dev/full", O_WRONLY);
	struct console_config c = {.in = -1, .out = full, .err = -1};
	ck_assert_int_eq(console_add(NULL, &c), 0);
	negotiate(1ull << VIRTIO_CONSOLE_F_MULTIPORT);
	wr(VIRTIO_MMIO_STATUS, 15);
	add_queue(7);
	add_queue(2);
	for (int i = 0; i < 2; i++) {
		describe(2, i, BUFFER + 64 + 8 * i, 8, VRING_DESC_F_WRITE);
		offer(2, i);
		describe(7, 0, BUFFER, 8, 0);
		offer(7, 0);
		ck_assert_uint_eq(used_idx(2), i + 1);
		ck_assert_uint_eq(used_idx(7), i + 1);
		ck_assert_uint_eq(m[i].id, CONSOLE_PORT_STDOUT);
		ck_assert_uint_eq(m[i].event, CONSOLE_PORT_ERROR);
		ck_assert_uint_eq(m[i].value, ENOSPC);
	}
	close(full);
}
END_TEST

/* ---- faults that a test asks for ---- */

static int set_fault(uint64_t n, uint32_t unit, uint32_t error, uint64_t length)
{
	struct io_fault f = {.countdown = n, .unit = unit, .error = error, .length = length};
	return dev->set_fault(dev, &f);
}

START_TEST(test_fault_arguments)
{
	console_up();
	ck_assert_int_eq(set_fault(1, CONSOLE_PORT_STDOUT + 1, ENOSPC, 0), 0);
	ck_assert_int_eq(set_fault(1, 0, EIO, 0), 0);
	ck_assert_int_eq(set_fault(~0ull, 0, 0, ~0ull), 0);
	ck_assert_int_eq(set_fault(1, CONSOLE_PORT_STDIN + 1, 0, 1), 0);
	ck_assert_int_eq(set_fault(1, CONSOLE_PORT_STDIN + 1, EIO, 0), -EOPNOTSUPP);
	ck_assert_int_eq(set_fault(1, CONSOLE_PORT_TTY + 1, EIO, 0), -EOPNOTSUPP);
	ck_assert_int_eq(set_fault(1, CONSOLE_PORTS + 1, EIO, 0), -ENODEV);
	ck_assert_int_eq(set_fault(1, 31, EIO, 0), -ENODEV);
	ck_assert_int_eq(set_fault(1, 32, EIO, 0), -ENODEV);
	ck_assert_int_eq(set_fault(1, ~0u, EIO, 0), -ENODEV);
	ck_assert_int_eq(set_fault(1, 0, EBADF, 0), -EINVAL);
	ck_assert_int_eq(set_fault(1, 0, ~0u, 0), -EINVAL);
	ck_assert_int_eq(set_fault(1, 0, 0, 0), -EINVAL);
	ck_assert_int_eq(set_fault(0, 0, ~0u, 0), 0);
	close_pipes();
}
END_TEST

/* The second output fails, the third one is short; the driver has the word about it before its buffer. */
START_TEST(test_console_faults)
{
	struct virtio_console_control *m = memory_writable(&mem, BUFFER + 64, 2 * sizeof(*m));
	char got[64];
	console_up();
	add_queue(7);
	memcpy(memory_writable(&mem, BUFFER, 16), "abcdefgh", 8);
	ck_assert_int_eq(set_fault(2, 0, EPIPE, 0), 0);
	describe(7, 3, BUFFER, 8, 0);
	offer(7, 3);
	offer(7, 3);
	ck_assert_uint_eq(used_idx(7), 1);
	add_queue(2);
	describe(2, 0, BUFFER + 64, 8, VRING_DESC_F_WRITE);
	offer(2, 0);
	ck_assert_uint_eq(used_idx(7), 2);
	ck_assert_uint_eq(m[0].id, CONSOLE_PORT_STDOUT);
	ck_assert_uint_eq(m[0].event, CONSOLE_PORT_ERROR); /* this once: the port stays open */
	ck_assert_uint_eq(m[0].value, EPIPE);
	ck_assert_int_eq(set_fault(1, CONSOLE_PORT_STDOUT + 1, 0, 5), 0);
	describe(2, 1, BUFFER + 72, 8, VRING_DESC_F_WRITE);
	offer(2, 1);
	offer(7, 3);
	ck_assert_uint_eq(used_idx(7), 3);
	ck_assert_uint_eq(m[1].id, CONSOLE_SHORT_ID(CONSOLE_PORT_STDOUT, 3));
	ck_assert_uint_eq(m[1].event, CONSOLE_PORT_SHORT);
	ck_assert_uint_eq(m[1].value, 5);
	offer(7, 3);
	ck_assert_uint_eq(used_idx(7), 4);
	ck_assert_int_eq(read(out_pipe[0], got, sizeof(got)), 8 + 5 + 8);
	ck_assert_int_eq(memcmp(got, "abcdefghabcdeabcdefgh", 21), 0);
	close_pipes();
}
END_TEST

START_TEST(test_console_short_input)
{
	char *p = memory_writable(&mem, BUFFER, 16);
	console_up();
	add_queue(4);
	ck_assert_int_eq(write(in_pipe[1], "abcdef", 6), 6);
	ck_assert_int_eq(set_fault(1, CONSOLE_PORT_STDIN + 1, 0, 2), 0);
	describe(4, 0, BUFFER, 16, VRING_DESC_F_WRITE);
	offer(4, 0);
	ck_assert_uint_eq(used_idx(4), 1);
	ck_assert_uint_eq(used(4)->ring[0].len, 2);
	offer(4, 0);
	ck_assert_uint_eq(used_idx(4), 2);
	ck_assert_uint_eq(used(4)->ring[1].len, 4);
	ck_assert_int_eq(memcmp(p, "cdef", 4), 0);
	close_pipes();
}
END_TEST

START_TEST(test_rng_faults)
{
	ck_assert_int_eq(rng_add(NULL), 0);
	ck_assert_int_eq(set_fault(1, 0, EIO, 0), -EOPNOTSUPP);
	ck_assert_int_eq(set_fault(1, 1, 0, 1), -ENODEV);
	ck_assert_int_eq(set_fault(1, 0, 0, 3), 0);
	negotiate(0); /* a reset forgets it */
	add_queue(0);
	wr(VIRTIO_MMIO_STATUS, 15);
	describe(0, 0, BUFFER, 64, VRING_DESC_F_WRITE);
	offer(0, 0);
	ck_assert_uint_eq(used(0)->ring[0].len, 64);
	ck_assert_int_eq(set_fault(2, 0, 0, 3), 0);
	for (int i = 1; i < 4; i++) {
		offer(0, 0);
		ck_assert_uint_eq(used_idx(0), i + 1);
		ck_assert_uint_eq(used(0)->ring[i].len, i == 2 ? 3 : 64);
	}
}
END_TEST

START_TEST(test_console_control)
{
	struct virtio_console_control *m = memory_writable(&mem, BUFFER, 64);
	console_up();
	add_queue(2);
	add_queue(3);
	m[0] = (struct virtio_console_control){.event = VIRTIO_CONSOLE_DEVICE_READY, .value = 1};
	for (int i = 0; i < 4; i++) {
		describe(2, i, BUFFER + 8 * (i + 1), 8, VRING_DESC_F_WRITE);
		offer(2, i);
	}
	describe(3, 0, BUFFER, 8, 0);
	offer(3, 0);
	ck_assert_uint_eq(used_idx(2), 4);
	for (int i = 0; i < 4; i++) {
		ck_assert_uint_eq(m[i + 1].id, i);
		ck_assert_uint_eq(m[i + 1].event, VIRTIO_CONSOLE_PORT_ADD);
	}
	/* a flood of messages with no buffers for the answers is bounded */
	m[0].event = VIRTIO_CONSOLE_PORT_READY;
	for (int i = 0; i < 500; i++)
		offer(3, 0);
	ck_assert_uint_eq(used_idx(3), 501);
	m[0].id = 77;
	offer(3, 0);
	desc(3)[0].len = 7; /* too short to be a message */
	offer(3, 0);
	ck_assert(rd(VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_NEEDS_RESET);
	close_pipes();
}
END_TEST

/* ---- disk ---- */

static char disk_path[] = "/tmp/mote-test-disk-XXXXXX";

static void disk_up(const char *suffix)
{
	char spec[64];
	int fd = mkstemp(strcpy(disk_path, "/tmp/mote-test-disk-XXXXXX"));
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, 64 * 512 + 100), 0);
	ck_assert_int_eq(pwrite(fd, "sector one", 10, 512), 10);
	close(fd);
	snprintf(spec, sizeof(spec), "%s%s", disk_path, suffix);
	ck_assert_int_eq(blk_add(NULL, spec, false), 0);
	negotiate(0);
	add_queue(0);
	wr(VIRTIO_MMIO_STATUS, 15);
}

/* A request with n bytes of data at BUFFER: its status. */
static int request(uint32_t type, uint64_t sector, uint32_t n, bool device_writes)
{
	struct virtio_blk_outhdr *h = memory_writable(&mem, BUFFER - 64, sizeof(*h));
	uint8_t *status = memory_writable(&mem, BUFFER - 1, 1);
	uint16_t before = used_idx(0);
	*h = (struct virtio_blk_outhdr){.type = type, .sector = sector};
	*status = 0xee;
	describe(0, 0, BUFFER - 64, 16, VRING_DESC_F_NEXT);
	if (n)
		describe(0, 1, BUFFER, n, VRING_DESC_F_NEXT | (device_writes ? VRING_DESC_F_WRITE : 0));
	describe(0, n ? 2 : 1, BUFFER - 1, 1, VRING_DESC_F_WRITE);
	offer(0, 0);
	ck_assert_uint_eq(used_idx(0), (uint16_t)(before + 1));
	return *status;
}

START_TEST(test_disk)
{
	char *p = memory_writable(&mem, BUFFER, 64 * 512), text[16];
	uint64_t capacity;
	disk_up("");
	dev->read(dev, VIRTIO_MMIO_CONFIG, &capacity, 8);
	ck_assert_uint_eq(capacity, 64); /* whole sectors only */
	ck_assert_int_eq(request(VIRTIO_BLK_T_IN, 1, 512, true), VIRTIO_BLK_S_OK);
	ck_assert_int_eq(memcmp(p, "sector one", 10), 0);
	memset(p, 'w', 1024);
	ck_assert_int_eq(request(VIRTIO_BLK_T_OUT, 62, 1024, false), VIRTIO_BLK_S_OK);
	ck_assert_int_eq(request(VIRTIO_BLK_T_FLUSH, 0, 0, false), VIRTIO_BLK_S_OK);
	int fd = open(disk_path, O_RDONLY);
	ck_assert_int_eq(pread(fd, text, 16, 64 * 512 - 8), 16);
	ck_assert_int_eq(memcmp(text, "wwwwwwww\0\0\0\0\0\0\0\0", 16), 0);
	close(fd);
	ck_assert_int_eq(request(VIRTIO_BLK_T_GET_ID, 0, 20, true), VIRTIO_BLK_S_OK);
	ck_assert_int_eq(memcmp(p, disk_path + 5, 20), 0);
	/* beyond the end, half sectors, overflow, unknown types */
	ck_assert_int_eq(request(VIRTIO_BLK_T_IN, 64, 512, true), VIRTIO_BLK_S_IOERR);
	ck_assert_int_eq(request(VIRTIO_BLK_T_IN, 63, 1024, true), VIRTIO_BLK_S_IOERR);
	ck_assert_int_eq(request(VIRTIO_BLK_T_OUT, ~0ull, 512, false), VIRTIO_BLK_S_IOERR);
	ck_assert_int_eq(request(VIRTIO_BLK_T_OUT, 0, 100, false), VIRTIO_BLK_S_IOERR);
	ck_assert_int_eq(request(999, 0, 512, false), VIRTIO_BLK_S_UNSUPP);
	unlink(disk_path);
}
END_TEST

START_TEST(test_disk_discard)
{
	struct virtio_blk_discard_write_zeroes *seg = memory_writable(&mem, BUFFER, 512);
	disk_up("");
	*seg = (struct virtio_blk_discard_write_zeroes){.sector = 0, .num_sectors = 8};
	int r = request(VIRTIO_BLK_T_DISCARD, 0, sizeof(*seg), false);
	ck_assert(r == VIRTIO_BLK_S_OK || r == VIRTIO_BLK_S_UNSUPP); /* as the host's file system can */
	seg->sector = 60;
	ck_assert_int_eq(request(VIRTIO_BLK_T_DISCARD, 0, sizeof(*seg), false), VIRTIO_BLK_S_IOERR);
	seg->sector = ~0ull;
	ck_assert_int_eq(request(VIRTIO_BLK_T_DISCARD, 0, sizeof(*seg), false), VIRTIO_BLK_S_IOERR);
	ck_assert_int_eq(request(VIRTIO_BLK_T_DISCARD, 0, 15, false), VIRTIO_BLK_S_IOERR);
	unlink(disk_path);
}
END_TEST

START_TEST(test_disk_read_only)
{
	disk_up(",ro");
	wr(VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
	ck_assert(rd(VIRTIO_MMIO_DEVICE_FEATURES) & 1u << VIRTIO_BLK_F_RO);
	ck_assert_int_eq(request(VIRTIO_BLK_T_OUT, 0, 512, false), VIRTIO_BLK_S_IOERR);
	ck_assert_int_eq(request(VIRTIO_BLK_T_IN, 0, 512, true), VIRTIO_BLK_S_OK);
	unlink(disk_path);
}
END_TEST

static uint32_t written(void)
{
	return used(0)->ring[(uint16_t)(used_idx(0) - 1) % N].len;
}

START_TEST(test_disk_faults)
{
	char *p = memory_writable(&mem, BUFFER, 64 * 512);
	disk_up("");
	ck_assert_int_eq(set_fault(1, 1, EIO, 0), -ENODEV);
	ck_assert_int_eq(set_fault(1, 0, ENOSPC, 0), -EINVAL);
	ck_assert_int_eq(set_fault(2, 0, EIO, 0), 0);
	ck_assert_int_eq(request(VIRTIO_BLK_T_IN, 1, 512, true), VIRTIO_BLK_S_OK);
	memset(p, '-', 2048);
	ck_assert_int_eq(request(VIRTIO_BLK_T_IN, 1, 512, true), VIRTIO_BLK_S_IOERR);
	ck_assert_uint_eq(written(), 1);
	ck_assert_int_eq(p[0], '-'); /* nothing was transferred */
	ck_assert_int_eq(request(VIRTIO_BLK_T_IN, 1, 512, true), VIRTIO_BLK_S_OK);
	ck_assert_int_eq(set_fault(1, 0, EOPNOTSUPP, 0), 0);
	ck_assert_int_eq(request(VIRTIO_BLK_T_FLUSH, 0, 0, false), VIRTIO_BLK_S_UNSUPP);
	/* short: whole sectors, and the count says how many */
	memset(p, '-', 2048);
	ck_assert_int_eq(set_fault(1, 0, 0, 1023), 0);
	ck_assert_int_eq(request(VIRTIO_BLK_T_IN, 1, 2048, true), VIRTIO_BLK_S_IOERR);
	ck_assert_uint_eq(written(), 512 + 1);
	ck_assert_int_eq(memcmp(p, "sector one", 10), 0);
	ck_assert_int_eq(p[512], '-');
	memset(p, 'w', 2048);
	ck_assert_int_eq(set_fault(1, 0, 0, 512), 0);
	ck_assert_int_eq(request(VIRTIO_BLK_T_OUT, 4, 1024, false), VIRTIO_BLK_S_IOERR);
	ck_assert_int_eq(request(VIRTIO_BLK_T_IN, 4, 1024, true), VIRTIO_BLK_S_OK);
	ck_assert(p[511] == 'w' && p[512] == 0);
	/* what is no longer than allowed is not cut; what has no data is not */
	ck_assert_int_eq(set_fault(1, 0, 0, 1024), 0);
	ck_assert_int_eq(request(VIRTIO_BLK_T_IN, 4, 1024, true), VIRTIO_BLK_S_OK);
	ck_assert_int_eq(set_fault(1, 0, 0, 1), 0);
	ck_assert_int_eq(request(VIRTIO_BLK_T_GET_ID, 0, 20, true), VIRTIO_BLK_S_OK);
	/* a bad request stays one */
	ck_assert_int_eq(set_fault(1, 0, 0, 512), 0);
	ck_assert_int_eq(request(VIRTIO_BLK_T_IN, 64, 1024, true), VIRTIO_BLK_S_IOERR);
	ck_assert_uint_eq(written(), 1);
	unlink(disk_path);
}
END_TEST

START_TEST(test_disk_bad_chains)
{
	disk_up("");
	describe(0, 0, BUFFER, 15, VRING_DESC_F_NEXT); /* header too short */
	describe(0, 1, BUFFER + 64, 1, VRING_DESC_F_WRITE);
	offer(0, 0);
	ck_assert(rd(VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_NEEDS_RESET);
	negotiate(0);
	add_queue(0);
	wr(VIRTIO_MMIO_STATUS, 15);
	describe(0, 0, BUFFER, 16, 0); /* no place for the status */
	offer(0, 0);
	ck_assert(rd(VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_NEEDS_RESET);
	unlink(disk_path);
}
END_TEST

START_TEST(test_disk_errors)
{
	ck_assert_int_eq(blk_add(NULL, "/nonexistent/disk", false), -ENOENT);
	ck_assert_int_eq(blk_add(NULL, "/tmp", false), -EISDIR);
	ck_assert_int_eq(blk_add(NULL, "/dev/null", false), -EINVAL);
	disk_up("");
	struct mmio_device *first = dev;
	ck_assert_int_eq(blk_add(NULL, disk_path, false), -EWOULDBLOCK);
	dev = first;
	unlink(disk_path);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("virtio");
	TCase *t = tcase_create("virtio");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, test_identity);
	tcase_add_test(t, test_features_refused);
	tcase_add_test(t, test_bad_queue_addresses);
	tcase_add_test(t, test_rng);
	tcase_add_test(t, test_seeded_rng);
	tcase_add_test(t, test_broken_ring_needs_reset);
	tcase_add_test(t, test_impossible_queues);
	tcase_add_test(t, test_console_config);
	tcase_add_test(t, test_console_impossible_state);
	tcase_add_test(t, test_console_output);
	tcase_add_test(t, test_console_input);
	tcase_add_test(t, test_console_backpressure);
	tcase_add_test(t, test_console_output_survives_the_end);
	tcase_add_test(t, test_console_closed_output);
	tcase_add_test(t, test_console_refused_output);
	tcase_add_test(t, test_console_control);
	tcase_add_test(t, test_fault_arguments);
	tcase_add_test(t, test_console_faults);
	tcase_add_test(t, test_console_short_input);
	tcase_add_test(t, test_rng_faults);
	tcase_add_test(t, test_disk_faults);
	tcase_add_test(t, test_disk);
	tcase_add_test(t, test_disk_discard);
	tcase_add_test(t, test_disk_read_only);
	tcase_add_test(t, test_disk_bad_chains);
	tcase_add_test(t, test_disk_errors);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
