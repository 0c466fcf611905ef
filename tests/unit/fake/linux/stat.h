/* <linux/stat.h> leaves the mode bits to glibc where there is one; kernel files want them from here. */
#ifndef _SYS_STAT_H
#pragma push_macro("__GLIBC__")
#undef __GLIBC__
#include_next <linux/stat.h>
#pragma pop_macro("__GLIBC__")
#else
#include_next <linux/stat.h>
#endif
