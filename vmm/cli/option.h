/* What every command says of options that it does not take. */
#ifndef MOTE_CLI_OPTION_H
#define MOTE_CLI_OPTION_H

/* Say what getopt(3) found wrong (it answered why: '?' or ':') with the option just passed; word is where it stood, command as in
 * `mote COMMAND --help`. */
void option_complain(int why, const char *word, const char *command);

#endif
