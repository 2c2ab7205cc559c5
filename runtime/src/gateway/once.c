#include "gateway/once.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define HASH_BYTES 32 /* SHA-256 */

struct part {
	const void *bytes;
	size_t len;
};

static struct part text_part(const char *text)
{
	return (struct part){.bytes = text, .len = strlen(text)};
}

/* Each part with its length before it, so that no two lists of parts are the same bytes. */
static int hash(const struct part *parts, size_t count, uint8_t ret[HASH_BYTES])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool made = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
	for (size_t i = 0; made && i < count; i++) {
		uint64_t len = parts[i].len;
		uint8_t prefix[8];
		for (size_t at = 0; at < sizeof prefix; at++)
			prefix[at] = (uint8_t)(len >> (8 * at));
		made = EVP_DigestUpdate(context, prefix, sizeof prefix) == 1 &&
		       EVP_DigestUpdate(context, parts[i].bytes, parts[i].len) == 1;
	}
	made = made && EVP_DigestFinal_ex(context, ret, NULL) == 1;
	EVP_MD_CTX_free(context);
	return made ? 0 : -ENOMEM;
}

static void write_hex(char *ret, const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		(void)snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
}

static void write_uuid(char ret[WARREN_UUID_SIZE], const uint8_t hash[HASH_BYTES])
{
	static const size_t group_bytes[] = {4, 2, 2, 2, 6};
	uint8_t bytes[16];
	size_t from = 0;
	char *at = ret;
	memcpy(bytes, hash, sizeof bytes);
	bytes[6] = (bytes[6] & 0x0f) | 0x80; /* version 8: the rest is our own affair */
	bytes[8] = (bytes[8] & 0x3f) | 0x80; /* variant of the RFC */
	for (size_t i = 0; i < sizeof group_bytes / sizeof group_bytes[0]; i++) {
		if (i > 0)
			*at++ = '-';
		write_hex(at, bytes + from, group_bytes[i]);
		at += 2 * group_bytes[i];
		from += group_bytes[i];
	}
}

int warren_once_make(const struct warren_once_scope *scope, const char *event, const char *id,
	const char *object, size_t len, struct warren_once *ret)
{
	const struct part id_parts[] = {text_part("warren id"), text_part(scope->kind),
		text_part(scope->name), text_part(event), text_part(id)};
	const struct part digest_parts[] = {
		text_part("warren digest"), text_part(id), {.bytes = object, .len = len}};
	uint8_t id_hash[HASH_BYTES], digest_hash[HASH_BYTES];
	int rc = hash(id_parts, sizeof id_parts / sizeof id_parts[0], id_hash);
	if (rc == 0)
		rc = hash(digest_parts, sizeof digest_parts / sizeof digest_parts[0], digest_hash);
	if (rc < 0)
		return rc;
	write_uuid(ret->message_id, id_hash);
	write_hex(ret->digest, digest_hash, (sizeof ret->digest - 1) / 2);
	return 0;
}
