#include "kernel/fs/bootfs.h"
#include "kernel/lib/log.h"
#include "kernel/lib/radix.h"
#include "kernel/lib/string.h"
#include "kernel/mm/slab.h"
#include "shared/abi/bootfs.h"

/*
 * A directory's inode.private is its index in the image plus one. Everything read from the image is checked where it is
 * used; what does not hold together is not there (lookups) or -EIO.
 */
struct bootfs {
	phys_addr start;
	u64 size;
	const struct bootfs_inode *inodes;
	const struct bootfs_entry *entries;
	const char *names;
	u64 name_len;
	u32 inode_count, entry_count;
	u64 *seen;	   /* bit per inode: a directory entered already; it has one name only */
	struct radix links; /* index -> inode with several names, referenced until its last link goes */
};

/* Does [offset, offset + count * each) lie in the image? */
static bool range_ok(const struct bootfs_super *s, u64 offset, u64 count, u64 each, u64 align)
{
	return offset % align == 0 && offset <= s->size && count <= (s->size - offset) / each;
}

static bool super_ok(const struct bootfs_super *s, u64 length)
{
	return s->magic == BOOTFS_MAGIC && s->version == BOOTFS_VERSION && s->size <= length &&
	       s->size % PAGE_SIZE == 0 && s->inode_count &&
	       range_ok(s, s->inode_offset, s->inode_count, sizeof(struct bootfs_inode), 8) &&
	       range_ok(s, s->entry_offset, s->entry_count, sizeof(struct bootfs_entry), 4) &&
	       range_ok(s, s->name_offset, s->name_len, 1, 1);
}

int bootfs_open(phys_addr start, u64 length, struct bootfs **out)
{
	const struct bootfs_super *s = phys_to_virt(start);
	if (start % PAGE_SIZE || length < PAGE_SIZE || !super_ok(s, length))
		return -EINVAL;
	struct bootfs *b = kzalloc(sizeof(*b));
	if (!b)
		return -ENOMEM;
	const char *base = (const char *)s;
	b->start = start;
	b->size = s->size;
	b->inodes = (const void *)(base + s->inode_offset);
	b->entries = (const void *)(base + s->entry_offset);
	b->names = base + s->name_offset;
	b->name_len = s->name_len;
	b->inode_count = s->inode_count;
	b->entry_count = s->entry_count;
	b->seen = kzalloc(((size_t)s->inode_count + 63) / 64 * 8);
	if (!b->seen || !S_ISDIR(b->inodes[0].mode)) {
		int err = b->seen ? -EINVAL : -ENOMEM;
		bootfs_close(b);
		return err;
	}
	b->seen[0] = 1;
	*out = b;
	return 0;
}

void bootfs_close(struct bootfs *b)
{
	radix_destroy(&b->links);
	kfree(b->seen);
	kfree(b);
}

static bool directory_ok(const struct bootfs *b, const struct bootfs_inode *n)
{
	return n->first_entry <= b->entry_count && n->entry_count <= b->entry_count - n->first_entry;
}

static bool regular_ok(const struct bootfs *b, const struct bootfs_inode *n)
{
	return n->data_offset % PAGE_SIZE == 0 && n->data_offset <= b->size &&
	       n->size <= b->size - n->data_offset;
}

static bool symlink_ok(const struct bootfs *b, const struct bootfs_inode *n)
{
	return n->size && n->size < PATH_LEN_MAX && n->data_offset <= b->name_len &&
	       n->size <= b->name_len - n->data_offset && !memchr(b->names + n->data_offset, 0, n->size);
}

static bool inode_ok(const struct bootfs *b, const struct bootfs_inode *n)
{
	switch (n->mode & S_IFMT) {
	case S_IFDIR:
		return directory_ok(b, n);
	case S_IFREG:
		return regular_ok(b, n);
	case S_IFLNK:
		return symlink_ok(b, n);
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return true;
	default:
		return false;
	}
}

/* May the name be read? */
static bool entry_in_image(const struct bootfs *b, const struct bootfs_entry *e)
{
	return e->name_len && e->name_len <= NAME_LEN_MAX && e->name <= b->name_len &&
	       e->name_len <= b->name_len - e->name;
}

static bool entry_ok(const struct bootfs *b, const struct bootfs_entry *e)
{
	if (!entry_in_image(b, e) || e->inode >= b->inode_count)
		return false;
	const char *name = b->names + e->name;
	if (name[0] == '.' && (e->name_len == 1 || (e->name_len == 2 && name[1] == '.')))
		return false;
	return !memchr(name, 0, e->name_len) && !memchr(name, '/', e->name_len);
}

static void set_attributes(struct inode *i, const struct bootfs_inode *n, u32 index)
{
	i->ino = (u64)index + 1;
	i->nlink = n->nlink ? n->nlink : 1;
	i->uid = n->uid;
	i->gid = n->gid;
	i->atime_ns = i->mtime_ns = i->ctime_ns = n->mtime_ns > 0 ? (u64)n->mtime_ns : 0;
}

static void adopt_directory(struct inode *i, u32 index)
{
	i->private = (void *)((u64)index + 1);
	tmpfs_make_lazy(i);
}

static void adopt_pages(const struct bootfs *b, struct inode *i, const struct bootfs_inode *n)
{
	i->size = n->size;
	i->mapping.base = b->start + n->data_offset;
	i->mapping.base_pages = (n->size + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/* The image's inode in memory, a reference for the caller. */
static int inode_instantiate(struct bootfs *b, struct super *s, u32 index, struct inode **out)
{
	const struct bootfs_inode *n = &b->inodes[index];
	if (!inode_ok(b, n))
		return -EIO;
	bool dir = S_ISDIR(n->mode);
	if (dir && b->seen[index >> 6] >> (index & 63) & 1)
		return -EIO;
	struct inode *i = tmpfs_inode_create(s, n->mode & (S_IFMT | 07777), n->rdev);
	if (!i)
		return -ENOMEM;
	set_attributes(i, n, index);
	*out = i;
	if (dir) {
		b->seen[index >> 6] |= 1ull << (index & 63);
		adopt_directory(i, index);
	} else if (S_ISREG(n->mode)) {
		adopt_pages(b, i, n);
	} else if (S_ISLNK(n->mode)) {
		i->size = n->size;
		i->link = kstrndup(b->names + n->data_offset, n->size);
		if (!i->link) {
			inode_put(i);
			return -ENOMEM;
		}
	}
	return 0;
}

/* The same through the list of inodes with several names. */
static int inode_find(struct bootfs *b, struct super *s, u32 index, struct inode **out)
{
	bool shared = !S_ISDIR(b->inodes[index].mode) && b->inodes[index].nlink > 1;
	struct inode *i = shared ? radix_get(&b->links, index) : NULL;
	if (i) {
		*out = inode_get(i);
		return 0;
	}
	int err = inode_instantiate(b, s, index, out);
	if (!err && shared) {
		err = radix_set(&b->links, index, inode_get(*out));
		if (err) {
			inode_put(*out);
			inode_put(*out);
		}
	}
	return err;
}

void bootfs_forget(struct inode *i)
{
	struct bootfs *b = tmpfs_source_data(i->super);
	if (i->ino > b->inode_count || radix_get(&b->links, i->ino - 1) != i)
		return;
	radix_set(&b->links, i->ino - 1, NULL);
	inode_put(i);
}

void bootfs_set_root(struct bootfs *b, struct inode *dir)
{
	const struct bootfs_inode *n = &b->inodes[0];
	dir->super->next_ino = (u64)b->inode_count + 1;
	dir->mode = S_IFDIR | (n->mode & 07777);
	set_attributes(dir, n, 0);
	if (directory_ok(b, n))
		adopt_directory(dir, 0);
}

/* The directory's entries: NULL and 0 when the image is no good there. */
static const struct bootfs_entry *entries_of(const struct bootfs *b, const struct inode *dir, u32 *count)
{
	*count = 0;
	if (!dir->private)
		return NULL;
	const struct bootfs_inode *n = &b->inodes[(u64)dir->private - 1];
	if (!directory_ok(b, n))
		return NULL;
	*count = n->entry_count;
	return b->entries + n->first_entry;
}

static int compare_name(const struct bootfs *b, const struct bootfs_entry *e, const char *name, size_t len)
{
	const char *other = b->names + e->name;
	int order = (int)(u8)name[0] - (int)(u8)other[0];
	if (!order)
		order = memcmp(name, other, MIN(len, (size_t)e->name_len));
	return order ? order : (int)len - (int)e->name_len;
}

/* The entry of that name: 0 with *out (NULL: there is none), or -EIO when the image is no good there. */
static int find_entry(const struct bootfs *b, const struct inode *dir, const char *name, size_t len,
		      const struct bootfs_entry **out)
{
	u32 low = 0, high;
	const struct bootfs_entry *e = entries_of(b, dir, &high);
	*out = NULL;
	while (low < high) {
		u32 middle = low + (high - low) / 2;
		if (!entry_in_image(b, &e[middle]))
			return -EIO;
		int order = compare_name(b, &e[middle], name, len);
		if (!order) {
			*out = &e[middle];
			return entry_ok(b, &e[middle]) ? 0 : -EIO;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return 0;
}

bool bootfs_absent(struct inode *dir, const char *name, size_t len)
{
	const struct bootfs_entry *e;
	return !find_entry(tmpfs_source_data(dir->super), dir, name, len, &e) && !e;
}

int bootfs_lookup(struct inode *dir, struct dentry *d)
{
	struct bootfs *b = tmpfs_source_data(dir->super);
	const struct bootfs_entry *e;
	struct inode *i;
	int err = find_entry(b, dir, d->name, d->name_len, &e);
	if (err || !e)
		return err;
	err = inode_find(b, dir->super, e->inode, &i);
	if (!err)
		tmpfs_enter(d, i);
	return err;
}

static int populate_one(struct bootfs *b, struct dentry *dir, const struct bootfs_entry *e)
{
	const char *name = b->names + e->name;
	struct dentry *d = dentry_lookup(dir, name, e->name_len);
	if (d) {
		dentry_put(d);
		return 0;
	}
	d = dentry_create(dir, name, e->name_len);
	if (!d)
		return -ENOMEM;
	struct inode *i;
	int err = inode_find(b, dir->inode->super, e->inode, &i);
	if (!err)
		tmpfs_enter(d, i);
	dentry_put(d);
	return err == -EIO ? 0 : err;
}

int bootfs_populate(struct dentry *dir)
{
	struct bootfs *b = tmpfs_source_data(dir->inode->super);
	u32 count;
	const struct bootfs_entry *e = entries_of(b, dir->inode, &count);
	for (u32 k = 0; k < count; k++) {
		int err = entry_ok(b, &e[k]) ? populate_one(b, dir, &e[k]) : 0;
		if (err)
			return err;
	}
	return 0;
}
