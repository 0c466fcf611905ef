/*
 * The printer behind `mote run --trace`: decodes one record of the guest (shared/abi/trace.h) by
 * the table of system calls and writes it to stderr as strace(1) would. Strings and structures are
 * read from user memory of the address space record->root by memory_read_user() and friends.
 */
#ifndef MOTE_TRACE_H
#define MOTE_TRACE_H

#include "memory.h"
#include "shared/abi/trace.h"

/* Called on vCPU threads, one at a time (the caller serialises). `record` is the VMM's own copy;
 * nothing in it can be trusted. */
void trace_print(const struct memory *mem, const struct trace_record *record);

#endif
