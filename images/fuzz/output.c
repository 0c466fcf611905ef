/* What a call wrote into the program's memory, as a digest that is the same on every kernel that
 * behaves the same: no times, inode numbers, addresses. */
#include "executor.h"

#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/magic.h>
#include <linux/stat.h>

/* FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
uint64_t digest_bytes(uint64_t digest, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	for (size_t i = 0; i < n; i++)
		digest = (digest ^ p[i]) * 0x100000001b3ull;
	return digest;
}

static uint64_t digest_number(uint64_t digest, uint64_t number)
{
	return digest_bytes(digest, &number, sizeof(number));
}

/* Memory of the program: the data area or the arena. Where the kernel has just written, it can be
 * read. */
static bool is_program_memory(uint64_t address, uint64_t size)
{
	uint64_t data = address - FUZZ_DATA_ADDR, memory = address - FUZZ_MEMORY_ADDR;
	return (data < FUZZ_DATA_PAGES * PAGE && size <= FUZZ_DATA_PAGES * PAGE - data) ||
	       (memory < FUZZ_MEMORY_BYTES && size <= FUZZ_MEMORY_BYTES - memory);
}

static uint64_t digest_memory(uint64_t digest, uint64_t address, uint64_t size)
{
	return is_program_memory(address, size) ? digest_bytes(digest, (const void *)address, size)
						: digest;
}

static uint64_t digest_stat(uint64_t digest, uint64_t address)
{
	const struct stat *s = (const struct stat *)address;
	if (!is_program_memory(address, sizeof(*s)))
		return digest;
	digest = digest_number(digest, s->st_mode);
	digest = digest_number(digest, (uint64_t)s->st_uid << 32 | s->st_gid);
	digest = digest_number(digest, s->st_rdev);
	return (s->st_mode & S_IFMT) == S_IFREG
		       ? digest_number(digest_number(digest, s->st_size), s->st_nlink)
		       : digest;
}

static uint64_t digest_statx(uint64_t digest, uint64_t address)
{
	const struct statx *s = (const struct statx *)address;
	if (!is_program_memory(address, sizeof(*s)))
		return digest;
	digest = digest_number(digest, s->stx_mode);
	digest = digest_number(digest, (uint64_t)s->stx_uid << 32 | s->stx_gid);
	return (s->stx_mode & S_IFMT) == S_IFREG ? digest_number(digest, s->stx_size) : digest;
}

static uint64_t digest_sigaction(uint64_t digest, uint64_t address)
{
	const uint64_t *a = (const uint64_t *)address;
	if (!is_program_memory(address, 32))
		return digest;
	digest = digest_number(digest, a[0] < FUZZ_HANDLER ? a[0] : FUZZ_HANDLER);
	return digest_number(digest_number(digest, a[1]), a[3]);
}

static uint64_t digest_pollfds(uint64_t digest, uint64_t address, uint64_t count)
{
	for (uint64_t i = 0; i < count && i < 512; i++)
		digest = digest_memory(digest, address + 8 * i + 6, 2);
	return digest;
}

static uint64_t digest_iovec(uint64_t digest, uint64_t address, uint64_t count, uint64_t bytes)
{
	for (uint64_t i = 0; i < count && bytes && is_program_memory(address + 16 * i, 16); i++) {
		const uint64_t *v = (const uint64_t *)(address + 16 * i);
		uint64_t n = v[1] < bytes ? v[1] : bytes;
		digest = digest_memory(digest, v[0], n);
		bytes -= n;
	}
	return digest;
}

/* Bytes that come from where no two runs are the same: random numbers, and the texts of proc. */
static bool is_unpredictable(long fd)
{
	struct stat st;
	struct statfs fs;
	if (CALL2(__NR_fstat, fd, &st) || CALL2(__NR_fstatfs, fd, &fs))
		return true;
	bool random =
		(st.st_mode & S_IFMT) == S_IFCHR && (st.st_rdev == 0x108 || st.st_rdev == 0x109);
	return random || fs.f_type == PROC_SUPER_MAGIC;
}

/* PTR arguments, by number on x86_64: how many bytes are written; of 0, nothing comparable. */
static uint64_t pointer_size(unsigned int id, unsigned int k, const uint64_t arg[6], long value)
{
	switch (id) {
	case 23: /* select, pselect6: the sets */
	case 270:
		return k >= 1 && k <= 3 && arg[0] <= 1024 ? (arg[0] + 63) / 64 * 8 : 0;
	case 115: /* getgroups */
		return arg[0] ? value * 4 : 0;
	case 118: /* getresuid, getresgid, timer ids, sched_getparam */
	case 120:
	case 143:
		return 4;
	case 222:
		return k == 2 ? 4 : 0;
	case 126:
	case 125:
		return k == 1 ? 12 : 0;
	case 232: /* epoll_wait and its kin */
	case 281:
	case 441:
		return k == 1 ? value * 12 : 0;
	case 275: /* splice, copy_file_range: offsets */
	case 326:
	case 40:
		return 8;
	default:
		return 0;
	}
}

static uint64_t digest_waitid(uint64_t digest, uint64_t address)
{
	return digest_memory(digest_memory(digest, address, 12), address + 16, 12);
}

static uint64_t digest_argument(uint64_t digest, const struct fuzz_row *row, unsigned int k,
				const uint64_t arg[6], long value)
{
	switch (row->kind[k]) {
	case FUZZ_KIND_OUT:
		return k && row->kind[0] == FUZZ_KIND_FD && is_unpredictable(arg[0])
			       ? digest
			       : digest_memory(digest, arg[k], value);
	case FUZZ_KIND_IOV:
		return k != 1 || row->name[0] != 'r' || is_unpredictable(arg[0])
			       ? digest
			       : digest_iovec(digest, arg[k], arg[k + 1], value);
	case FUZZ_KIND_STAT_OUT:
		return digest_stat(digest, arg[k]);
	case FUZZ_KIND_STATX_OUT:
		return digest_statx(digest, arg[k]);
	case FUZZ_KIND_SIGACTION_OUT:
		return digest_sigaction(digest, arg[k]);
	case FUZZ_KIND_SIGSET_OUT:
	case FUZZ_KIND_FDPAIR:
		return digest_memory(digest, arg[k], 8);
	case FUZZ_KIND_RLIMIT_OUT:
		return digest_memory(digest, arg[k], 16);
	case FUZZ_KIND_WSTATUS_OUT:
		return value > 0 ? digest_memory(digest, arg[k], 4) : digest;
	case FUZZ_KIND_POLLFDS:
		return digest_pollfds(digest, arg[k], arg[k + 1]);
	case FUZZ_KIND_PTR:
		if (row->id == 247 && k == 2) /* waitid */
			return digest_waitid(digest, arg[k]);
		return digest_memory(digest, arg[k], pointer_size(row->id, k, arg, value));
	default:
		return digest;
	}
}

uint64_t digest_output(const struct fuzz_row *row, const uint64_t arg[6], long value)
{
	const uint64_t start = 0xcbf29ce484222325ull;
	uint64_t digest = start;
	if (value < 0 || row->id == 318) /* getrandom */
		return 0;
	for (unsigned int k = 0; k < row->argc; k++)
		digest = digest_argument(digest, row, k, arg, value);
	return digest == start ? 0 : digest;
}
