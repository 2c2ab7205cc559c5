/*
 * Names on the broker.  Every queue and exchange begins with the system's name and SYSTEM_SUFFIX,
 * which together are `<system>` here and in topology.h: so two systems, and two stages of one, are
 * apart in a vhost that they share.  A service's tables hold names without the suffix; these calls
 * put it in.
 *
 * The schema bounds its parts (a system's name 40 bytes, a service's 64, an event's 128) and the
 * suffix has at most WARREN_SUFFIX_MAX, so that every name fits into AMQP's 255 bytes.
 *
 * Each call writes a name into `ret` and returns it.
 */
#ifndef WARREN_SERVICE_NAME_H
#define WARREN_SERVICE_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/broker.h"

struct warren_instance;

#define WARREN_NAME_SIZE (WARREN_BROKER_TEXT_MAX + 1)
#define WARREN_SUFFIX_MAX 20

/* Returns whether it may stand behind a system's name: letters, digits, - and _, or nothing. */
bool warren_name_is_suffix(const char *text);

/* A name of the service's tables, which begins with the system's. */
const char *warren_name(
	char ret[WARREN_NAME_SIZE], const struct warren_instance *instance, const char *name);

const char *warren_name_queue(char ret[WARREN_NAME_SIZE], const struct warren_instance *instance,
	const struct warren_broker_queue *queue); /* <system>.<service>.<event> */
const char *warren_name_instance(char ret[WARREN_NAME_SIZE], const struct warren_instance *instance,
	const char *id); /* <system>.<service>.<id> */
const char *warren_name_edge(char ret[WARREN_NAME_SIZE], const struct warren_instance *instance,
	const char *edge); /* <system>.<edge> */
const char *warren_name_wait(char ret[WARREN_NAME_SIZE], const struct warren_instance *instance,
	uint32_t wait_ms); /* <system>.wait.<ms> */

/* <system>.<service>.dead, .lost and .quarantine of this service. */
const char *warren_name_dead(char ret[WARREN_NAME_SIZE], const struct warren_instance *instance);
const char *warren_name_lost(char ret[WARREN_NAME_SIZE], const struct warren_instance *instance);
const char *warren_name_quarantine(
	char ret[WARREN_NAME_SIZE], const struct warren_instance *instance);

/* <system>.<service>.topology: the record of former.h. */
const char *warren_name_record(char ret[WARREN_NAME_SIZE], const struct warren_instance *instance);

/* The two that are asked for all the time are kept. */
const char *warren_name_system(const struct warren_instance *instance); /* the exchange of events */
const char *warren_name_service(const struct warren_instance *instance); /* <system>.<service> */

/* Fills them in; the suffix is in the instance's options.  Called once, when it opens. */
void warren_names_init(struct warren_instance *instance);

#endif
