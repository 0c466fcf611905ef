/*
 * What kernel and VMM know of each other for the debugger. With BOOT_DEBUGGER the kernel takes
 * slower entries, keeps all of its code in supervisor mode, and offers traps of programs to the VMM
 * before it makes signals of them: HC_DEBUG_TRAP (enum debug_trap, gpa of the program's registers,
 * gpa of its page-table root, gpa of the NUL-terminated name of its executable file or 0).
 *
 * The registers are the struct debug_frame_* of the processor: what the program goes on with. The
 * VMM may change them before it answers.
 */
#ifndef MOTE_ABI_DEBUG_H
#define MOTE_ABI_DEBUG_H

enum debug_trap {
	/* The breakpoint instruction was executed; on x86_64 the program counter is behind it. Answers DEBUG_GO, DEBUG_SIGNAL or
	 * DEBUG_FAULT. */
	DEBUG_BREAKPOINT = 0,
	/* An instruction was executed that had been stepped (x86_64: the trap flag), a system call included. The same answers. */
	DEBUG_STEP = 1,
	/* machine_control.debug_fault was done: its result stands there. The same answers, about the trap before. */
	DEBUG_FAULTED = 2,
	/* The program goes on in user mode now, perhaps with pages it did not have before. Sent while machine_control.debug_leave
	 * is not 0. Answers DEBUG_GO. */
	DEBUG_LEAVE = 3,
	/* What stands at the program counter may not be executed: debuggers let functions return to such places. Of programs while
	 * machine_control.debug_leave is not 0, and of the kernel. The same answers as DEBUG_BREAKPOINT's; DEBUG_SIGNAL: an ordinary fault. */
	DEBUG_FETCH = 4,
};

enum debug_answer {
	DEBUG_GO = 0,	  /* go on with the registers as they are now */
	DEBUG_SIGNAL = 1, /* it is the program's own: make a signal of it */
	DEBUG_FAULT = 2,  /* do machine_control.debug_fault as if the program had touched that page, then say DEBUG_FAULTED */
};

/* machine_control.debug_fault */
struct debug_fault {
	unsigned long long address;
	unsigned int write; /* 1: a write, 0: a read */
	int result;	    /* the kernel's: 0 or a negative errno */
};
_Static_assert(sizeof(struct debug_fault) == 16, "debug_fault layout");

struct debug_frame_x86_64 {
	unsigned long long r15, r14, r13, r12, rbp, rbx;
	unsigned long long vector;
	unsigned long long r11, rcx, rax;
	unsigned long long r9, r8, r10, rdx, rsi, rdi;
	unsigned long long orig_rax;
	unsigned long long rip, cs, rflags, rsp, ss;
};
_Static_assert(sizeof(struct debug_frame_x86_64) == 22 * 8, "debug_frame_x86_64 layout");

/*
 * Where things lie in the kernel's own structures, for a VMM that shows tasks and mappings of a machine that stands still. The
 * kernel's ELF file has it under the symbol DEBUG_LAYOUT_SYMBOL. Addresses are virtual; all others are byte offsets. Lists are
 * circular, the first member of a link is the next one; strings end with NUL.
 */
#define DEBUG_LAYOUT_SYMBOL "debug_layout"
#define DEBUG_LAYOUT_VERSION 1

struct debug_layout {
	unsigned int version;
	unsigned int size; /* of this structure */
	/* addresses */
	unsigned long long tasks;    /* list of every task, by task_link */
	unsigned long long trace_on; /* one byte: 1 while system calls are reported (HC_TRACE) */
	unsigned long long cpus;     /* array: cpu_size bytes a CPU, at cpu_current a pointer to its task */
	unsigned int cpu_size, cpu_current;
	/* struct task */
	unsigned int task_link, task_id, task_process, task_name, task_name_size, task_state, task_on_cpu, task_mm;
	/* task_id points at an id, whose number is the int at id_number; task_state is an int, an index into "RSDDTZX" */
	unsigned int id_number;
	/* struct process */
	unsigned int process_id, process_parent;
	/* struct mm: gpa of the root; root of a tree of vmas; pointer to the executable's file; addresses */
	unsigned int mm_root, mm_vmas, mm_exe, mm_brk_start, mm_brk, mm_stack_start;
	/* struct vma; vma_node is in the tree: pointers to parent, left and right */
	unsigned int vma_node, node_parent, node_left, node_right;
	unsigned int vma_start, vma_end, vma_prot, vma_flags, vma_file, vma_page_offset;
	unsigned int vma_shared, vma_vdso; /* bits of vma_flags */
	/* files and names */
	unsigned int file_mount, file_dentry;
	unsigned int dentry_parent, dentry_name, dentry_unlinked;
	unsigned int mount_root, mount_parent, mount_point;
};
_Static_assert(sizeof(struct debug_layout) == 32 + 4 * 40, "debug_layout layout");

#endif
