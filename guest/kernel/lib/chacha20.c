#include "kernel/lib/chacha20.h"

static inline u32 rotate(u32 v, unsigned int n)
{
	return v << n | v >> (32 - n);
}

static inline void quarter_round(u32 *a, u32 *b, u32 *c, u32 *d)
{
	*a += *b, *d = rotate(*d ^ *a, 16);
	*c += *d, *b = rotate(*b ^ *c, 12);
	*a += *b, *d = rotate(*d ^ *a, 8);
	*c += *d, *b = rotate(*b ^ *c, 7);
}

static void double_round(u32 x[16])
{
	quarter_round(&x[0], &x[4], &x[8], &x[12]);
	quarter_round(&x[1], &x[5], &x[9], &x[13]);
	quarter_round(&x[2], &x[6], &x[10], &x[14]);
	quarter_round(&x[3], &x[7], &x[11], &x[15]);
	quarter_round(&x[0], &x[5], &x[10], &x[15]);
	quarter_round(&x[1], &x[6], &x[11], &x[12]);
	quarter_round(&x[2], &x[7], &x[8], &x[13]);
	quarter_round(&x[3], &x[4], &x[9], &x[14]);
}

void chacha20_block(const u32 key[8], u32 counter, const u32 nonce[3], u8 out[64])
{
	u32 start[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}; /* "expand 32-byte k" */
	u32 x[16];

	for (unsigned int i = 0; i < 8; i++)
		start[4 + i] = key[i];
	start[12] = counter;
	for (unsigned int i = 0; i < 3; i++)
		start[13 + i] = nonce[i];
	for (unsigned int i = 0; i < 16; i++)
		x[i] = start[i];
	for (unsigned int i = 0; i < 10; i++)
		double_round(x);
	for (unsigned int i = 0; i < 16; i++) {
		u32 v = x[i] + start[i];
		out[4 * i] = v;
		out[4 * i + 1] = v >> 8;
		out[4 * i + 2] = v >> 16;
		out[4 * i + 3] = v >> 24;
	}
}
