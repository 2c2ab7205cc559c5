/*
 * Made by protoc-gen-warren from everything.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/* Typed calls of the test kit for shop: deliver an event, look at what came out.  See warren/test.h. */
#ifndef SHOP_TEST_H
#define SHOP_TEST_H

#include "shop_service.h"
#include "warren/test.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Delivers everything.  Returns the reply; NULL: see warren_test_error.  Owns: test. */
static inline const struct everything2 *everything_test(struct warren_test *test,
	const struct everything *message)
{
	return (const struct everything2 *)warren_test_request(test, &everything_event, message);
}

#ifndef NOTHING_TEST_DEFINED
#define NOTHING_TEST_DEFINED
/* Delivers nothing. */
static inline void nothing_test(struct warren_test *test, const struct nothing *message)
{
	warren_test_deliver(test, &nothing_event, message);
}
#endif

#ifdef __cplusplus
}
#endif

#endif
