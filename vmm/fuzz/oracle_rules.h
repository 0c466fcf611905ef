/* What of a call's answer can be compared with another kernel's. */
#ifndef MOTE_FUZZ_ORACLE_RULES_H
#define MOTE_FUZZ_ORACLE_RULES_H

enum oracle_rule {
	ORACLE_VALUE_VARIES = 1 << 0,  /* a success is any value: a time, a count of bytes of text that differs */
	ORACLE_OUTPUT_VARIES = 1 << 1, /* what it writes is not compared */
	ORACLE_IGNORED = 1 << 2,       /* nothing of it */
	ORACLE_IDS = 1 << 3,	       /* about user and group ids */
	ORACLE_ADDRESS = 1 << 4,       /* a success is any value, as good as any other for the calls that are given it */
};
/* enum oracle_rule of the call with that name. */
unsigned int oracle_rules(const char *name);

#endif
