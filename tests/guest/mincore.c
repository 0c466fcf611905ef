/* mincore(2) */
#include "memory.h"

int main(void)
{
	unsigned char *p = pages(200), vec[200];
	int in = 0;

	p[3 * PG] = 1;
	memset(p + 100 * PG, 1, 50 * PG);
	CHECK_EQ(mincore(p, 200 * PG, vec), 0);
	CHECK_EQ(vec[3] & 1, 1);
	CHECK_EQ(vec[50] & 1, 0);
	CHECK_EQ(vec[199] & 1, 0);
	for (int i = 100; i < 150; i++)
		in += vec[i] & 1;
	CHECK_EQ(in, 50);
	CHECK_EQ(mincore(p, 0, vec), 0);
	CHECK_EQ(mincore(p, 1, vec), 0);
	CHECK_ERR(mincore(p + 1, PG, vec), EINVAL);
	CHECK_ERR(mincore(p, PG, BAD_ADDRESS), EFAULT);
	CHECK_ERR(mincore(p, -1ul, vec), ENOMEM);
	CHECK_ERR(mincore((void *)(1ul << 47), PG, vec), ENOMEM);
	munmap(p + 10 * PG, PG);
	CHECK_ERR(mincore(p, 200 * PG, vec), ENOMEM);
	DONE();
}
