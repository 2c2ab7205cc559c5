/* Passwords: Argon2id by libsodium, its work as the settings say. */
#ifndef USER_PASSWORD_H
#define USER_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "accounts.h"

struct user_password_work {
	unsigned long long ops;
	size_t memory_bytes;
};

/* Returns 0; -ENOMEM. */
int user_password_hash(
	const struct user_password_work *work, const char *password, char ret[USER_HASH_SIZE]);

bool user_password_matches(const char hash[USER_HASH_SIZE], const char *password);

#endif
