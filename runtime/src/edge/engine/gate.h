/*
 * How many clients may begin a session: in all, from one address, and in a second.
 *
 * After a restart all clients come back at once.  Beginning a session costs the most of all that a
 * client does; more than the loop can take would starve the sessions that there are.  A client
 * that is sent away comes back later: the stock one by itself, at a time of its own.
 */
#ifndef WARREN_EDGE_GATE_H
#define WARREN_EDGE_GATE_H

#include "edge/http/conn.h"

/* "Retry-After: <seconds>\r\n" */
#define WARREN_GATE_HEADER_SIZE 32

/*
 * Lets the client of this request's connection begin a session: returns 0, and one of this second's
 * is used up.  Else returns the status that refuses it, with a header, and counts it.
 */
int warren_gate_pass(
	struct warren_conn *conn, char ret_header[WARREN_GATE_HEADER_SIZE]) WARREN_MUST_CHECK;

#endif
