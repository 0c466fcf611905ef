/* What a campaign shows while it runs: lines that are redrawn in place on a terminal, else one line every ten seconds. */
#ifndef MOTE_CLI_FUZZ_SHOW_H
#define MOTE_CLI_FUZZ_SHOW_H

#include <stdint.h>

struct campaign_stats;
struct instance;

void show_init(void);
/* At most once a second. seconds: since this run of the campaign began. */
void show_progress(const struct campaign_stats *s, const struct instance *in, unsigned int count, uint64_t seconds);
/* Take the redrawn lines away, for something else is said now. */
void show_hide(void);
/* When all is over. */
void show_summary(const struct campaign_stats *s, const char *directory, uint64_t seconds);

#endif
