/* The state of one worker thread of user. */
#ifndef USER_WORKER_H
#define USER_WORKER_H

#include "accounts.h"
#include "password.h"
#include "user_service.h"

struct user_worker {
	struct user_accounts *accounts;
	struct user_password_work work;
	char nobody[USER_HASH_SIZE]; /* the hash of no password: a name that is not there takes as
					long as one that is */
};

int64_t user_now_ms(void); /* since 1970 */

#endif
