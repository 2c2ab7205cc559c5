/*
 * One TCP connection, from accept to the destruction of libwebsockets' side of it.
 *
 * It carries one HTTP request at a time, or a WebSocket, or nothing.
 */
#ifndef WARREN_EDGE_CONN_H
#define WARREN_EDGE_CONN_H

#include "edge/internal.h"

struct warren_http;
struct warren_upgrade;
struct warren_ws;
struct warren_relay;
struct warren_edge_session;

/* What a connection waits for, within a time: each has its own limit and counter. */
enum warren_wait {
	WARREN_WAIT_HEAD,  /* the TLS handshake, and the first request's head */
	WARREN_WAIT_BODY,  /* the rest of a request */
	WARREN_WAIT_TAKEN, /* a piece of the answer to be taken */
	WARREN_WAIT_NEXT,  /* the next request's head */
	WARREN_WAIT_PROBE, /* a WebSocket to become a session's transport */
	WARREN_WAIT_CLOSED /* its end */
};

struct warren_conn {
	struct warren_edge *edge;
	struct lws *wsi;
	struct warren_conn *next, **link; /* of the edge: all, or those that are doomed */
	struct warren_http *http;
	struct warren_ws *ws;
	struct warren_upgrade *upgrade;   /* between its check and its completion */
	struct warren_decision *decision; /* NULL: none is awaited */
	struct warren_relay *relay;       /* NULL: its WebSocket is no other edge's */
	struct warren_wheel_alarm *timer; /* NULL: it waits for nothing */
	bool internal;                    /* another edge's */
	bool doomed;
	uint8_t wait; /* enum warren_wait */
	char address[];
};

/* libwebsockets' callback for everything. */
int warren_conn_callback(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

/* Takes over an accepted socket; closes it on failure. */
void warren_conn_open(struct warren_edge *edge, int fd, const char *address, bool internal);

/* Ends the connection unless it goes on within the time that this wait has; or waits no more. */
void warren_conn_wait(struct warren_conn *conn, enum warren_wait wait);
void warren_conn_wait_no_more(struct warren_conn *conn);

/* Ends the connection as soon as no callback of it is running. */
void warren_conn_kill(struct warren_conn *conn);

/* Closes what is doomed. */
void warren_conns_reap(struct warren_edge *edge);

#endif
