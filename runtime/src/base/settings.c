#include "warren/settings.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/map.h"
#include "base/utf8.h"

#define ENV_FILE_MAX_BYTES (1u << 20)
#define VALUE_MAX_BYTES 8192

struct value {
	const struct warren_setting *setting;
	char *text;
	int64_t number;
};

struct warren_settings {
	struct warren_map *values; /* name -> struct value */
};

/* ---- .env ---- */

static char *strip(char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	char *end = text + strlen(text);
	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return text;
}

/* Takes the quotes off a quoted value; a comment ends an unquoted one. Returns NULL for a quote
 * that is not closed. */
static char *unquote(char *text)
{
	if (*text == '"' || *text == '\'') {
		char *end = strchr(text + 1, *text);
		if (!end)
			return NULL;
		char *rest = strip(end + 1);
		if (*rest != '\0' && *rest != '#')
			return NULL;
		*end = '\0';
		return text + 1;
	}
	char *comment = strstr(text, " #");
	if (comment)
		*comment = '\0';
	return strip(text);
}

/* Adds NAME=value of one line to `file`.  Returns 0; -EINVAL; -ENOMEM. */
static int read_line(struct warren_map *file, char *line, struct warren_error *error,
	const char *path, int number)
{
	char *name = strip(line);
	if (*name == '\0' || *name == '#')
		return 0;
	if (strncmp(name, "export ", 7) == 0)
		name = strip(name + 7);
	char *equals = strchr(name, '=');
	char *value = NULL;
	if (equals) {
		*equals = '\0';
		name = strip(name);
		value = unquote(strip(equals + 1));
	}
	if (!value || *name == '\0' || name[strcspn(name, " \t\"'")] != '\0') {
		warren_error_set(error, WARREN_INVALID_ARGUMENT, NULL,
			"%s:%d: a line is NAME=value, # and a comment, or empty", path, number);
		return -EINVAL;
	}
	char *copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	free(warren_map_remove(file, name)); /* the last one counts */
	int rc = warren_map_add(file, name, copy);
	if (rc < 0)
		free(copy);
	return rc;
}

static void close_texts(struct warren_map *map)
{
	size_t cursor = 0;
	const char *key;
	void *value;
	while (warren_map_next(map, &cursor, &key, &value))
		free(value);
	warren_map_close(map);
}

static int read_env_file(const char *path, struct warren_map *ret, struct warren_error *error)
{
	FILE *file = fopen(path, "re");
	if (!file) {
		if (errno == ENOENT)
			return 0;
		warren_error_set(error, WARREN_INVALID_ARGUMENT, NULL, "%s cannot be read: %s",
			path, strerror(errno));
		return -EIO;
	}
	char *text = malloc(ENV_FILE_MAX_BYTES);
	int rc = text ? 0 : -ENOMEM;
	if (rc == 0) {
		size_t len = fread(text, 1, ENV_FILE_MAX_BYTES, file);
		if (ferror(file) || len == ENV_FILE_MAX_BYTES || memchr(text, '\0', len)) {
			warren_error_set(error, WARREN_INVALID_ARGUMENT, NULL,
				"%s cannot be read: it is no text of less than 1 MiB", path);
			rc = -EIO;
		} else {
			text[len] = '\0';
		}
	}
	int number = 0;
	char *rest = text;
	if (rc == 0 && strncmp(text, "\xef\xbb\xbf", 3) == 0)
		rest += 3; /* the mark that some editors begin a text with */
	while (rc == 0 && rest) {
		char *line = strsep(&rest, "\n");
		rc = read_line(ret, line, error, path, ++number);
	}
	free(text);
	fclose(file);
	return rc;
}

/* ---- checking ---- */

static int refuse(const struct warren_setting *setting, const char *text, const char *allowed,
	struct warren_error *error)
{
	if (setting->secret)
		warren_error_set(error, WARREN_INVALID_ARGUMENT, setting->name,
			"%s has a value that is not allowed; it takes %s", setting->name, allowed);
	else
		warren_error_set(error, WARREN_INVALID_ARGUMENT, setting->name,
			"%s is \"%.64s\"; it takes %s", setting->name, text, allowed);
	return -EINVAL;
}

static void describe(const struct warren_setting *setting, char *ret, size_t size)
{
	size_t len = 0;
	switch (setting->kind) {
	case WARREN_SETTING_INT:
		snprintf(ret, size, "a whole number from %lld to %lld", (long long)setting->min,
			(long long)setting->max);
		return;
	case WARREN_SETTING_BOOL:
		snprintf(ret, size, "true or false");
		return;
	case WARREN_SETTING_LIST:
		snprintf(ret, size, "a list with commas");
		return;
	case WARREN_SETTING_TEXT:
		break;
	}
	if (!setting->in) {
		if (setting->max > 0)
			snprintf(ret, size, "text of %lld to %lld bytes", (long long)setting->min,
				(long long)setting->max);
		else
			snprintf(ret, size, "text");
		return;
	}
	ret[0] = '\0';
	for (const char *const *in = setting->in; *in && len < size; in++)
		len += (size_t)snprintf(
			ret + len, size - len, "%s%s", in == setting->in ? "" : ", ", *in);
}

static bool parse_int(const struct warren_setting *setting, const char *text, int64_t *ret)
{
	char *end;
	errno = 0;
	long long number = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || isspace((unsigned char)*text))
		return false;
	if (number < setting->min || number > setting->max)
		return false;
	*ret = number;
	return true;
}

static bool parse_bool(const char *text, int64_t *ret)
{
	bool yes = strcasecmp(text, "true") == 0 || strcmp(text, "1") == 0;
	bool no = strcasecmp(text, "false") == 0 || strcmp(text, "0") == 0;
	*ret = yes;
	return yes || no;
}

static bool text_allowed(const struct warren_setting *setting, const char *text)
{
	size_t len = strlen(text);
	if (len > VALUE_MAX_BYTES || !warren_utf8_valid(text, len))
		return false;
	if (setting->max > 0 && ((int64_t)len < setting->min || (int64_t)len > setting->max))
		return false;
	if (!setting->in)
		return true;
	for (const char *const *in = setting->in; *in; in++)
		if (strcmp(*in, text) == 0)
			return true;
	return false;
}

static int check(const struct warren_setting *setting, const char *text, int64_t *ret_number,
	struct warren_error *error)
{
	bool allowed;
	switch (setting->kind) {
	case WARREN_SETTING_INT:
		allowed = parse_int(setting, text, ret_number);
		break;
	case WARREN_SETTING_BOOL:
		allowed = parse_bool(text, ret_number);
		break;
	default:
		allowed = text_allowed(setting, text);
		break;
	}
	if (allowed)
		return 0;
	char what[WARREN_ERROR_MESSAGE_MAX];
	describe(setting, what, sizeof what);
	return refuse(setting, text, what, error);
}

/* ---- loading ---- */

/* Declared twice with one name (two services that share it) is one setting. */
static int load_one(struct warren_settings *settings, const struct warren_setting *setting,
	struct warren_map *file, struct warren_error *error)
{
	if (warren_map_get(settings->values, setting->name))
		return 0;
	const char *text = getenv(setting->name);
	if (!text || *text == '\0')
		text = warren_map_get(file, setting->name);
	if (!text || *text == '\0')
		text = setting->default_value ? setting->default_value : "";
	int64_t number = 0;
	int rc = check(setting, text, &number, error);
	if (rc < 0)
		return rc;
	struct value *value = malloc(sizeof *value);
	char *copy = strdup(text);
	if (value && copy) {
		*value = (struct value){.setting = setting, .text = copy, .number = number};
		rc = warren_map_add(settings->values, setting->name, value);
		if (rc == 0)
			return 0;
	}
	free(copy);
	free(value);
	return -ENOMEM;
}

int warren_settings_load(const struct warren_setting *const tables[], size_t table_count,
	const char *env_file, struct warren_settings **ret, struct warren_error *error)
{
	struct warren_map *file = warren_map_open();
	struct warren_settings *settings = malloc(sizeof *settings);
	struct warren_map *values = warren_map_open();
	int rc = file && settings && values ? 0 : -ENOMEM;
	if (rc < 0) {
		free(settings);
		warren_map_close(values);
		warren_map_close(file);
		return rc;
	}
	settings->values = values;
	if (env_file)
		rc = read_env_file(env_file, file, error);
	for (size_t i = 0; rc == 0 && i < table_count; i++)
		for (const struct warren_setting *s = tables[i]; rc == 0 && s && s->name; s++)
			rc = load_one(settings, s, file, error);
	close_texts(file);
	if (rc < 0)
		warren_settings_close(settings);
	else
		*ret = settings;
	return rc;
}

void warren_settings_close(struct warren_settings *settings)
{
	if (!settings)
		return;
	size_t cursor = 0;
	const char *key;
	void *entry;
	while (warren_map_next(settings->values, &cursor, &key, &entry)) {
		struct value *value = entry;
		if (value->setting->secret)
			explicit_bzero(value->text, strlen(value->text));
		free(value->text);
		free(value);
	}
	warren_map_close(settings->values);
	free(settings);
}

static const struct value *value_of(const struct warren_settings *settings, const char *name)
{
	const struct value *value = warren_map_get(settings->values, name);
	assert(value && "a setting that no table declares");
	return value;
}

const char *warren_settings_text(const struct warren_settings *settings, const char *name)
{
	return value_of(settings, name)->text;
}

int64_t warren_settings_int(const struct warren_settings *settings, const char *name)
{
	return value_of(settings, name)->number;
}

bool warren_settings_bool(const struct warren_settings *settings, const char *name)
{
	return value_of(settings, name)->number != 0;
}

void warren_settings_help(
	const struct warren_setting *const tables[], size_t table_count, FILE *out)
{
	for (size_t i = 0; i < table_count; i++) {
		for (const struct warren_setting *s = tables[i]; s && s->name; s++) {
			char what[WARREN_ERROR_MESSAGE_MAX];
			describe(s, what, sizeof what);
			fprintf(out, "  %-22s %s\n  %22s %s; default: %s\n", s->name, s->text, "",
				what,
				s->default_value && *s->default_value ? s->default_value : "empty");
		}
	}
}
