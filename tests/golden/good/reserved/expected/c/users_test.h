/*
 * Made by protoc-gen-warren from reserved.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/* Typed calls of the test kit for users: deliver an event, look at what came out.  See warren/test.h. */
#ifndef USERS_TEST_H
#define USERS_TEST_H

#include "users_service.h"
#include "warren/test.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Delivers user.  Returns the reply; NULL: see warren_test_error.  Owns: test. */
static inline const struct new_ *user_test(struct warren_test *test, const struct user *message)
{
	return (const struct new_ *)warren_test_request(test, &user_event, message);
}

#ifndef CLASS__TEST_DEFINED
#define CLASS__TEST_DEFINED
/* Delivers class. */
static inline void class__test(struct warren_test *test, const struct class_ *message)
{
	warren_test_deliver(test, &class__event, message);
}
#endif

#ifndef CLASS__PUBLISHED_DEFINED
#define CLASS__PUBLISHED_DEFINED
/* Returns the nth class that came out, 0 is the first; NULL: there are fewer.  Owns: test. */
static inline const struct class_ *class__published(struct warren_test *test, int nth)
{
	return (const struct class_ *)warren_test_published(test, &class__event, nth);
}
#endif

#ifdef __cplusplus
}
#endif

#endif
