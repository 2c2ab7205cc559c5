/* Made by protoc-gen-warren from demo.proto.  Do not edit: change the schema and run ./dev gen. */
/* Typed calls of the test kit for user.  See warren/test.h. */
#ifndef USER_TEST_H
#define USER_TEST_H

#include "user_service.h"
#include "warren/test.h"

/* Delivers userRegister.  Returns the reply; NULL: see warren_test_error. */
static inline const struct register_response *user_register_test(
	struct warren_test *test, const struct user_register *message)
{
	return warren_test_request(test, &user_register_event, message);
}

/* Delivers userLogin.  Returns the reply; NULL: see warren_test_error. */
static inline const struct login_response *user_login_test(
	struct warren_test *test, const struct user_login *message)
{
	return warren_test_request(test, &user_login_event, message);
}

#endif
