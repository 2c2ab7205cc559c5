/* What the gateway does without a browser: arguments, answers, addresses, rates. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bucket.h"
#include "gateway/address.h"
#include "gateway/answer.h"
#include "gateway/argument.h"
#include "gateway/once.h"

#define UUID "01234567-89ab-4cde-8f01-23456789abcd"
#define NOT_ID "behind the object there may be {id}, a UUID, and nothing else"
#define HALF_A_PAIR "the argument must be whole characters: half of a surrogate pair stands alone"
#define TOO_MANY "the event takes one object, and {id} behind it at the most"

static const struct {
	const char *args, *object, *message, *id;
} arguments[] = {
	{"{\"a\":1}", "{\"a\":1}", NULL, NULL},
	{" {\"a\": [1,2]} ", "{\"a\": [1,2]}", NULL, NULL},
	{"{},{\"id\":\"" UUID "\"}", "{}", NULL, UUID},
	{"{\"a\":1} , { \"id\" : \"01234567-89AB-4CDE-8F01-23456789ABCD\" } ", "{\"a\":1}", NULL,
		UUID},
	{"\"{}\",{\"\\u0069d\":\"" UUID "\"}", "{}", NULL, UUID},
	{"{},{\"id\":\"x\"}", NULL, NOT_ID, NULL},
	{"{},{\"id\":\"\"}", NULL, NOT_ID, NULL},
	{"{},{\"id\":7}", NULL, NOT_ID, NULL},
	{"{},{\"id\":null}", NULL, NOT_ID, NULL},
	{"{},{\"id\":[\"" UUID "\"]}", NULL, NOT_ID, NULL},
	{"{},{\"id\":\"01234567089ab-4cde-8f01-23456789abcd\"}", NULL, NOT_ID, NULL},
	{"{},{\"id\":\"g1234567-89ab-4cde-8f01-23456789abcd\"}", NULL, NOT_ID, NULL},
	{"{},{\"id\":\"" UUID "0\"}", NULL, NOT_ID, NULL},
	{"{},{\"id\":\"" UUID "\",\"id\":\"" UUID "\"}", NULL, NOT_ID, NULL},
	{"{},{\"id\":\"" UUID "\",\"more\":1}", NULL, NOT_ID, NULL},
	{"{},{\"ID\":\"" UUID "\"}", NULL, NOT_ID, NULL},
	{"{},{}", NULL, NOT_ID, NULL},
	{"{},[]", NULL, NOT_ID, NULL},
	{"{},null", NULL, NOT_ID, NULL},
	{"{},\"" UUID "\"", NULL, NOT_ID, NULL},
	{"\"{\\\"a\\\":\\\"\\u00e9\\\"}\"", "{\"a\":\"\xc3\xa9\"}", NULL, NULL},
	{"\"not json\"", "not json", NULL, NULL}, /* the codec says what is wrong with it */
	{"", NULL, "the event needs an object as its argument", NULL},
	{"7", NULL, "the argument is not an object", NULL},
	{"null", NULL, "the argument is not an object", NULL},
	{"[{}]", NULL, "the argument is not an object", NULL},
	{"{},7", NULL, NOT_ID, NULL},
	{"7,{\"id\":\"" UUID "\"}", NULL, "the argument is not an object", NULL},
	{"{},{},{}", NULL, TOO_MANY, NULL},
	{"{},{\"id\":\"" UUID "\"},7", NULL, TOO_MANY, NULL},
	{"\"\\u\"", NULL, "the arguments are not JSON", NULL},
	{"\"\\ud800\"", NULL, HALF_A_PAIR, NULL},
	{"\"\\udc00\"", NULL, HALF_A_PAIR, NULL},
	{"\"{\\\"a\\\":\\\"\\ud83c\\\"}\",{\"id\":\"" UUID "\"}", NULL, HALF_A_PAIR, NULL},
};

START_TEST(the_object_is_found)
{
	struct warren_arena *arena = warren_arena_open(65536);
	struct warren_error error;
	const char *args = arguments[_i].args;
	struct warren_argument argument = {0};
	int rc = warren_argument_read(args, strlen(args), arena, &argument, &error);
	if (arguments[_i].object) {
		ck_assert_int_eq(rc, 0);
		ck_assert_uint_eq(argument.len, strlen(arguments[_i].object));
		ck_assert_mem_eq(argument.object, arguments[_i].object, argument.len);
		ck_assert_str_eq(argument.id, arguments[_i].id ? arguments[_i].id : "");
	} else {
		ck_assert_int_eq(rc, -EBADMSG);
		ck_assert_int_eq(error.code, WARREN_INVALID_ARGUMENT);
		ck_assert_str_eq(error.message, arguments[_i].message);
		bool about_id = strcmp(arguments[_i].message, NOT_ID) == 0;
		ck_assert_str_eq(error.field, about_id ? "id" : "");
		ck_assert_ptr_null(argument.object);
	}
	warren_arena_close(arena);
}
END_TEST

static struct warren_once once_of(
	const char *kind, const char *name, const char *event, const char *id, const char *object)
{
	const struct warren_once_scope scope = {.kind = kind, .name = name};
	struct warren_once once;
	ck_assert_int_eq(warren_once_make(&scope, event, id, object, strlen(object), &once), 0);
	return once;
}

/* As Python's hashlib makes it, over parts with their length before them. */
START_TEST(an_id_is_made_as_it_is_documented)
{
	struct warren_once once = once_of("socket", "abc.def", "userLogin", UUID, "{}");
	ck_assert_str_eq(once.message_id, "c652a359-3a8c-8784-b832-4f0ca2c466fa");
	ck_assert_str_eq(once.digest, "6770594c8026aa58");
}
END_TEST

START_TEST(an_id_is_of_its_scope_its_event_and_its_object)
{
	struct warren_once one = once_of("socket", "abc.def", "userLogin", UUID, "{}");
	const struct warren_once others[] = {
		once_of("user", "abc.def", "userLogin", UUID, "{}"),
		once_of("socket", "abc.deg", "userLogin", UUID, "{}"),
		once_of("socket", "abc.defu", "serLogin", UUID, "{}"),
		once_of("socket", "abc.def", "userRegister", UUID, "{}"),
		once_of("socket", "abc.def", "userLogin", "11234567-89ab-4cde-8f01-23456789abcd",
			"{}"),
	};
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		ck_assert_str_ne(one.message_id, others[i].message_id);
	struct warren_once again = once_of("socket", "abc.def", "userLogin", UUID, "{}");
	ck_assert_str_eq(one.message_id, again.message_id);
	ck_assert_str_eq(one.digest, again.digest);
	struct warren_once changed = once_of("socket", "abc.def", "userLogin", UUID, "{ }");
	ck_assert_str_eq(one.message_id, changed.message_id);
	ck_assert_str_ne(one.digest, changed.digest);
	/* What was sent cannot be guessed from the digest without the browser's id. */
	ck_assert_str_ne(one.digest, others[4].digest);
}
END_TEST

START_TEST(errors_have_the_documented_form)
{
	struct warren_error error = {.code = WARREN_RATE_LIMITED, .retry_after_ms = 40};
	size_t len;
	strcpy(error.message, "too \"fast\"");
	char *json = warren_answer_error_json(&error, NULL, true, &len);
	ck_assert_str_eq(json, "{\"error\":{\"code\":\"rate_limited\",\"message\":\"too "
			       "\\\"fast\\\"\",\"retry_after_ms\":40}}");
	ck_assert_uint_eq(len, strlen(json));
	free(json);
	warren_error_set(&error, WARREN_INVALID_ARGUMENT, "items[2].name", "is missing");
	json = warren_answer_error_json(&error, "orderCreate", false, &len);
	ck_assert_str_eq(json, "{\"code\":\"invalid_argument\",\"message\":\"is missing\","
			       "\"field\":\"items[2].name\",\"event\":\"orderCreate\"}");
	free(json);
}
END_TEST

/* A page may send an event of any name; the answer stays small and valid. */
START_TEST(a_long_event_name_is_cut_at_a_character)
{
	struct warren_error error = {.code = WARREN_UNKNOWN_EVENT};
	char name[5001];
	size_t len;
	memset(name, 'n', sizeof name - 1);
	memcpy(name + 255, "\xc3\xa9", 2);
	name[sizeof name - 1] = '\0';
	char *json = warren_answer_error_json(&error, name, false, &len);
	ck_assert_ptr_nonnull(json);
	ck_assert_uint_eq(len, strlen(json));
	ck_assert_str_eq(strrchr(json, 'n') + 1, "\"}");
	ck_assert_uint_eq(strlen(strstr(json, "\"nn") + 1), 255 + strlen("\"}"));
	free(json);
}
END_TEST

START_TEST(an_address_names_its_queue)
{
	struct warren_arena *arena = warren_arena_open(65536);
	const char *address = warren_address_of_sid(arena, "router", "abc", "abc.def");
	ck_assert_str_eq(address, "router.abc.def");
	ck_assert_str_eq(warren_address_sid(arena, address, "router"), "abc.def");
	ck_assert_ptr_null(warren_address_sid(arena, address, "rout"));
	ck_assert_ptr_null(warren_address_sid(arena, "router", "router"));
	ck_assert_ptr_null(warren_address_sid(arena, "router.", "router"));
	ck_assert_ptr_null(warren_address_sid(arena, "", "router"));
	/* One that came over from another instance. */
	address = warren_address_of_sid(arena, "router", "new", "abc.def");
	ck_assert_str_eq(address, "router.new.abc~def");
	ck_assert_str_eq(warren_address_sid(arena, address, "router"), "abc.def");
	address = warren_address_of_sid(arena, "router", "ab", "abc.def");
	ck_assert_str_eq(address, "router.ab.abc~def");
	warren_arena_close(arena);
}
END_TEST

START_TEST(a_bucket_gives_its_burst_then_its_rate)
{
	struct warren_bucket bucket;
	warren_bucket_init(&bucket, 5, 10, 1000);
	for (int i = 0; i < 10; i++)
		ck_assert_uint_eq(warren_bucket_take(&bucket, 5, 10, 1000), 0);
	ck_assert_uint_eq(warren_bucket_take(&bucket, 5, 10, 1000), 200);
	ck_assert_uint_eq(warren_bucket_take(&bucket, 5, 10, 1150), 50);
	ck_assert_uint_eq(warren_bucket_take(&bucket, 5, 10, 1200), 0);
	ck_assert_uint_eq(warren_bucket_take(&bucket, 5, 10, 1200), 200);
	/* Whatever time has passed, it holds no more than the burst. */
	int taken = 0;
	while (warren_bucket_take(&bucket, 5, 10, INT64_MAX / 2) == 0)
		taken++;
	ck_assert_int_eq(taken, 10);
	for (int i = 0; i < 1000; i++)
		ck_assert_uint_eq(warren_bucket_take(&bucket, 0, 0, 0), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gateway parts");
	TCase *tests = tcase_create("all");
	tcase_add_loop_test(tests, the_object_is_found, 0, sizeof arguments / sizeof arguments[0]);
	tcase_add_test(tests, an_id_is_made_as_it_is_documented);
	tcase_add_test(tests, an_id_is_of_its_scope_its_event_and_its_object);
	tcase_add_test(tests, errors_have_the_documented_form);
	tcase_add_test(tests, a_long_event_name_is_cut_at_a_character);
	tcase_add_test(tests, an_address_names_its_queue);
	tcase_add_test(tests, a_bucket_gives_its_burst_then_its_rate);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
