/* The host as a campaign finds it: processors to pin afl-fuzz to, and settings that afl-fuzz does not like. */
#ifndef MOTE_CLI_FUZZ_HOST_H
#define MOTE_CLI_FUZZ_HOST_H

#include <stdbool.h>

/* Processors that this process may use: how many, at most max; those to which the fewest processes are bound come first. */
unsigned int host_processors(int *cpu, unsigned int max);
/* Can a process be bound to that processor? */
bool host_can_pin(int cpu);
/* Is there so little room where path is that afl-fuzz will soon lose what it writes? */
bool host_disk_is_full(const char *path);
/* Set the switches that afl-fuzz wants on this host, a line on stderr for each. */
void host_switches(bool pin);

#endif
