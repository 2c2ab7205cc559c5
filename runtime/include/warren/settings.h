/*
 * Settings: what an operator may choose, from the environment and from a `.env` file beside it.
 *
 * Each part of a program declares its settings as one const table; the program joins the tables,
 * loads them once at the start, and every value is then either valid or the program has not
 * started.  The environment wins over `.env`; an empty value counts as not given.  `--help` prints
 * the table.  Values never change while a program runs.
 */
#ifndef WARREN_SETTINGS_H
#define WARREN_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "warren/api.h"
#include "warren/code.h"

#ifdef __cplusplus
extern "C" {
#endif

enum warren_setting_kind {
	WARREN_SETTING_TEXT, /* min and max bound its length in bytes */
	WARREN_SETTING_INT,  /* min and max bound its value */
	WARREN_SETTING_BOOL, /* true, false, 1, 0 */
	WARREN_SETTING_LIST  /* comma separated text */
};

struct warren_setting {
	const char *name; /* the environment variable, e.g. "LOG_LEVEL" */
	enum warren_setting_kind kind;
	int64_t min, max;
	const char *default_value; /* as it would be written; NULL means "" */
	const char *text;          /* one line for --help, with the unit */
	const char *const *in;     /* TEXT: NULL-terminated list of the values allowed, or NULL */
	bool secret;               /* never printed, e.g. an URL that holds a password */
};

struct warren_settings;

/*
 * Loads the values of `tables` (each ends with an entry whose name is NULL) from the environment
 * and from `env_file` (NULL: none; a file that is not there is no error).
 * Returns 0; -EINVAL with `error` naming the setting, the value and what is allowed; -ENOMEM;
 * -EIO when the file is there but cannot be read.  Owns: caller, warren_settings_close.
 */
int warren_settings_load(const struct warren_setting *const tables[], size_t table_count,
	const char *env_file, struct warren_settings **ret,
	struct warren_error *error) WARREN_MUST_CHECK;
void warren_settings_close(struct warren_settings *settings);

/* The value of a declared setting; asking for another is our bug and asserted.  Thread: any. */
const char *warren_settings_text(const struct warren_settings *settings, const char *name);
int64_t warren_settings_int(const struct warren_settings *settings, const char *name);
bool warren_settings_bool(const struct warren_settings *settings, const char *name);

/* Prints one line a setting: name, what is allowed, default, text. */
void warren_settings_help(
	const struct warren_setting *const tables[], size_t table_count, FILE *out);

#ifdef __cplusplus
}
#endif

#endif
