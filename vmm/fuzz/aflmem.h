/* Memory that AFL++ shares: a System V segment by its number, or a POSIX one by its name, whichever it was built with. */
#ifndef MOTE_FUZZ_AFLMEM_H
#define MOTE_FUZZ_AFLMEM_H

#include <stddef.h>

/* Map what the environment variable names. *size in bytes. 0, -ENOENT: there is no such variable; or a negative errno, said. */
int aflmem_map(const char *variable, void **at, size_t *size);

#endif
