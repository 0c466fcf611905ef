#include "kernel/lib/log.h"
#include "kernel/lib/string.h"

enum spec_flag { MINUS = 1, ZERO = 2, PLUS = 4, SPACE = 8, ALT = 16, UPPER = 32 };

struct spec {
	unsigned int flags; /* enum spec_flag */
	int width;
	int precision; /* -1: none given */
	int length;    /* -2 hh, -1 h, 0 int, 1 long and whatever has its size */
	char conversion;
};

struct out {
	char *buf;
	size_t size, len;
};

static void put(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void put_n(struct out *o, char c, int n)
{
	while (n-- > 0)
		put(o, c);
}

static void put_text(struct out *o, const char *s, size_t n)
{
	while (n--)
		put(o, *s++);
}

/* Text of n bytes in a field of the spec's width. */
static void put_field(struct out *o, const struct spec *s, const char *text, size_t n)
{
	int pad = s->width > (int)n ? s->width - (int)n : 0;

	if (!(s->flags & MINUS))
		put_n(o, ' ', pad);
	put_text(o, text, n);
	if (s->flags & MINUS)
		put_n(o, ' ', pad);
}

/* The digits of v, last first, into end[-1], end[-2], ...; answers how many. */
static int digits(char *end, u64 v, unsigned int base, bool upper)
{
	const char *set = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	int n = 0;

	for (; v; v /= base)
		end[-++n] = set[v % base];
	return n;
}

static void put_number(struct out *o, const struct spec *s, u64 v, unsigned int base, const char *prefix)
{
	char text[24];
	int n = digits(text + sizeof(text), v, base, s->flags & UPPER);
	int min = s->precision < 0 ? 1 : s->precision;
	int prefix_len = (int)strlen(prefix);
	int zeros = n < min ? min - n : 0;
	int pad;

	if (base == 8 && s->flags & ALT && !zeros)
		zeros = 1;
	pad = s->width - n - zeros - prefix_len;
	if (s->flags & ZERO && !(s->flags & MINUS) && s->precision < 0 && pad > 0) {
		zeros += pad;
		pad = 0;
	}
	if (!(s->flags & MINUS))
		put_n(o, ' ', pad);
	put_text(o, prefix, (size_t)prefix_len);
	put_n(o, '0', zeros);
	put_text(o, text + sizeof(text) - n, (size_t)n);
	if (s->flags & MINUS)
		put_n(o, ' ', pad);
}

static const char *sign_prefix(const struct spec *s, bool negative)
{
	if (negative)
		return "-";
	if (s->flags & PLUS)
		return "+";
	return s->flags & SPACE ? " " : "";
}

/* A macro, not a function: va_list may be an array type, whose address is not portable. */
#define NEXT_SIGNED(s, ap) ((s)->length > 0 ? va_arg(ap, long) : (long)va_arg(ap, int))
#define NEXT_UNSIGNED(s, ap) ((s)->length > 0 ? va_arg(ap, unsigned long) : (unsigned long)va_arg(ap, unsigned int))

static u64 narrow(const struct spec *s, u64 v)
{
	if (s->length == -1)
		return (u16)v;
	if (s->length == -2)
		return (u8)v;
	return v;
}

static s64 narrow_signed(const struct spec *s, s64 v)
{
	if (s->length == -1)
		return (s16)v;
	if (s->length == -2)
		return (s8)v;
	return v;
}

static int parse_int(const char **fmt)
{
	int n = 0;

	for (; **fmt >= '0' && **fmt <= '9'; ++*fmt)
		if (n < 100000)
			n = n * 10 + (**fmt - '0');
	return n;
}

static unsigned int parse_flags(const char **fmt)
{
	static const char letters[] = "-0+ #";
	unsigned int flags = 0;
	const char *at;

	for (; **fmt && (at = strchr(letters, **fmt)); ++*fmt)
		flags |= 1u << (at - letters);
	return flags;
}

static int parse_length(const char **fmt)
{
	int length = 0;

	for (; **fmt && strchr("hlzjt", **fmt); ++*fmt)
		length = **fmt == 'h' ? length - 1 : 1;
	return length;
}

static void put_string(struct out *o, const struct spec *s, const char *text)
{
	if (!text)
		text = "(null)";
	put_field(o, s, text, s->precision < 0 ? strlen(text) : strnlen(text, (size_t)s->precision));
}

static void put_unsigned(struct out *o, struct spec *s, u64 v)
{
	unsigned int base = s->conversion == 'u' ? 10 : s->conversion == 'o' ? 8 : 16;
	const char *prefix = "";

	if (s->conversion == 'X')
		s->flags |= UPPER;
	if (base == 16 && s->flags & ALT && v)
		prefix = s->flags & UPPER ? "0X" : "0x";
	put_number(o, s, v, base, prefix);
}

int kvsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct out o = {.buf = buf, .size = size};

	while (*fmt) {
		struct spec s = {.precision = -1};
		s64 v;
		char c;

		if (*fmt != '%') {
			put(&o, *fmt++);
			continue;
		}
		fmt++;
		s.flags = parse_flags(&fmt);
		s.width = *fmt == '*' ? (fmt++, va_arg(ap, int)) : parse_int(&fmt);
		if (s.width < 0) {
			s.flags |= MINUS;
			s.width = s.width < -100000 ? 100000 : -s.width;
		}
		if (*fmt == '.') {
			fmt++;
			s.precision = *fmt == '*' ? (fmt++, va_arg(ap, int)) : parse_int(&fmt);
		}
		s.length = parse_length(&fmt);
		s.conversion = *fmt ? *fmt++ : '%';
		switch (s.conversion) {
		case 'd':
		case 'i':
			v = narrow_signed(&s, NEXT_SIGNED(&s, ap));
			put_number(&o, &s, v < 0 ? -(u64)v : (u64)v, 10, sign_prefix(&s, v < 0));
			break;
		case 'u':
		case 'x':
		case 'X':
		case 'o':
			put_unsigned(&o, &s, narrow(&s, NEXT_UNSIGNED(&s, ap)));
			break;
		case 'p':
			put_number(&o, &s, (u64)va_arg(ap, void *), 16, "0x");
			break;
		case 'c':
			c = (char)va_arg(ap, int);
			put_field(&o, &s, &c, 1);
			break;
		case 's':
			put_string(&o, &s, va_arg(ap, const char *));
			break;
		default:
			put(&o, s.conversion);
		}
	}
	if (size)
		buf[o.len < size ? o.len : size - 1] = '\0';
	return (int)o.len;
}

int ksnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = kvsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}
