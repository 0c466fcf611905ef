#include "fuzz_reproducer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/signature.h"
#include "fuzz_files.h"
#include "mote.h"

int reproducer_path(char path[PATH_MAX], const char *directory, enum fuzz_kind kind, const char *signature)
{
	int n = snprintf(path, PATH_MAX, "%s/reproducers/%s-%08x.case", directory, fuzz_kind_name(kind), signature_hash(signature));

	return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int make_directory(const char *directory)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/reproducers", directory);
	if (!mkdir(path, 0777) || errno == EEXIST)
		return 0;
	int err = -errno;

	mote_error("%s: %s", path, strerror(errno));
	return err;
}

int reproducer_write(const char *directory, enum fuzz_kind kind, const char *signature, const struct fuzz_case *c, bool replace)
{
	char path[PATH_MAX];
	int err = reproducer_path(path, directory, kind, signature);

	if (!err)
		err = make_directory(directory);
	if (err || (!replace && !access(path, F_OK)))
		return err;
	return files_write_case(path, c->bytes, c->len);
}
