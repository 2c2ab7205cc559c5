/*
 * Made by protoc-gen-warren from two_edges.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/* Typed calls of the test kit for office: deliver an event, look at what came out.  See warren/test.h. */
#ifndef OFFICE_TEST_H
#define OFFICE_TEST_H

#include "office_service.h"
#include "warren/test.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef SHIFT_ENDED_TEST_DEFINED
#define SHIFT_ENDED_TEST_DEFINED
/* Delivers shiftEnded. */
static inline void shift_ended_test(struct warren_test *test, const struct shift_ended *message)
{
	warren_test_deliver(test, &shift_ended_event, message);
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

#ifdef __cplusplus
}
#endif

#endif
