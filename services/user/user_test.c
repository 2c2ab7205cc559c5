/* user on the in-process broker, each case with a database of its own. */
#include "user_test.h"

#include <check.h>
#include <errno.h>
#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "accounts.h"

static char folder[64], path[96], url[128];
static struct warren_test *t;

/* ---- a database in a folder of its own ---- */

static struct warren_test *start(const char *rounds, const char *memory)
{
	return warren_test_new_with(
		&user_service, (const char *[]){"DATABASE_URL", url, "PASSWORD_OPSLIMIT", rounds,
				       "PASSWORD_MEMLIMIT", memory, NULL});
}

static void set_up(void)
{
	strcpy(folder, "/tmp/user_test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/user.db", folder);
	snprintf(url, sizeof url, "sqlite:%s", path);
	t = start("1", "8192");
}

static int remove_one(const char *file, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	return remove(file);
}

static void tear_down(void)
{
	warren_test_free(t);
	nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static sqlite3 *look_inside(void)
{
	sqlite3 *db;
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	return db;
}

static int count(const char *sql)
{
	sqlite3 *db = look_inside();
	sqlite3_stmt *statement;
	ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
	int number = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return number;
}

static const struct register_response *sign_up(const char *name)
{
	return user_register_test(
		t, &(struct user_register){.name = name, .password = "correct horse"});
}

static const struct login_response *sign_in(const char *name, const char *password)
{
	const struct login_response *reply =
		user_login_test(t, &(struct user_login){.name = name, .password = password});
	ck_assert_msg(reply != NULL, "%s", warren_test_error(t)->message);
	return reply;
}

static const char *notice(int nth)
{
	const struct frontend_message *message = frontend_message_published(t, nth);
	ck_assert_ptr_nonnull(message);
	return message->text;
}

/* ---- registering ---- */

START_TEST(a_name_is_registered_as_it_was_written)
{
	const struct register_response *reply = sign_up("Ada Lovelace");
	ck_assert_ptr_nonnull(reply);
	ck_assert_str_eq(reply->name, "Ada Lovelace");
	ck_assert_int_eq(warren_test_count(t, "frontendMessage"), 0);
	ck_assert_int_eq(
		count("SELECT count(*) FROM account WHERE password_hash LIKE '%correct%'"), 0);
	ck_assert_int_eq(
		count("SELECT count(*) FROM account WHERE password_hash LIKE '$argon2id$%'"), 1);
}
END_TEST

START_TEST(a_name_is_taken_once)
{
	ck_assert_ptr_nonnull(sign_up("ada"));
	ck_assert_ptr_null(sign_up("ADA"));
	ck_assert_int_eq(warren_test_error(t)->code, WARREN_ALREADY_EXISTS);
	ck_assert_str_eq(warren_test_error(t)->field, "name");
	ck_assert_str_eq(warren_test_error(t)->message, "the name ada is taken");
	ck_assert_ptr_nonnull(sign_up("ada2"));
	ck_assert_int_eq(count("SELECT count(*) FROM account"), 2);
}
END_TEST

START_TEST(the_same_message_registers_once)
{
	warren_test_message_id(t, "0191-one");
	ck_assert_ptr_nonnull(sign_up("ada"));
	warren_test_message_id(t, "0191-one");
	const struct register_response *again = sign_up("ada");
	ck_assert_ptr_nonnull(again);
	ck_assert_str_eq(again->name, "ada");
	ck_assert_int_eq(count("SELECT count(*) FROM account"), 1);
}
END_TEST

/* ---- signing in ---- */

START_TEST(the_right_password_opens_a_session)
{
	sign_up("ada");
	const struct login_response *reply = sign_in("Ada", "correct horse");
	ck_assert(reply->ok);
	ck_assert_uint_eq(strlen(reply->token), 43); /* 256 bits as base64url */
	ck_assert_str_eq(reply->reason, "");
	const struct login_response *second = sign_in("ada", "correct horse");
	ck_assert_str_ne(reply->token, second->token);
	ck_assert_int_eq(count("SELECT count(*) FROM session"), 2);
	ck_assert_int_eq(count("SELECT count(*) FROM session WHERE length(token_hash) = 32"), 2);
}
END_TEST

START_TEST(whoever_signs_in_is_greeted_and_announced)
{
	warren_test_as(t, "", "router.abc.s1");
	sign_up("ada");
	sign_in("ada", "correct horse");
	ck_assert_int_eq(warren_test_count(t, "frontendMessage"), 2);
	/* One goes through the socket's queue, one through the fan-out: between the two there is no
	 * order. */
	int you = strcmp(warren_test_target(t, "frontendMessage", 0), "all") == 0 ? 1 : 0;
	ck_assert_str_eq(warren_test_target(t, "frontendMessage", you), "socket:router.abc.s1");
	ck_assert_str_eq(notice(you), "Welcome, ada. This is the first time that you sign in.");
	ck_assert_str_eq(warren_test_target(t, "frontendMessage", 1 - you), "all");
	ck_assert_str_eq(warren_test_except(t, "frontendMessage", 1 - you), "router.abc.s1");
	ck_assert_str_eq(notice(1 - you), "ada came.");

	sign_in("ada", "correct horse");
	ck_assert_int_eq(warren_test_count(t, "frontendMessage"), 4);
	const char *back = "Welcome back, ada. Your account was last used ";
	ck_assert_int_eq(strncmp(notice(2), back, strlen(back)) == 0 ||
				 strncmp(notice(3), back, strlen(back)) == 0,
		1);
}
END_TEST

START_TEST(whoever_signs_in_is_the_sockets_user)
{
	warren_test_as(t, "", "router.abc.s1");
	sign_up("ada");
	sign_up("bob");
	sign_in("bob", "wrong horse");
	ck_assert_int_eq(warren_test_count(t, "warren.User"), 0);
	sign_in("bob", "correct horse");
	ck_assert_int_eq(warren_test_count(t, "warren.User"), 1);
	ck_assert_str_eq(warren_test_target(t, "warren.User", 0), "socket:router.abc.s1");
	ck_assert_str_eq(warren_test_argument(t, "warren.User", 0), "2");
	warren_test_as(t, "", ""); /* from no page */
	ck_assert(sign_in("ada", "correct horse")->ok);
	ck_assert_int_eq(warren_test_count(t, "warren.User"), 1);
}
END_TEST

START_TEST(what_is_wrong_is_not_told)
{
	sign_up("ada");
	const struct login_response *password = sign_in("ada", "wrong horse");
	const struct login_response *name = sign_in("bob", "correct horse");
	ck_assert(!password->ok && !name->ok);
	ck_assert_str_eq(password->token, "");
	ck_assert_str_eq(name->token, "");
	ck_assert_str_ne(password->reason, "");
	ck_assert_str_eq(password->reason, name->reason);
	ck_assert_int_eq(warren_test_count(t, "frontendMessage"), 0);
	ck_assert_int_eq(count("SELECT count(*) FROM session"), 0);
}
END_TEST

static double seconds_of(const char *name)
{
	struct timespec from, to;
	double least = 1e9;
	for (int i = 0; i < 5; i++) {
		clock_gettime(CLOCK_MONOTONIC, &from);
		ck_assert(!sign_in(name, "wrong horse")->ok);
		clock_gettime(CLOCK_MONOTONIC, &to);
		double seconds = (double)(to.tv_sec - from.tv_sec) +
				 (double)(to.tv_nsec - from.tv_nsec) / 1e9;
		least = seconds < least ? seconds : least;
	}
	return least;
}

START_TEST(time_does_not_tell_either)
{
	warren_test_free(t);
	t = start("3", "16777216"); /* enough for the hash to be nearly all of it */
	sign_up("ada");
	double known = seconds_of("ada"), unknown = seconds_of("bob");
	ck_assert_double_gt(unknown, known / 3);
	ck_assert_double_gt(known, unknown / 3);
}
END_TEST

START_TEST(the_same_message_signs_in_once)
{
	sign_up("ada");
	for (int i = 0; i < 2; i++) {
		warren_test_message_id(t, "0191-two");
		ck_assert(sign_in("ada", "correct horse")->ok);
	}
	ck_assert_int_eq(count("SELECT count(*) FROM session"), 1);
	const char *first = "Welcome, ada. This is the first time that you sign in.";
	int greetings = 0;
	for (int i = 0; i < warren_test_count(t, "frontendMessage"); i++)
		greetings += strcmp(notice(i), first) == 0;
	ck_assert_int_eq(greetings, 2);
}
END_TEST

START_TEST(an_account_keeps_so_many_sessions)
{
	sign_up("ada");
	for (int i = 0; i < USER_SESSIONS_MAX + 3; i++)
		ck_assert(sign_in("ada", "correct horse")->ok);
	ck_assert_int_eq(count("SELECT count(*) FROM session"), USER_SESSIONS_MAX);
}
END_TEST

/* ---- the database ---- */

START_TEST(accounts_outlive_the_service)
{
	sign_up("ada");
	warren_test_free(t);
	t = start("1", "8192");
	ck_assert(sign_in("ada", "correct horse")->ok);
}
END_TEST

START_TEST(a_busy_database_is_tried_again)
{
	sqlite3 *db = look_inside();
	ck_assert_int_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	ck_assert_ptr_null(sign_up("ada"));
	ck_assert_int_eq(warren_test_error(t)->code, WARREN_UNAVAILABLE);
	ck_assert_int_eq(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	ck_assert_ptr_nonnull(sign_up("ada"));
}
END_TEST

START_TEST(a_database_that_cannot_be_opened_says_why)
{
	struct user_accounts *accounts;
	char error[256];
	ck_assert_int_eq(
		user_accounts_open("/nowhere/at/all/user.db", &accounts, error, sizeof error),
		-EIO);
	ck_assert_str_eq(error, "unable to open database file");

	sqlite3 *db = look_inside();
	ck_assert_int_eq(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	ck_assert_int_eq(user_accounts_open(path, &accounts, error, sizeof error), -EIO);
	ck_assert_ptr_nonnull(strstr(error, "newer version"));
}
END_TEST

/* ---- bytes ---- */

START_TEST(what_breaks_the_rules_is_parked)
{
	const char *json = "{\"name\":\"ada\",\"password\":\"hush\"}"; /* too short */
	warren_test_deliver_bytes(t, &user_login_event, "application/json", json, strlen(json));
	ck_assert_int_eq(warren_test_dead_count(t), 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_name_is_registered_as_it_was_written,
		a_name_is_taken_once,
		the_same_message_registers_once,
		the_right_password_opens_a_session,
		whoever_signs_in_is_greeted_and_announced,
		whoever_signs_in_is_the_sockets_user,
		what_is_wrong_is_not_told,
		time_does_not_tell_either,
		the_same_message_signs_in_once,
		an_account_keeps_so_many_sessions,
		accounts_outlive_the_service,
		a_busy_database_is_tried_again,
		a_database_that_cannot_be_opened_says_why,
		what_breaks_the_rules_is_parked,
	};
	TCase *cases = tcase_create("user");
	tcase_add_checked_fixture(cases, set_up, tear_down);
	for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
		tcase_add_test(cases, tests[i]);
	Suite *suite = suite_create("user");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
