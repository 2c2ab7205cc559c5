#include "base/keyring.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

struct warren_keyring {
	EVP_MAC *hmac;
	EVP_MAC_CTX *keys[WARREN_KEYS_MAX]; /* each with its key; copied for a proof */
	size_t count;
};

static int refuse(struct warren_error *error)
{
	warren_error_set(error, WARREN_INVALID_ARGUMENT, NULL,
		"one key is expected, or two with a comma between them, of %d characters and more "
		"each, without spaces; \"openssl rand -hex 32\" makes one",
		WARREN_KEY_MIN);
	return -EINVAL;
}

static int add_key(struct warren_keyring *ring, const char *key, size_t len)
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_END};
	EVP_MAC_CTX *context = EVP_MAC_CTX_new(ring->hmac);
	if (!context)
		return -ENOMEM;
	ring->keys[ring->count++] = context;
	return EVP_MAC_init(context, (const unsigned char *)key, len, params) == 1 ? 0 : -ENOMEM;
}

static int read_keys(struct warren_keyring *ring, const char *text, struct warren_error *error)
{
	int rc = 0;
	for (const char *at = text; rc == 0; at++) {
		size_t len = strcspn(at, ",");
		if (len < WARREN_KEY_MIN || memchr(at, ' ', len) || ring->count == WARREN_KEYS_MAX)
			return refuse(error);
		rc = add_key(ring, at, len);
		at += len;
		if (*at == '\0')
			break;
	}
	return rc;
}

int warren_keyring_open(const char *text, struct warren_keyring **ret, struct warren_error *error)
{
	struct warren_keyring *ring = calloc(1, sizeof *ring);
	if (!ring)
		return -ENOMEM;
	ring->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	int rc = ring->hmac ? read_keys(ring, text, error) : -ENOMEM;
	if (rc < 0) {
		warren_keyring_close(ring);
		return rc;
	}
	*ret = ring;
	return 0;
}

void warren_keyring_close(struct warren_keyring *ring)
{
	if (!ring)
		return;
	for (size_t i = 0; i < ring->count; i++)
		EVP_MAC_CTX_free(ring->keys[i]); /* which wipes the key */
	EVP_MAC_free(ring->hmac);
	free(ring);
}

static int prove(const EVP_MAC_CTX *key, const struct warren_digest_part *parts, size_t count,
	char ret[WARREN_SHA256_SIZE])
{
	EVP_MAC_CTX *context = EVP_MAC_CTX_dup(key);
	uint8_t proof[WARREN_DIGEST_BYTES];
	size_t len = 0;
	bool made = context != NULL;
	for (size_t i = 0; made && i < count; i++) {
		uint8_t prefix[WARREN_DIGEST_PREFIX_BYTES];
		warren_digest_prefix(prefix, parts[i].len);
		made = EVP_MAC_update(context, prefix, sizeof prefix) == 1 &&
		       EVP_MAC_update(context, parts[i].bytes, parts[i].len) == 1;
	}
	made = made && EVP_MAC_final(context, proof, &len, sizeof proof) == 1;
	EVP_MAC_CTX_free(context);
	if (!made)
		return -ENOMEM;
	warren_hex(ret, proof, sizeof proof);
	ret[WARREN_SHA256_SIZE - 1] = '\0';
	return 0;
}

int warren_keyring_sign(const struct warren_keyring *ring, const struct warren_digest_part *parts,
	size_t count, char ret[WARREN_SHA256_SIZE])
{
	return prove(ring->keys[0], parts, count, ret);
}

bool warren_keyring_verify(const struct warren_keyring *ring,
	const struct warren_digest_part *parts, size_t count, const char *proof)
{
	char right[WARREN_SHA256_SIZE];
	bool holds = false;
	if (strlen(proof) != WARREN_SHA256_SIZE - 1)
		return false;
	for (size_t i = 0; i < ring->count; i++)
		holds |= prove(ring->keys[i], parts, count, right) == 0 &&
			 CRYPTO_memcmp(right, proof, sizeof right - 1) == 0;
	return holds;
}
