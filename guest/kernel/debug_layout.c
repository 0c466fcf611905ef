/* Where a debugger finds tasks, mappings and names: shared/abi/debug.h. Nothing in the kernel reads it. */
#include "shared/abi/debug.h"

#include "kernel/fs/vfs.h"
#include "kernel/mm/vm.h"
#include "kernel/task/life.h"
#include "kernel/task/sched.h"
#include "kernel/task/task.h"
#include "kernel/task/trace.h"

extern const struct debug_layout debug_layout;

const struct debug_layout debug_layout = {
	.version = DEBUG_LAYOUT_VERSION,
	.size = sizeof(struct debug_layout),
	.tasks = (u64)&task_list,
	.trace_on = (u64)&trace_on,
	.cpus = (u64)cpu_table,
	.cpu_size = sizeof(struct cpu),
	.cpu_current = offsetof(struct cpu, current),
	.task_link = offsetof(struct task, all_link),
	.task_id = offsetof(struct task, pid),
	.task_process = offsetof(struct task, process),
	.task_name = offsetof(struct task, comm),
	.task_name_size = sizeof(((struct task *)NULL)->comm),
	.task_state = offsetof(struct task, state),
	.task_on_cpu = offsetof(struct task, on_cpu),
	.task_mm = offsetof(struct task, mm),
	.id_number = offsetof(struct pid, nr),
	.process_id = offsetof(struct process, pid),
	.process_parent = offsetof(struct process, parent),
	.mm_root = offsetof(struct mm, pgtable.root),
	.mm_vmas = offsetof(struct mm, vmas.root),
	.mm_exe = offsetof(struct mm, exe),
	.mm_brk_start = offsetof(struct mm, brk_start),
	.mm_brk = offsetof(struct mm, brk),
	.mm_stack_start = offsetof(struct mm, stack_start),
	.vma_node = offsetof(struct vma, node),
	.node_parent = offsetof(struct rb_node, parent),
	.node_left = offsetof(struct rb_node, left),
	.node_right = offsetof(struct rb_node, right),
	.vma_start = offsetof(struct vma, start),
	.vma_end = offsetof(struct vma, end),
	.vma_prot = offsetof(struct vma, prot),
	.vma_flags = offsetof(struct vma, flags),
	.vma_file = offsetof(struct vma, file),
	.vma_page_offset = offsetof(struct vma, pgoff),
	.vma_shared = VMA_SHARED,
	.vma_vdso = VMA_VDSO,
	.file_mount = offsetof(struct file, path.mount),
	.file_dentry = offsetof(struct file, path.dentry),
	.dentry_parent = offsetof(struct dentry, parent),
	.dentry_name = offsetof(struct dentry, name),
	.dentry_unlinked = offsetof(struct dentry, unlinked),
	.mount_root = offsetof(struct mount, root),
	.mount_parent = offsetof(struct mount, parent),
	.mount_point = offsetof(struct mount, point),
};
_Static_assert(TASK_RUNNING == 0 && TASK_STOPPED == 4 && TASK_ZOMBIE == 5, "the letters of task_state");
