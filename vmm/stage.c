#include "stage.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "machine.h"

#define STAGES_MAX 16

static struct {
	const char *name;
	uint64_t ns;
} stages[STAGES_MAX];
static unsigned int stage_count;
static uint64_t stage_start;
static bool stage_on;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void stage_begin(void)
{
	stage_on = getenv("MOTE_STAGES");
	if (stage_on)
		stage_start = now_ns();
}

void stage_end(const char *name)
{
	if (!stage_on || stage_count == STAGES_MAX)
		return;
	uint64_t now = now_ns();

	stages[stage_count].name = name;
	stages[stage_count++].ns = now - stage_start;
	stage_start = now;
}

/* The number behind `key` in /proc/self/status, in KiB; 0 when it is not there. */
static unsigned long status_kib(const char *key)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[128];
	unsigned long kib = 0;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)))
			kib = strtoul(line + strlen(key), NULL, 10);
	if (f)
		fclose(f);
	return kib;
}

void stage_report(const struct machine *m)
{
	struct stat st;

	if (!stage_on)
		return;
	for (unsigned int i = 0; i < stage_count; i++)
		fprintf(stderr, "stage %s %llu\n", stages[i].name, (unsigned long long)stages[i].ns);
	/* Guest memory is a memfd, counted as shared memory; the rest is the VMM's own. */
	fprintf(stderr, "memory vmm-resident %lu\n", status_kib("RssAnon:") + status_kib("RssFile:"));
	if (!fstat(m->memory.fd, &st))
		fprintf(stderr, "memory guest-touched %llu\n", (unsigned long long)st.st_blocks / 2);
}
