/*
 * An input as a script, for targets that have a state: steps "\n~" VERB BYTES, one behind the
 * other.  What stands before the first "\n~" is nothing's.
 */
#ifndef FUZZ_SCRIPT_H
#define FUZZ_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fuzz_script {
	const uint8_t *at, *end;
};

struct fuzz_step {
	char verb;
	const uint8_t *bytes;
	size_t len;
};

struct fuzz_script fuzz_script_open(const uint8_t *bytes, size_t len);

/* Returns false at the end. */
bool fuzz_script_next(struct fuzz_script *script, struct fuzz_step *ret);

/* The step's bytes as a number of at most four digits; 0 when they are none. */
uint32_t fuzz_step_number(const struct fuzz_step *step);

/* Copies the step's bytes up to a zero, as far as they fit. */
void fuzz_step_text(const struct fuzz_step *step, char *ret, size_t size);

/* Aborts, so that the fuzzer keeps the input. */
void fuzz_demand(bool holds);

/* Whether the bytes are one JSON text. */
bool fuzz_is_json(const char *text, size_t len);

#endif
