/* Each setting of an edge reaches one option of it, and no other setting does. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/gateway.h"
#include "service/private.h"

enum { SETTINGS_MAX = 100, VALUE_SIZE = 32 };

/* What the gateway keeps for itself. */
static const char *const own[] = {"MAX_EVENTS_PER_S", "MAX_WAITING", "MAX_PUSHES", "PUSH_WAIT_MS"};

static bool is_own(const char *name)
{
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		if (strcmp(own[i], name) == 0)
			return true;
	return false;
}

static int64_t other_value(const struct warren_setting *row)
{
	int64_t usual = strtoll(row->default_value, NULL, 10);
	return usual < row->max ? usual + 1 : usual - 1;
}

/* Returns an edge's options when that row has another value than usual; -1: none has. */
static struct warren_edge_options options_with(int changed)
{
	static struct warren_setting rows[SETTINGS_MAX];
	static char value[VALUE_SIZE];
	const struct warren_setting *const tables[] = {rows};
	struct warren_settings *settings;
	struct warren_error error;
	struct warren_edge_options options;
	size_t count = 0;
	while (warren_gateway_settings[count].name)
		count++;
	ck_assert_uint_lt(count, SETTINGS_MAX);
	memcpy(rows, warren_gateway_settings, (count + 1) * sizeof rows[0]);
	if (changed >= 0) {
		snprintf(value, sizeof value, "%lld", (long long)other_value(&rows[changed]));
		rows[changed].default_value = value;
	}
	ck_assert_int_eq(warren_settings_load(tables, 1, NULL, &settings, &error), 0);
	struct warren_instance instance = {.options.settings = settings};
	struct warren_gateway_state gateway = {.instance = &instance};
	memset(&options, 0, sizeof options);
	warren_gateway_options(&gateway, &options);
	warren_settings_close(settings);
	/* Texts are the settings' own, which have gone. */
	options.host = options.internal_host = options.instance = options.tls_certificate = NULL;
	options.tls_key = options.cors_origins = options.client_scripts = NULL;
	options.trusted_proxies = NULL;
	return options;
}

/* Returns where they differ: the first and the last such byte. */
static bool differ(const struct warren_edge_options *a, const struct warren_edge_options *b,
	size_t *ret_first, size_t *ret_last)
{
	const unsigned char *x = (const void *)a, *y = (const void *)b;
	bool found = false;
	for (size_t i = 0; i < sizeof *a; i++) {
		if (x[i] == y[i])
			continue;
		if (!found)
			*ret_first = i;
		*ret_last = i;
		found = true;
	}
	return found;
}

START_TEST(each_number_reaches_an_option_of_its_own)
{
	const struct warren_edge_options usual = options_with(-1);
	const char *whose[sizeof usual] = {NULL};
	for (int i = 0; warren_gateway_settings[i].name; i++) {
		const struct warren_setting *row = &warren_gateway_settings[i];
		size_t first = 0, last = 0;
		if (row->kind != WARREN_SETTING_INT)
			continue;
		const struct warren_edge_options options = options_with(i);
		bool differs = differ(&usual, &options, &first, &last);
		ck_assert_msg(differs != is_own(row->name), "%s %s an option of the edge",
			row->name, differs ? "changes" : "does not change");
		if (!differs)
			continue;
		/* No option is wider, and none begins elsewhere. */
		first -= first % 2;
		ck_assert_msg(last - first < 4, "%s changes more than one option", row->name);
		for (size_t at = first; at <= last; at++) {
			ck_assert_msg(!whose[at], "%s changes what %s does", row->name, whose[at]);
			whose[at] = row->name;
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gateway settings");
	TCase *tests = tcase_create("all");
	tcase_add_test(tests, each_number_reaches_an_option_of_its_own);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
