/*
 * Accounts and their sessions in SQLite.
 *
 * A handle belongs to one thread; any number of handles and processes share the file (WAL).
 * Names are compared without regard to the case of ASCII letters: "Ada" and "ada" are one account,
 * "Ä" and "ä" are two. Each write remembers the message that caused it, so that a message that
 * comes again changes nothing a second time. A session is kept as the hash of its token; an account
 * has at most USER_SESSIONS_MAX of them, the oldest go first.
 *
 * Calls return 0; -EAGAIN: the database is busy, later it may work; -EIO: it does not work, see
 * user_accounts_error.
 */
#ifndef USER_ACCOUNTS_H
#define USER_ACCOUNTS_H

#include <stddef.h>
#include <stdint.h>

#define USER_NAME_SIZE 257 /* 64 characters of 4 bytes */
#define USER_HASH_SIZE 129
#define USER_MESSAGE_ID_SIZE 256
#define USER_TOKEN_HASH_SIZE 32
#define USER_SESSIONS_MAX 20

struct user_accounts;

struct user_account {
	int64_t id;
	char name[USER_NAME_SIZE]; /* as it was registered */
	char password_hash[USER_HASH_SIZE];
	char registered_by[USER_MESSAGE_ID_SIZE]; /* the message's id */
};

/* Opens the file, made or brought up to date if need be; on failure fills `error`.  Owns: caller.
 */
int user_accounts_open(
	const char *path, struct user_accounts **ret, char *error, size_t error_size);
void user_accounts_close(struct user_accounts *accounts);

/* Also -ENOENT. */
int user_accounts_find(struct user_accounts *accounts, const char *name, struct user_account *ret);

/* Also -EEXIST. */
int user_accounts_add(struct user_accounts *accounts, const char *name, const char *password_hash,
	const char *message_id, int64_t now_ms);

/*
 * Opens a session and notes that the account is used.  `*ret_used_ms` is when it was used before
 * that, 0 for never; the same answer when the same message signs in again.
 */
int user_accounts_sign_in(struct user_accounts *accounts, int64_t account,
	const uint8_t token_hash[USER_TOKEN_HASH_SIZE], const char *message_id, int64_t now_ms,
	int64_t *ret_used_ms);

/* What went wrong last. */
const char *user_accounts_error(const struct user_accounts *accounts);

#endif
