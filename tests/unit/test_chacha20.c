/*
 * ChaCha20 against the vectors of RFC 8439.
 * sources: guest/kernel/lib/chacha20.c
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/lib/chacha20.h"

static void check_block(const u32 key[8], u32 counter, const u32 nonce[3], const char *hex)
{
	u8 out[64];
	char text[129];

	chacha20_block(key, counter, nonce, out);
	for (int i = 0; i < 64; i++)
		sprintf(text + 2 * i, "%02x", out[i]);
	ck_assert_str_eq(text, hex);
}

/* Section 2.3.2 */
START_TEST(test_section_2_3_2)
{
	const u32 key[8] = {0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c,
			    0x13121110, 0x17161514, 0x1b1a1918, 0x1f1e1d1c};
	const u32 nonce[3] = {0x09000000, 0x4a000000, 0x00000000};
	check_block(key, 1, nonce,
		    "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e"
		    "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e");
}
END_TEST

/* Appendix A.1, test vectors 1 to 3 */
START_TEST(test_appendix_a1)
{
	const u32 zero[8] = {0}, nonce[3] = {0};
	u32 one[8] = {0};
	check_block(zero, 0, nonce,
		    "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
		    "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586");
	check_block(zero, 1, nonce,
		    "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
		    "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f");
	one[7] = 0x01000000;
	check_block(one, 1, nonce,
		    "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a"
		    "8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("chacha20");
	TCase *t = tcase_create("vectors");
	tcase_add_test(t, test_section_2_3_2);
	tcase_add_test(t, test_appendix_a1);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
