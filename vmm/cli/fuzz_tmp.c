#include "fuzz.h"
#include "shared/fuzz/program.h"
#include <stdio.h>
int fuzz_cmd_min(int argc,char**argv){(void)argc;(void)argv;return 125;}
int fuzz_cmd_report(int argc,char**argv){(void)argc;(void)argv;return 125;}
__attribute__((weak)) size_t fuzz_print_call(const struct fuzz_program *p, unsigned int i, char *text, size_t size){return (size_t)snprintf(text,size,"%s(...)",fuzz_row[p->call[i].row].name);}
__attribute__((weak)) size_t fuzz_print_result(const struct fuzz_result *r, char *text, size_t size){return (size_t)snprintf(text,size," = %lld",r->value);}
__attribute__((weak)) size_t fuzz_print_c(const struct fuzz_program *p, char *text, size_t size){(void)p;return (size_t)snprintf(text,size,"int main(void){return 0;}\n");}
