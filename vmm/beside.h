/* Files that go with mote: NAME beside its executable, as they are built, or ../lib/mote/NAME from there, as they are installed. */
#ifndef MOTE_BESIDE_H
#define MOTE_BESIDE_H

#include <stddef.h>

/* The path of mote's own executable, absolute. 0, or -ENOENT, said. */
int beside_self(char *path, size_t size);
/* Where the file or directory NAME is, absolute. 0 or -ENOENT; nothing is said. */
int beside_look(const char *name, char *path, size_t size);
/* `given` when it is not NULL, else where NAME is. what, remedy: for the message. 0, -ENOENT, or -ENAMETOOLONG, said. */
int beside_find(const char *given, const char *name, const char *what, const char *remedy, char *path, size_t size);
/* The same for a part of fuzzing ("kernel", "executor", "mutator.so" ...): fuzz/PART. */
int beside_find_fuzz(const char *given, const char *part, char *path, size_t size);

#endif
