/* E-mail addresses and UUIDs. */
#include "codec/text_form.h"

#include <string.h>

#define EMAIL_MAX 254
#define NAME_MAX_LEN 64
#define LABEL_MAX 63
#define UUID_LEN 36

/* <ctype.h> asks the locale. */
static bool is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_label(const char *text, size_t len)
{
	if (len == 0 || len > LABEL_MAX || text[0] == '-' || text[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!is_alphanumeric(text[i]) && text[i] != '-')
			return false;
	}
	return true;
}

bool warren_text_is_email(const char *text, size_t len)
{
	const char *sign = memchr(text, '@', len), *end = text + len;
	if (!sign || len > EMAIL_MAX || sign == text || sign - text > NAME_MAX_LEN)
		return false;
	for (const char *at = text; at < sign; at++) {
		if (!is_alphanumeric(*at) && !strchr(".!#$%&'*+/=?^_`{|}~-", *at))
			return false;
	}
	const char *label = sign + 1;
	for (;;) {
		const char *dot = memchr(label, '.', (size_t)(end - label));
		const char *label_end = dot ? dot : end;
		if (!is_label(label, (size_t)(label_end - label)))
			return false;
		if (!dot)
			return true;
		label = dot + 1;
	}
}

bool warren_text_is_uuid(const char *text, size_t len)
{
	if (len != UUID_LEN)
		return false;
	for (size_t i = 0; i < len; i++) {
		bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
		if (hyphen ? text[i] != '-' : !strchr("0123456789abcdefABCDEF", text[i]))
			return false;
	}
	return true;
}
