#include "fuzz.h"
int fuzz_cmd_repro(int argc,char**argv){(void)argc;(void)argv;return 125;}
int fuzz_cmd_min(int argc,char**argv){(void)argc;(void)argv;return 125;}
int fuzz_cmd_c(int argc,char**argv){(void)argc;(void)argv;return 125;}
int fuzz_cmd_report(int argc,char**argv){(void)argc;(void)argv;return 125;}
