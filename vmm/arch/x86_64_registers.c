/*
 * Registers of x86_64 as a debugger sees them: the target description, and from there to KVM's
 * structures or the frame that the kernel saved of a program (v->debug.frame).
 */
#include "arch.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "machine.h"
#include "x86_64_debug.h"

/* ---- where registers are ---- */

/* Everything the description names, as KVM gives it. */
struct all {
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_fpu fpu;
	uint16_t tags;	 /* the whole tag word that fpu.ftwx stands for */
	uint16_t cs, ss; /* with which the code shown runs */
};

/* A register's place in struct all, its size there and in the description. */
struct reg {
	const char *name, *type;
	unsigned short bits, at, stored;
};

/* clang-format off */
#define GPR(n, field, type)  {n, type, 64, offsetof(struct all, regs.field), 8}
#define SELECTOR(n, field)   {n, "int32", 32, offsetof(struct all, field), 2}
#define ST(n)		     {"st" #n, "i387_ext", 80, offsetof(struct all, fpu.fpr[n]), 10}
#define FPU(n, field, bytes) {n, "int", 32, offsetof(struct all, fpu.field), bytes}
#define XMM(n)		     {"xmm" #n, "vec128", 128, offsetof(struct all, fpu.xmm[n]), 16}
#define SYS(n, field, type)  {n, type, 64, offsetof(struct all, sregs.field), 8}
#define NOWHERE		     0

static const struct reg core[] = {
	GPR("rax", rax, "int64"), GPR("rbx", rbx, "int64"), GPR("rcx", rcx, "int64"),
	GPR("rdx", rdx, "int64"), GPR("rsi", rsi, "int64"), GPR("rdi", rdi, "int64"),
	GPR("rbp", rbp, "data_ptr"), GPR("rsp", rsp, "data_ptr"), GPR("r8", r8, "int64"),
	GPR("r9", r9, "int64"), GPR("r10", r10, "int64"), GPR("r11", r11, "int64"),
	GPR("r12", r12, "int64"), GPR("r13", r13, "int64"), GPR("r14", r14, "int64"),
	GPR("r15", r15, "int64"), GPR("rip", rip, "code_ptr"),
	{"eflags", "i386_eflags", 32, offsetof(struct all, regs.rflags), 4},
	SELECTOR("cs", cs), SELECTOR("ss", ss), SELECTOR("ds", sregs.ds.selector), SELECTOR("es", sregs.es.selector),
	SELECTOR("fs", sregs.fs.selector), SELECTOR("gs", sregs.gs.selector),
	ST(0), ST(1), ST(2), ST(3), ST(4), ST(5), ST(6), ST(7),
	FPU("fctrl", fcw, 2), FPU("fstat", fsw, 2), {"ftag", "int", 32, offsetof(struct all, tags), 2},
	FPU("fiseg", pad1, NOWHERE), FPU("fioff", last_ip, 4), FPU("foseg", pad1, NOWHERE),
	FPU("fooff", last_dp, 4), FPU("fop", last_opcode, 2),
};
static const struct reg sse[] = {
	XMM(0), XMM(1), XMM(2), XMM(3), XMM(4), XMM(5), XMM(6), XMM(7),
	XMM(8), XMM(9), XMM(10), XMM(11), XMM(12), XMM(13), XMM(14), XMM(15),
	{"mxcsr", "i386_mxcsr", 32, offsetof(struct all, fpu.mxcsr), 4},
};
static const struct reg segments[] = {SYS("fs_base", fs.base, "int"), SYS("gs_base", gs.base, "int")};
static const struct reg control[] = {
	SYS("cr0", cr0, "cr0_flags"), SYS("cr2", cr2, "int64"), SYS("cr3", cr3, "int64"),
	SYS("cr4", cr4, "cr4_flags"), SYS("cr8", cr8, "int64"), SYS("efer", efer, "efer_flags"),
};

/* Fields of a flags type: name and bit. */
struct flag {
	const char *name;
	unsigned int bit;
};
static const struct flag eflags[] = {{"CF", 0}, {"PF", 2}, {"AF", 4}, {"ZF", 6}, {"SF", 7}, {"TF", 8},
	{"IF", 9}, {"DF", 10}, {"OF", 11}, {"NT", 14}, {"RF", 16}, {"VM", 17}, {"AC", 18},
	{"VIF", 19}, {"VIP", 20}, {"ID", 21}, {NULL, 0}};
static const struct flag mxcsr[] = {{"IE", 0}, {"DE", 1}, {"ZE", 2}, {"OE", 3}, {"UE", 4}, {"PE", 5},
	{"DAZ", 6}, {"IM", 7}, {"DM", 8}, {"ZM", 9}, {"OM", 10}, {"UM", 11}, {"PM", 12}, {"FZ", 15},
	{NULL, 0}};
static const struct flag cr0[] = {{"PE", 0}, {"MP", 1}, {"EM", 2}, {"TS", 3}, {"ET", 4}, {"NE", 5},
	{"WP", 16}, {"AM", 18}, {"NW", 29}, {"CD", 30}, {"PG", 31}, {NULL, 0}};
static const struct flag cr4[] = {{"VME", 0}, {"PVI", 1}, {"TSD", 2}, {"DE", 3}, {"PSE", 4}, {"PAE", 5},
	{"MCE", 6}, {"PGE", 7}, {"PCE", 8}, {"OSFXSR", 9}, {"OSXMMEXCPT", 10}, {"UMIP", 11},
	{"FSGSBASE", 16}, {"PCIDE", 17}, {"OSXSAVE", 18}, {"SMEP", 20}, {"SMAP", 21}, {NULL, 0}};
static const struct flag efer[] = {{"SCE", 0}, {"LME", 8}, {"LMA", 10}, {"NXE", 11}, {"SVME", 12},
	{NULL, 0}};
/* clang-format on */

struct flags_type {
	const char *id;
	unsigned int size;
	const struct flag *field;
};

/* A feature of the target description: GDB manual, appendix G.5.7 "x86 Features"; the control
 * registers as QEMU names them. */
static const struct feature {
	const char *name;
	const struct reg *reg;
	unsigned int count;
	struct flags_type flags[3];
} features[] = {
#define REGS(a) a, sizeof(a) / sizeof(a[0])
	{"org.gnu.gdb.i386.core", REGS(core), {{"i386_eflags", 4, eflags}}},
	{"org.gnu.gdb.i386.sse", REGS(sse), {{"i386_mxcsr", 4, mxcsr}}},
	{"org.gnu.gdb.i386.segments", REGS(segments), {{0}}},
	{"org.mote.gdb.i386.control",
	 REGS(control),
	 {{"cr0_flags", 8, cr0}, {"cr4_flags", 8, cr4}, {"efer_flags", 8, efer}}},
};
#define FEATURES (sizeof(features) / sizeof(features[0]))

/* ---- the description ---- */

struct text {
	char buf[12288];
	size_t len;
};

static void __attribute__((format(printf, 2, 3))) add(struct text *t, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	t->len += (size_t)vsnprintf(t->buf + t->len, sizeof(t->buf) - t->len, format, ap);
	va_end(ap);
}

static void add_vector_types(struct text *t)
{
	static const struct {
		const char *id, *type;
		unsigned int count;
	} vectors[] = {{"v4f", "ieee_single", 4}, {"v2d", "ieee_double", 2}, {"v16i8", "int8", 16},
		       {"v8i16", "int16", 8},	  {"v4i32", "int32", 4},     {"v2i64", "int64", 2}};
	static const char *const members[] = {"v4_float", "v2_double", "v16_int8",
					      "v8_int16", "v4_int32",  "v2_int64"};

	for (unsigned int i = 0; i < 6; i++)
		add(t, "<vector id=\"%s\" type=\"%s\" count=\"%u\"/>", vectors[i].id,
		    vectors[i].type, vectors[i].count);
	add(t, "<union id=\"vec128\">");
	for (unsigned int i = 0; i < 6; i++)
		add(t, "<field name=\"%s\" type=\"%s\"/>", members[i], vectors[i].id);
	add(t, "<field name=\"uint128\" type=\"uint128\"/></union>");
}

static void add_feature(struct text *t, const struct feature *f)
{
	add(t, "<feature name=\"%s\">", f->name);
	if (f->reg == sse)
		add_vector_types(t);
	for (unsigned int i = 0; i < 3 && f->flags[i].id; i++) {
		add(t, "<flags id=\"%s\" size=\"%u\">", f->flags[i].id, f->flags[i].size);
		for (const struct flag *b = f->flags[i].field; b->name; b++)
			add(t, "<field name=\"%s\" start=\"%u\" end=\"%u\"/>", b->name, b->bit,
			    b->bit);
		add(t, "</flags>");
	}
	for (unsigned int i = 0; i < f->count; i++)
		add(t, "<reg name=\"%s\" bitsize=\"%u\" type=\"%s\"%s/>", f->reg[i].name,
		    f->reg[i].bits, f->reg[i].type,
		    f->reg == control ? " save-restore=\"no\""
				      : ""); /* around functions that gdb calls */
	add(t, "</feature>\n");
}

const char *arch_debug_description(void)
{
	static struct text t; /* one debugger thread */

	if (t.len)
		return t.buf;
	add(&t, "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\">"
		"<target version=\"1.0\"><architecture>i386:x86-64</architecture>\n");
	for (unsigned int i = 0; i < FEATURES; i++)
		add_feature(&t, &features[i]);
	add(&t, "</target>");
	return t.buf;
}

/* ---- registers ---- */

static const struct reg *reg_number(unsigned int n)
{
	for (unsigned int i = 0; i < FEATURES; i++) {
		if (n < features[i].count)
			return &features[i].reg[n];
		n -= features[i].count;
	}
	return NULL;
}

bool arch_debug_register(unsigned int n, size_t *offset, size_t *size)
{
	const struct reg *r;

	*offset = 0;
	for (unsigned int i = 0; (r = reg_number(i)); i++) {
		*size = r->bits / 8;
		if (i == n)
			return true;
		*offset += *size;
	}
	return false;
}

int arch_debug_stop_register(unsigned int i)
{
	static const int wanted[] = {6, 7, 16}; /* rbp rsp rip */

	return i < sizeof(wanted) / sizeof(wanted[0]) ? wanted[i] : -1;
}

const struct debug_frame_x86_64 *debug_frame(const struct vcpu *v)
{
	return v->debug.frame ? memory_range(&v->machine->memory, v->debug.frame,
					     sizeof(struct debug_frame_x86_64))
			      : NULL;
}

struct debug_frame_x86_64 *debug_frame_writable(const struct vcpu *v)
{
	return v->debug.frame ? memory_writable(&v->machine->memory, v->debug.frame,
						sizeof(struct debug_frame_x86_64))
			      : NULL;
}

void debug_frame_regs(const struct debug_frame_x86_64 *f, struct kvm_regs *r)
{
	/* clang-format off */
	*r = (struct kvm_regs){
		.rax = f->rax, .rbx = f->rbx, .rcx = f->rcx, .rdx = f->rdx, .rsi = f->rsi, .rdi = f->rdi,
		.rbp = f->rbp, .rsp = f->rsp, .r8 = f->r8, .r9 = f->r9, .r10 = f->r10, .r11 = f->r11,
		.r12 = f->r12, .r13 = f->r13, .r14 = f->r14, .r15 = f->r15, .rip = f->rip, .rflags = f->rflags};
	/* clang-format on */
}

#define USER_CS	 0x33
#define USER_DS	 0x2b
#define USER_TOP 0x7ffffffff000ull

static struct kvm_segment user_segment(uint16_t selector, uint8_t type, bool code)
{
	return (struct kvm_segment){.limit = 0xffffffff,
				    .selector = selector,
				    .type = type,
				    .present = 1,
				    .dpl = 3,
				    .s = 1,
				    .l = code,
				    .db = !code,
				    .g = 1};
}

/* What IRETQ would do with the frame (SDM volume 2, IRET). */
void arch_vcpu_enter_user(struct vcpu *v, uint64_t frame)
{
	struct kvm_sync_regs *to = &v->run->s.regs;
	struct debug_frame_x86_64 f;

	if (memory_read(&v->machine->memory, frame, &f, sizeof(f)) || f.cs != USER_CS || f.ss != USER_DS || f.rip >= USER_TOP ||
	    !(v->run->kvm_dirty_regs & KVM_SYNC_X86_SREGS))
		return;
	debug_frame_regs(&f, &to->regs);
	to->sregs.cs = user_segment(USER_CS, 11, true);
	to->sregs.ss = user_segment(USER_DS, 3, false);
	v->run->kvm_dirty_regs |= KVM_SYNC_X86_REGS;
}

/* Selectors stay: the kernel returns to user mode with its own. Flags: what POPF lets a program
 * change (SDM volume 2, POPF). */
static void to_frame(struct debug_frame_x86_64 *f, const struct kvm_regs *r)
{
	const uint64_t changeable = 0x254dd5;

	f->rax = r->rax, f->rbx = r->rbx, f->rcx = r->rcx, f->rdx = r->rdx, f->rsi = r->rsi,
	f->rdi = r->rdi;
	f->rbp = r->rbp, f->rsp = r->rsp, f->r8 = r->r8, f->r9 = r->r9, f->r10 = r->r10,
	f->r11 = r->r11;
	f->r12 = r->r12, f->r13 = r->r13, f->r14 = r->r14, f->r15 = r->r15, f->rip = r->rip;
	f->rflags = (f->rflags & ~changeable) | (r->rflags & changeable);
}

/* FXSAVE keeps one bit a register, the tag word has two: SDM volume 1, 8.1.7 and 10.5.1.1. */
static uint16_t full_tags(const struct kvm_fpu *fpu)
{
	unsigned int top = fpu->fsw >> 11 & 7, tags = 0;

	for (unsigned int i = 0; i < 8; i++) {
		uint64_t mantissa;
		uint16_t exponent;
		unsigned int tag = 3;

		memcpy(&mantissa, fpu->fpr[(i - top) & 7], 8);
		memcpy(&exponent, fpu->fpr[(i - top) & 7] + 8, 2);
		exponent &= 0x7fff;
		if (fpu->ftwx >> i & 1)
			tag = !exponent && !mantissa			? 1
			      : exponent == 0x7fff || !(mantissa >> 63) ? 2
									: 0;
		tags |= tag << 2 * i;
	}
	return (uint16_t)tags;
}

static uint8_t short_tags(uint16_t tags)
{
	unsigned int bits = 0;

	for (unsigned int i = 0; i < 8; i++)
		bits |= ((tags >> 2 * i & 3) != 3) << i;
	return (uint8_t)bits;
}

static int read_all(struct vcpu *v, struct all *a)
{
	const struct debug_frame_x86_64 *f = debug_frame(v);

	if (ioctl(v->fd, KVM_GET_SREGS, &a->sregs) || ioctl(v->fd, KVM_GET_FPU, &a->fpu))
		return -errno;
	a->regs = v->run->s.regs.regs;
	a->tags = full_tags(&a->fpu);
	a->cs = a->sregs.cs.selector;
	a->ss = a->sregs.ss.selector;
	if (f) {
		debug_frame_regs(f, &a->regs);
		a->cs = (uint16_t)f->cs;
		a->ss = (uint16_t)f->ss;
	}
	return 0;
}

/* A vCPU that waits in HLT goes on where it is told to. */
static void wake_halted(struct vcpu *v)
{
	struct kvm_mp_state runnable = {KVM_MP_STATE_RUNNABLE};

	ioctl(v->fd, KVM_SET_MP_STATE, &runnable);
}

static void write_regs(struct vcpu *v, const struct kvm_regs *r)
{
	struct debug_frame_x86_64 *f = debug_frame_writable(v);
	struct kvm_regs *own = &v->run->s.regs.regs;

	if (f) {
		to_frame(f, r);
		return;
	}
	if (own->rip != r->rip)
		wake_halted(v);
	*own = *r;
	v->run->kvm_dirty_regs |= KVM_SYNC_X86_REGS;
}

size_t arch_debug_registers(struct vcpu *v, uint8_t buf[ARCH_DEBUG_BYTES])
{
	struct all a;
	const struct reg *r;
	uint8_t *at = buf;

	if (read_all(v, &a))
		return 0;
	for (unsigned int i = 0; (r = reg_number(i)); i++) {
		memset(at, 0, r->bits / 8);
		memcpy(at, (const uint8_t *)&a + r->at, r->stored);
		at += r->bits / 8;
	}
	return (size_t)(at - buf);
}

static bool selectors_differ(const struct all *a, const struct all *b)
{
	return a->cs != b->cs || a->ss != b->ss || a->sregs.ds.selector != b->sregs.ds.selector ||
	       a->sregs.es.selector != b->sregs.es.selector ||
	       a->sregs.fs.selector != b->sregs.fs.selector ||
	       a->sregs.gs.selector != b->sregs.gs.selector;
}

int arch_debug_set_registers(struct vcpu *v, const uint8_t buf[ARCH_DEBUG_BYTES])
{
	struct all a, old;
	const struct reg *r;
	int err = read_all(v, &a);

	if (err)
		return err;
	old = a;
	for (unsigned int i = 0; (r = reg_number(i)); i++) {
		memcpy((uint8_t *)&a + r->at, buf, r->stored);
		buf += r->bits / 8;
	}
	if (a.tags != old.tags)
		a.fpu.ftwx = short_tags(a.tags);
	/* A selector is nothing without its descriptor. For the rest KVM refuses what a processor
	 * would. */
	if (selectors_differ(&a, &old) || (memcmp(&a.sregs, &old.sregs, sizeof(a.sregs)) &&
					   ioctl(v->fd, KVM_SET_SREGS, &a.sregs)))
		return -EINVAL;
	if (memcmp(&a.fpu, &old.fpu, sizeof(a.fpu)) && ioctl(v->fd, KVM_SET_FPU, &a.fpu))
		return -errno;
	if (memcmp(&a.regs, &old.regs, sizeof(a.regs)))
		write_regs(v, &a.regs);
	return 0;
}

uint64_t arch_debug_pc(const struct vcpu *v)
{
	const struct debug_frame_x86_64 *f = debug_frame(v);

	return f ? f->rip : v->run->s.regs.regs.rip;
}

void arch_debug_set_pc(struct vcpu *v, uint64_t pc)
{
	struct kvm_regs r = v->run->s.regs.regs;
	const struct debug_frame_x86_64 *f = debug_frame(v);

	if (f)
		debug_frame_regs(f, &r);
	r.rip = pc;
	write_regs(v, &r);
}

size_t arch_debug_frame_size(void)
{
	return sizeof(struct debug_frame_x86_64);
}
