#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "sandbox.h"

int main(int argc, char **argv)
{
	struct stat st;

	if (argc != 4 || fstat(SANDBOX_FILTER, &st))
		return 2;
	struct sandbox s = {
		.time_limit = (unsigned int)atoi(argv[1]),
		.owner = atoi(argv[2]),
		.map_ids = !strcmp(argv[3], "range"),
	};

	s.filter.len = (unsigned short)((size_t)st.st_size / sizeof(struct sock_filter));
	s.filter.filter = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, SANDBOX_FILTER, 0);
	if (s.filter.filter == MAP_FAILED)
		return 2;
	sandbox_keep(&s);
}
