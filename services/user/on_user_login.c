#include "worker.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <time.h>

#define TOKEN_BYTES 32

struct token {
	char text[sodium_base64_ENCODED_LEN(TOKEN_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
	uint8_t hash[USER_TOKEN_HASH_SIZE]; /* what is kept: who reads the database cannot sign in
					       with it */
};

static struct token make_token(void)
{
	struct token token;
	uint8_t random[TOKEN_BYTES];
	randombytes_buf(random, sizeof random);
	sodium_bin2base64(token.text, sizeof token.text, random, sizeof random,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	crypto_generichash(token.hash, sizeof token.hash, (const unsigned char *)token.text,
		sizeof token.text - 1, NULL, 0);
	return token;
}

/* Notices are a courtesy: whoever is not there to see them misses nothing that counts. */
static void greet(struct user_login_call *call, const char *name, int64_t used_ms)
{
	char text[512], when[64];
	time_t used_s = (time_t)(used_ms / 1000);
	struct tm used;
	if (used_ms == 0) {
		snprintf(text, sizeof text, "Welcome, %s. This is the first time that you sign in.",
			name);
	} else {
		strftime(when, sizeof when, "%Y-%m-%d %H:%M UTC", gmtime_r(&used_s, &used));
		snprintf(text, sizeof text, "Welcome back, %s. Your account was last used %s.",
			name, when);
	}
	frontend_message_send(
		&call->ctx, warren_to_socket(&call->ctx), &(struct frontend_message){.text = text});
	snprintf(text, sizeof text, "%s came.", name);
	frontend_message_send(
		&call->ctx, warren_to_others(&call->ctx), &(struct frontend_message){.text = text});
}

/* From now on the events of the socket that asked carry whose it is.  A person who asks without one is only
 * answered. */
static int sign_in_socket(struct warren_ctx *ctx, int64_t account)
{
	char user[24];
	snprintf(user, sizeof user, "%" PRId64, account);
	return ctx->socket[0] != '\0' ? warren_set_user(ctx, warren_to_socket(ctx), user) : 0;
}

/* A person submits the login form.  Neither the answer nor the time it takes tells whether the name
 * or the password is wrong. */
int user_on_user_login(
	struct user_login_call *call, const struct user_login *message, struct user_worker *worker)
{
	struct user_account account;
	int64_t used_ms;
	int rc = user_accounts_find(worker->accounts, message->name, &account);
	if (rc < 0 && rc != -ENOENT)
		return user_login_retry(
			call, "the database: %s", user_accounts_error(worker->accounts));
	bool known = rc == 0;
	bool matches = user_password_matches(
		known ? account.password_hash : worker->nobody, message->password);
	if (!known || !matches)
		return user_login_reply(call,
			&(struct login_response){.reason = "The name or the password is wrong."});

	struct token token = make_token();
	rc = user_accounts_sign_in(worker->accounts, account.id, token.hash, call->ctx.message_id,
		user_now_ms(), &used_ms);
	if (rc < 0)
		return user_login_retry(
			call, "the database: %s", user_accounts_error(worker->accounts));
	rc = sign_in_socket(&call->ctx, account.id);
	if (rc < 0)
		return rc;
	rc = user_login_reply(call, &(struct login_response){.ok = true, .token = token.text});
	if (rc == 0)
		greet(call, account.name, used_ms);
	return rc;
}
