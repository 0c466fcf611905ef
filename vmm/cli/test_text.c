#include "test_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Bytes that a first byte announces; 0: none begins so. */
static size_t announced(unsigned char c)
{
	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	return c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* The character in s[0..len), whose form is right. */
static uint32_t decode(const char *s, size_t len)
{
	static const unsigned char first[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t c = (unsigned char)s[0] & first[len];

	for (size_t i = 1; i < len; i++)
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	return c;
}

size_t text_char(const char *s, size_t n)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = announced((unsigned char)s[0]);

	if (!len || len > n)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 0;
	}
	uint32_t c = decode(s, len);

	return c < least[len] || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff ? 0 : len;
}

static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

/* What changes how the text around it is read: line and paragraph separators, overrides of
 * direction, the byte order mark; and what is no character. */
static bool is_treacherous(uint32_t c)
{
	return is_control(c) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
	       c == 0xfeff || (c & 0xfffe) == 0xfffe;
}

static void put_bytes_escaped(FILE *f, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(f, "\\x%02x", (unsigned char)s[i]);
}

void text_plain(FILE *f, const char *s, size_t n, int newlines)
{
	for (size_t i = 0, len; i < n; i += len ? len : 1) {
		len = text_char(s + i, n - i);
		if (s[i] == '\t' || (s[i] == '\n' && newlines))
			putc(s[i], f);
		else if (!len || is_treacherous(decode(s + i, len)))
			put_bytes_escaped(f, s + i, len ? len : 1);
		else
			fwrite(s + i, 1, len, f);
	}
}

void text_lines(FILE *f, const char *indent, const char *s, size_t n)
{
	while (n) {
		const char *end = memchr(s, '\n', n);
		size_t len = end ? (size_t)(end - s) : n, step = len + !!end;

		fputs(indent, f);
		text_plain(f, s, len, 0);
		putc('\n', f);
		s += step;
		n -= step;
	}
}

static void yaml_char(FILE *f, const char *s, size_t len)
{
	uint32_t c = len ? decode(s, len) : (unsigned char)s[0];

	if (c == '"' || c == '\\')
		fprintf(f, "\\%c", (int)c);
	else if (!len || is_control(c))
		fprintf(f, "\\x%02x", c);
	else if (is_treacherous(c))
		fprintf(f, "\\U%08x", c);
	else
		fwrite(s, 1, len, f);
}

void text_yaml(FILE *f, const char *s, size_t n)
{
	putc('"', f);
	for (size_t i = 0, len; i < n; i += len ? len : 1) {
		len = text_char(s + i, n - i);
		yaml_char(f, s + i, len);
	}
	putc('"', f);
}

/* XML 1.0, production 2 (Char). */
static bool xml_allows(uint32_t c)
{
	return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0xfffe) || c > 0xffff;
}

static void xml_char(FILE *f, const char *s, size_t len)
{
	uint32_t c = len ? decode(s, len) : 0;

	if (!xml_allows(c))
		fputs("\xef\xbf\xbd", f);
	else if (c < 0x20 || (c >= 0x7f && c < 0xa0) || (c < 0x7f && strchr("&<>\"'", (int)c)))
		fprintf(f, "&#%u;", c);
	else
		fwrite(s, 1, len, f);
}

void text_xml(FILE *f, const char *s, size_t n, int newlines)
{
	for (size_t i = 0, len; i < n; i += len ? len : 1) {
		len = text_char(s + i, n - i);
		if (newlines && (s[i] == '\n' || s[i] == '\t'))
			putc(s[i], f);
		else
			xml_char(f, s + i, len);
	}
}

static bool is_visible(const char *s, size_t n)
{
	for (size_t i = 0, len; i < n; i += len) {
		len = text_char(s + i, n - i);
		if (!len || is_treacherous(decode(s + i, len)))
			return false;
	}
	return true;
}

/* $'...' as bash, zsh, ksh and POSIX.1-2024 have it; octal, whose three digits cannot run on. */
static void shell_escaped(FILE *f, const char *word)
{
	fputs("$'", f);
	for (; *word; word++) {
		if (*word == '\'' || *word == '\\')
			fprintf(f, "\\%c", *word);
		else if (*word < 0x20 || *word >= 0x7f)
			fprintf(f, "\\%03o", (unsigned char)*word);
		else
			putc(*word, f);
	}
	putc('\'', f);
}

static void shell_quoted(FILE *f, const char *word)
{
	putc('\'', f);
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", f);
		else
			putc(*word, f);
	}
	putc('\'', f);
}

void text_shell(FILE *f, const char *word)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "@%+=:,./_-";

	if (!is_visible(word, strlen(word)))
		shell_escaped(f, word);
	else if (*word && !word[strspn(word, safe)])
		fputs(word, f);
	else
		shell_quoted(f, word);
}
