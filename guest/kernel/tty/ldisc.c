#include "kernel/tty/ldisc.h"

#include <asm/signal.h>

#include "kernel/lib/string.h"

#define CTRL_MASK 0x1f
#define DELETE	  0x7f
#define TAB_STOP  8u

const struct ktermios ldisc_default_termios = {
	.c_iflag = ICRNL | IXON,
	.c_oflag = OPOST | ONLCR,
	.c_cflag = B38400 | CS8 | CREAD | HUPCL,
	.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
	.c_cc = {[VINTR] = 'C' & CTRL_MASK,
		 [VQUIT] = '\\' & CTRL_MASK,
		 [VERASE] = DELETE,
		 [VKILL] = 'U' & CTRL_MASK,
		 [VEOF] = 'D' & CTRL_MASK,
		 [VMIN] = 1,
		 [VSTART] = 'Q' & CTRL_MASK,
		 [VSTOP] = 'S' & CTRL_MASK,
		 [VSUSP] = 'Z' & CTRL_MASK,
		 [VREPRINT] = 'R' & CTRL_MASK,
		 [VDISCARD] = 'O' & CTRL_MASK,
		 [VWERASE] = 'W' & CTRL_MASK,
		 [VLNEXT] = 'V' & CTRL_MASK},
	.c_ispeed = 38400,
	.c_ospeed = 38400,
};

void ldisc_init(struct ldisc *l, const struct ldisc_env *env)
{
	memset(l, 0, sizeof(*l));
	l->env = env;
	l->termios = ldisc_default_termios;
}

static bool iflag(const struct ldisc *l, tcflag_t f)
{
	return l->termios.c_iflag & f;
}

static bool lflag(const struct ldisc *l, tcflag_t f)
{
	return l->termios.c_lflag & f;
}

/* Is c the control character `which`? A value of 0 (_POSIX_VDISABLE) switches one off. */
static bool is_cc(const struct ldisc *l, unsigned int which, u8 c)
{
	return c && l->termios.c_cc[which] == c;
}

static bool is_control(u8 c)
{
	return c < 0x20 || c == DELETE;
}

static bool is_word(u8 c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || c >= 0x80;
}

/* A UTF-8 byte that is not the first of its character. */
static bool continues(const struct ldisc *l, u8 c)
{
	return iflag(l, IUTF8) && (c & 0xc0) == 0x80;
}

static u8 at(const struct ldisc *l, u32 i)
{
	return l->buf[i % LDISC_SIZE];
}

static bool ends_line(const struct ldisc *l, u32 i)
{
	return l->line_end[i % LDISC_SIZE / 64] >> (i % 64) & 1;
}

static void mark_line_end(struct ldisc *l, u32 i, bool on)
{
	u64 bit = 1ull << (i % 64), *word = &l->line_end[i % LDISC_SIZE / 64];

	*word = on ? *word | bit : *word & ~bit;
}

/* ---- output ---- */

static size_t put_spaces(u8 *out, size_t n)
{
	memset(out, ' ', n);
	return n;
}

/* One byte through OPOST: up to 8 bytes in out. */
static size_t output_byte(struct ldisc *l, u8 c, u8 *out)
{
	tcflag_t o = l->termios.c_oflag;
	u32 tab;

	switch (c) {
	case '\n':
		if (o & (ONLRET | ONLCR))
			l->column = 0;
		if (o & ONLCR) {
			out[0] = '\r';
			out[1] = '\n';
			return 2;
		}
		break;
	case '\r':
		if ((o & ONOCR) && l->column == 0)
			return 0;
		if (!(o & OCRNL) || (o & ONLRET))
			l->column = 0;
		if (o & OCRNL)
			c = '\n';
		break;
	case '\t':
		tab = TAB_STOP - l->column % TAB_STOP;
		l->column += tab;
		if ((o & TABDLY) == XTABS)
			return put_spaces(out, tab);
		break;
	case '\b':
		if (l->column)
			l->column--;
		break;
	default:
		if (is_control(c) || continues(l, c))
			break;
		if ((o & OLCUC) && c >= 'a' && c <= 'z')
			c -= 'a' - 'A';
		l->column++;
	}
	out[0] = c;
	return 1;
}

size_t ldisc_output(struct ldisc *l, const u8 *in, size_t n, u8 *out, size_t size, size_t *used)
{
	size_t i, made = 0;

	if (!(l->termios.c_oflag & OPOST)) {
		*used = MIN(n, size);
		memcpy(out, in, *used);
		return *used;
	}
	for (i = 0; i < n && made + TAB_STOP <= size; i++) {
		/* almost every byte, quickly */
		if (in[i] >= ' ' && in[i] < DELETE && !(l->termios.c_oflag & OLCUC)) {
			out[made++] = in[i];
			l->column++;
		} else {
			made += output_byte(l, in[i], out + made);
		}
	}
	*used = i;
	return made;
}

/* ---- echo ---- */

static void echo_raw(struct ldisc *l, const u8 *bytes, size_t n)
{
	u8 out[64];

	while (n) {
		size_t used, made = ldisc_output(l, bytes, n, out, sizeof(out), &used);
		l->env->echo(l, out, made);
		bytes += used;
		n -= used;
	}
}

static void echo_text(struct ldisc *l, const char *text)
{
	echo_raw(l, (const u8 *)text, strlen(text));
}

/* A typed character as it is shown: control characters as ^X. */
static void echo_char(struct ldisc *l, u8 c)
{
	if (lflag(l, ECHOCTL) && is_control(c) && c != '\t' && c != '\n') {
		u8 two[2] = {'^', c ^ 0x40};
		echo_raw(l, two, 2);
	} else {
		echo_raw(l, &c, 1);
	}
}

static void finish_erasing(struct ldisc *l)
{
	if (l->erasing) {
		echo_text(l, "/");
		l->erasing = false;
	}
}

/* Columns of a byte that is no tab. */
static u32 byte_width(const struct ldisc *l, u8 c)
{
	if (is_control(c))
		return lflag(l, ECHOCTL) ? 2 : 0;
	return !continues(l, c);
}

/* Columns of the tab at `tab`. Only back to the tab before, behind which a stop begins: a line of tabs is erased in time that
 * grows with its length alone. */
static u32 tab_width(const struct ldisc *l, u32 tab)
{
	u32 column = 0, i = tab;

	while (i != l->canon_head && at(l, i - 1) != '\t')
		column += byte_width(l, at(l, --i));
	if (i == l->canon_head)
		column += l->canon_column;
	return TAB_STOP - column % TAB_STOP;
}

/* ---- editing (canonical mode) ---- */

/* Show that the character at [start, head) is gone; head has been moved back already. */
static void echo_erase(struct ldisc *l, u32 start, u32 end, bool one)
{
	u8 first = at(l, start);

	if (lflag(l, ECHOPRT)) {
		if (!l->erasing)
			echo_text(l, "\\");
		l->erasing = true;
		for (u32 i = start; i != end; i++)
			echo_char(l, at(l, i));
	} else if (one && !lflag(l, ECHOE)) {
		echo_char(l, l->termios.c_cc[VERASE]);
	} else {
		for (u32 n = first == '\t' ? tab_width(l, start) : byte_width(l, first); n; n--)
			echo_text(l, first == '\t' ? "\b" : "\b \b");
	}
}

/* Start of the last character of the line being edited. */
static u32 last_char(const struct ldisc *l)
{
	u32 i = l->head;

	do
		i--;
	while (i != l->canon_head && continues(l, at(l, i)));
	return i;
}

static void erase_char(struct ldisc *l, bool one)
{
	u32 end = l->head, start = last_char(l);

	l->head = start;
	if (lflag(l, ECHO))
		echo_erase(l, start, end, one);
}

static void erase_word(struct ldisc *l)
{
	while (l->head != l->canon_head && !is_word(at(l, last_char(l))))
		erase_char(l, false);
	while (l->head != l->canon_head && is_word(at(l, last_char(l))))
		erase_char(l, false);
}

static void erase_line(struct ldisc *l)
{
	if (lflag(l, ECHO) && !(lflag(l, ECHOK) && lflag(l, ECHOKE) && lflag(l, ECHOE))) {
		l->head = l->canon_head;
		finish_erasing(l);
		echo_char(l, l->termios.c_cc[VKILL]);
		if (lflag(l, ECHOK))
			echo_text(l, "\n");
		return;
	}
	while (l->head != l->canon_head)
		erase_char(l, false);
}

static void reprint(struct ldisc *l)
{
	finish_erasing(l);
	echo_char(l, l->termios.c_cc[VREPRINT]);
	echo_text(l, "\n");
	l->canon_column = l->column;
	for (u32 i = l->canon_head; i != l->head; i++)
		echo_char(l, at(l, i));
}

/* ---- input ---- */

/* Without room (canonical mode, one endless line) the last byte is replaced, so that an end of line
 * still gets in. */
static void put(struct ldisc *l, u8 c)
{
	if (l->head - l->tail >= LDISC_SIZE) {
		if (iflag(l, IMAXBEL))
			l->env->echo(l, (const u8 *)"\a", 1);
		l->head--;
	}
	mark_line_end(l, l->head, false);
	l->buf[l->head++ % LDISC_SIZE] = c;
}

static void put_line_end(struct ldisc *l, u8 c)
{
	put(l, c);
	mark_line_end(l, l->head - 1, true);
	l->canon_head = l->head;
}

/* PARMRK without ISTRIP: a valid 0xff is doubled. */
static bool doubles(const struct ldisc *l)
{
	return iflag(l, PARMRK) && !iflag(l, ISTRIP);
}

static void put_data(struct ldisc *l, u8 c)
{
	if (c == 0xff && doubles(l))
		put(l, c);
	put(l, c);
}

static void receive_literal(struct ldisc *l, u8 c)
{
	if (lflag(l, ECHO)) {
		finish_erasing(l);
		if (l->head == l->canon_head)
			l->canon_column = l->column;
		echo_char(l, c);
	}
	put_data(l, c);
}

static void start_output(struct ldisc *l)
{
	if (l->stopped) {
		l->stopped = false;
		l->env->flow(l, false);
	}
}

/* VSTART and VSTOP: true when c was one. */
static bool receive_flow(struct ldisc *l, u8 c)
{
	if (!iflag(l, IXON))
		return false;
	if (is_cc(l, VSTART, c)) {
		start_output(l);
		return true;
	}
	if (is_cc(l, VSTOP, c)) {
		if (!l->stopped) {
			l->stopped = true;
			l->env->flow(l, true);
		}
		return true;
	}
	return false;
}

static bool receive_signal(struct ldisc *l, u8 c)
{
	int sig = is_cc(l, VINTR, c)   ? SIGINT
		  : is_cc(l, VQUIT, c) ? SIGQUIT
		  : is_cc(l, VSUSP, c) ? SIGTSTP
				       : 0;

	if (!lflag(l, ISIG) || !sig)
		return false;
	bool flush = !lflag(l, NOFLSH);
	if (flush)
		ldisc_flush_input(l);
	l->env->signal(l, sig, flush);
	if (iflag(l, IXON))
		start_output(l);
	if (lflag(l, ECHO)) {
		finish_erasing(l);
		echo_char(l, c);
	}
	return true;
}

static bool receive_erase(struct ldisc *l, u8 c)
{
	bool word = is_cc(l, VWERASE, c) && lflag(l, IEXTEN);

	if (!word && !is_cc(l, VERASE, c) && !is_cc(l, VKILL, c))
		return false;
	if (l->head == l->canon_head)
		return true;
	if (is_cc(l, VERASE, c))
		erase_char(l, true);
	else if (word)
		erase_word(l);
	else
		erase_line(l);
	if (l->head == l->canon_head && lflag(l, ECHO))
		finish_erasing(l);
	return true;
}

static bool receive_line_end(struct ldisc *l, u8 c)
{
	if (is_cc(l, VEOF, c)) {
		put_line_end(l, 0);
		return true;
	}
	if (c != '\n' && !is_cc(l, VEOL, c) && !(is_cc(l, VEOL2, c) && lflag(l, IEXTEN)))
		return false;
	if (c == '\n' ? lflag(l, ECHO | ECHONL) : lflag(l, ECHO)) {
		finish_erasing(l);
		echo_char(l, c);
	}
	put_line_end(l, c);
	return true;
}

static bool receive_editing(struct ldisc *l, u8 c)
{
	if (receive_erase(l, c))
		return true;
	if (is_cc(l, VLNEXT, c) && lflag(l, IEXTEN)) {
		l->literal = true;
		if (lflag(l, ECHO)) {
			finish_erasing(l);
			if (lflag(l, ECHOCTL))
				echo_text(l, "^\b");
		}
		return true;
	}
	if (is_cc(l, VREPRINT, c) && lflag(l, ECHO) && lflag(l, IEXTEN)) {
		reprint(l);
		return true;
	}
	return receive_line_end(l, c);
}

/* ISTRIP, IUCLC, IGNCR, ICRNL, INLCR: false when the byte is dropped. */
static bool map_input(const struct ldisc *l, u8 *c)
{
	if (*c == '\r') {
		if (iflag(l, IGNCR))
			return false;
		if (iflag(l, ICRNL))
			*c = '\n';
	} else if (*c == '\n' && iflag(l, INLCR)) {
		*c = '\r';
	}
	return true;
}

static void receive_byte(struct ldisc *l, u8 c)
{
	if (iflag(l, ISTRIP))
		c &= 0x7f;
	if (iflag(l, IUCLC) && lflag(l, IEXTEN) && c >= 'A' && c <= 'Z')
		c += 'a' - 'A';
	if (l->literal) {
		l->literal = false;
		receive_literal(l, c);
		return;
	}
	if (receive_flow(l, c) || receive_signal(l, c))
		return;
	if (iflag(l, IXON) && iflag(l, IXANY))
		start_output(l);
	if (!map_input(l, &c))
		return;
	if (lflag(l, ICANON) && receive_editing(l, c))
		return;
	receive_literal(l, c);
}

size_t ldisc_room(const struct ldisc *l)
{
	u32 used = l->head - l->tail;
	size_t room = used < LDISC_READ ? LDISC_READ - used : 0;

	if (doubles(l))
		room /= 2; /* else the second half of a pair might find no place */
	if (room == 0 && lflag(l, ICANON) && l->canon_head == l->tail)
		return 1;
	return room;
}

size_t ldisc_receive(struct ldisc *l, const u8 *bytes, size_t n)
{
	size_t i;

	for (i = 0; i < n && ldisc_room(l); i++)
		receive_byte(l, bytes[i]);
	return i;
}

/* ---- readers ---- */

size_t ldisc_available(const struct ldisc *l)
{
	return (lflag(l, ICANON) ? l->canon_head : l->head) - l->tail;
}

size_t ldisc_count(const struct ldisc *l)
{
	size_t n = 0;

	if (!lflag(l, ICANON))
		return l->head - l->tail;
	for (u32 i = l->tail; i != l->canon_head; i++)
		n += !(ends_line(l, i) && at(l, i) == 0);
	return n;
}

static size_t read_line(struct ldisc *l, u8 *buf, size_t n, bool *end)
{
	size_t done = 0;

	while (l->tail != l->canon_head && !*end) {
		u8 c = at(l, l->tail);
		bool eof = ends_line(l, l->tail) && c == 0;
		/* An end of file right behind a full buffer belongs to this read. */
		if (done == n && !eof)
			break;
		*end = ends_line(l, l->tail);
		mark_line_end(l, l->tail++, false);
		if (!eof)
			buf[done++] = c;
	}
	return done;
}

size_t ldisc_read(struct ldisc *l, u8 *buf, size_t n, bool *end)
{
	size_t done = 0;

	*end = false;
	if (lflag(l, ICANON))
		return read_line(l, buf, n, end);
	while (done < n && l->tail != l->head)
		buf[done++] = at(l, l->tail++);
	l->canon_head = l->tail;
	return done;
}

/* ---- settings ---- */

/* What is in the queue when canonical mode begins is one line; when it ends, everything may be
 * read. */
void ldisc_set_termios(struct ldisc *l, const struct ktermios *t)
{
	bool toggled = (l->termios.c_lflag ^ t->c_lflag) & ICANON;

	l->termios = *t;
	if (toggled) {
		memset(l->line_end, 0, sizeof(l->line_end));
		l->canon_head = l->tail;
		if (lflag(l, ICANON) && l->head != l->tail) {
			mark_line_end(l, l->head - 1, true);
			l->canon_head = l->head;
		}
		l->literal = l->erasing = false;
	}
	if (!iflag(l, IXON))
		start_output(l);
}

void ldisc_flush_input(struct ldisc *l)
{
	l->head = l->tail = l->canon_head = 0;
	memset(l->line_end, 0, sizeof(l->line_end));
	l->literal = l->erasing = false;
}
