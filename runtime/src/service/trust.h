/*
 * Who is believed.  The broker proves which account published a message (`user_id`, see
 * broker/broker.h); the schema says which services may produce an event, reply to it and send to
 * browsers.  The calls below put the two together.
 *
 * - A service's account is `<system>.<service>`, its name on the broker.  A program that runs
 * several services has one account, which stands for each of them in that program.
 * - What a service publishes again (retry ladder, quarantine, dead letters) carries the service's
 * own account; the first one is in the header warren-account.  The header counts only under our own
 *   account, for everybody can write one.
 * - An account that BROKER_TRUST names stands for every service; BROKER_TRUST=all believes all.
 *
 * Forgeries are never handled.  An event is parked with the reason `forged`, a reply or a push
 * is dropped; each is counted and logged.
 *
 * Thread: any; all but warren_trust_tell change nothing.
 */
#ifndef WARREN_SERVICE_TRUST_H
#define WARREN_SERVICE_TRUST_H

#include <stdbool.h>
#include <stddef.h>

#include "broker/broker.h"
#include "warren/service.h"

#define WARREN_TRUST_ALL "all"
#define WARREN_TRUST_ACCOUNTS "accounts"

enum warren_trust { WARREN_TRUST_GOOD, WARREN_TRUST_FORGED };

/* The rules of a program's instances; they outlive them.  All texts are borrowed. */
struct warren_trust_rules {
	bool everybody;                               /* BROKER_TRUST=all */
	const char *account;                          /* our own, warren_broker_account */
	const struct warren_service *const *services; /* those that run under it */
	size_t service_count;
	char *memory;          /* the accounts that BROKER_TRUST names, each terminated */
	size_t believed_count; /* of these */
};

/*
 * Reads BROKER_TRUST: "all", or "accounts" and, behind commas, accounts that are believed whatever
 * they say.  Sets `everybody` and the accounts.  Returns 0; -EINVAL with `error`; -ENOMEM.
 * Owns: caller, warren_trust_rules_free.
 */
int warren_trust_read(const char *text, struct warren_trust_rules *rules,
	struct warren_error *error) WARREN_MUST_CHECK;
void warren_trust_rules_free(struct warren_trust_rules *rules);

#define WARREN_TRUST_WHY_SIZE 1536

/*
 * Returns 0 when other programs believe what is published under our own account; -EACCES with
 * `why`, which says how to mend it.  `system` is the system's name on the broker.
 */
int warren_trust_check_own(const struct warren_trust_rules *rules, const char *system,
	char why[WARREN_TRUST_WHY_SIZE]) WARREN_MUST_CHECK;

/* Judges a delivery of a handler's queue: may that account produce the event? */
enum warren_trust warren_trust_event(const struct warren_instance *instance,
	const struct warren_handler *handler, const struct warren_broker_message *message);

/* Judges an answer to a request for `event`: is it from the service that was asked? */
enum warren_trust warren_trust_reply(const struct warren_instance *instance,
	const struct warren_event *event, const struct warren_broker_message *message);

/* Judges an event to browsers: may that account produce it? */
enum warren_trust warren_trust_push(const struct warren_instance *instance,
	const struct warren_event *event, const struct warren_broker_message *message);

/* Judges what changes sockets (join, user, disconnect…): is it from a service of the system? */
enum warren_trust warren_trust_control(
	const struct warren_instance *instance, const struct warren_broker_message *message);

/* Judges what only our own like says: an edge's instances among themselves. */
enum warren_trust warren_trust_own(
	const struct warren_instance *instance, const struct warren_broker_message *message);

/* Returns the account that a message first came from, "" for none: what goes into the header
 * warren-account when it is published again.  Borrowed from `message`. */
const char *warren_trust_account(
	const struct warren_instance *instance, const struct warren_broker_message *message);

/* Counts and logs a message that is forged; `became` is what is done with it. */
void warren_trust_tell(struct warren_instance *instance,
	const struct warren_broker_message *message, const char *became);

#endif
