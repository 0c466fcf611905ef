/* Figures, and how they are printed. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t bench_now_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

void figure_fill(struct figure *f, const char *name, const char *unit, uint64_t *sample, size_t n)
{
	qsort(sample, n, sizeof(*sample), compare_u64);
	snprintf(f->name, sizeof(f->name), "%s", name);
	f->unit = unit;
	f->n = n;
	f->median = sample[n / 2];
	f->p99 = sample[n * 99 / 100];
}

static void print_json(const struct figure *f, unsigned long long floor, const char *peer, unsigned long long peer_median)
{
	printf("{\"name\":\"%s\",\"unit\":\"%s\",\"n\":%llu,\"median\":%llu,\"p99\":%llu", f->name, f->unit, f->n,
	       f->median, f->p99);
	if (floor)
		printf(",\"floor\":%llu", floor);
	if (peer)
		printf(",\"peer\":\"%s\",\"peer_median\":%llu", peer, peer_median);
	printf("}\n");
}

/* Times in microseconds, memory in KiB. */
static void print_cell(const struct figure *f, unsigned long long value)
{
	if (value)
		printf(" %12.2f", (double)value / (strcmp(f->unit, "ns") ? 1 : 1000));
	else
		printf(" %12s", "-");
}

void figure_print(const struct bench *b, const struct figure *f, unsigned long long floor, const char *peer,
			 unsigned long long peer_median)
{
	if (b->json) {
		print_json(f, floor, peer, peer_median);
	} else {
		printf("%-22s %6llu", f->name, f->n);
		print_cell(f, f->median);
		print_cell(f, f->p99);
		print_cell(f, floor);
		if (floor)
			printf(" %7.2fx", (double)f->median / (double)floor);
		else
			printf(" %8s", "-");
		print_cell(f, peer_median);
		printf("\n");
	}
	fflush(stdout);
}

void figure_head(const struct bench *b)
{
	if (!b->json)
		printf("%-22s %6s %12s %12s %12s %8s %12s\n", "name (us, or KiB)", "n", "median", "p99", "floor",
		       "/floor", "native");
}

