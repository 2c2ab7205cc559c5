/* Identifiers that cannot be guessed, from getrandom(2). */
#ifndef WARREN_BASE_ID_H
#define WARREN_BASE_ID_H

#include <stddef.h>
#include <stdint.h>

#define WARREN_UUID_SIZE 37     /* 36 characters and the terminator */
#define WARREN_INSTANCE_SIZE 13 /* a digit of [2-7], and 11 characters of [a-z2-7] */

/* Thread: any; each has a reserve of its own. */
void warren_random(void *bytes, size_t len);

/* Writes 2 * len digits, and no terminator. */
void warren_hex(char *ret, const void *bytes, size_t len);

void warren_uuid(char ret[WARREN_UUID_SIZE]); /* version 7 (RFC 9562): sorts by time */
void warren_instance_id(char ret[WARREN_INSTANCE_SIZE]);

/* Writes `chars` characters of base64url (6 random bits each) and a terminator. */
void warren_random_text(char *ret, size_t chars);

#endif
