/*
 * The guest kernel's line discipline: settings, typing, reading and writing in any order.
 * sources: guest/kernel/tty/ldisc.c
 * flags: -DKERNEL_DEBUG -Itests/unit/fake -Iguest
 */
#include "kernel/tty/ldisc.h"
#include "lib/input.h"

#define MAX_ACTS 60

#define MAX_FILLS 3 /* of the whole queue */

static struct ldisc l;
static unsigned int fills;
static volatile u8 echoed; /* so that reading is not left out */

static void on_echo(struct ldisc *d, const u8 *bytes, size_t n)
{
	FUZZ_CHECK(d == &l);
	if (n)
		echoed ^= bytes[0] ^ bytes[n - 1];
}

static void on_signal(struct ldisc *d, int sig, bool flush)
{
	FUZZ_CHECK(d == &l && sig > 0 && sig < 32);
	if (flush)
		FUZZ_CHECK(!ldisc_available(&l));
}

static void on_flow(struct ldisc *d, bool stop)
{
	FUZZ_CHECK(d == &l && d->stopped == stop);
}

static const struct ldisc_env env = {.echo = on_echo, .signal = on_signal, .flow = on_flow};

/* What is always true: the ring's indices are in order, and it holds no more than it can. */
static void check(void)
{
	FUZZ_CHECK(l.head - l.tail <= LDISC_SIZE && l.canon_head - l.tail <= l.head - l.tail);
	FUZZ_CHECK(ldisc_room(&l) <= LDISC_SIZE);
}

static void set_termios(struct input *in)
{
	struct ktermios t = input_u8(in) & 1 ? ldisc_default_termios : l.termios;

	t.c_iflag ^= input_u16(in);
	t.c_oflag ^= input_u8(in);
	t.c_lflag ^= input_u16(in);
	t.c_cc[input_u8(in) % NCCS] = input_u8(in);
	ldisc_set_termios(&l, &t);
}

/* Thousands of times VREPRINT show the line thousands of times, as they should, and take as long. */
static u8 fill_with(u8 c)
{
	return c == l.termios.c_cc[VREPRINT] ? 'x' : c;
}

/* Some bytes of the input, or one of them many times. */
static void type(struct input *in)
{
	u8 bytes[LDISC_SIZE + 10];
	uint8_t how = input_u8(in);
	bool fill = how & 0x80 && fills++ < MAX_FILLS;
	size_t n = fill ? sizeof(bytes) : how % 32;

	if (fill)
		memset(bytes, fill_with(input_u8(in)), n);
	else
		input_bytes(in, bytes, n);
	size_t sure = ldisc_room(&l), taken = ldisc_receive(&l, bytes, n);

	FUZZ_CHECK(taken <= n && taken >= (sure < n ? sure : n));
}

static void read_some(struct input *in)
{
	size_t n = input_u16(in) % (LDISC_SIZE + 2), available = ldisc_available(&l);
	u8 *buf = malloc(n + 1);
	bool end = false;

	FUZZ_CHECK(buf);
	if (available)
		FUZZ_CHECK(ldisc_read(&l, buf, n, &end) <= (n < available ? n : available));
	free(buf);
}

static void write_some(struct input *in)
{
	u8 bytes[64], out[32];
	size_t size = 8 + input_u8(in) % 24, n = input_bytes(in, bytes, input_u8(in) % sizeof(bytes));
	size_t used = 0, made = ldisc_output(&l, bytes, n, out, size, &used);

	FUZZ_CHECK(made <= size && used <= n && (!n || used));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, data + size};

	ldisc_init(&l, &env);
	fills = 0;
	for (unsigned int i = 0; i < MAX_ACTS && input_left(&in); i++) {
		switch (input_u8(&in) % 8) {
		case 0:
			set_termios(&in);
			break;
		case 1:
			write_some(&in);
			break;
		case 2:
		case 3:
			read_some(&in);
			break;
		case 4:
			ldisc_flush_input(&l);
			break;
		default:
			type(&in);
		}
		check();
	}
	FUZZ_CHECK(ldisc_count(&l) <= ldisc_available(&l));
	return 0;
}
