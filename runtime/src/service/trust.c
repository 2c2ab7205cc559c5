#include "service/trust.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/private.h"
#include "service/wire.h"

/* ---- BROKER_TRUST ---- */

static int refuse(struct warren_error *error, const char *text)
{
	warren_error_set(error, WARREN_INVALID_ARGUMENT, "BROKER_TRUST",
		"BROKER_TRUST is " WARREN_TRUST_ACCOUNTS " (and accounts to believe as well: "
		"" WARREN_TRUST_ACCOUNTS ",NAME,…) or " WARREN_TRUST_ALL ", not \"%s\"",
		text);
	return -EINVAL;
}

/* Cuts the first word off, without the space about it.  Returns NULL at the end. */
static char *next_word(char **rest)
{
	char *word = strsep(rest, ",");
	if (!word)
		return NULL;
	while (isspace((unsigned char)*word))
		word++;
	size_t len = strlen(word);
	while (len > 0 && isspace((unsigned char)word[len - 1]))
		len--;
	word[len] = '\0';
	return word;
}

int warren_trust_read(
	const char *text, struct warren_trust_rules *rules, struct warren_error *error)
{
	char *memory = strdup(text), *rest = memory, *to = memory, *word;
	size_t count = 0;
	if (!memory)
		return -ENOMEM;
	word = next_word(&rest);
	bool everybody = strcmp(word, WARREN_TRUST_ALL) == 0;
	bool good = everybody ? !rest : strcmp(word, WARREN_TRUST_ACCOUNTS) == 0;
	/* The words move to the front, one behind the other. */
	while (good && (word = next_word(&rest))) {
		size_t size = strlen(word) + 1;
		good = size > 1;
		memmove(to, word, size);
		to += size;
		count++;
	}
	if (!good) {
		free(memory);
		return refuse(error, text);
	}
	rules->everybody = everybody;
	rules->memory = memory;
	rules->believed_count = count;
	return 0;
}

void warren_trust_rules_free(struct warren_trust_rules *rules)
{
	free(rules->memory);
	rules->memory = NULL;
	rules->believed_count = 0;
}

/* ---- which services an account stands for ---- */

/* Returns whether `account` is `<system>.<service>`. */
static bool is_account_of(const char *account, const char *system, const char *service)
{
	size_t len = strlen(system);
	return strncmp(account, system, len) == 0 && account[len] == '.' &&
	       strcmp(account + len + 1, service) == 0;
}

static bool is_believed(const struct warren_trust_rules *rules, const char *account)
{
	const char *at = rules->memory;
	for (size_t i = 0; i < rules->believed_count; i++) {
		if (strcmp(at, account) == 0)
			return true;
		at += strlen(at) + 1;
	}
	return false;
}

/* Several services of one program cannot be told apart. */
static bool runs_here(const struct warren_trust_rules *rules, const char *service)
{
	for (size_t i = 0; i < rules->service_count; i++) {
		if (strcmp(rules->services[i]->name, service) == 0)
			return true;
	}
	return false;
}

static bool stands_for(
	const struct warren_instance *instance, const char *account, const char *service)
{
	const struct warren_trust_rules *rules = instance->options.trust;
	return is_account_of(account, warren_name_system(instance), service) ||
	       (strcmp(account, rules->account) == 0 && runs_here(rules, service));
}

static enum warren_trust judge(const struct warren_instance *instance,
	const struct warren_broker_message *message, const char *const *services, size_t count)
{
	const struct warren_trust_rules *rules = instance->options.trust;
	if (!rules || rules->everybody)
		return WARREN_TRUST_GOOD;
	const char *account = warren_trust_account(instance, message);
	if (account[0] == '\0')
		return WARREN_TRUST_FORGED;
	for (size_t i = 0; i < count; i++) {
		if (stands_for(instance, account, services[i]))
			return WARREN_TRUST_GOOD;
	}
	return is_believed(rules, account) ? WARREN_TRUST_GOOD : WARREN_TRUST_FORGED;
}

int warren_trust_check_own(
	const struct warren_trust_rules *rules, const char *system, char why[WARREN_TRUST_WHY_SIZE])
{
	const char *account = rules->account;
	if (rules->everybody || is_believed(rules, account))
		return 0;
	for (size_t i = 0; i < rules->service_count; i++) {
		if (is_account_of(account, system, rules->services[i]->name))
			return 0;
	}
	if (rules->service_count == 1)
		snprintf(why, WARREN_TRUST_WHY_SIZE,
			"BROKER_URL logs in as %s, which no other service would believe: log in as "
			"%s.%s (generated/rabbitmq/definitions.json has that account), or say "
			"BROKER_TRUST=all everywhere if all services share one account",
			account, system, rules->services[0]->name);
	else
		snprintf(why, WARREN_TRUST_WHY_SIZE,
			"BROKER_URL logs in as %s, which no other program would believe: say "
			"BROKER_TRUST=accounts,%s here and in every program that is to believe it, "
			"or BROKER_TRUST=all everywhere if all services share one account",
			account, account);
	return -EACCES;
}

/* ---- judging ---- */

const char *warren_trust_account(
	const struct warren_instance *instance, const struct warren_broker_message *message)
{
	const struct warren_trust_rules *rules = instance->options.trust;
	const char *account = message->user_id ? message->user_id : "";
	const char *first = warren_broker_header_text(message, WARREN_HEADER_ACCOUNT);
	bool is_ours = rules && strcmp(account, rules->account) == 0;
	return is_ours && first && strlen(first) <= WARREN_WIRE_TEXT_MAX ? first : account;
}

enum warren_trust warren_trust_event(const struct warren_instance *instance,
	const struct warren_handler *handler, const struct warren_broker_message *message)
{
	const struct warren_event *event = handler->event;
	return judge(instance, message, event->producers, event->producer_count);
}

enum warren_trust warren_trust_reply(const struct warren_instance *instance,
	const struct warren_event *event, const struct warren_broker_message *message)
{
	return judge(instance, message, &event->replier, event->replier ? 1 : 0);
}

enum warren_trust warren_trust_push(const struct warren_instance *instance,
	const struct warren_event *event, const struct warren_broker_message *message)
{
	return judge(instance, message, event->producers, event->producer_count);
}

enum warren_trust warren_trust_control(
	const struct warren_instance *instance, const struct warren_broker_message *message)
{
	const struct warren_service *service = instance->service;
	return judge(instance, message, service->services, service->service_count);
}

enum warren_trust warren_trust_own(
	const struct warren_instance *instance, const struct warren_broker_message *message)
{
	return judge(instance, message, &instance->service->name, 1);
}

void warren_trust_tell(struct warren_instance *instance,
	const struct warren_broker_message *message, const char *became)
{
	atomic_fetch_add(&instance->tally.forged, 1);
	warren_log(instance->log, WARREN_LOG_WARN,
		"forged: an account sent what the schema does not let it send",
		WARREN_TEXT("account", warren_trust_account(instance, message)),
		WARREN_TEXT("type", message->type), WARREN_TEXT("message_id", message->message_id),
		WARREN_TEXT("became", became));
}
