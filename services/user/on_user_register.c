#include "worker.h"

#include <errno.h>
#include <string.h>

/* The message that made the account may come again: that is no second account, and no failure. */
static int answer_existing(struct user_register_call *call, const struct user_account *account)
{
	if (strcmp(account->registered_by, call->ctx.message_id) == 0)
		return user_register_reply(
			call, &(struct register_response){.name = account->name});
	return user_register_fail_field(
		call, WARREN_ALREADY_EXISTS, "name", "the name %s is taken", account->name);
}

/* A person asks for an account. */
int user_on_user_register(struct user_register_call *call, const struct user_register *message,
	struct user_worker *worker)
{
	struct user_account account;
	char hash[USER_HASH_SIZE];
	int rc = user_accounts_find(worker->accounts, message->name, &account);
	if (rc == 0)
		return answer_existing(call, &account);
	if (rc == -ENOENT)
		rc = user_password_hash(&worker->work, message->password, hash);
	if (rc == -ENOMEM)
		return user_register_retry(call, "no memory to hash a password");
	if (rc == 0)
		rc = user_accounts_add(
			worker->accounts, message->name, hash, call->ctx.message_id, user_now_ms());
	if (rc == -EEXIST) { /* somebody was faster */
		rc = user_accounts_find(worker->accounts, message->name, &account);
		if (rc == 0)
			return answer_existing(call, &account);
	}
	if (rc < 0)
		return user_register_retry(
			call, "the database: %s", user_accounts_error(worker->accounts));
	return user_register_reply(call, &(struct register_response){.name = message->name});
}
