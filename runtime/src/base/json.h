/*
 * JSON text, read and written without a tree.
 *
 * The reader is a pull parser over one buffer: strict RFC 8259, UTF-8 checked, depth limited,
 * no allocation, no recursion.  A value can be taken apart (enter, next) or skipped, which yields
 * its exact bytes: the edge splits an event's arguments that way and passes them on unchanged.
 * After an error every call answers -EBADMSG; `error_at` and `error_text` say where and what.
 *
 * The writer appends to a buffer that grows up to a cap; after a failure every call does nothing
 * and warren_json_finish says -ENOMEM.
 */
#ifndef WARREN_BASE_JSON_H
#define WARREN_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "warren/api.h"
#include "warren/arena.h"

#define WARREN_JSON_DEPTH_MAX 64

enum warren_json_kind {
	WARREN_JSON_NULL,
	WARREN_JSON_FALSE,
	WARREN_JSON_TRUE,
	WARREN_JSON_NUMBER,
	WARREN_JSON_STRING,
	WARREN_JSON_ARRAY,
	WARREN_JSON_OBJECT
};

/* A stretch of the text, not terminated. */
struct warren_json_span {
	const char *text;
	size_t len;
};

struct warren_json_reader {
	const char *text, *at, *end;
	uint64_t object_bits; /* per depth: object or array */
	uint32_t depth, depth_max;
	bool first; /* no member of the innermost container was read yet */
	size_t error_at;
	const char *error_text; /* NULL: no error */
	bool too_deep;          /* that was the error */
};

void warren_json_read(
	struct warren_json_reader *reader, const char *text, size_t len, uint32_t depth_max);

/* Looks at the kind of the value that comes next without taking it.  Returns 0; -EBADMSG. */
int warren_json_peek(
	struct warren_json_reader *reader, enum warren_json_kind *ret) WARREN_MUST_CHECK;

/* Enters an array or object.  Returns 0; -EBADMSG when the next value is none, or too deep. */
int warren_json_enter_array(struct warren_json_reader *reader) WARREN_MUST_CHECK;
int warren_json_enter_object(struct warren_json_reader *reader) WARREN_MUST_CHECK;

/*
 * Moves to the next element or member of the innermost container; at its end leaves it.
 * Returns 1 when there is one, 0 at the end, -EBADMSG.  `key` is the name with its quotes, escapes
 * still in it (warren_json_string_decode reads it).
 */
int warren_json_next_element(struct warren_json_reader *reader) WARREN_MUST_CHECK;
int warren_json_next_member(
	struct warren_json_reader *reader, struct warren_json_span *key) WARREN_MUST_CHECK;

/* Takes the next value whole, checked; `ret` (may be NULL) is its exact text.  Returns 0; -EBADMSG.
 */
int warren_json_skip(
	struct warren_json_reader *reader, struct warren_json_span *ret) WARREN_MUST_CHECK;

/* Returns 0 when nothing but white space is left and all containers are closed; -EBADMSG. */
int warren_json_end(struct warren_json_reader *reader) WARREN_MUST_CHECK;

/*
 * Decodes a string span (with its quotes).  The result is terminated UTF-8; `*ret_len` counts its
 * bytes, U+0000 included.  Lone surrogates are refused.  Returns 0; -EBADMSG; -ENOMEM.
 */
int warren_json_string_decode(struct warren_json_span span, struct warren_arena *arena,
	const char **ret, size_t *ret_len) WARREN_MUST_CHECK;

/* Compares a string span with `text` after decoding, without allocation. */
bool warren_json_string_is(struct warren_json_span span, const char *text);

/*
 * Reads a value's span.  -ERANGE: does not fit, for a double also when it is longer than 1023
 * characters; -EBADMSG: no number, or not an integer (1.0 and 1e3 are integers).
 */
int warren_json_number_int64(struct warren_json_span span, int64_t *ret) WARREN_MUST_CHECK;
int warren_json_number_uint64(struct warren_json_span span, uint64_t *ret) WARREN_MUST_CHECK;
int warren_json_number_double(struct warren_json_span span, double *ret) WARREN_MUST_CHECK;

/* ---- writing ---- */

struct warren_json_writer {
	char *data;
	size_t len, capacity, max;
	char *first; /* the caller's, where it began; NULL: none */
	bool failed;
	bool comma; /* a value stands before the next one in this container */
};

void warren_json_writer_init(struct warren_json_writer *writer, size_t max_bytes);
/* The same, and writes into `first` as long as that has room: it must outlive the writer. */
void warren_json_writer_init_in(
	struct warren_json_writer *writer, char *first, size_t size, size_t max_bytes);
void warren_json_writer_free(struct warren_json_writer *writer);

void warren_json_begin_object(struct warren_json_writer *writer);
void warren_json_end_object(struct warren_json_writer *writer);
void warren_json_begin_array(struct warren_json_writer *writer);
void warren_json_end_array(struct warren_json_writer *writer);
void warren_json_key(struct warren_json_writer *writer, const char *name);
/* Bytes of `text` that are not UTF-8 are written as U+FFFD, so that the result is always valid. */
void warren_json_string(struct warren_json_writer *writer, const char *text, size_t len);
void warren_json_cstring(struct warren_json_writer *writer, const char *text);
void warren_json_int64(struct warren_json_writer *writer, int64_t number);
void warren_json_uint64(struct warren_json_writer *writer, uint64_t number);
/*
 * The fewest digits that read back to the same number; "NaN", "Infinity" and "-Infinity" as
 * strings.
 */
void warren_json_double(struct warren_json_writer *writer, double number);
void warren_json_float(struct warren_json_writer *writer, float number);
void warren_json_bool(struct warren_json_writer *writer, bool value);
void warren_json_null(struct warren_json_writer *writer);
void warren_json_raw(
	struct warren_json_writer *writer, const char *value, size_t len); /* one value */

/*
 * Returns 0 with terminated text, still owned by the writer; -ENOMEM past the cap.
 * `ret_len` may be NULL.
 */
int warren_json_finish(
	struct warren_json_writer *writer, const char **ret, size_t *ret_len) WARREN_MUST_CHECK;

#endif
