#include "base/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
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

void warren_digest_prefix(uint8_t ret[WARREN_DIGEST_PREFIX_BYTES], size_t len)
{
	for (size_t at = 0; at < WARREN_DIGEST_PREFIX_BYTES; at++)
		ret[at] = (uint8_t)((uint64_t)len >> (8 * at));
}

int warren_digest(
	const struct warren_digest_part *parts, size_t count, uint8_t ret[WARREN_DIGEST_BYTES])
{
	pthread_once(&fetched, fetch);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool made = context && sha256 && EVP_DigestInit_ex(context, sha256, NULL) == 1;
	for (size_t i = 0; made && i < count; i++) {
		uint8_t prefix[WARREN_DIGEST_PREFIX_BYTES];
		warren_digest_prefix(prefix, parts[i].len);
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

/* ---- plain SHA-256 ---- */

struct warren_sha256 {
	EVP_MD_CTX *context;
	bool failed;
};

struct warren_sha256 *warren_sha256_open(void)
{
	pthread_once(&fetched, fetch);
	struct warren_sha256 *run = calloc(1, sizeof *run);
	if (!run)
		return NULL;
	run->context = EVP_MD_CTX_new();
	if (run->context && sha256 && EVP_DigestInit_ex(run->context, sha256, NULL) == 1)
		return run;
	warren_sha256_close(run);
	return NULL;
}

void warren_sha256_add(struct warren_sha256 *run, const void *bytes, size_t len)
{
	run->failed |= EVP_DigestUpdate(run->context, bytes, len) != 1;
}

int warren_sha256_end(struct warren_sha256 *run, char ret[WARREN_SHA256_SIZE])
{
	uint8_t digest[WARREN_DIGEST_BYTES];
	if (run->failed || EVP_DigestFinal_ex(run->context, digest, NULL) != 1)
		return -ENOMEM;
	warren_hex(ret, digest, sizeof digest);
	ret[WARREN_SHA256_SIZE - 1] = '\0';
	return 0;
}

void warren_sha256_close(struct warren_sha256 *run)
{
	if (!run)
		return;
	EVP_MD_CTX_free(run->context);
	free(run);
}

int warren_sha256(const void *bytes, size_t len, char ret[WARREN_SHA256_SIZE])
{
	struct warren_sha256 *run = warren_sha256_open();
	if (!run)
		return -ENOMEM;
	warren_sha256_add(run, bytes, len);
	int rc = warren_sha256_end(run, ret);
	warren_sha256_close(run);
	return rc;
}
