/*
 * The filter of system calls for the oracle's sandbox: what the grammar knows less what could touch the host. A memfd that holds the
 * instructions of a sock_fprog: a descriptor or a negative errno.
 */
#ifndef MOTE_FUZZ_ORACLE_FILTER_H
#define MOTE_FUZZ_ORACLE_FILTER_H

int oracle_filter(void);

#endif
