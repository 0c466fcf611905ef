/* Between signal_cases.c (kernel headers) and test_signal.c (Check's): the two do not mix. */
#ifndef TESTS_UNIT_SIGNAL_CASES_H
#define TESTS_UNIT_SIGNAL_CASES_H

struct signal_case {
	const char *name;
	void (*fn)(void);
};
extern const struct signal_case signal_cases[];
extern const int signal_case_count;
void signal_set_up(void);
/* Checks that nothing was leaked, too. */
void signal_tear_down(void);

/* Ends the running test. */
_Noreturn void signal_case_failed(const char *file, int line, const char *text, long got, long want);

#define SAME(a, b)                                                                              \
	do {                                                                                    \
		long a_ = (long)(a), b_ = (long)(b);                                            \
		if (a_ != b_)                                                                   \
			signal_case_failed(__FILE__, __LINE__, #a " == " #b, a_, b_);           \
	} while (0)
#define TRUE(c) SAME(!!(c), 1)

#endif
