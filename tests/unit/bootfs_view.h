/* A checking reader of boot file system images, for the tests of what writes them. Paths are plain:
 * links are not followed. */
#ifndef TESTS_UNIT_BOOTFS_VIEW_H
#define TESTS_UNIT_BOOTFS_VIEW_H

#include <check.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "rootfs.h"
#include "shared/abi/bootfs.h"

struct view {
	unsigned char *base;
	uint64_t size;
	const struct bootfs_super *super;
	const struct bootfs_inode *inode;
	const struct bootfs_entry *entry;
	const char *name;
};

static void view_check_dir(const struct view *v, const struct bootfs_inode *d)
{
	ck_assert_uint_le((uint64_t)d->first_entry + d->entry_count, v->super->entry_count);
	for (uint32_t i = 0; i < d->entry_count; i++) {
		const struct bootfs_entry *e = &v->entry[d->first_entry + i];
		ck_assert_uint_lt(e->inode, v->super->inode_count);
		ck_assert(e->name_len >= 1 && e->name_len <= 255);
		ck_assert_uint_le((uint64_t)e->name + e->name_len, v->super->name_len);
		ck_assert_ptr_null(memchr(v->name + e->name, '/', e->name_len));
		ck_assert_ptr_null(memchr(v->name + e->name, 0, e->name_len));
		if (!i)
			continue;
		const struct bootfs_entry *b = e - 1;
		int order = memcmp(v->name + b->name, v->name + e->name,
				   b->name_len < e->name_len ? b->name_len : e->name_len);
		ck_assert(order < 0 || (order == 0 && b->name_len < e->name_len));
	}
}

static void view_check_inode(const struct view *v, const struct bootfs_inode *i)
{
	if (S_ISDIR(i->mode))
		view_check_dir(v, i);
	if (S_ISLNK(i->mode))
		ck_assert_uint_le(i->data_offset + i->size, v->super->name_len);
	if (!S_ISREG(i->mode))
		return;
	uint64_t pages = (i->size + 4095) & ~4095ull;
	ck_assert_uint_eq(i->data_offset % 4096, 0);
	ck_assert_uint_le(i->data_offset + pages, v->size);
	for (uint64_t k = i->size; k < pages; k++)
		ck_assert_uint_eq(v->base[i->data_offset + k], 0);
}

/* Write r's image into fresh memory and check its form. */
__attribute__((unused)) static struct view view_open(struct rootfs *r)
{
	struct view v = {.size = rootfs_size(r)};
	ck_assert_msg(v.size > 0, "%s", rootfs_error(r));
	ck_assert_uint_eq(v.size % 4096, 0);
	v.base = mmap(NULL, v.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert(v.base != MAP_FAILED);
	ck_assert_msg(rootfs_write(r, v.base, v.size) == 0, "%s", rootfs_error(r));
	v.super = (void *)v.base;
	ck_assert_uint_eq(v.super->magic, BOOTFS_MAGIC);
	ck_assert_uint_eq(v.super->version, BOOTFS_VERSION);
	ck_assert_uint_eq(v.super->size, v.size);
	v.inode = (void *)(v.base + v.super->inode_offset);
	v.entry = (void *)(v.base + v.super->entry_offset);
	v.name = (char *)v.base + v.super->name_offset;
	ck_assert_uint_le(v.super->name_offset + v.super->name_len, v.size);
	ck_assert(S_ISDIR(v.inode[0].mode));
	for (uint32_t i = 0; i < v.super->inode_count; i++)
		view_check_inode(&v, &v.inode[i]);
	return v;
}

__attribute__((unused)) static void view_close(struct view *v)
{
	munmap(v->base, v->size);
}

/* The inode at an absolute path, NULL when there is none. */
__attribute__((unused)) static const struct bootfs_inode *view_find(const struct view *v,
								    const char *path)
{
	const struct bootfs_inode *d = v->inode;
	while (*(path += strspn(path, "/"))) {
		size_t n = strcspn(path, "/");
		const struct bootfs_inode *found = NULL;
		for (uint32_t i = 0; S_ISDIR(d->mode) && i < d->entry_count; i++) {
			const struct bootfs_entry *e = &v->entry[d->first_entry + i];
			if (e->name_len == n && !memcmp(v->name + e->name, path, n))
				found = &v->inode[e->inode];
		}
		if (!found)
			return NULL;
		d = found;
		path += n;
	}
	return d;
}

__attribute__((unused)) static int view_has_data(const struct view *v, const char *path,
						 const void *data, size_t n)
{
	const struct bootfs_inode *i = view_find(v, path);
	if (!i || i->size != n)
		return 0;
	if (S_ISLNK(i->mode))
		return !memcmp(v->name + i->data_offset, data, n);
	return S_ISREG(i->mode) && !memcmp(v->base + i->data_offset, data, n);
}

#endif
