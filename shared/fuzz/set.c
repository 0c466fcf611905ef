#include "shared/fuzz/set.h"

#include "shared/fuzz/grammar.h"

static const struct {
	const char *name, *calls;
} groups[] = {
	{"files", "read,write,open*,creat,close,close_range,*stat,statx,lstat,lseek,p*read*64,p*"
		  "write*64,readv,writev,preadv*,pwritev*,dup*,fcntl,flock,"
		  "f*sync,*truncate,getdents*,memfd_create,copy_file_range,fallocate,fadvise64,"
		  "sync*,*access*"},
	{"paths", "rename*,mkdir*,rmdir,link*,unlink*,symlink*,readlink*,mknod*,chdir,fchdir,"
		  "getcwd,*chmod*,*chown*,utim*,futimesat,umask,chroot,statfs"},
	{"pipes", "pipe*,splice,sendfile,read,write,fcntl,close,dup*,poll,readv,writev"},
	{"memory", "mmap,munmap,mprotect,mremap,msync,mincore,madvise,brk,mlock*,munlock*,pkey_*,"
		   "process_vm_*,membarrier"},
	{"processes",
	 "clone*,fork,vfork,exec*,exit*,wait*,pidfd_*,set*id,get*id,kill,unshare,prctl,spawn*"},
	{"signals", "rt_*,kill,tkill,tgkill,sigaltstack,pause,alarm,signalfd*,pidfd_send_signal"},
	{"time", "*time*,nanosleep,clock_*,alarm,times"},
	{"events",
	 "epoll_*,poll,ppoll,select,pselect6,eventfd*,timerfd_*,signalfd*,pipe2,read,write,close"},
	{"futexes", "futex,*robust_list,set_tid_address,clone,sched_*,membarrier"},
	{"tty", "open*,ioctl,read,write,close,dup*,setsid,setpgid,getpgid,getsid,poll,fcntl,*"
		"foreground,isatty"},
	{"mounts", "mount,umount2,chroot,unshare,statfs,fstatfs,open*,mkdir*,chdir,rename*"},
	{"users", "set*uid,set*gid,get*uid,get*gid,*groups,setfs*,setres*,getres*,cap*,prctl,umask,"
		  "*chown*,*chmod*,*access*,personality"},
	{"scheduling", "sched_*,*priority,*rlimit*,getcpu,membarrier,getrusage"},
};
#define GROUPS (sizeof(groups) / sizeof(*groups))

const char *fuzz_set_group(unsigned int i)
{
	return i < GROUPS ? groups[i].name : NULL;
}

/* Does the pattern, in which '*' is any characters, match the whole name? Only the last star met is
 * tried again: time grows with the product of the lengths. */
static bool match(const char *pattern, size_t len, const char *name)
{
	size_t at = 0, star = len; /* place of that star, len: none */
	const char *from = name;   /* what follows it is tried from here */
	while (*name) {
		if (at < len && pattern[at] == '*') {
			star = at++;
			from = name;
		} else if (at < len && pattern[at] == *name) {
			at++;
			name++;
		} else if (star < len) {
			at = star + 1;
			name = ++from;
		} else {
			return false;
		}
	}
	while (at < len && pattern[at] == '*')
		at++;
	return at == len;
}

/* Is word[0, len) the whole of name up to a comma or its end? */
static bool equal(const char *word, size_t len, const char *name)
{
	size_t i = 0;
	while (i < len && name[i] == word[i])
		i++;
	return i == len && (!name[i] || name[i] == ',');
}

static size_t word_length(const char *s)
{
	size_t n = 0;
	while (s[n] && s[n] != ',')
		n++;
	return n;
}

/* epics is "E1" or "E1,E6"; "-" is none. */
static bool has_epic(const char *epics, const char *word, size_t len)
{
	if (len < 2)
		return false;
	for (; *epics; epics += word_length(epics) + (epics[word_length(epics)] == ','))
		if (equal(word, len, epics))
			return true;
	return false;
}

static void set_row(struct fuzz_set *set, unsigned int row, bool on)
{
	uint64_t bit = 1ull << row % 64;
	if (on)
		set->bits[row / 64] |= bit;
	else
		set->bits[row / 64] &= ~bit;
}

static bool add_calls(struct fuzz_set *set, const char *word, size_t len, bool on)
{
	bool found = false;
	for (unsigned int row = 0; row < fuzz_row_count; row++) {
		const struct fuzz_row *r = &fuzz_row[row];
		if (r->nr < 0 || (!match(word, len, r->name) && !has_epic(r->epic, word, len)))
			continue;
		set_row(set, row, on);
		found = true;
	}
	return found;
}

static bool add_word(struct fuzz_set *set, const char *word, size_t len, bool on)
{
	for (unsigned int g = 0; g < GROUPS; g++) {
		if (!equal(word, len, groups[g].name))
			continue;
		for (const char *s = groups[g].calls; *s;
		     s += word_length(s) + (s[word_length(s)] == ','))
			add_calls(set, s, word_length(s), on);
		return true;
	}
	return add_calls(set, word, len, on);
}

const char *fuzz_set_parse(struct fuzz_set *set, const char *text)
{
	*set = (struct fuzz_set){0};
	if (!*text || *text == '-')
		add_calls(set, "*", 1, true);
	while (*text) {
		size_t len = word_length(text);
		bool minus = *text == '-';
		if (!add_word(set, text + minus, len - minus, !minus))
			return text;
		text += len + (text[len] == ',');
	}
	return NULL;
}

bool fuzz_set_has(const struct fuzz_set *set, unsigned int row)
{
	return set->bits[row / 64] >> row % 64 & 1;
}
