#include "kernel/fs/memfd.h"
#include "kernel/fs/tmpfs.h"
#include "kernel/lib/string.h"
#include "kernel/mm/vm.h"
#include <asm/mman.h>

static struct super *memfd_super;

int memfd_create(const char *name, bool sealable, struct file **out)
{
	if (!memfd_super) {
		int err = tmpfs_super_create(&tmpfs_type, NULL, NULL, 01777, &memfd_super);
		if (err)
			return err;
	}
	char text[NAME_LEN_MAX + 1] = "/memfd:";
	size_t n = strnlen(name, MEMFD_NAME_MAX);
	memcpy(text + 7, name, MIN(n, sizeof(text) - 8));
	struct inode *i = tmpfs_inode_create(memfd_super, S_IFREG | 0777, 0);
	if (!i)
		return -ENOMEM;
	i->nlink = 0;
	i->seals = sealable ? 0 : F_SEAL_SEAL;
	int err = file_create_inode(text, i, &tmpfs_file_ops, O_RDWR | O_LARGEFILE, out);
	if (err) {
		inode_put(i);
		return err;
	}
	(*out)->write_counted = true;
	inode_get_write(i); /* nobody executes it yet */
	return 0;
}

long memfd_get_seals(struct file *f)
{
	return f->inode->sealable ? (long)f->inode->seals : -EINVAL;
}

static bool mapped_writable(struct inode *i)
{
	struct vma *v;
	list_for_each(v, &i->mapping.vmas, mapping_link)
		if (v->flags & VMA_SHARED && (v->prot & PROT_WRITE || v->flags & VMA_MAYWRITE))
			return true;
	return false;
}

long memfd_add_seals(struct file *f, u32 seals)
{
	const u32 known = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;
	struct inode *i = f->inode;
	if (!FILE_WRITABLE(f))
		return -EPERM;
	if (!i->sealable || seals & ~known)
		return -EINVAL;
	if (i->seals & F_SEAL_SEAL)
		return -EPERM;
	if (seals & F_SEAL_WRITE && !(i->seals & F_SEAL_WRITE) && mapped_writable(i))
		return -EBUSY;
	i->seals |= seals;
	return 0;
}
