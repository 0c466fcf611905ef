/*
 * The boot file system: the guest's first root, prepared by the VMM (from host files,
 * directories and cpio archives) so that the kernel mounts it without copying or parsing.
 *
 * It lies at boot_info.bootfs_start. All offsets are bytes from there. inode[0] is the root.
 * A directory's entries are contiguous in the entry table, sorted by name (memcmp order, then
 * length); the kernel builds its in-memory directory from them when it first looks inside.
 * A regular file's data are whole pages at data_offset (page aligned, the tail of the last
 * page zero); they are ordinary guest memory that the kernel adopts as page-cache pages and may write.
 * Several entries may name one inode (hard links). The kernel trusts nothing: every index, offset and
 * length is checked when it is used; the image comes from the VMM but its content from files.
 */
#ifndef MOTE_ABI_BOOTFS_H
#define MOTE_ABI_BOOTFS_H

#define BOOTFS_MAGIC 0x73666f6du /* "mofs" */
#define BOOTFS_VERSION 1

struct bootfs_super {
	unsigned int magic;
	unsigned int version;
	unsigned int inode_count;
	unsigned int entry_count;
	unsigned long long inode_offset; /* struct bootfs_inode[inode_count] */
	unsigned long long entry_offset; /* struct bootfs_entry[entry_count] */
	unsigned long long name_offset;	 /* bytes */
	unsigned long long name_len;
	unsigned long long size; /* of the whole image, a multiple of 4096 */
};
_Static_assert(sizeof(struct bootfs_super) == 56, "bootfs_super layout");

struct bootfs_inode {
	unsigned int mode; /* S_IFMT and permission bits of <linux/stat.h> */
	unsigned int nlink;
	unsigned int uid;
	unsigned int gid;
	unsigned long long size;	/* regular: bytes; symlink: length of the target */
	unsigned long long data_offset; /* regular: pages; symlink: bytes in the name area, from name_offset */
	long long mtime_ns;
	unsigned int rdev;	  /* device nodes: (major << 20 | minor) as Linux's dev_t */
	unsigned int first_entry; /* directories: index into the entry table */
	unsigned int entry_count;
	unsigned int pad;
};
_Static_assert(sizeof(struct bootfs_inode) == 56, "bootfs_inode layout");

struct bootfs_entry {
	unsigned int inode;
	unsigned int name; /* byte offset from name_offset */
	unsigned int name_len; /* 1..255; no '/' and no NUL */
};
_Static_assert(sizeof(struct bootfs_entry) == 12, "bootfs_entry layout");

#endif
