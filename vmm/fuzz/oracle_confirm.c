/* The oracle in a campaign: differences are looked at twice. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/rig.h"
#include "oracle_state.h"

#define RUNS 3 /* of each side, all of which must agree */

struct both {
	struct fuzz_results theirs[RUNS], ours[RUNS];
};

/* The case once more in the machine. 1: it did not come out fine this time. */
static int run_ours(struct fuzz_rig *r, struct fuzz_results *results)
{
	struct fuzz_outcome again;
	int error = fuzz_run(r, FUZZ_THOROUGH, &again);

	if (error)
		return error;
	*results = *again.results;
	oracle_clean_results(results);
	return again.kind != FUZZ_FINE;
}

/* Runs first..end - 1 of both sides. 0, a negative errno, or 1: no comparison. */
static int run_both(struct oracle *o, struct fuzz_rig *r, struct both *b, size_t first, size_t end)
{
	int error = 0;

	for (size_t i = first; i < end && !error; i++) {
		error = oracle_run(o, fuzz_case(r), &b->theirs[i]);
		if (!error)
			error = run_ours(r, &b->ours[i]);
	}
	return error;
}

static int describe(struct oracle *o, const struct fuzz_case *c, const struct both *b)
{
	size_t size;

	free(o->text);
	o->text = NULL;
	FILE *f = open_memstream(&o->text, &size);
	struct oracle_lenience l = oracle_lenience(o);

	if (!f)
		return -ENOMEM;
	oracle_print_difference(f, c, &b->theirs[0], &b->ours[0], &l);
	return fclose(f) ? -ENOMEM : 0;
}

static int tell(struct oracle *o, struct fuzz_rig *r, const struct both *b, const struct oracle_difference *d, struct fuzz_outcome *out)
{
	int error = describe(o, fuzz_case(r), b);

	o->counts.told++;
	out->kind = FUZZ_DIFFERENT;
	snprintf(out->signature, sizeof(out->signature), "%s %s", fuzz_kind_name(FUZZ_DIFFERENT), d->key);
	out->log = o->text ? o->text : "";
	return error;
}

static int ask(struct oracle *o, struct fuzz_rig *r, struct both *b, struct fuzz_outcome *out)
{
	struct oracle_lenience l = oracle_lenience(o), quiet = {l.allow, l.single_id, NULL};
	struct oracle_difference d;
	int error = run_both(o, r, b, 0, 1);

	o->counts.asked++;
	if (error)
		return error;
	if (b->theirs[0].stage < FUZZ_STAGE_CLEAN)
		o->counts.unfinished++;
	if (!oracle_compare(fuzz_case(r), b->theirs, b->ours, 1, &l, &d))
		return 0;
	error = run_both(o, r, b, 1, RUNS);
	if (error)
		return error;
	if (oracle_compare(fuzz_case(r), b->theirs, b->ours, RUNS, &quiet, &d))
		return tell(o, r, b, &d, out);
	o->counts.unstable++;
	return 0;
}

int oracle_show(struct oracle *o, struct fuzz_rig *r, FILE *f)
{
	struct oracle_lenience l = oracle_lenience(o);
	struct both *b = malloc(sizeof(*b));
	unsigned int options = r->options;
	int error = b ? 0 : -ENOMEM;

	if (!error) {
		fuzz_set_options(r, options | FUZZ_OBSERVE);
		error = run_both(o, r, b, 0, 1);
		fuzz_set_options(r, options);
	}
	if (!error)
		oracle_print_difference(f, fuzz_case(r), &b->theirs[0], &b->ours[0], &l);
	free(b);
	return error > 0 ? 0 : error;
}

int oracle_check(struct oracle *o, struct fuzz_rig *r, struct fuzz_outcome *out)
{
	size_t size = fuzz_map_size(r);
	struct both *b = malloc(sizeof(*b));
	uint8_t *map = malloc(size);
	int error = b && map ? 0 : -ENOMEM;

	if (!error) {
		unsigned int options = r->options;
		struct oracle *asked = r->oracle;

		r->oracle = NULL; /* not about what is run here */
		memcpy(map, fuzz_map(r), size);
		fuzz_set_options(r, options | FUZZ_OBSERVE);
		error = ask(o, r, b, out);
		fuzz_set_options(r, options);
		memcpy(fuzz_map(r), map, size);
		r->oracle = asked;
	}
	if (!error && out->kind == FUZZ_DIFFERENT)
		outcome_note_signature(r, out->signature);
	free(b);
	free(map);
	return error > 0 ? 0 : error;
}
