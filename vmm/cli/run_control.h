/* What `mote run` gives a test in the guest (images/include/mote/test.h) and shows of it. */
#ifndef MOTE_CLI_RUN_CONTROL_H
#define MOTE_CLI_RUN_CONTROL_H

#include <stdbool.h>

struct machine;

/* The content of the file `input` (NULL: nothing) becomes the test's input; show_events: a line on stderr
 * for each event. 0 or a negative errno, said. Before machine_run(). */
int run_control_setup(struct machine *m, const char *input, bool show_events);

#endif
