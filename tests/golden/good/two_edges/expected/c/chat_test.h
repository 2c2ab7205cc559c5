/*
 * Made by protoc-gen-warren from two_edges.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/* Typed calls of the test kit for chat: deliver an event, look at what came out.  See warren/test.h. */
#ifndef CHAT_TEST_H
#define CHAT_TEST_H

#include "chat_service.h"
#include "warren/test.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef SAID_TEST_DEFINED
#define SAID_TEST_DEFINED
/* Delivers said. */
static inline void said_test(struct warren_test *test, const struct said *message)
{
	warren_test_deliver(test, &said_event, message);
}
#endif

#ifndef SAID_PUBLISHED_DEFINED
#define SAID_PUBLISHED_DEFINED
/* Returns the nth said that came out, 0 is the first; NULL: there are fewer.  Owns: test. */
static inline const struct said *said_published(struct warren_test *test, int nth)
{
	return (const struct said *)warren_test_published(test, &said_event, nth);
}
#endif

#ifndef ALARM_PUBLISHED_DEFINED
#define ALARM_PUBLISHED_DEFINED
/* Returns the nth alarm that came out, 0 is the first; NULL: there are fewer.  Owns: test. */
static inline const struct alarm *alarm_published(struct warren_test *test, int nth)
{
	return (const struct alarm *)warren_test_published(test, &alarm_event, nth);
}
#endif

#ifndef SHIFT_ENDED_PUBLISHED_DEFINED
#define SHIFT_ENDED_PUBLISHED_DEFINED
/* Returns the nth shiftEnded that came out, 0 is the first; NULL: there are fewer.  Owns: test. */
static inline const struct shift_ended *shift_ended_published(struct warren_test *test, int nth)
{
	return (const struct shift_ended *)warren_test_published(test, &shift_ended_event, nth);
}
#endif

#ifdef __cplusplus
}
#endif

#endif
