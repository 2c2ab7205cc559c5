/* Made by protoc-gen-warren from demo.proto.  Do not edit: change the schema and run ./dev gen. */
/* Typed calls of the test kit for user: deliver an event, look at what came out.  See warren/test.h. */
#ifndef USER_TEST_H
#define USER_TEST_H

#include "user_service.h"
#include "warren/test.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Delivers userRegister.  Returns the reply; NULL: see warren_test_error.  Owns: test. */
static inline const struct register_response *user_register_test(struct warren_test *test,
	const struct user_register *message)
{
	return (const struct register_response *)warren_test_request(test, &user_register_event,
		message);
}

/* Delivers userLogin.  Returns the reply; NULL: see warren_test_error.  Owns: test. */
static inline const struct login_response *user_login_test(struct warren_test *test,
	const struct user_login *message)
{
	return (const struct login_response *)warren_test_request(test, &user_login_event, message);
}

#ifndef FRONTEND_MESSAGE_PUBLISHED_DEFINED
#define FRONTEND_MESSAGE_PUBLISHED_DEFINED
/* Returns the nth frontendMessage that came out, 0 is the first; NULL: there are fewer.  Owns: test. */
static inline const struct frontend_message *frontend_message_published(struct warren_test *test,
	int nth)
{
	return (const struct frontend_message *)warren_test_published(test, &frontend_message_event,
		nth);
}
#endif

#ifdef __cplusplus
}
#endif

#endif
