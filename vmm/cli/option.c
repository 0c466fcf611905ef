#include "option.h"

#include <getopt.h>

#include "mote.h"

void option_complain(int why, const char *word, const char *command)
{
	if (why == ':')
		mote_error("%s needs a value (mote %s --help)", word, command);
	else if (word[0] == '-' && word[1] == '-')
		mote_error("unknown option %s (mote %s --help)", word, command);
	else
		mote_error("unknown option -%c (mote %s --help)", optopt, command);
}
