/*
 * Counting the kernel's instructions: with MOTE_PROFILE=FILE in the environment vCPU 0 is
 * single-stepped wherever KVM steps supervisor code, and FILE receives a line a function:
 * instructions with its callees' (by frame pointers), by itself, name. Where the supervisor is
 * emulated that count is the kernel's cost; everywhere it says where a path is long.
 * Kernel work that runs in user mode (BOOT_EMULATED_SUPERVISOR) is not stepped: MOTE_EMULATED=0 has it
 * counted too.
 */
#ifndef MOTE_PROFILE_H
#define MOTE_PROFILE_H

#include <stdbool.h>

struct vcpu;

/* Begin when the environment asks for it; v is vCPU 0. */
void profile_start(struct vcpu *v);
/* Account a step of v. True when the exit was one. */
bool profile_step(struct vcpu *v);
/* Write the file. */
void profile_finish(struct vcpu *v);

#endif
