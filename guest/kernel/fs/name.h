/*
 * Names by the word: a path component is measured and hashed eight bytes at a time, because on hosts that emulate the
 * supervisor each instruction counts. All reads are of whole words, so up to seven bytes beyond a name's end are
 * touched (never used): names must lie in memory whose page goes on or is followed by another readable one, which
 * every kernel buffer of 8-byte aligned size does. Little-endian.
 */
#ifndef KERNEL_FS_NAME_H
#define KERNEL_FS_NAME_H

#include "kernel/lib/types.h"

#define NAME_REPEAT(byte) (0x0101010101010101ull * (byte))
#define NAME_OVERREAD __attribute__((no_sanitize("address")))

typedef u64 __attribute__((may_alias, aligned(1))) name_word;

/* Bit 7 of the lowest zero byte of w (and of some bytes above it). */
static inline u64 name_zero_bytes(u64 w)
{
	return (w - NAME_REPEAT(1)) & ~w & NAME_REPEAT(0x80);
}

static inline u64 name_mix(u64 h, u64 w)
{
	h = (h ^ w) * 0x9e3779b97f4a7c15ull;
	return h ^ h >> 32;
}

/* Length of s up to '/' or NUL in *len; answers its hash. */
NAME_OVERREAD static inline u32 name_scan(const char *s, size_t *len)
{
	u64 h = 0;
	for (const char *p = s;; p += 8) {
		u64 w = *(const name_word *)p;
		u64 stop = name_zero_bytes(w) | name_zero_bytes(w ^ NAME_REPEAT('/'));
		if (stop) {
			unsigned int bits = (unsigned int)__builtin_ctzll(stop) - 7;
			*len = (size_t)(p - s) + bits / 8;
			return (u32)name_mix(h, w & ((1ull << bits) - 1));
		}
		h = name_mix(h, w);
	}
}

/* The hash name_scan answers for the len bytes at s. */
static inline u32 name_hash(const char *s, size_t len)
{
	u64 h = 0, w;
	for (; len >= 8; s += 8, len -= 8) {
		__builtin_memcpy(&w, s, 8);
		h = name_mix(h, w);
	}
	w = 0;
	for (size_t i = 0; i < len; i++)
		w |= (u64)(u8)s[i] << (8 * i);
	return (u32)name_mix(h, w);
}

NAME_OVERREAD static inline bool name_equal(const char *a, const char *b, size_t len)
{
	for (; len >= 8; a += 8, b += 8, len -= 8)
		if (*(const name_word *)a != *(const name_word *)b)
			return false;
	u64 mask = (1ull << (len * 8)) - 1;
	return !((*(const name_word *)a ^ *(const name_word *)b) & mask);
}

#endif
