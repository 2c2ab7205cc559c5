/* clang-format off */
/*
 * The test kit: a service on the in-process broker, with a clock that the test turns.
 *
 *   struct warren_test *t = warren_test_new(&user_service);
 *   const struct login_response *reply =
 *           user_login_test(t, &(struct user_login){.name = "ada", .password = "…"});
 *   ck_assert(reply && reply->ok);
 *   ck_assert_int_eq(warren_test_count(t, "frontendMessage"), 2);
 *   warren_test_free(t);
 */
/* clang-format on */
/*
 * Every call returns when nothing moves any more, so that what a test sees does not depend on
 * timing.  Where a reply is awaited and nothing moves, the clock is turned to what comes next (a
 * retry, a deadline).  The kit catches all that the service publishes: it stands where the
 * consumers would be.  Settings are those given to warren_test_new_with, else their defaults; the
 * environment does not count.  Nothing is logged unless LOG_LEVEL is among them.
 * The kit does not wait for threads of the service's own that have deferred calls.
 * A fault of the kit itself ends the process with a text.  Thread: the test's.
 */
#ifndef WARREN_TEST_H
#define WARREN_TEST_H

#include "warren/service.h"

#ifdef __cplusplus
extern "C" {
#endif

struct warren_test;

/* Starts `service`, its settings at their defaults.  Never NULL.  Owns: caller. */
struct warren_test *warren_test_new(const struct warren_service *service);

/* The same with settings: name, value, …, NULL. */
struct warren_test *warren_test_new_with(
	const struct warren_service *service, const char *const *settings);
void warren_test_free(struct warren_test *test);

/*
 * Who asks from now on: ctx->user and ctx->socket of what is delivered, "" for nobody; at first
 * nobody on "test.socket".  A socket's address is two words or more with dots between them.  Pushes
 * to sockets that were named here are caught.
 */
void warren_test_as(struct warren_test *test, const char *user, const char *socket);

/* The next event is delivered with that message id, as when the broker delivers it again. */
void warren_test_message_id(struct warren_test *test, const char *message_id);

/* Delivers an event and returns the reply, or NULL: see warren_test_error.  Owns: test. */
const void *warren_test_request(
	struct warren_test *test, const struct warren_event *event, const void *message);

/* Delivers an event without waiting for an answer. */
void warren_test_deliver(
	struct warren_test *test, const struct warren_event *event, const void *message);

/* Delivers bytes as they are, with that content type. */
void warren_test_deliver_bytes(struct warren_test *test, const struct warren_event *event,
	const char *content_type, const void *bytes, size_t len);

/* The error that the last request ended with; code WARREN_OK when it did not. */
const struct warren_error *warren_test_error(const struct warren_test *test);

/* Turns the clock, step by step through what falls due. */
void warren_test_advance_ms(struct warren_test *test, int64_t ms);

/*
 * How often the service published an event; the nth of them (0 is the first), NULL when there is
 * none.  Its calls for sockets count as "warren.Join", "warren.Leave", "warren.User" and
 * "warren.Disconnect".
 */
int warren_test_count(const struct warren_test *test, const char *event);
const void *warren_test_published(
	struct warren_test *test, const struct warren_event *event, int nth);

/*
 * How often the service's calls produced an event that did not leave, because the call failed or was
 * tried again.
 */
int warren_test_dropped(const struct warren_test *test, const char *event);

/*
 * Where the nth of them went: "socket:<address>", "user:<name>", "room:<name>", "all"; and whom it
 * left out.  Where a system has several edges, each of them counts but for a socket.
 */
const char *warren_test_target(struct warren_test *test, const char *event, int nth);
const char *warren_test_except(struct warren_test *test, const char *event, int nth);

/* With what the nth was asked: the room; the user, "" for nobody; "close" when it ends connections.
 */
const char *warren_test_argument(struct warren_test *test, const char *event, int nth);

/* How many deliveries lie on `<system>.<service>.dead`. */
int warren_test_dead_count(const struct warren_test *test);

#ifdef __cplusplus
}
#endif

#endif
