/*
 * The guest's first root: a tree put together in memory from host files, cpio archives and PROGRAM,
 * then laid out as the image of shared/abi/bootfs.h.
 *
 * 	r = rootfs_create(limit);
 * 	rootfs_add_cpio(r, file); rootfs_add_spec(r, "HOST:GUEST"); rootfs_add_program(r, ...);
 * 	rootfs_add_skeleton(r);
 * 	size = rootfs_size(r); rootfs_write(r, base, size); rootfs_destroy(r);
 *
 * Guest paths are taken from the root ("etc" is "/etc"); missing directories on the way are made
 * (0755, root), symbolic links of the tree are followed within the tree, ".." never leaves it.
 * Something put where something is already replaces it, except that directories merge.
 *
 * Every function that answers int answers 0 or a negative errno and then leaves one line of text,
 * naming the path, for rootfs_error(). Nothing is printed. A tree belongs to one thread.
 */
#ifndef VMM_ROOTFS_H
#define VMM_ROOTFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rootfs;

/* An empty root. limit: largest image in bytes (guest memory is a good one); beyond it adding fails
 * with -ENOSPC. NULL: no memory. */
struct rootfs *rootfs_create(uint64_t limit);
void rootfs_destroy(struct rootfs *r); /* NULL is fine */
/* The time of what is made from now on, and of the root directory: ns since 1970. At first it is the time of rootfs_create(). */
void rootfs_set_time(struct rootfs *r, int64_t ns);
/* The text of the last failure, without newline; "" when there was none. Valid until the next call.
 */
const char *rootfs_error(const struct rootfs *r);

/* Single nodes. mode: permission bits, for a device with S_IFCHR or S_IFBLK, S_IFIFO or S_IFSOCK.
 * data and target are copied. */
int rootfs_add_dir(struct rootfs *r, const char *path, unsigned int mode);
int rootfs_add_file(struct rootfs *r, const char *path, unsigned int mode, const void *data,
		    size_t len);
int rootfs_add_symlink(struct rootfs *r, const char *path, const char *target);
int rootfs_add_device(struct rootfs *r, const char *path, unsigned int mode, unsigned int major,
		      unsigned int minor);

/* st_mode of what lies at path (symbolic links followed), 0 when there is nothing. */
unsigned int rootfs_lookup(struct rootfs *r, const char *path);

/* A host file or a whole directory at a guest path, with mode, owner, mtime, symbolic links (kept
 * as links below the top), hard links and special files. File data are read or mapped only by
 * rootfs_write. */
int rootfs_add_host(struct rootfs *r, const char *host, const char *guest);
/* --file HOST[:GUEST]: GUEST is the absolute name of HOST by default; a HOST that exists with its
 * colons is taken whole. */
int rootfs_add_spec(struct rootfs *r, const char *spec);

/* A cpio archive, "newc" or "crc", plain or gzip, or several one after another (cpio(5)). -EINVAL:
 * bad input (text names file and offset). */
int rootfs_add_cpio(struct rootfs *r, const char *file);

/*
 * PROGRAM at its absolute host path, with what it needs to start: interpreters of #! scripts,
 * PT_INTERP and the libraries that ld.so(8) would find. A name without '/' that is no file here is
 * looked up in search_path (PATH of the host when NULL). library_path is the LD_LIBRARY_PATH the
 * guest will have, or NULL. When the tree already holds PROGRAM (from --initrd or --file) that one
 * is taken.
 *
 * *path = its absolute guest path, owned by the tree.
 *
 * -ENOENT: not found (exit status 127); -EACCES, -ENOEXEC, -ELOOP: cannot be run (126); anything
 * else is a failure of mote's (125).
 */
int rootfs_add_program(struct rootfs *r, const char *program, const char *search_path,
		       const char *library_path, const char **path);

/* What every root needs and nobody has put there yet: mount points and, unless an archive gave the
 * root, /tmp, /root, /etc/passwd and so on. */
int rootfs_add_skeleton(struct rootfs *r);

/* Bytes of the image, a multiple of 4096; 0 when the tree is beyond the limit or memory is out (see
 * rootfs_error). */
uint64_t rootfs_size(struct rootfs *r);
/*
 * Lay the image out at base: page aligned, at least rootfs_size() bytes, all zero and mapped by the
 * caller. Parts of the region are replaced by private mappings of host files (MAP_FIXED): a later
 * write to the memory does not reach the files. When a host file is truncated afterwards, touching
 * its lost pages raises SIGBUS in the VMM (-EFAULT from KVM_RUN) as for any mapping.
 */
int rootfs_write(struct rootfs *r, void *base, uint64_t size);

#endif
