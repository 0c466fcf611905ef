#include "syscall/syscall.h"
#include "arch/arch.h"

long sys_arch_prctl(kind_INT code, kind_ADDR addr)
{
	return arch_prctl_call(code, (unsigned long)addr);
}
