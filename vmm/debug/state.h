/* A debugger's state, between the files of debug/. */
#ifndef MOTE_DEBUG_STATE_H
#define MOTE_DEBUG_STATE_H

#include <pthread.h>

#include "debug.h"
#include "machine.h"
#include "shared/abi/debug.h"

#define MAX_BREAKPOINTS 128
#define MAX_SITES	16 /* of one breakpoint: copies of its page */
#define MAX_NAME	256

/* Where an instruction was replaced. */
struct site {
	uint64_t gpa;
	uint8_t saved[ARCH_BREAKPOINT_SIZE];
};

struct breakpoint {
	bool used;
	bool recent; /* taken out since the machine stands; used as well: others run along
			(debug_let_others_run()) */
	uint64_t address;
	bool data; /* in memory that a program may write (its stack): of that address space alone */
	unsigned int sites;
	struct site site[MAX_SITES];
};

struct debugger {
	/* Hooks and the debugger thread meet here. Taken before machine.run_lock. */
	pthread_mutex_t lock;
	int event;		  /* eventfd: a vCPU has stopped */
	bool attached;		  /* somebody wants to know about stops */
	bool standing;		  /* the machine is held by us */
	bool broken;		  /* it will end when it goes on */
	struct vcpu *alone;	  /* runs while others are kept still, and shall stop before them */
	unsigned int stray_steps; /* steps called off whose programs were out of reach: their traps
				     will come */
	struct debug_action last[MOTE_MAX_CPUS];

	struct breakpoint breakpoint[MAX_BREAKPOINTS];
	struct debug_point point[ARCH_DEBUG_POINTS];
	enum { POINTS_UNKNOWN, POINTS_NONE, POINTS_THERE } points; /* in this KVM */
	char program[MAX_NAME];					   /* "": not known yet */

	struct debug_layout layout; /* version 0: not looked for yet; debugger thread */
	bool no_layout;
};

/* The address is the kernel's, which every address space has, or a program's. */
static inline bool is_kernel_address(uint64_t address)
{
	return address >= BOOT_DIRECT_MAP_BASE;
}

#endif
