#include "kernel/fs/stat.h"
#include <linux/mount.h>
#include <asm/statfs.h>
#include "kernel/lib/string.h"
#include "kernel/time/clock.h"

/* statfs(2), f_flags; ST_VALID says that they are filled in. */
#define ST_RDONLY 0x1
#define ST_NOSUID 0x2
#define ST_NODEV 0x4
#define ST_NOEXEC 0x8
#define ST_VALID 0x20
#define ST_NOATIME 0x400
#define ST_NODIRATIME 0x800
#define ST_RELATIME 0x1000
#define PIPEFS_MAGIC 0x50495045

static int refresh(struct inode *i)
{
	return i->ops && i->ops->getattr ? i->ops->getattr(i) : 0;
}

int path_stat(const struct path *p, struct stat *st)
{
	struct inode *i = p->dentry->inode;
	int err = refresh(i);
	if (err)
		return err;
	*st = (struct stat){
		.st_dev = dev_encode(i->super->dev),
		.st_ino = i->ino,
		.st_nlink = i->nlink,
		.st_mode = i->mode,
		.st_uid = i->uid,
		.st_gid = i->gid,
		.st_rdev = dev_encode(i->rdev),
		.st_size = (long)i->size,
		.st_blksize = PAGE_SIZE,
		.st_blocks = (long)i->blocks,
		.st_atime = (__typeof__(st->st_atime))(i->atime_ns / NSEC_PER_SEC),
		.st_atime_nsec = i->atime_ns % NSEC_PER_SEC,
		.st_mtime = (__typeof__(st->st_mtime))(i->mtime_ns / NSEC_PER_SEC),
		.st_mtime_nsec = i->mtime_ns % NSEC_PER_SEC,
		.st_ctime = (__typeof__(st->st_ctime))(i->ctime_ns / NSEC_PER_SEC),
		.st_ctime_nsec = i->ctime_ns % NSEC_PER_SEC,
	};
	return 0;
}

static struct statx_timestamp statx_time(u64 ns)
{
	return (struct statx_timestamp){.tv_sec = (s64)(ns / NSEC_PER_SEC), .tv_nsec = (u32)(ns % NSEC_PER_SEC)};
}

int path_statx(const struct path *p, struct statx *out)
{
	struct inode *i = p->dentry->inode;
	int err = refresh(i);
	if (err)
		return err;
	bool root = p->dentry == p->mount->root;
	*out = (struct statx){
		.stx_mask = STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID,
		.stx_blksize = PAGE_SIZE,
		.stx_nlink = i->nlink,
		.stx_uid = i->uid,
		.stx_gid = i->gid,
		.stx_mode = (u16)i->mode,
		.stx_ino = i->ino,
		.stx_size = i->size,
		.stx_blocks = i->blocks,
		.stx_attributes = root ? STATX_ATTR_MOUNT_ROOT : 0,
		.stx_attributes_mask = STATX_ATTR_MOUNT_ROOT,
		.stx_atime = statx_time(i->atime_ns),
		.stx_btime = statx_time(i->btime_ns),
		.stx_ctime = statx_time(i->ctime_ns),
		.stx_mtime = statx_time(i->mtime_ns),
		.stx_rdev_major = DEV_MAJOR(i->rdev),
		.stx_rdev_minor = DEV_MINOR(i->rdev),
		.stx_dev_major = DEV_MAJOR(i->super->dev),
		.stx_dev_minor = DEV_MINOR(i->super->dev),
		.stx_mnt_id = (u64)p->mount->id,
	};
	return 0;
}

static long statfs_flags(unsigned long mount_flags)
{
	static const struct {
		unsigned long ms;
		long st;
	} map[] = {{MS_RDONLY, ST_RDONLY},   {MS_NOSUID, ST_NOSUID},	   {MS_NODEV, ST_NODEV},
		   {MS_NOEXEC, ST_NOEXEC},   {MS_NOATIME, ST_NOATIME}, {MS_NODIRATIME, ST_NODIRATIME}};
	long st = ST_VALID | (mount_flags & (MS_NOATIME | MS_STRICTATIME) ? 0 : ST_RELATIME);
	for (size_t k = 0; k < ARRAY_SIZE(map); k++)
		if (mount_flags & map[k].ms)
			st |= map[k].st;
	return st;
}

int path_statfs(const struct path *p, struct statfs *out)
{
	struct super *s = p->mount->super;
	*out = (struct statfs){
		.f_type = s->type ? (__kernel_long_t)s->type->magic : PIPEFS_MAGIC,
		.f_bsize = PAGE_SIZE,
		.f_frsize = PAGE_SIZE,
		.f_namelen = NAME_LEN_MAX,
		.f_flags = statfs_flags(p->mount->flags),
	};
	out->f_fsid.val[0] = (int)s->dev;
	if (s->ops && s->ops->statfs)
		s->ops->statfs(s, out);
	return 0;
}
