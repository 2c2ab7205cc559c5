#include "warren/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/decimal.h"
#include "base/log_out.h"
#include "base/utf8.h"

#define LINE_MAX_BYTES 8192
#define NAME_MAX_BYTES 64
/* Room that is kept for what ends a cut line. */
#define CUT_END ",\"cut\":true}\n"

struct warren_log {
	char name[NAME_MAX_BYTES * 6 + 3]; /* as a JSON string */
	char hostname[NAME_MAX_BYTES * 6 + 3];
	enum warren_log_level level;
	struct warren_log_out *out;
};

/* A line under construction.  A piece that does not fit sets `cut` and changes nothing. */
struct line {
	char *text;
	size_t len, max;
	bool cut;
};

static bool put(struct line *line, const char *text, size_t len)
{
	if (line->cut || len > line->max - line->len) {
		line->cut = true;
		return false;
	}
	memcpy(line->text + line->len, text, len);
	line->len += len;
	return true;
}

static bool put_text(struct line *line, const char *text)
{
	return put(line, text, strlen(text));
}

/* Writes one character of a JSON string; a byte that is not UTF-8 becomes U+FFFD. */
static bool put_character(struct line *line, const char *at, size_t left, size_t *ret_len)
{
	unsigned char c = (unsigned char)*at;
	*ret_len = 1;
	if (c == '"' || c == '\\')
		return put(line, (char[]){'\\', (char)c}, 2);
	if (c == '\n')
		return put(line, "\\n", 2);
	if (c < 0x20 || c == 0x7f) {
		char escaped[8];
		snprintf(escaped, sizeof escaped, "\\u%04x", c);
		return put(line, escaped, 6);
	}
	if (c < 0x80)
		return put(line, at, 1);
	size_t len = warren_utf8_first(at, left);
	if (len == 0)
		return put(line, "\xef\xbf\xbd", 3);
	*ret_len = len;
	return put(line, at, len);
}

/* A string that does not fit is cut, and closed. */
static void put_string(struct line *line, const char *text)
{
	if (line->cut || line->max - line->len < 2) {
		line->cut = true;
		return;
	}
	line->text[line->len++] = '"';
	size_t left = strlen(text);
	line->max -= 1;
	while (left > 0) {
		size_t len;
		if (!put_character(line, text, left, &len))
			break;
		text += len;
		left -= len;
	}
	line->max += 1;
	line->text[line->len++] = '"';
}

static void put_int(struct line *line, int64_t number)
{
	char text[WARREN_DECIMAL_MAX];
	put(line, text, warren_decimal_signed(text, number));
}

static void put_field(struct line *line, const struct warren_log_field *field)
{
	size_t start = line->len;
	put(line, ",", 1);
	put_string(line, field->key);
	put(line, ":", 1);
	if (line->cut) {
		line->len = start;
		return;
	}
	switch (field->kind) {
	case WARREN_LOG_KIND_TEXT:
		put_string(line, field->text ? field->text : "");
		return; /* cut text is still text */
	case WARREN_LOG_KIND_INT:
		put_int(line, field->number);
		break;
	case WARREN_LOG_KIND_BOOL:
		put_text(line, field->number ? "true" : "false");
		break;
	case WARREN_LOG_KIND_JSON:
		put_text(line, field->text);
		break;
	}
	if (line->cut)
		line->len = start;
}

static void spell_name(char *ret, size_t size, const char *name)
{
	struct line line = {.text = ret, .max = size - 1};
	put_string(&line, name);
	ret[line.len] = '\0';
}

struct warren_log *warren_log_open(const char *name, enum warren_log_level level, int fd)
{
	struct warren_log *log = malloc(sizeof *log);
	if (!log)
		return NULL;
	*log = (struct warren_log){.level = level, .out = warren_log_out_open(fd)};
	if (!log->out) {
		free(log);
		return NULL;
	}
	char hostname[NAME_MAX_BYTES + 1] = "";
	if (gethostname(hostname, sizeof hostname) < 0)
		strcpy(hostname, "unknown");
	spell_name(log->name, sizeof log->name, name);
	spell_name(log->hostname, sizeof log->hostname, hostname);
	return log;
}

void warren_log_close(struct warren_log *log)
{
	if (log)
		warren_log_out_close(log->out);
	free(log);
}

bool warren_log_enabled(const struct warren_log *log, enum warren_log_level level)
{
	return log && level >= log->level && log->level != WARREN_LOG_SILENT;
}

void warren_log_write(struct warren_log *log, enum warren_log_level level, const char *msg,
	const struct warren_log_field *fields, size_t field_count)
{
	if (!warren_log_enabled(log, level))
		return;
	char text[LINE_MAX_BYTES];
	struct line line = {.text = text, .max = sizeof text - sizeof CUT_END};
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	put_text(&line, "{\"level\":");
	put_int(&line, level);
	put_text(&line, ",\"time\":");
	put_int(&line, (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
	put_text(&line, ",\"pid\":");
	put_int(&line, getpid());
	put_text(&line, ",\"hostname\":");
	put_text(&line, log->hostname);
	put_text(&line, ",\"name\":");
	put_text(&line, log->name);
	put_text(&line, ",\"msg\":");
	put_string(&line, msg);
	for (size_t i = 0; i < field_count && !line.cut; i++)
		put_field(&line, &fields[i]);
	const char *end = line.cut ? CUT_END : "}\n";
	memcpy(text + line.len, end, strlen(end));
	uint64_t dropped = warren_log_out_write(log->out, text, line.len + strlen(end));
	if (dropped > 0)
		warren_log(log, WARREN_LOG_WARN, "lines of the log were dropped: nobody read them",
			WARREN_INT("lines", (int64_t)dropped));
}

int warren_log_level_parse(const char *name, enum warren_log_level *ret)
{
	static const struct {
		const char *name;
		enum warren_log_level level;
	} levels[] = {
		{"trace", WARREN_LOG_TRACE},
		{"debug", WARREN_LOG_DEBUG},
		{"info", WARREN_LOG_INFO},
		{"warn", WARREN_LOG_WARN},
		{"error", WARREN_LOG_ERROR},
		{"fatal", WARREN_LOG_FATAL},
		{"silent", WARREN_LOG_SILENT},
	};
	for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
		if (strcmp(levels[i].name, name) == 0) {
			*ret = levels[i].level;
			return 0;
		}
	}
	return -EINVAL;
}
