/* /proc/cpuinfo from CPUID (SDM volume 2, "CPUID"; APM volume 3, appendix E). */
#include "arch/arch.h"

#include "kernel/lib/log.h"
#include "kernel/lib/string.h"

struct cpuid {
	u32 a, b, c, d;
};

static struct cpuid cpuid(u32 leaf)
{
	struct cpuid r;
	__asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(0));
	return r;
}

struct feature {
	u8 word; /* place in words[] */
	u8 bit;
	const char *name;
};

/* Words: 1.edx, 1.ecx, 0x80000001.edx, 0x80000001.ecx, 7.ebx. In Linux's names. */
static const struct feature features[] = {
	{0, 0, "fpu"},	    {0, 3, "pse"},
	{0, 4, "tsc"},	    {0, 5, "msr"},
	{0, 6, "pae"},	    {0, 8, "cx8"},
	{0, 9, "apic"},	    {0, 11, "sep"},
	{0, 13, "pge"},	    {0, 15, "cmov"},
	{0, 16, "pat"},	    {0, 19, "clflush"},
	{0, 23, "mmx"},	    {0, 24, "fxsr"},
	{0, 25, "sse"},	    {0, 26, "sse2"},
	{0, 28, "ht"},	    {2, 11, "syscall"},
	{2, 20, "nx"},	    {2, 26, "pdpe1gb"},
	{2, 27, "rdtscp"},  {2, 29, "lm"},
	{1, 0, "pni"},	    {1, 1, "pclmulqdq"},
	{1, 9, "ssse3"},    {1, 12, "fma"},
	{1, 13, "cx16"},    {1, 17, "pcid"},
	{1, 19, "sse4_1"},  {1, 20, "sse4_2"},
	{1, 21, "x2apic"},  {1, 22, "movbe"},
	{1, 23, "popcnt"},  {1, 24, "tsc_deadline_timer"},
	{1, 25, "aes"},	    {1, 26, "xsave"},
	{1, 28, "avx"},	    {1, 29, "f16c"},
	{1, 30, "rdrand"},  {1, 31, "hypervisor"},
	{3, 0, "lahf_lm"},  {3, 5, "abm"},
	{4, 0, "fsgsbase"}, {4, 3, "bmi1"},
	{4, 5, "avx2"},	    {4, 7, "smep"},
	{4, 8, "bmi2"},	    {4, 9, "erms"},
	{4, 18, "rdseed"},  {4, 19, "adx"},
	{4, 20, "smap"},    {4, 29, "sha_ni"},
};

/* The parts of a text that grows into buf[size]. */
struct line_out {
	char *buf;
	size_t size, len;
};

static void add(struct line_out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct line_out *o, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = kvsnprintf(o->buf + o->len, o->size - o->len, fmt, ap);
	va_end(ap);
	o->len = MIN(o->len + (size_t)n, o->size - 1);
}

static void add_identity(struct line_out *o, unsigned int cpu)
{
	struct cpuid vendor = cpuid(0), sig = cpuid(1);
	u32 text[3] = {vendor.b, vendor.d, vendor.c};
	u32 family = sig.a >> 8 & 15, model = sig.a >> 4 & 15;
	if (family == 15)
		family += sig.a >> 20 & 255;
	if (family >= 6)
		model |= sig.a >> 12 & 0xf0;
	add(o, "processor\t: %u\nvendor_id\t: %.12s\ncpu family\t: %u\nmodel\t\t: %u\n", cpu,
	    (const char *)text, family, model);
	u32 name[13] = {0};
	for (u32 k = 0; k < 3 && cpuid(0x80000000).a >= 0x80000004; k++) {
		struct cpuid r = cpuid(0x80000002 + k);
		memcpy(name + 4 * k, &r, sizeof(r));
	}
	const char *s = (const char *)name;
	while (*s == ' ')
		s++;
	add(o, "model name\t: %s\nstepping\t: %u\n", s, sig.a & 15);
}

static void add_features(struct line_out *o)
{
	struct cpuid basic = cpuid(1), ext = cpuid(0x80000001), more = {0};
	if (cpuid(0).a >= 7)
		more = cpuid(7);
	const u32 words[] = {basic.d, basic.c, ext.d, ext.c, more.b};
	add(o, "flags\t\t:");
	for (size_t k = 0; k < ARRAY_SIZE(features); k++)
		if (words[features[k].word] >> features[k].bit & 1)
			add(o, " %s", features[k].name);
	add(o, "\n");
}

size_t arch_cpu_describe(unsigned int cpu, char *buf, size_t size)
{
	struct line_out o = {.buf = buf, .size = size};
	u64 khz = arch_counter_hz() / 1000;
	add_identity(&o, cpu);
	add(&o, "cpu MHz\t\t: %llu.%03llu\n", (unsigned long long)khz / 1000,
	    (unsigned long long)khz % 1000);
	add_features(&o);
	u32 bits = cpuid(0x80000000).a >= 0x80000008 ? cpuid(0x80000008).a : 0x3028;
	add(&o, "clflush size\t: %u\naddress sizes\t: %u bits physical, %u bits virtual\n\n",
	    (cpuid(1).b >> 8 & 255) * 8, bits & 255, bits >> 8 & 255);
	return o.len;
}
