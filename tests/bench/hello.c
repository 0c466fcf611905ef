/* The smallest program a user would start: what `mote bench boot` starts. */
#include <unistd.h>

int main(void)
{
	return write(1, "hello\n", 6) == 6 ? 0 : 1;
}
