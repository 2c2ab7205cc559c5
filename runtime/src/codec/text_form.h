/* Forms of text that the schema can ask for by name. */
#ifndef WARREN_CODEC_TEXT_FORM_H
#define WARREN_CODEC_TEXT_FORM_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What a browser's <input type="email"> accepts (WHATWG HTML), at most 254 characters: one @,
 * before it letters, digits and .!#$%&'*+/=?^_`{|}~-, behind it labels of letters, digits and inner
 * hyphens, at most 63 each.  Quoted names and addresses in other scripts are refused.
 */
bool warren_text_is_email(const char *text, size_t len);

/* 8-4-4-4-12 hexadecimal digits of either case; any version. */
bool warren_text_is_uuid(const char *text, size_t len);

#endif
