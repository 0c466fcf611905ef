/*
 * The bytes that come from whoever calls itself gdb, and the shapes of what is in a packet.
 * sources: vmm/debug/gdb_packet.c
 * max_len: 20000
 */
#include <strings.h>

#include "debug/gdb_packet.h"
#include "lib/input.h"

static struct gdb_parser parser, again;
static char frame[GDB_FRAME_MAX];

/* What is framed comes back as it was. */
static void check_frame(void)
{
	size_t len = gdb_frame(frame, parser.data, parser.len);

	FUZZ_CHECK(len <= GDB_FRAME_MAX);
	gdb_parser_init(&again);
	for (size_t i = 0; i < len; i++) {
		enum gdb_input r = gdb_parser_add(&again, (uint8_t)frame[i]);

		FUZZ_CHECK(r == (i + 1 < len ? GDB_MORE : GDB_PACKET));
	}
	FUZZ_CHECK(again.len == parser.len && !memcmp(again.data, parser.data, parser.len));
}

static void check_vcont(struct gdb_text t)
{
	struct gdb_resume out[65];

	for (unsigned int count = 1; count <= 65; count += 16) {
		if (!gdb_parse_vcont(t, out, count))
			continue;
		for (unsigned int i = 0; i < count; i++)
			FUZZ_CHECK(out[i].go <= GDB_STEP && out[i].signal <= 0xff);
	}
}

static void check_hex(struct gdb_text t)
{
	uint8_t bytes[64];
	char digits[2 * sizeof(bytes) + 1];
	size_t len = (size_t)(t.end - t.at) / 2 % (sizeof(bytes) + 1);

	if (!gdb_unhex(bytes, t.at, len))
		return;
	gdb_hex(digits, bytes, len);
	FUZZ_CHECK(!strncasecmp(digits, t.at, 2 * len));
}

static void check_shapes(void)
{
	struct gdb_text t = {parser.data, parser.data + parser.len}, u = t;
	struct gdb_breakpoint b;
	uint64_t address, len;
	int thread;

	if (gdb_take_range(&u, &address, &len))
		FUZZ_CHECK(u.at <= u.end);
	u = t;
	if (gdb_take_thread(&u, &thread))
		FUZZ_CHECK(thread >= -1 && thread <= 0xffff);
	if (gdb_parse_breakpoint(t, &b))
		FUZZ_CHECK(b.type <= 4);
	check_vcont(t);
	check_hex(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gdb_parser_init(&parser);
	for (size_t i = 0; i < size; i++) {
		enum gdb_input r = gdb_parser_add(&parser, data[i]);

		FUZZ_CHECK(parser.len <= GDB_PACKET_MAX);
		if (r != GDB_PACKET)
			continue;
		FUZZ_CHECK(!parser.data[parser.len]);
		check_frame();
		check_shapes();
	}
	/* Any text may stand in a packet. */
	parser.len = size < GDB_PACKET_MAX ? size : GDB_PACKET_MAX;
	memcpy(parser.data, data, parser.len);
	parser.data[parser.len] = 0;
	check_frame();
	check_shapes();
	return 0;
}
