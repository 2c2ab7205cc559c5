#include "password.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

_Static_assert(USER_HASH_SIZE > crypto_pwhash_STRBYTES, "a hash fits");

int user_password_hash(
	const struct user_password_work *work, const char *password, char ret[USER_HASH_SIZE])
{
	return crypto_pwhash_str(ret, password, strlen(password), work->ops, work->memory_bytes) < 0
		       ? -ENOMEM
		       : 0;
}

bool user_password_matches(const char hash[USER_HASH_SIZE], const char *password)
{
	return crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
}
