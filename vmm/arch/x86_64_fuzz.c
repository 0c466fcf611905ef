/* What a case as a C program (vmm/fuzz/print_c.c) has of the architecture. */
#include "arch.h"

const char arch_fuzz_c_calls[] =
	"/* System calls without a library in between; a child of fork_call goes on in entry, on a stack of its own. */\n"
	"long raw_call(long nr, const unsigned long arg[6]);\n"
	"long fork_call(long nr, const unsigned long arg[6], void *stack, void (*entry)(void));\n"
	"void nothing(void);\n"
	"void restorer(void);\n"
	"__asm__(\".text\\n\"\n"
	"\t\"load:\\tmov %rdi,%rax; mov %rsi,%rcx; mov (%rcx),%rdi; mov 8(%rcx),%rsi; mov 16(%rcx),%rdx\\n\"\n"
	"\t\"\\tmov 24(%rcx),%r10; mov 32(%rcx),%r8; mov 40(%rcx),%r9; ret\\n\"\n"
	"\t\".globl raw_call\\nraw_call:\\tcall load; syscall; ret\\n\"\n"
	"\t\".globl fork_call\\nfork_call:\\tpush %rbx; push %rbp; mov %rdx,%rbx; mov %rcx,%rbp; call load; syscall\\n\"\n"
	"\t\"\\ttest %rax,%rax; jz 1f; pop %rbp; pop %rbx; ret\\n\"\n"
	"\t\"1:\\tmov %rbx,%rsp; call *%rbp; hlt\\n\"\n"
	"\t\".globl nothing\\nnothing:\\tret\\n\"\n"
	"\t\".globl restorer\\nrestorer:\\tmov $15,%eax; syscall; hlt\\n\");\n";

const char arch_fuzz_c_exit_elf[] =
	"{0x7f, 'E', 'L', 'F', 2, 1, 1, [16] = 2, [18] = 62, [20] = 1, [24] = 0x78, 0, 0x40, [32] = 64, [52] = 64, [54] = 56, [56] = 1,\n"
	"\t\t[64] = 1, [68] = 5, [82] = 0x40, [90] = 0x40, [96] = 134, [104] = 134, [113] = 0x10,\n"
	"\t\t[120] = 0xb8, 60, 0, 0, 0, 0xbf, 7, 0, 0, 0, 0x0f, 0x05, 0x0f, 0x0b}";
