/*
 * Where clang's -fsanitize=undefined calls when a check has failed. Each kind has a function of its own; all get a record that begins with
 * the place in the source, but for the kinds whose place comes in a second argument.
 */
#include "kernel/lib/log.h"

struct source_location {
	const char *file;
	u32 line, column;
};

static _Noreturn void report(const char *kind, const struct source_location *at)
{
	panic("undefined behaviour: %s at %s:%u:%u", kind, at->file, at->line, at->column);
}

#define HANDLER(name, kind)                                                                         \
	_Noreturn void __ubsan_handle_##name##_abort(const struct source_location *at);             \
	void __ubsan_handle_##name##_abort(const struct source_location *at)                        \
	{                                                                                           \
		report(kind, at);                                                                   \
	}

HANDLER(add_overflow, "signed overflow of +")
HANDLER(sub_overflow, "signed overflow of -")
HANDLER(mul_overflow, "signed overflow of *")
HANDLER(negate_overflow, "signed overflow of negation")
HANDLER(divrem_overflow, "division")
HANDLER(shift_out_of_bounds, "shift")
HANDLER(out_of_bounds, "index out of bounds")
HANDLER(type_mismatch_v1, "null pointer or object too small")
HANDLER(load_invalid_value, "invalid value of a bool or enum")
HANDLER(vla_bound_not_positive, "array bound")
HANDLER(float_cast_overflow, "cast")
HANDLER(invalid_builtin, "argument of a builtin")
HANDLER(nonnull_arg, "null argument")
HANDLER(function_type_mismatch, "function of another type")

/* These do not carry _abort: there is no other way on. */
#define HANDLER_FINAL(name, kind)                                                                   \
	_Noreturn void __ubsan_handle_##name(const struct source_location *at);                     \
	void __ubsan_handle_##name(const struct source_location *at)                                \
	{                                                                                           \
		report(kind, at);                                                                   \
	}
HANDLER_FINAL(builtin_unreachable, "unreachable code")
HANDLER_FINAL(missing_return, "missing return")

_Noreturn void __ubsan_handle_nonnull_return_v1_abort(const void *attribute, const struct source_location *at);
void __ubsan_handle_nonnull_return_v1_abort(const void *attribute __unused, const struct source_location *at)
{
	report("null result", at);
}
