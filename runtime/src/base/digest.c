#include "base/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct warren_digest_part warren_digest_text(const char *text)
{
	return (struct warren_digest_part){.bytes = text, .len = strlen(text)};
}

/* Fetched once: EVP_sha256 has OpenSSL look for it, under its locks, each time. */
static EVP_MD *sha256;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

int warren_digest(
	const struct warren_digest_part *parts, size_t count, uint8_t ret[WARREN_DIGEST_BYTES])
{
	pthread_once(&fetched, fetch);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool made = context && sha256 && EVP_DigestInit_ex(context, sha256, NULL) == 1;
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

void warren_digest_uuid(char ret[WARREN_UUID_SIZE], const uint8_t digest[WARREN_DIGEST_BYTES])
{
	static const size_t group_bytes[] = {4, 2, 2, 2, 6};
	uint8_t bytes[16];
	size_t from = 0;
	char *at = ret;
	memcpy(bytes, digest, sizeof bytes);
	bytes[6] = (bytes[6] & 0x0f) | 0x80; /* version 8: the rest is our own affair */
	bytes[8] = (bytes[8] & 0x3f) | 0x80; /* variant of the RFC */
	for (size_t i = 0; i < sizeof group_bytes / sizeof group_bytes[0]; i++) {
		if (i > 0)
			*at++ = '-';
		warren_hex(at, bytes + from, group_bytes[i]);
		at += 2 * group_bytes[i];
		from += group_bytes[i];
	}
	*at = '\0';
}

void warren_digest_hex(char ret[WARREN_DIGEST_TEXT_SIZE], const uint8_t digest[WARREN_DIGEST_BYTES])
{
	warren_hex(ret, digest, (WARREN_DIGEST_TEXT_SIZE - 1) / 2);
	ret[WARREN_DIGEST_TEXT_SIZE - 1] = '\0';
}
