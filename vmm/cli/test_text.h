/*
 * Text that a test wrote or that names one, shown so that it cannot do harm: nothing of it is taken
 * for an escape sequence by a terminal, for markup by a reader of reports or for syntax by a shell.
 * All of these write to a stream and leave errors to ferror(3).
 */
#ifndef MOTE_CLI_TEST_TEXT_H
#define MOTE_CLI_TEST_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Bytes of the UTF-8 character that s[0..n) begins with, n > 0; 0 when it begins with none (RFC
 * 3629: no overlong form, no surrogate, nothing above U+10FFFF). */
size_t text_char(const char *s, size_t n);
/* As it is, but control characters other than tab (and newline when newlines is given), characters
 * that reorder or break lines, and what is no UTF-8, byte by byte as \xNN. */
void text_plain(FILE *f, const char *s, size_t n, int newlines);
/* text_plain() with `indent` in front of every line and a newline behind the last. */
void text_lines(FILE *f, const char *indent, const char *s, size_t n);
/* A double-quoted scalar of YAML 1.2, in one line. */
void text_yaml(FILE *f, const char *s, size_t n);
/* Character data of XML 1.0 or, without newlines, a double-quoted attribute: what XML cannot hold
 * becomes U+FFFD. */
void text_xml(FILE *f, const char *s, size_t n, int newlines);
/* One word of a shell. */
void text_shell(FILE *f, const char *word);

#endif
