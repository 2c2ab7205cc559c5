/*
 * Logs: one JSON object a line on standard output, with pino's fields and level numbers.
 *
 *   {"level":30,"time":1770000000000,"pid":7,"hostname":"h","name":"user","msg":"listening","port":3001}
 *
 * A line is written whole, from any thread.  No call waits for a reader that stalls: lines wait in
 * 256 KiB of memory, and past that they are dropped and counted.  Field values are typed; text is
 * escaped and, where it is not UTF-8, repaired.  Remote text is a field, never the message.
 * A line is at most 8 KiB; what does not fit is cut and says so with "cut":true.
 */
#ifndef WARREN_LOG_H
#define WARREN_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "warren/api.h"

#ifdef __cplusplus
extern "C" {
#endif

enum warren_log_level {
	WARREN_LOG_TRACE = 10,
	WARREN_LOG_DEBUG = 20,
	WARREN_LOG_INFO = 30,
	WARREN_LOG_WARN = 40,
	WARREN_LOG_ERROR = 50,
	WARREN_LOG_FATAL = 60,
	WARREN_LOG_SILENT = 100
};

struct warren_log;

enum warren_log_kind {
	WARREN_LOG_KIND_TEXT,
	WARREN_LOG_KIND_INT,
	WARREN_LOG_KIND_BOOL,
	WARREN_LOG_KIND_JSON
};

struct warren_log_field {
	const char *key;
	enum warren_log_kind kind;
	const char *text;
	int64_t number;
};

#define WARREN_TEXT(key_, text_)                                                                   \
	((struct warren_log_field){.key = (key_), .kind = WARREN_LOG_KIND_TEXT, .text = (text_)})
#define WARREN_INT(key_, number_)                                                                  \
	((struct warren_log_field){.key = (key_), .kind = WARREN_LOG_KIND_INT, .number = (number_)})
#define WARREN_BOOL(key_, bool_)                                                                   \
	((struct warren_log_field){.key = (key_), .kind = WARREN_LOG_KIND_BOOL, .number = (bool_)})
/* `text` is one valid JSON value, e.g. what the generated _dump calls return (secrets redacted). */
#define WARREN_JSON(key_, text_)                                                                   \
	((struct warren_log_field){.key = (key_), .kind = WARREN_LOG_KIND_JSON, .text = (text_)})

/*
 * Writes one line: warren_log(log, WARREN_LOG_INFO, "listening", WARREN_INT("port", 3001));
 * Nothing is evaluated below the level in force.  `log` NULL: nothing happens.  Thread: any.
 */
#define warren_log(log_, level_, msg_, ...)                                                        \
	do {                                                                                       \
		if (warren_log_enabled((log_), (level_))) {                                        \
			const struct warren_log_field fields_[] = {{0}, ##__VA_ARGS__};            \
			warren_log_write((log_), (level_), (msg_), fields_ + 1,                    \
				sizeof fields_ / sizeof fields_[0] - 1);                           \
		}                                                                                  \
	} while (0)

/* Returns a log that writes to `fd` under `name`; NULL when memory is out.  Owns: caller. */
struct warren_log *warren_log_open(
	const char *name, enum warren_log_level level, int fd) WARREN_MUST_CHECK;
void warren_log_close(struct warren_log *log);

/* Thread: any. */
bool warren_log_enabled(const struct warren_log *log, enum warren_log_level level);
void warren_log_write(struct warren_log *log, enum warren_log_level level, const char *msg,
	const struct warren_log_field *fields, size_t field_count);

/* Finds the level of that name ("info" …).  Returns 0; -EINVAL for a name that is none. */
int warren_log_level_parse(const char *name, enum warren_log_level *ret) WARREN_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
