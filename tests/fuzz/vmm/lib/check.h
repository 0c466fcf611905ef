/* Check's assertions for tests/unit/bootfs_view.h, which is of use here too. */
#ifndef FUZZ_VMM_CHECK_H
#define FUZZ_VMM_CHECK_H

#include "lib/input.h"

#define ck_assert(condition)		FUZZ_CHECK(condition)
#define ck_assert_msg(condition, ...)	FUZZ_CHECK(condition)
#define ck_assert_uint_eq(a, b)		FUZZ_CHECK((a) == (b))
#define ck_assert_uint_le(a, b)		FUZZ_CHECK((a) <= (b))
#define ck_assert_uint_lt(a, b)		FUZZ_CHECK((a) < (b))
#define ck_assert_ptr_null(a)		FUZZ_CHECK(!(a))

#endif
