/* Running a case. */
#include <errno.h>
#include <string.h>

#include "oracle.h"
#include "rig.h"
#include "seen.h"

/* What an earlier program left in the results is not to be taken for this one's. */
static void clear_results(struct fuzz_rig *r)
{
	struct fuzz_results *s = r->results;

	memset(s, 0, offsetof(struct fuzz_results, observed));
	s->options = r->options;
	s->before = r->before;
	r->channel.stage = FUZZ_STAGE_NONE;
}

static int go_back(struct fuzz_rig *r)
{
	r->said.len = 0;
	r->reported = false;
	clear_results(r);
	return machine_reset(r->m, r->base);
}

/* To the next HC_FUZZ_END, or another end. */
static int run_on(struct fuzz_rig *r)
{
	int status;

	while ((status = machine_run(r->m)) == MOTE_READY)
		;
	return status;
}

static int watched_run(struct fuzz_rig *r, enum watch_cause *cause)
{
	watch_begin_run(&r->watch);
	int status = run_on(r);

	*cause = watch_end_run(&r->watch);
	return status;
}

/* Has the case, all of whose calls are made, reached anything that none did before? */
static bool is_new(struct fuzz_rig *r)
{
	return seen_add(r->seen, r->map, r->edge_bytes + FUZZ_MAP_CALLS);
}

/* Have everything of the program end and be counted. What the kernel passes there is no part of the case's coverage. */
static int run_clean(struct fuzz_rig *r, enum watch_cause *cause)
{
	int status = MOTE_CASE_END;

	memcpy(r->aside, r->map, r->edge_bytes);
	while (status == MOTE_CASE_END && *cause == WATCH_NONE && r->channel.stage != FUZZ_STAGE_CLEAN)
		status = watched_run(r, cause);
	memcpy(r->map, r->aside, r->edge_bytes);
	return status;
}

static bool is_spare(const struct fuzz_rig *r)
{
	return r->cases % RIG_SPARE == 0;
}

static int run_case(struct fuzz_rig *r, enum fuzz_thoroughness how, enum watch_cause *cause)
{
	int status = watched_run(r, cause);

	outcome_note_pairs(r);
	r->reached_new = is_new(r);
	if (status == MOTE_CASE_END && *cause == WATCH_NONE && (r->reached_new || how == FUZZ_THOROUGH || is_spare(r)))
		status = run_clean(r, cause);
	return status;
}

static int run_captured(struct fuzz_rig *r, enum fuzz_thoroughness how, struct fuzz_outcome *out)
{
	enum watch_cause cause = WATCH_NONE;
	int err = go_back(r);

	if (err)
		return err;
	r->cases++;
	int status = run_case(r, how, &cause);

	outcome_judge(r, status, cause, out);
	return 0;
}

int fuzz_run(struct fuzz_rig *r, enum fuzz_thoroughness how, struct fuzz_outcome *out)
{
	struct message_sink *before = message_capture(&r->said);
	int err = run_captured(r, how, out);

	message_capture(before);
	if (err)
		message_write(r->said.text, r->said.len);
	else if (r->oracle && out->kind == FUZZ_FINE && (r->reached_new || how == FUZZ_THOROUGH))
		err = oracle_check(r->oracle, r, out);
	return err;
}

void fuzz_set_oracle(struct fuzz_rig *r, struct oracle *o)
{
	r->oracle = o;
}

void fuzz_stop(struct fuzz_rig *r)
{
	watch_stop(&r->watch);
}
