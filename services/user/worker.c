#include "worker.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DATABASE_SCHEME "sqlite:"

static const struct warren_setting user_settings[] = {
	{
		.name = "DATABASE_URL",
		.kind = WARREN_SETTING_TEXT,
		.min = sizeof DATABASE_SCHEME,
		.max = 4096,
		.default_value = DATABASE_SCHEME "user.db",
		.text = "where accounts are kept: sqlite: and a file",
	},
	{
		.name = "PASSWORD_OPSLIMIT",
		.kind = WARREN_SETTING_INT,
		.min = crypto_pwhash_OPSLIMIT_MIN,
		.max = 100,
		.default_value = "2",
		.text = "rounds of Argon2id for a password",
	},
	{
		.name = "PASSWORD_MEMLIMIT",
		.kind = WARREN_SETTING_INT,
		.min = crypto_pwhash_MEMLIMIT_MIN,
		.max = INT64_C(4) << 30,
		.default_value = "67108864",
		.text = "memory of Argon2id for a password, of each worker, in bytes",
	},
	{0},
};

WARREN_SETTINGS(user_settings);

int64_t user_now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int open_accounts(struct warren_instance *instance, struct user_accounts **ret)
{
	const char *url = warren_settings_text(warren_instance_settings(instance), "DATABASE_URL");
	const char *path = url + strlen(DATABASE_SCHEME);
	char error[256];
	if (strncmp(url, DATABASE_SCHEME, strlen(DATABASE_SCHEME)) != 0 ||
		strcmp(path, ":memory:") == 0) {
		/* Another kind of URL may hold a password: it is not shown. */
		return warren_cannot_start(instance, -EINVAL,
			"DATABASE_URL takes sqlite: and a file that all workers share");
	}
	int rc = user_accounts_open(path, ret, error, sizeof error);
	if (rc < 0)
		return warren_cannot_start(instance, rc,
			"the database %s cannot be opened: %s (DATABASE_URL)", path, error);
	return 0;
}

/* The password is random and forgotten, so that it matches nothing. */
static int hash_nobody(struct user_worker *worker)
{
	char password[65];
	uint8_t random[32];
	randombytes_buf(random, sizeof random);
	sodium_bin2hex(password, sizeof password, random, sizeof random);
	return user_password_hash(&worker->work, password, worker->nobody);
}

int user_worker_open(struct warren_instance *instance, struct user_worker **ret)
{
	const struct warren_settings *settings = warren_instance_settings(instance);
	struct user_worker *worker = calloc(1, sizeof *worker);
	if (!worker || sodium_init() < 0) {
		free(worker);
		return -ENOMEM;
	}
	worker->work = (struct user_password_work){
		.ops = (unsigned long long)warren_settings_int(settings, "PASSWORD_OPSLIMIT"),
		.memory_bytes = (size_t)warren_settings_int(settings, "PASSWORD_MEMLIMIT"),
	};
	int rc = hash_nobody(worker);
	if (rc == 0)
		rc = open_accounts(instance, &worker->accounts);
	if (rc < 0) {
		free(worker);
		return rc;
	}
	*ret = worker;
	return 0;
}

void user_worker_close(struct user_worker *worker)
{
	user_accounts_close(worker->accounts);
	free(worker);
}
