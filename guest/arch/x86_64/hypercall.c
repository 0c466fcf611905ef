#include "arch/arch.h"
#include "shared/abi/hypercall.h"

long arch_hypercall(unsigned int nr, u64 a, u64 b, u64 c, u64 d)
{
	register u64 r10 __asm__("r10") = d;
	long answer = (long)nr;

	__asm__ volatile("out %%eax, %1" : "+a"(answer) : "N"(HC_PORT), "D"(a), "S"(b), "d"(c), "r"(r10) : "memory");
	return answer;
}
