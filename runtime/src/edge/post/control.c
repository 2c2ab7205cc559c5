/* Joining, leaving, whose a socket is, disconnecting: of one socket or of many. */
#include <errno.h>
#include <string.h>

#include "edge/post/post.h"
#include "edge/socketio/admit.h"
#include "edge/socketio/handover.h"
#include "edge/socketio/room.h"

/* Submits it with a name that it is about; takes it over, also on failure.  Returns as
 * warren_edge_join. */
static int submit_about(
	struct warren_edge *edge, struct warren_post *post, const char *target, const char *name)
{
	if (!post)
		return -ENOMEM;
	if (strlen(name) > edge->options.max_room_name) {
		warren_tally_refused(edge, names_too_long);
		warren_post_free(post);
		return -EINVAL;
	}
	if (warren_post_copy_names(post, &post->about, &name, 1) < 0) {
		warren_post_free(post);
		return -ENOMEM;
	}
	return warren_post_submit(edge, post, target);
}

/* Whether sockets may be put in it, and taken out. */
static bool is_room(const char *name)
{
	return *name && strncmp(name, WARREN_USER_ROOM, sizeof WARREN_USER_ROOM - 1) != 0;
}

int warren_edge_join(struct warren_edge *edge, const char *sid, const char *room)
{
	return is_room(room) ? submit_about(edge, warren_post_open(WARREN_POST_JOIN), sid, room)
			     : -EINVAL;
}

int warren_edge_leave(struct warren_edge *edge, const char *sid, const char *room)
{
	return is_room(room) ? submit_about(edge, warren_post_open(WARREN_POST_LEAVE), sid, room)
			     : -EINVAL;
}

int warren_edge_set_user(struct warren_edge *edge, const char *sid, const char *user)
{
	return submit_about(edge, warren_post_open(WARREN_POST_USER), sid, user ? user : "");
}

int warren_edge_join_to(
	struct warren_edge *edge, const struct warren_edge_target *target, const char *room)
{
	if (!is_room(room))
		return -EINVAL;
	return submit_about(
		edge, warren_post_open_many(WARREN_POST_JOIN, target), target->ns, room);
}

int warren_edge_leave_to(
	struct warren_edge *edge, const struct warren_edge_target *target, const char *room)
{
	if (!is_room(room))
		return -EINVAL;
	return submit_about(
		edge, warren_post_open_many(WARREN_POST_LEAVE, target), target->ns, room);
}

int warren_edge_set_user_to(
	struct warren_edge *edge, const struct warren_edge_target *target, const char *user)
{
	return submit_about(edge, warren_post_open_many(WARREN_POST_USER, target), target->ns,
		user ? user : "");
}

int warren_edge_disconnect(struct warren_edge *edge, const char *sid, bool close_transport)
{
	struct warren_post *post = warren_post_open(WARREN_POST_DISCONNECT);

	if (!post)
		return -ENOMEM;
	post->close_transport = close_transport;
	return warren_post_submit(edge, post, sid);
}

int warren_edge_disconnect_to(
	struct warren_edge *edge, const struct warren_edge_target *target, bool close_transport)
{
	struct warren_post *post = warren_post_open_many(WARREN_POST_DISCONNECT, target);

	if (!post)
		return -ENOMEM;
	post->close_transport = close_transport;
	return warren_post_submit(edge, post, target->ns);
}

/* ---- on the loop ---- */

/* Sends the packet that says so, and takes the socket out. */
static void disconnect(struct warren_edge_socket *socket)
{
	struct warren_edge_session *session = socket->client->session;
	char header[WARREN_PACKET_HEADER_MAX];
	size_t len;
	struct warren_frame *frame;

	if (socket->admission) {
		warren_admission_refuse(socket, WARREN_FORBIDDEN_TEXT);
		return;
	}
	len = warren_packet_header(WARREN_PACKET_DISCONNECT, 0, socket->ns->name, -1, header);
	frame = warren_frame_text(WARREN_ENGINE_MESSAGE, header, len);
	if (!frame) {
		warren_session_close(session, "transport error");
		return;
	}
	warren_session_send(session, frame);
	warren_frame_unref(frame);
	if (!session->closed) /* else sending has ended it, and the socket with it */
		warren_socket_leave(socket, "server namespace disconnect");
}

static void run_disconnect(struct warren_edge_socket *socket, bool close_transport)
{
	struct warren_client *client = socket->client;
	struct warren_edge_session *session;

	if (!client) {
		warren_recovery_give_up(socket, "server namespace disconnect");
		return;
	}
	session = client->session;
	warren_session_enter(session);
	disconnect(socket);
	if (close_transport) {
		while (!session->closed && client->sockets)
			disconnect(client->sockets);
		warren_session_end(session);
	}
	warren_session_leave(session);
}

static void run_join(struct warren_edge_socket *socket, const char *room)
{
	if (warren_room_join(socket, room) < 0)
		warren_log(socket->ns->edge->options.log, WARREN_LOG_WARN,
			"a socket that has too many rooms stays out of one more",
			WARREN_TEXT("sid", socket->sid), WARREN_TEXT("room", room));
}

static void run_user(struct warren_edge_socket *socket, const char *user)
{
	if (warren_room_set_user(socket, user) < 0)
		warren_log(socket->ns->edge->options.log, WARREN_LOG_ERROR,
			"memory is out for a socket's user", WARREN_TEXT("sid", socket->sid));
}

/* Changes a socket where it has gone to, when it has.  A change for many sockets is asked for there,
 * too. */
static bool pass_on(struct warren_edge_socket *socket, const struct warren_post *post)
{
	static const char whats[] = {
		[WARREN_POST_JOIN] = 'j', [WARREN_POST_LEAVE] = 'l', [WARREN_POST_USER] = 'u'};
	bool alone = warren_post_is_for_one(socket, post);

	if (!socket->history || !socket->history->ghost)
		return false;
	if (post->what == WARREN_POST_DISCONNECT && alone)
		warren_ghost_change(socket, post->close_transport ? 'c' : 'd', "");
	else if (alone)
		warren_ghost_change(socket, whats[post->what], post->about.text);
	return true;
}

void warren_post_control(struct warren_edge_socket *socket, const struct warren_post *post)
{
	if (pass_on(socket, post))
		return;
	if (post->what == WARREN_POST_DISCONNECT)
		run_disconnect(socket, post->close_transport);
	else if (post->what == WARREN_POST_JOIN)
		run_join(socket, post->about.text);
	else if (post->what == WARREN_POST_LEAVE)
		warren_room_leave(socket, post->about.text);
	else
		run_user(socket, post->about.text);
}
