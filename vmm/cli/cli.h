/*
 * The command `mote`: one function a subcommand, in the file of its name. argv[0] is the
 * subcommand's name; answers the exit status of the process.
 */
#ifndef MOTE_CLI_CLI_H
#define MOTE_CLI_CLI_H

int cmd_run(int argc, char **argv);
int cmd_snapshot(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_syscalls(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_test(int argc, char **argv);
int cmd_fuzz(int argc, char **argv);

#endif
