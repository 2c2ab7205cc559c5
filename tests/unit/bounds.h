/*
 * What has room for N: N are taken, one more is refused, however often it is tried; when all is
 * given back there is room for N again, and for three times N one after the other.
 */
#ifndef BOUNDS_H
#define BOUNDS_H

#include <check.h>
#include <stdbool.h>

struct bound {
	const char *name;
	int room;
	bool (*take)(int i); /* the i-th of those that are taken together */
	void (*give_all)(void);
};

static void bound_fill(const struct bound *bound)
{
	for (int i = 0; i < bound->room; i++)
		ck_assert_msg(bound->take(i), "%s: no room for number %d", bound->name, i + 1);
	for (int i = 0; i < 3; i++)
		ck_assert_msg(!bound->take(bound->room), "%s: room for more than %d", bound->name,
			bound->room);
	bound->give_all();
}

static void bound_check(const struct bound *bound)
{
	for (int round = 0; round < 3; round++)
		bound_fill(bound);
	for (int i = 0; i < 3 * bound->room; i++) {
		ck_assert_msg(bound->take(0), "%s: no room for one, after %d", bound->name, i);
		bound->give_all();
	}
	bound_fill(bound);
}

#endif
