/* As much of Check as the headers in tests/unit need that are of use here too. */
#ifndef FUZZ_VMM_CHECK_H
#define FUZZ_VMM_CHECK_H

#include "lib/input.h"

#define ck_assert(condition)		FUZZ_CHECK(condition)
#define ck_assert_msg(condition, ...)	FUZZ_CHECK(condition)
#define ck_assert_uint_eq(a, b)		FUZZ_CHECK((a) == (b))
#define ck_assert_uint_le(a, b)		FUZZ_CHECK((a) <= (b))
#define ck_assert_uint_lt(a, b)		FUZZ_CHECK((a) < (b))
#define ck_assert_ptr_null(a)		FUZZ_CHECK(!(a))

/* never called */
typedef struct Suite Suite;
typedef struct SRunner SRunner;
enum { CK_NORMAL };
SRunner *srunner_create(Suite *s);
void srunner_run_all(SRunner *r, int how);
int srunner_ntests_failed(SRunner *r);
void srunner_free(SRunner *r);

#endif
