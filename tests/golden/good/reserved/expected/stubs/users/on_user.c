#include "worker.h"

/*
 * Write here what users does, then
 * `return user_reply(call, &(struct new_){…});`
 */
int users_on_user(struct user_call *call, const struct user *message, struct users_worker *worker)
{
	(void)message;
	(void)worker;
	return user_fail(call, WARREN_INTERNAL, "users_on_user is not written yet");
}
