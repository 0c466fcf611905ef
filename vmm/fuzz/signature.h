/*
 * What tells one finding from another, as one line that is the same each time: its kind, the kernel's message without numbers, the
 * innermost functions.
 */
#ifndef MOTE_FUZZ_SIGNATURE_H
#define MOTE_FUZZ_SIGNATURE_H

#include "fuzz.h"
#include "report.h"
#include "symbol.h"

/* A panic, or a machine that broke: its kind. */
enum fuzz_kind signature_of_report(char text[FUZZ_SIGNATURE], const struct report *r, const struct symbols *s);
/* A case that was stopped at r; call: the last one it made (its name), NULL: none. */
void signature_of_hang(char text[FUZZ_SIGNATURE], const struct report *r, const struct symbols *s, const char *call);
/* `after` is not `before`: true, which counts differ, and, from the kernel's log of the case, in which kinds of objects. No numbers: they follow
 * from how often a program does what leaks. */
bool signature_of_leak(char text[FUZZ_SIGNATURE], const struct fuzz_census *before, const struct fuzz_census *after, const char *log);
/* mote itself, or the executor, failed in that way. */
void signature_of_failure(char text[FUZZ_SIGNATURE], const char *what);
/* The byte of FUZZ_MAP_SIGNATURES that stands for it. */
unsigned int signature_index(const char *text);
/* A number for it, the same everywhere. */
uint32_t signature_hash(const char *text);

#endif
