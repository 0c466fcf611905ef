/* Where two kernels' answers to the same program part. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "oracle.h"
#include "oracle_key.h"
#include "oracle_lines.h"
#include "oracle_rules.h"
#include "shared/fuzz/grammar.h"
#include "shared/fuzz/layout.h"

/* Calls whose output is not compared are taken to write so much where they are pointed to. */
#define DIRTY_BYTES 512u
#define DIRTY_UNIT  64u

struct comparison {
	struct fuzz_program p;
	const struct fuzz_results *theirs, *ours; /* `runs` of each; the first ones stand for all */
	size_t runs;
	const struct oracle_lenience *l;
	bool alone; /* one thread, no child: nothing depends on who is quicker */
	/* The call's result is not known to be the same on both sides: what uses it is not compared. */
	bool tainted[FUZZ_MAX_CALLS];
	bool dirty[FUZZ_DATA_VALUES / DIRTY_UNIT]; /* pieces of the data area whose content is not known to be the same */
	struct oracle_difference *d;
};

enum verdict {
	ALIKE,
	DIFFERENT,
	UNKNOWN, /* what comes behind it is not comparable */
};

/* ---- within a side ---- */

static bool same_value(const struct fuzz_results *r, size_t runs, unsigned int i)
{
	for (size_t k = 1; k < runs; k++)
		if (r[k].result[i].state != r[0].result[i].state || r[k].result[i].value != r[0].result[i].value)
			return false;
	return true;
}

static bool same_output(const struct fuzz_results *r, size_t runs, unsigned int i)
{
	for (size_t k = 1; k < runs; k++)
		if (r[k].result[i].output != r[0].result[i].output)
			return false;
	return true;
}

static bool same_observed(const struct fuzz_results *r, size_t runs)
{
	for (size_t k = 1; k < runs; k++)
		if (r[k].ended != r[0].ended || r[k].observed_len != r[0].observed_len ||
		    memcmp(r[k].observed, r[0].observed, r[0].observed_len))
			return false;
	return true;
}

/* ---- between the sides ---- */

/* Key is filled: a difference, unless it is allowed. */
static enum verdict judge(struct comparison *c, int call)
{
	c->d->call = call;
	if (!c->l->allow || !oracle_allow_reason(c->l->allow, c->d->key))
		return DIFFERENT;
	if (c->l->allowed)
		++*c->l->allowed;
	if (call < 0)
		return ALIKE;
	const struct fuzz_result *t = &c->theirs->result[call], *o = &c->ours->result[call];

	c->tainted[call] = true;
	return t->state == o->state && (t->value < 0) == (o->value < 0) ? ALIKE : UNKNOWN;
}

static enum verdict differ(struct comparison *c, unsigned int i, const char *theirs, const char *ours)
{
	char call[ORACLE_KEY];

	oracle_call_class(&c->p, i, c->theirs, call, sizeof(call));
	int n = snprintf(c->d->key, sizeof(c->d->key), ": Linux %s, mote %s", theirs, ours);

	/* The answers are never what is cut off. */
	snprintf(c->d->key, sizeof(c->d->key), "%.*s: Linux %s, mote %s", (int)sizeof(c->d->key) - 1 - n, call, theirs, ours);
	return judge(c, (int)i);
}

static enum verdict differ_in_value(struct comparison *c, unsigned int i, long long theirs, long long ours)
{
	char t[40], o[40];

	oracle_answer_class(theirs, t, sizeof(t));
	oracle_answer_class(ours, o, sizeof(o));
	/* Large numbers would make every program's difference one of its own. */
	if (theirs >= 4096 && ours >= 4096)
		return differ(c, i, "ok", "ok with another value");
	if (theirs >= 0 && ours >= 0)
		return differ(c, i, t, o);
	if (theirs >= 0)
		return differ(c, i, "ok", o);
	return differ(c, i, t, ours >= 0 ? "ok" : o);
}

static void note_dirty(struct comparison *c, unsigned int i)
{
	const struct fuzz_call *call = &c->p.call[i];

	for (unsigned int a = 0; a < fuzz_row[call->row].argc; a++)
		for (uint64_t at = call->arg[a].value; at < call->arg[a].value + DIRTY_BYTES; at += DIRTY_UNIT)
			if (call->arg[a].kind == FUZZ_ARG_DATA && at < FUZZ_DATA_VALUES)
				c->dirty[at / DIRTY_UNIT] = true;
}

static bool only_writes(unsigned int kind)
{
	return fuzz_kind_writes(kind) && kind != FUZZ_KIND_POLLFDS;
}

/* Is it given data that an uncompared call may have left there? */
static bool uses_dirty(const struct comparison *c, unsigned int kind, const struct fuzz_arg *arg)
{
	return arg->kind == FUZZ_ARG_DATA && !only_writes(kind) && arg->size < DIRTY_UNIT && c->dirty[arg->value / DIRTY_UNIT];
}

static bool uses_tainted(const struct comparison *c, unsigned int i)
{
	const struct fuzz_call *call = &c->p.call[i];

	for (unsigned int a = 0; a < fuzz_row[call->row].argc; a++) {
		const struct fuzz_arg *arg = &call->arg[a];

		if ((arg->kind == FUZZ_ARG_RESULT || arg->kind == FUZZ_ARG_OUTPUT) && c->tainted[arg->value])
			return true;
		if (uses_dirty(c, fuzz_row[call->row].kind[a], arg))
			return true;
	}
	return false;
}

/* Does it name an id that the sandbox has none for? */
static bool names_unmapped_id(const struct comparison *c, unsigned int i)
{
	const struct fuzz_call *call = &c->p.call[i];
	const struct fuzz_row *row = &fuzz_row[call->row];

	for (unsigned int a = 0; a < row->argc; a++) {
		uint32_t id = (uint32_t)call->arg[a].value;

		if ((row->kind[a] == FUZZ_KIND_UID || row->kind[a] == FUZZ_KIND_GID) && call->arg[a].kind == FUZZ_ARG_CONST &&
		    id >= ORACLE_IDS_END && id != ~0u)
			return true;
	}
	return false;
}

/* One of them did not come back from the call: it waited to the end, or ended, or executed another program. */
static enum verdict compare_state(struct comparison *c, unsigned int i, const struct fuzz_result *t, const struct fuzz_result *o)
{
	if (t->state == FUZZ_CALL_ANSWERED && t->value == ORACLE_REFUSED)
		return UNKNOWN;
	if (!c->alone || t->state == FUZZ_CALL_NOT_MADE || o->state == FUZZ_CALL_NOT_MADE)
		return UNKNOWN;
	char text[40];

	if (t->state == FUZZ_CALL_ANSWERED) {
		oracle_answer_class(t->value, text, sizeof(text));
		return differ(c, i, t->value < 0 ? text : "ok", c->ours->ended ? "ends" : "waits");
	}
	/* Linux was given a short time only: a wait says nothing. */
	if (!c->theirs->ended)
		return UNKNOWN;
	oracle_answer_class(o->value, text, sizeof(text));
	return differ(c, i, "ends", o->value < 0 ? text : "ok");
}

/* Not compared; did one of them do something that the other did not? */
static enum verdict pass_over(struct comparison *c, unsigned int i, const struct fuzz_result *t, const struct fuzz_result *o)
{
	c->tainted[i] = true;
	return (t->value < 0) == (o->value < 0) ? ALIKE : UNKNOWN;
}

static enum verdict compare_answers(struct comparison *c, unsigned int i, const struct fuzz_result *t, const struct fuzz_result *o)
{
	unsigned int rules = oracle_rules(fuzz_row[c->p.call[i].row].name);

	if (t->value == ORACLE_REFUSED || rules & ORACLE_IGNORED || (rules & ORACLE_IDS && c->l->single_id) || uses_tainted(c, i))
		return pass_over(c, i, t, o);
	if (names_unmapped_id(c, i))
		return o->value < 0 ? pass_over(c, i, t, o) : UNKNOWN;
	bool both = t->value >= 0 && o->value >= 0;

	if (both && rules & ORACLE_OUTPUT_VARIES)
		note_dirty(c, i);

	if (both && rules & (ORACLE_VALUE_VARIES | ORACLE_ADDRESS)) {
		c->tainted[i] = rules & ORACLE_VALUE_VARIES;
		return ALIKE;
	}
	if (!same_value(c->theirs, c->runs, i) || !same_value(c->ours, c->runs, i))
		return UNKNOWN;
	if (t->value != o->value)
		return differ_in_value(c, i, t->value, o->value);
	if (rules & ORACLE_OUTPUT_VARIES || t->output == o->output || !same_output(c->theirs, c->runs, i) ||
	    !same_output(c->ours, c->runs, i))
		return ALIKE;
	return differ(c, i, "ok", "ok with other output");
}

/* Is it given the memory where the executor keeps the answers? What lies there is each side's own, and who writes there changes them. */
static bool touches_results(const struct comparison *c, unsigned int i)
{
	const struct fuzz_call *call = &c->p.call[i];

	for (unsigned int a = 0; a < fuzz_row[call->row].argc; a++)
		if (call->arg[a].kind == FUZZ_ARG_CONST && call->arg[a].value >= FUZZ_CASE_ADDR &&
		    call->arg[a].value < FUZZ_RESULTS_ADDR + sizeof(struct fuzz_results))
			return true;
	return false;
}

static enum verdict compare_call(struct comparison *c, unsigned int i)
{
	const struct fuzz_result *t = &c->theirs->result[i], *o = &c->ours->result[i];

	if (touches_results(c, i))
		return UNKNOWN;
	if (t->state == FUZZ_CALL_ANSWERED && o->state == FUZZ_CALL_ANSWERED)
		return compare_answers(c, i, t, o);
	if (t->state == o->state)
		return same_value(c->theirs, c->runs, i) ? ALIKE : UNKNOWN;
	if (!same_value(c->theirs, c->runs, i) || !same_value(c->ours, c->runs, i))
		return UNKNOWN;
	return compare_state(c, i, t, o);
}

/* ---- the state in the end ---- */

/* The line's first two words, for "fd 3 ..." and "file a/b ...": what it is about. */
static void line_class(const char *line, size_t len, char *text, size_t size)
{
	snprintf(text, size, "%.*s", (int)(len > 60 ? 60 : len), line);
}

/* Owners that the sandbox knows no id for, the host's, are shown as this. */
#define NOBODY " of 65534:65534"

bool oracle_lines_alike(const char *t, size_t tn, const char *o, size_t on)
{
	if (tn == on && !memcmp(t, o, tn))
		return true;
	const char *nobody = memmem(t, tn, NOBODY, sizeof(NOBODY) - 1);
	size_t head = nobody ? (size_t)(nobody - t) + 4 : 0, tail = nobody ? tn - head - (sizeof(NOBODY) - 1 - 4) : 0;

	return nobody && on >= head + tail && !memcmp(t, o, head) && !memcmp(t + tn - tail, o + on - tail, tail);
}

static enum verdict compare_observed(struct comparison *c)
{
	const char *t = c->theirs->observed, *o = c->ours->observed;
	char their_line[64], our_line[64];

	while (*t || *o) {
		size_t tn = strcspn(t, "\n"), on = strcspn(o, "\n");

		if (!oracle_lines_alike(t, tn, o, on)) {
			line_class(t, tn, their_line, sizeof(their_line));
			line_class(o, on, our_line, sizeof(our_line));
			snprintf(c->d->key, sizeof(c->d->key), "end: Linux %s, mote %s", their_line, our_line);
			if (judge(c, -1) == DIFFERENT)
				return DIFFERENT;
		}
		t += tn + (t[tn] == '\n');
		o += on + (o[on] == '\n');
	}
	return ALIKE;
}

/* Of a process: "exit 7", "SIGSEGV". */
static void status_class(unsigned int status, char *text, size_t size)
{
	const char *name = WIFSIGNALED((int)status) ? sigabbrev_np(WTERMSIG((int)status)) : NULL;

	if (name)
		snprintf(text, size, "SIG%s", name);
	else if (WIFSIGNALED((int)status))
		snprintf(text, size, "signal %d", WTERMSIG((int)status));
	else
		snprintf(text, size, "exit %d", WEXITSTATUS((int)status));
}

/* The last call that was made. */
static const char *last_call(const struct comparison *c)
{
	for (unsigned int i = c->p.count; i-- > 0;)
		if (c->theirs->result[i].state != FUZZ_CALL_NOT_MADE)
			return fuzz_row[c->p.call[i].row].name;
	return "nothing";
}

static bool any_tainted(const struct comparison *c)
{
	for (unsigned int i = 0; i < c->p.count; i++)
		if (c->tainted[i])
			return true;
	return false;
}

static enum verdict compare_end(struct comparison *c)
{
	if (c->theirs->stage < FUZZ_STAGE_CLEAN || c->ours->stage < FUZZ_STAGE_CLEAN || !same_observed(c->theirs, c->runs) ||
	    !same_observed(c->ours, c->runs))
		return UNKNOWN;
	/* Where something was not compared, positions and contents may be others. */
	if (c->theirs->ended == c->ours->ended)
		return any_tainted(c) ? ALIKE : compare_observed(c);
	if (!c->alone)
		return UNKNOWN;
	/* A machine's time flies: there timers ring that would do so much later on Linux. */
	int sig = WTERMSIG((int)c->ours->ended);

	if (WIFSIGNALED((int)c->ours->ended) && (sig == SIGALRM || sig == SIGVTALRM || sig == SIGPROF))
		return UNKNOWN;
	char t[40], o[40];

	status_class(c->theirs->ended, t, sizeof(t));
	status_class(c->ours->ended, o, sizeof(o));
	snprintf(c->d->key, sizeof(c->d->key), "end after %s: Linux %s, mote %s", last_call(c), t, o);
	return judge(c, -1);
}

static bool is_alone(const struct fuzz_program *p)
{
	for (unsigned int i = 0; i < p->count; i++)
		if (fuzz_row_forks(&fuzz_row[p->call[i].row]))
			return false;
	return p->threads == 1;
}

static void begin(struct comparison *c, const struct fuzz_case *fuzz_case)
{
	size_t len = fuzz_case->len < FUZZ_CASE_BYTES ? fuzz_case->len : FUZZ_CASE_BYTES;

	fuzz_decode(fuzz_case->bytes, len, &c->p);
	c->alone = is_alone(&c->p);
}

void oracle_clean_results(struct fuzz_results *r)
{
	if (r->calls > FUZZ_MAX_CALLS)
		r->calls = FUZZ_MAX_CALLS;
	if (r->observed_len >= sizeof(r->observed))
		r->observed_len = sizeof(r->observed) - 1;
	r->observed[r->observed_len] = 0;
}

bool oracle_compare(const struct fuzz_case *fuzz_case, const struct fuzz_results *theirs, const struct fuzz_results *ours, size_t runs,
		    const struct oracle_lenience *l, struct oracle_difference *d)
{
	static _Thread_local struct comparison c;
	enum verdict v = ALIKE;

	c = (struct comparison){.theirs = theirs, .ours = ours, .runs = runs, .l = l, .d = d};
	begin(&c, fuzz_case);
	for (unsigned int i = 0; i < c.p.count && v == ALIKE; i++)
		v = compare_call(&c, i);
	if (v == ALIKE)
		v = compare_end(&c);
	return v == DIFFERENT;
}
