/* Between the files of x86_64 for debuggers. */
#ifndef MOTE_ARCH_X86_64_DEBUG_H
#define MOTE_ARCH_X86_64_DEBUG_H

#include <linux/kvm.h>

#include "shared/abi/debug.h"

struct vcpu;

/* The frame of the kernel's at which v stands, NULL: at its own registers; the second to write to
 * it. */
const struct debug_frame_x86_64 *debug_frame(const struct vcpu *v);
struct debug_frame_x86_64 *debug_frame_writable(const struct vcpu *v);
void debug_frame_regs(const struct debug_frame_x86_64 *f, struct kvm_regs *r);

#endif
