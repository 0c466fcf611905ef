/* The parts of a C program that are the same for every case (print_c_text.c). Internal to
 * print_c*.c. */
#ifndef FUZZ_PRINT_C_H
#define FUZZ_PRINT_C_H

extern const char fuzz_c_includes[]; /* behind it: arch_fuzz_c_calls */
extern const char fuzz_c_prologue[]; /* behind it: the case's calls */
extern const char fuzz_c_epilogue[];

#endif
