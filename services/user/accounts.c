#include "accounts.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#define BUSY_TIMEOUT_MS 500
#define SCHEMA_VERSION 1

/* Version 1.  Never change it: a later one adds a step after it. */
static const char schema[] = "CREATE TABLE account ("
			     "  id INTEGER PRIMARY KEY,"
			     "  name TEXT NOT NULL UNIQUE COLLATE NOCASE,"
			     "  password_hash TEXT NOT NULL,"
			     "  registered_by TEXT NOT NULL,"
			     "  registered_ms INTEGER NOT NULL,"
			     "  used_ms INTEGER NOT NULL DEFAULT 0"
			     ") STRICT;"
			     "CREATE TABLE session ("
			     "  token_hash BLOB PRIMARY KEY,"
			     "  account INTEGER NOT NULL REFERENCES account,"
			     "  opened_by TEXT NOT NULL UNIQUE,"
			     "  opened_ms INTEGER NOT NULL,"
			     "  used_before_ms INTEGER NOT NULL"
			     ") STRICT, WITHOUT ROWID;"
			     "CREATE INDEX session_account ON session (account, opened_ms);"
			     "PRAGMA user_version = 1;";

enum statement { BEGIN, COMMIT, ROLLBACK, FIND, ADD, OPEN_SESSION, USE, FORGET, STATEMENTS };

static const char *const texts[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[FIND] = "SELECT id, name, password_hash, registered_by FROM account WHERE name = ?1",
	[ADD] = "INSERT INTO account (name, password_hash, registered_by, registered_ms) VALUES "
		"(?1, ?2, ?3, ?4)",
	[OPEN_SESSION] =
		"INSERT INTO session (token_hash, account, opened_by, opened_ms, used_before_ms)"
		" SELECT ?1, id, ?3, ?4, used_ms FROM account WHERE id = ?2"
		" ON CONFLICT (opened_by) DO UPDATE SET token_hash = excluded.token_hash"
		" RETURNING used_before_ms",
	[USE] = "UPDATE account SET used_ms = ?2 WHERE id = ?1",
	[FORGET] = "DELETE FROM session WHERE account = ?1 AND token_hash NOT IN"
		   " (SELECT token_hash FROM session WHERE account = ?1 ORDER BY opened_ms DESC "
		   "LIMIT ?2)",
};

struct user_accounts {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENTS];
	char error[256];
};

/* ---- statements ---- */

/* Keeps the text of an error: undoing what came before it would overwrite SQLite's. */
static int outcome(struct user_accounts *accounts, int rc)
{
	if (rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE)
		return 0;
	snprintf(accounts->error, sizeof accounts->error, "%s", sqlite3_errmsg(accounts->db));
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EAGAIN;
	case SQLITE_CONSTRAINT:
		return -EEXIST;
	default:
		return -EIO;
	}
}

static void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
	sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

/* Runs to the end a statement whose rows, if any, do not matter. */
static int run(struct user_accounts *accounts, enum statement which)
{
	sqlite3_stmt *statement = accounts->statements[which];
	int rc;
	do {
		rc = sqlite3_step(statement);
	} while (rc == SQLITE_ROW);
	rc = outcome(accounts, rc);
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return rc;
}

static void copy_column(sqlite3_stmt *statement, int column, char *ret, size_t size)
{
	snprintf(ret, size, "%s", (const char *)sqlite3_column_text(statement, column));
}

/* ---- opening ---- */

static int execute(struct user_accounts *accounts, const char *sql)
{
	return outcome(accounts, sqlite3_exec(accounts->db, sql, NULL, NULL, NULL));
}

static int read_version(struct user_accounts *accounts, int *ret)
{
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(accounts->db, "PRAGMA user_version", -1, &statement, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW)
		*ret = sqlite3_column_int(statement, 0);
	rc = outcome(accounts, rc);
	sqlite3_finalize(statement);
	return rc;
}

/* In one transaction, because several processes may start at once. */
static int migrate(struct user_accounts *accounts)
{
	int version = 0;
	int rc = execute(accounts, "BEGIN IMMEDIATE");
	if (rc == 0)
		rc = read_version(accounts, &version);
	if (rc == 0 && version == 0)
		rc = execute(accounts, schema);
	if (rc == 0)
		rc = execute(accounts, "COMMIT");
	if (rc == 0 && version > SCHEMA_VERSION) {
		snprintf(accounts->error, sizeof accounts->error,
			"it was made by a newer version of this program (schema %d, this one knows "
			"%d)",
			version, SCHEMA_VERSION);
		rc = -EIO;
	}
	return rc;
}

static int prepare(struct user_accounts *accounts)
{
	int rc = SQLITE_OK;
	for (int i = 0; i < STATEMENTS && rc == SQLITE_OK; i++)
		rc = sqlite3_prepare_v3(accounts->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
			&accounts->statements[i], NULL);
	return outcome(accounts, rc);
}

int user_accounts_open(const char *path, struct user_accounts **ret, char *error, size_t error_size)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	struct user_accounts *accounts = calloc(1, sizeof *accounts);
	if (!accounts) {
		snprintf(error, error_size, "out of memory");
		return -ENOMEM;
	}
	int rc = outcome(accounts, sqlite3_open_v2(path, &accounts->db, flags, NULL));
	if (rc == 0)
		rc = outcome(accounts, sqlite3_busy_timeout(accounts->db, BUSY_TIMEOUT_MS));
	if (rc == 0)
		rc = execute(accounts, "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON");
	if (rc == 0)
		rc = migrate(accounts);
	if (rc == 0)
		rc = prepare(accounts);
	if (rc < 0) {
		snprintf(error, error_size, "%s", accounts->error);
		user_accounts_close(accounts);
		return rc;
	}
	*ret = accounts;
	return 0;
}

void user_accounts_close(struct user_accounts *accounts)
{
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(accounts->statements[i]);
	sqlite3_close(accounts->db);
	free(accounts);
}

const char *user_accounts_error(const struct user_accounts *accounts)
{
	return accounts->error;
}

/* ---- accounts ---- */

int user_accounts_find(struct user_accounts *accounts, const char *name, struct user_account *ret)
{
	sqlite3_stmt *statement = accounts->statements[FIND];
	bind_text(statement, 1, name);
	int rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW) {
		ret->id = sqlite3_column_int64(statement, 0);
		copy_column(statement, 1, ret->name, sizeof ret->name);
		copy_column(statement, 2, ret->password_hash, sizeof ret->password_hash);
		copy_column(statement, 3, ret->registered_by, sizeof ret->registered_by);
	}
	rc = rc == SQLITE_DONE ? -ENOENT : outcome(accounts, rc);
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return rc;
}

int user_accounts_add(struct user_accounts *accounts, const char *name, const char *password_hash,
	const char *message_id, int64_t now_ms)
{
	sqlite3_stmt *statement = accounts->statements[ADD];
	bind_text(statement, 1, name);
	bind_text(statement, 2, password_hash);
	bind_text(statement, 3, message_id);
	sqlite3_bind_int64(statement, 4, now_ms);
	return run(accounts, ADD);
}

/* ---- sessions ---- */

static int open_session(struct user_accounts *accounts, int64_t account,
	const uint8_t token_hash[USER_TOKEN_HASH_SIZE], const char *message_id, int64_t now_ms,
	int64_t *ret_used_ms)
{
	sqlite3_stmt *statement = accounts->statements[OPEN_SESSION];
	sqlite3_bind_blob(statement, 1, token_hash, USER_TOKEN_HASH_SIZE, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 2, account);
	bind_text(statement, 3, message_id);
	sqlite3_bind_int64(statement, 4, now_ms);
	int rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW)
		*ret_used_ms = sqlite3_column_int64(statement, 0);
	if (rc == SQLITE_DONE) {
		snprintf(accounts->error, sizeof accounts->error, "the account is gone");
		rc = -EIO;
	} else {
		rc = outcome(accounts, rc);
	}
	int last = run(accounts, OPEN_SESSION);
	return rc < 0 ? rc : last;
}

static int use(struct user_accounts *accounts, int64_t account, int64_t now_ms)
{
	sqlite3_bind_int64(accounts->statements[USE], 1, account);
	sqlite3_bind_int64(accounts->statements[USE], 2, now_ms);
	int rc = run(accounts, USE);
	if (rc < 0)
		return rc;
	sqlite3_bind_int64(accounts->statements[FORGET], 1, account);
	sqlite3_bind_int(accounts->statements[FORGET], 2, USER_SESSIONS_MAX);
	return run(accounts, FORGET);
}

int user_accounts_sign_in(struct user_accounts *accounts, int64_t account,
	const uint8_t token_hash[USER_TOKEN_HASH_SIZE], const char *message_id, int64_t now_ms,
	int64_t *ret_used_ms)
{
	int64_t used_ms = 0;
	int rc = run(accounts, BEGIN);
	if (rc < 0)
		return rc;
	rc = open_session(accounts, account, token_hash, message_id, now_ms, &used_ms);
	if (rc == 0)
		rc = use(accounts, account, now_ms);
	if (rc == 0)
		rc = run(accounts, COMMIT);
	if (rc < 0) {
		run(accounts, ROLLBACK);
		return rc;
	}
	*ret_used_ms = used_ms;
	return 0;
}
