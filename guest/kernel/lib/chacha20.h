/* The ChaCha20 block function (RFC 8439, section 2.3). Pure. */
#ifndef KERNEL_LIB_CHACHA20_H
#define KERNEL_LIB_CHACHA20_H

#include "kernel/lib/types.h"

/* The 64 bytes of keystream block `counter`. Key and nonce as little-endian words. */
void chacha20_block(const u32 key[8], u32 counter, const u32 nonce[3], u8 out[64]);

#endif
