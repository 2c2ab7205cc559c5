/*
 * The parts of an edge, from the ground up: each room knows those before it, and none that follow.
 *
 *   loop/      time;  wheel: all timers;  alarm: calls after a while;  errand: what other threads
 *              ask for;  memory: of what lives as long as a connection;  sid
 *   http/      listener: the port;  conn: one TCP connection, libwebsockets' callbacks, the ways to
 *              end it;  look: at what libwebsockets does not tell of;  http: one request and its
 *              response;  route, files: who answers it
 *   engine/    engine: Engine.IO sessions over polling and ws, one WebSocket;  handshake: what a
 *              client said in the first request of its session;  decide: whether it gets one, when
 *              that takes time
 *   cluster/   other edges: who they are, requests to them, what is passed on to them
 *   socketio/  clients, namespaces and events over the sessions of one engine;  room: named sets of
 *              a namespace's sockets;  ack: events to a client that wait for its answer;  survey:
 *              of many;  admit: whether a socket is let in;  recovery, handover: sockets that
 *              outlive their connection, and their edge
 *   post/      what any thread asks for sockets
 *   edge       opens and closes all of it, and says where a request goes (struct warren_ways)
 *
 * News from below goes up through tables of calls: warren_ways, warren_http_user,
 * warren_conn_user, warren_engine_app, warren_link_user.
 *
 * Everything here runs on the loop thread, except what says otherwise.
 * Nobody frees a connection inside libwebsockets' own callback of it: warren_conn_kill notes it,
 * and the reaper closes it when that callback has returned.
 */
#ifndef WARREN_EDGE_INTERNAL_H
#define WARREN_EDGE_INTERNAL_H

#include <ev.h>
#include <libwebsockets.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/bucket.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/loop.h"
#include "base/map.h"
#include "base/seldom.h"
#include "edge/loop/memory.h"
#include "edge/loop/wheel.h"
#include "warren/edge.h"

/* "<instance>.<20 random characters>", and the longest instance that fits. */
#define WARREN_SID_RANDOM 20
#define WARREN_SID_SIZE 64
#define WARREN_INSTANCE_MAX (WARREN_SID_SIZE - WARREN_SID_RANDOM - 1)
#define WARREN_ADDRESS_SIZE 46
#define WARREN_HEAD_MIN 1024
#define WARREN_HEAD_MAX 32768
#define WARREN_CLOSE_TIMEOUT_MS 2000

/* A connection between edges that nobody uses is kept so long; and what a listener says last on one
 * that it closes though it has not said so.  See link.h. */
#define WARREN_KEPT_MS 5000
#define WARREN_NOT_TAKEN                                                                           \
	"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

/* The line by which another edge believes an answer, and a terminator.  See proof.h. */
#define WARREN_PROOF_LINE_SIZE 161

#define WARREN_ACK_TIMEOUT_MS 20000

/* What a client is told when nobody says anything else. */
#define WARREN_FORBIDDEN_TEXT "Forbidden"
#define WARREN_UNDECIDED_TEXT "Timed out"

struct warren_cluster;
struct ssl_ctx_st;
struct warren_addresses;
struct warren_conn;
struct warren_engine;
struct warren_route;
struct warren_errand;
struct warren_history;
struct warren_http;

/* See history.h. */
struct warren_histories {
	struct warren_history *first, **end;
	size_t count;
};

/* The counters of warren_edge_counters, written on the loop thread and read on any. */
struct warren_tally {
	_Atomic uint64_t connections, sessions, sockets, handshakes, upgrades, events_in,
		events_out, bytes_in, bytes_out, refused, slow_readers, ping_timeouts, bad_packets;
	_Atomic uint64_t passed_on, passed_failed, peers_refused;
	/* what a limit refused or ended, by the limit */
	_Atomic uint64_t refused_full, refused_address, refused_storm, header_timeouts,
		request_timeouts, response_timeouts, keep_alive_timeouts, heads_too_large,
		bad_heads, connect_timeouts, upgrade_timeouts, too_large, too_deep,
		too_many_attachments, too_many_rooms, too_many_acks, names_too_long, posts_full,
		refused_origin;
	_Atomic uint64_t parked, recovered, handed_over, lost;
};

#define warren_tally_add(edge_, what_, n_)                                                         \
	atomic_fetch_add_explicit(&(edge_)->tally.what_, (n_), memory_order_relaxed)
/* Counts what a limit refused or ended, under the limit's name and in the sum. */
#define warren_tally_refused(edge_, what_)                                                         \
	(warren_tally_add(edge_, refused, 1), warren_tally_add(edge_, what_, 1))
#define warren_tally_sub(edge_, what_, n_)                                                         \
	atomic_fetch_sub_explicit(&(edge_)->tally.what_, (n_), memory_order_relaxed)

/* What becomes of what a client asks; edge.c knows the rooms that each goes to. */
struct warren_ways {
	void (*request)(struct warren_http *http);
	/* Returns as libwebsockets' callback does: 0 lets the upgrade go on, 1 is for one that has
	 * been answered. */
	int (*upgrade)(struct warren_conn *conn, const char *protocol);
	/* A request or an upgrade of a session that is not ours: takes it, and returns true, when
	 * it is to be had elsewhere. */
	bool (*pass)(struct warren_http *http, const char *sid);
	bool (*relay)(struct warren_conn *conn, const char *path, const char *sid);
	/* To a peer: the line of an answer's head that its proof goes into, which is done when the
	 * answer is whole and is about to leave; and that line for what an upgrade is answered. */
	const char *blank;
	void (*seal)(struct warren_http *http);
	void (*prove)(struct warren_conn *conn, int status, const void *body, size_t len,
		char ret[WARREN_PROOF_LINE_SIZE]);
};

/* A port, and those who come in through it: clients, or (`internal`) other edges. */
struct warren_listener {
	struct warren_edge *edge;
	ev_io io; /* fd -1: closed */
	uint16_t port;
	bool internal;
	struct warren_wheel_timer pause;
};

#define WARREN_SUBPROTOCOL_SIZE 63 /* libwebsockets takes no longer name */

struct warren_edge {
	const struct warren_ways *ways;
	struct warren_edge_options options; /* texts are ours; defaults are filled in */
	char instance[WARREN_INSTANCE_MAX];
	struct warren_tally tally;
	struct warren_clock *clock; /* the real one */

	struct warren_loop *shared; /* NULL: the loop is the edge's own */
	struct ev_loop *loop;
	void (*on_end)(void *data); /* of a shared loop */
	void *end_data;
	struct lws_context *lws;
	struct lws_protocols
		protocols[3]; /* the default one, the one that is being offered, the end */
	char subprotocol[WARREN_SUBPROTOCOL_SIZE]; /* the name of the second */
	struct warren_seldom origin_told;
	struct lws_vhost *vhost, *internal_vhost;
	struct ssl_ctx_st *tls; /* the certificate in use; NULL: no TLS */
	struct warren_listener listener, internal;
	ev_timer ticker;    /* drives the wheel */
	ev_prepare planner; /* sets the ticker before the loop sleeps */
	ev_prepare drainer; /* while stopping: looks whether that is done */
	ev_async waker;     /* other threads: posts, stop */
	ev_async reaper;    /* closes what warren_conn_kill noted; only ever fed */
	ev_async writer;    /* has those write that want to, after what was read; only ever fed */
	ev_async latecomer; /* posts of polling clients, after all else of one wake-up; only ever
			       fed */
	struct warren_wheel wheel;
	struct warren_wheel_timer drain_timer;
	struct warren_alarm *alarms;  /* of warren_edge_after */
	_Atomic uint32_t alarm_count; /* with those that the loop has not seen yet */

	struct warren_conn *conns, *doomed;
	struct warren_conn *adopting; /* NULL: none, or it has gone meanwhile */
	struct warren_conn **writers; /* NULL: gone meanwhile */
	size_t writer_count, writer_capacity;
	struct warren_http *late_first, **late_end;
	struct warren_engine *engines;
	struct warren_addresses *addresses;
	struct warren_bucket handshakes; /* new sessions that may begin */
	struct warren_map *decisions;    /* ticket -> struct warren_decision; see decide.h */
	uint64_t ticket;                 /* the latest */
	struct warren_route *routes;
	struct warren_cluster *cluster;
	size_t internal_count; /* of conns: those of other edges */

	/* Socket.IO */
	struct warren_edge_namespace *namespaces;
	struct warren_map *sockets; /* sid -> struct warren_edge_socket */
	struct warren_arena *scratch;
	struct warren_histories live, parked, moved; /* see history.h */
	size_t kept_bytes;
	struct warren_wheel_timer parked_timer;
	_Atomic uint64_t offset;     /* of the next event */
	struct warren_buffer letter; /* an answer to another edge; see handover.h */
	uint64_t ghost_number;       /* the latest */
	uint64_t round;              /* the latest broadcast's number; see room.h */
	const char *via;             /* the room through which sockets are reached now, or NULL */
	int64_t survey;              /* how many there were */

	/* errands: any thread, under the lock */
	pthread_mutex_t lock;
	struct warren_errand *errand_first, **errand_end;
	size_t errand_count, errand_bytes;
	bool woken;
	bool deaf; /* the loop has gone: nothing is taken any more */

	_Atomic bool stop_asked;
	_Atomic uint32_t drain_ms;
	_Atomic bool running;
	pthread_t thread; /* of the loop, while running */
	bool stopping, closing;
};

/* loop.c */
int64_t warren_edge_now_ms(struct warren_edge *edge);
void warren_edge_tick(struct warren_edge *edge); /* fires what is due by now */
void warren_planner_init(struct warren_edge *edge);
void warren_planner_start(struct warren_edge *edge);
void warren_planner_stop(struct warren_edge *edge);
void warren_planner_plan(struct warren_edge *edge); /* once more, in the same turn */

/* sid.c: the names of sessions and sockets, which say whose they are */
void warren_sid_new(const struct warren_edge *edge, char ret[WARREN_SID_SIZE]);
/* Copies the part before the last '.'; false when there is none. */
bool warren_sid_instance(const char *sid, char ret[WARREN_INSTANCE_MAX]);

/* options.c.  Copying returns 0; -EINVAL with `error`; -ENOMEM. */
int warren_options_copy(struct warren_edge *edge, const struct warren_edge_options *options,
	struct warren_error *error) WARREN_MUST_CHECK;
/* Asks for the open files that the connections need, and takes fewer when there are fewer. */
void warren_options_fit(struct warren_edge *edge);
/*
 * lws_create_context() under a lower limit of open files, which is taken back at once: whenever a
 * connection ends libwebsockets looks at each place of a table that is as long as that limit, and
 * in a container it is often a million.
 */
struct lws_context *warren_options_start(
	const struct warren_edge_options *own, const struct lws_context_creation_info *info);
/* Wipes the key, which the cluster has read. */
void warren_options_forget_key(struct warren_edge *edge);
void warren_options_free(struct warren_edge *edge);

/* listener.c: a port, and new connections */
void warren_listener_init(struct warren_listener *listener, struct warren_edge *edge);
int warren_listener_open(struct warren_listener *listener, const char *host, uint16_t port,
	struct warren_error *error) WARREN_MUST_CHECK;
void warren_listener_start(struct warren_listener *listener);
void warren_listener_close(struct warren_listener *listener); /* again: nothing */

/*
 * errand.c: what other threads ask of the loop.  It waits in one queue, bounded by max_posts and
 * max_post_bytes; only the first wakes the loop, which runs all in their order.  What the loop's own
 * thread asks goes the same way, in the same turn, and finds room always.  Each is run once,
 * or dropped when the edge is closed before; either frees it.
 */
struct warren_errand {
	void (*run)(struct warren_edge *edge, struct warren_errand *errand);
	void (*drop)(struct warren_errand *errand);
	size_t bytes; /* that it holds */
	struct warren_errand *next;
};
/* Returns as warren_edge_emit; on failure the errand stays with the caller.  Thread: any. */
int warren_errand_submit(struct warren_edge *edge, struct warren_errand *errand) WARREN_MUST_CHECK;
void warren_errands_run(struct warren_edge *edge);
void warren_errands_drop(struct warren_edge *edge);

/* alarm.c */
void warren_alarms_drop(struct warren_edge *edge);

/* cors.c */
bool warren_cors_allows(const struct warren_edge *edge, const char *origin, const char *host);
/* Counts a page that is refused by its origin, and logs now and then with the mend. */
void warren_cors_refused(struct warren_edge *edge, const char *origin, const char *host);
/* Writes the headers for an allowed origin, "" without one; returns their length. */
size_t warren_cors_headers(
	const struct warren_edge *edge, const char *origin, char *ret, size_t size);

#endif
