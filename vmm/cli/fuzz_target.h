/* `mote fuzz target`: what afl-fuzz starts. argv[0] is "target"; answers the exit status. */
#ifndef MOTE_CLI_FUZZ_TARGET_H
#define MOTE_CLI_FUZZ_TARGET_H

int fuzz_target_main(int argc, char **argv);

#endif
