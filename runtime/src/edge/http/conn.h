/*
 * One TCP connection, from accept to the destruction of libwebsockets' side of it.
 *
 * It carries one HTTP request at a time, or a WebSocket, or nothing.
 */
#ifndef WARREN_EDGE_CONN_H
#define WARREN_EDGE_CONN_H

#include "edge/internal.h"

struct warren_http;
struct warren_conn;
struct warren_look;

/* What a connection waits for, within a time: each has its own limit and counter. */
enum warren_wait {
	WARREN_WAIT_HEAD,  /* the TLS handshake, and the first request's head */
	WARREN_WAIT_BODY,  /* the rest of a request */
	WARREN_WAIT_TAKEN, /* a piece of the answer to be taken */
	WARREN_WAIT_NEXT,  /* the next request's head */
	WARREN_WAIT_PROBE, /* a WebSocket to become a session's transport; its user ends the wait */
	WARREN_WAIT_CLOSED /* its end */
};

/*
 * Who has a WebSocket, from the check of its upgrade on.  The calls are libwebsockets', and return
 * as they do: -1 closes.
 */
struct warren_conn_user {
	int (*open)(struct warren_conn *conn);
	/* Those that may be NULL: it never reads or writes through libwebsockets. */
	int (*receive)(struct warren_conn *conn, uint8_t *bytes, size_t len);
	int (*peer_closes)(struct warren_conn *conn, const uint8_t *bytes, size_t len);
	int (*writeable)(struct warren_conn *conn);
	void (*unmasked)(struct warren_conn *conn); /* its first frame is not; see look.h */
	void (*ends)(struct warren_conn *conn);     /* libwebsockets is about to close it */
	void (*expired)(struct warren_conn *conn);  /* WARREN_WAIT_PROBE is over */
	void (*gone)(struct warren_conn *conn);     /* the connection has gone, or it was refused */
	bool forsaken; /* nobody says anything more when the edge is closed */
};

struct warren_conn {
	struct warren_edge *edge;
	struct lws *wsi;
	struct warren_conn *next, **link; /* of the edge: all, or those that are doomed */
	struct warren_http *http;
	const struct warren_conn_user *user; /* NULL: it has no WebSocket */
	void *data;                          /* the user's */
	struct warren_wheel_alarm *timer;    /* NULL: it waits for nothing */
	struct warren_look *look;            /* NULL: nothing is looked at */
	bool internal;                       /* another edge's */
	bool proved;                         /* its upgrade is: the answer is to be, too */
	bool doomed;
	bool killed;  /* its end is ours: libwebsockets is not to say anything */
	bool writes;  /* it is among the edge's writers */
	uint8_t wait; /* enum warren_wait */
	char address[];
};

/* libwebsockets' callback for everything. */
int warren_conn_callback(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

/* Who has the WebSocket; NULL: nobody any more. */
void warren_conn_take(struct warren_conn *conn, const struct warren_conn_user *user, void *data);

/* Takes over an accepted socket; closes it on failure. */
void warren_conn_open(struct warren_edge *edge, int fd, const char *address, bool internal);

/* Ends the connection unless it goes on within the time that this wait has; or waits no more. */
void warren_conn_wait(struct warren_conn *conn, enum warren_wait wait);
void warren_conn_wait_no_more(struct warren_conn *conn);

/* Ends the connection as soon as no callback of it is running. */
void warren_conn_kill(struct warren_conn *conn);

/*
 * Calls the user's `writeable` soon, after what comes in the same turn.  libwebsockets would watch
 * for room in the socket first, which costs two system calls and there nearly always is; where there
 * is none, it keeps what was written last and watches then.
 */
void warren_conn_write(struct warren_conn *conn);
void warren_conns_write(struct warren_edge *edge);

/* Closes what is doomed. */
void warren_conns_reap(struct warren_edge *edge);

#endif
