/* What a case came to. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rig.h"
#include "shared/fuzz/program.h"
#include "signature.h"

#define MAX_ERRNO 4095

/* ---- (call, errno) pairs ---- */

static unsigned int pair_index(unsigned int nr, unsigned int error)
{
	uint32_t h = (nr << 12 | error) * 2654435761u;

	return (h >> 16) % FUZZ_MAP_CALLS;
}

/* The results are the guest's: any bytes. */
void outcome_note_pairs(struct fuzz_rig *r)
{
	uint8_t *pairs = r->map + r->edge_bytes;

	for (unsigned int i = 0; i < FUZZ_MAX_CALLS; i++) {
		struct fuzz_result one = r->results->result[i];

		if (one.state != FUZZ_CALL_ANSWERED || one.nr > MAX_ERRNO)
			continue;
		pairs[pair_index(one.nr, one.value < 0 && one.value >= -MAX_ERRNO ? (unsigned int)-one.value : 0)] = 1;
	}
}

/* ---- hangs ---- */

static const char *call_name(unsigned int nr)
{
	for (unsigned int i = 0; i < fuzz_row_count; i++) {
		if (fuzz_row[i].nr == (int)nr)
			return fuzz_row[i].name;
	}
	return NULL;
}

/* The last call that was begun. */
static const char *last_call(const struct fuzz_rig *r)
{
	for (unsigned int i = FUZZ_MAX_CALLS; i-- > 0;) {
		struct fuzz_result one = r->results->result[i];

		if (one.state != FUZZ_CALL_NOT_MADE)
			return call_name(one.nr);
	}
	return NULL;
}

static void judge_hang(struct fuzz_rig *r, struct fuzz_outcome *out)
{
	struct report *p = &r->report;

	p->panic = false;
	snprintf(p->message, sizeof(p->message), "and the case were stopped after %u ms", r->watch.limit_ms);
	report_fill(p, &r->m->vcpu[0]);
	r->reported = true;
	out->kind = FUZZ_HANG;
	signature_of_hang(r->signature, p, &r->symbols, last_call(r));
}

/* ---- the rest ---- */

static void judge_failure(struct fuzz_rig *r, struct fuzz_outcome *out, const char *what)
{
	out->kind = FUZZ_BROKEN;
	signature_of_failure(r->signature, what);
}

/* The executor has come to one of its stages: has anything been lost? */
static void judge_stage(struct fuzz_rig *r, struct fuzz_outcome *out)
{
	struct fuzz_census after = r->results->after;
	uint64_t from = r->logged;

	/* A program can take the executor's memory away, and its results with it: there is nothing to compare then. */
	if (r->channel.stage != FUZZ_STAGE_CLEAN || r->results->stage != FUZZ_STAGE_CLEAN)
		return;
	r->log[machine_log(r->m, &from, r->log, RIG_LOG - 1)] = 0;
	if (signature_of_leak(r->signature, &r->before, &after, r->log))
		out->kind = FUZZ_LEAK;
}

/* machine_run() ended with the machine: a guest that exits by itself (reboot(2), its supervisor killed) is fine. */
static void judge_end(struct fuzz_rig *r, struct fuzz_outcome *out)
{
	switch (machine_end_kind(r->m)) {
	case MOTE_END_EXIT:
		break;
	case MOTE_END_STOPPED:
		out->kind = FUZZ_STOPPED;
		break;
	default:
		if (r->reported)
			out->kind = signature_of_report(r->signature, &r->report, &r->symbols);
		else
			judge_failure(r, out, "mote failed");
	}
}

/* Lines of source cost a process: the first report with a signature has them. */
static bool is_first(struct fuzz_rig *r, const char *signature)
{
	uint32_t h = signature_hash(signature);

	for (unsigned int i = 0; i < r->told_count; i++) {
		if (r->told[i] == h)
			return false;
	}
	if (r->told_count < RIG_SEEN_MAX)
		r->told[r->told_count++] = h;
	return true;
}

/* What was said meanwhile, the report, what the kernel logged. */
static const char *tell(struct fuzz_rig *r)
{
	uint64_t from = r->logged;

	if (r->reported)
		report_print(r->m, &r->report, is_first(r, r->signature));
	memcpy(r->log, r->said.text, r->said.len);
	size_t n = machine_log(r->m, &from, r->log + r->said.len, RIG_LOG - 1 - r->said.len);

	r->log[r->said.len + n] = 0;
	return r->log;
}

void outcome_note_signature(struct fuzz_rig *r, const char *signature)
{
	r->map[r->edge_bytes + FUZZ_MAP_CALLS + signature_index(signature)] = 1;
}

void outcome_judge(struct fuzz_rig *r, int status, enum watch_cause cause, struct fuzz_outcome *out)
{
	*out = (struct fuzz_outcome){.kind = FUZZ_FINE, .results = r->results, .log = ""};
	r->signature[0] = 0;
	if (cause == WATCH_ASKED)
		out->kind = FUZZ_STOPPED;
	else if (cause == WATCH_TIME)
		judge_hang(r, out);
	else if (status == MOTE_CASE_END)
		judge_stage(r, out);
	else
		judge_end(r, out);
	if (out->kind == FUZZ_FINE || out->kind == FUZZ_STOPPED)
		r->signature[0] = 0;
	else
		out->log = tell(r);
	memcpy(out->signature, r->signature, sizeof(out->signature));
	if (r->signature[0])
		outcome_note_signature(r, r->signature);
}
