/*
 * A browser's event on its way in, and the answer on its way back.
 *
 * All of it runs on the loop, in the callback that brought the event and in the one that brings its
 * reply.  Large arguments are read on a worker instead, and an admission may be settled later
 * (admission.h); what the same socket sends before that is done waits (question.h).
 *
 * With `{id}` it enters the instance's inbox: what is sent again while the first is under way waits
 * for the first one's answer, whatever it is, and nothing is published twice; later it is answered
 * with what is remembered.  A refusal of the router's own is not remembered: the event is looked at
 * again.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/bucket.h"
#include "gateway/address.h"
#include "gateway/admission.h"
#include "gateway/argument.h"
#include "gateway/gateway.h"
#include "gateway/question.h"
#include "service/name.h"
#include "service/store.h"
#include "service/wire.h"

#define INBOX_SPACE "browsers"
#define AGAIN_MAX 16 /* of one id, while the first is under way */
#define ERROR_BYTES 8192
#define ADMIT_DEFAULT_MS 5000 /* of an event without a reply */

/* The data of a socket that has sent something. */
struct sender {
	struct warren_line line;        /* first: it frees the whole */
	struct warren_bucket buckets[]; /* one for each event, and one for all of them */
};

/* ---- sockets that come and go; one that only listens has no data ---- */

static int64_t now_ms(const struct warren_gateway_state *gateway)
{
	return warren_clock_now_ms(warren_instance_clock(gateway->instance));
}

int warren_gateway_connected(struct warren_edge_socket *socket, const char *auth, size_t len,
	struct warren_error *error, void *data)
{
	struct warren_gateway_state *gateway = data;
	(void)auth;
	(void)len;
	(void)error;
	warren_log(gateway->log, WARREN_LOG_DEBUG, "connected",
		WARREN_TEXT("socket", warren_edge_sid(socket)),
		WARREN_TEXT("address", warren_edge_remote_address(socket)));
	return 0;
}

/* Returns the socket's data, with full buckets when it has none yet; NULL when memory is out. */
static struct sender *sender_of(
	struct warren_gateway_state *gateway, struct warren_edge_socket *socket)
{
	size_t count = gateway->table->in_count;
	struct sender *sender = warren_edge_socket_data(socket);
	if (sender)
		return sender;
	sender = calloc(1, sizeof *sender + (count + 1) * sizeof sender->buckets[0]);
	if (!sender)
		return NULL;
	for (size_t i = 0; i < count; i++)
		warren_bucket_init(&sender->buckets[i], gateway->table->in[i].rate_per_s,
			gateway->table->in[i].burst, now_ms(gateway));
	warren_bucket_init(&sender->buckets[count], gateway->max_events_per_s, 0, now_ms(gateway));
	warren_line_init(&sender->line);
	warren_edge_socket_set_data(socket, sender);
	return sender;
}

void warren_gateway_disconnected(struct warren_edge_socket *socket, const char *reason, void *data)
{
	struct warren_gateway_state *gateway = data;
	struct sender *sender = warren_edge_socket_data(socket);
	warren_edge_socket_set_data(socket, NULL);
	if (sender)
		warren_line_leave(&sender->line);
	warren_log(gateway->log, WARREN_LOG_DEBUG, "disconnected",
		WARREN_TEXT("socket", warren_edge_sid(socket)), WARREN_TEXT("reason", reason));
}

/* ---- questions ---- */

static void question_close(struct question *question)
{
	warren_question_forget_args(question);
	warren_outcome_unref(question->outcome);
	if (!question->kept)
		warren_ctx_close(question->ctx);
}

static struct warren_ctx *open_ctx(struct warren_gateway_state *gateway,
	struct warren_edge_socket *socket, const struct warren_gateway_in *in)
{
	struct warren_instance *instance = gateway->instance;
	const struct warren_ctx_seed seed = {
		.event = in->event->name,
		.user = warren_edge_user(socket),
		.lane = WARREN_LANE_LOOP,
	};
	struct warren_ctx *ctx = warren_ctx_open(instance, &seed);
	if (!ctx)
		return NULL;
	ctx->socket = warren_address_of_sid(ctx->arena, warren_name_service(instance),
		warren_instance_name(instance), warren_edge_sid(socket));
	if (ctx->socket)
		return ctx;
	warren_ctx_close(ctx);
	return NULL;
}

/* Returns NULL when there is no room for it. */
static struct question *question_open(struct warren_gateway_state *gateway,
	struct warren_edge_socket *socket, const struct warren_gateway_in *in,
	const struct warren_edge_event *event)
{
	struct warren_ctx *ctx = open_ctx(gateway, socket, in);
	struct question *question = ctx ? warren_arena_alloc(ctx->arena, sizeof *question) : NULL;
	const char *sid = warren_edge_sid(socket), *address = warren_edge_remote_address(socket);
	if (question) {
		question->sid = warren_arena_strndup(ctx->arena, sid, strlen(sid));
		question->remote_address =
			warren_arena_strndup(ctx->arena, address, strlen(address));
	}
	if (!question || !question->sid || !question->remote_address) {
		warren_ctx_close(ctx);
		return NULL;
	}
	question->gateway = gateway;
	question->ctx = ctx;
	question->in = in;
	question->user = ctx->user;
	question->event = ctx->event;
	question->args = event->args;
	question->args_len = event->args_len;
	question->binary = event->attachment_count > 0;
	question->asker = (struct warren_asker){
		.edge = gateway->edge,
		.sid = question->sid,
		.event = question->event,
		.ack_id = event->ack_id,
	};
	return question;
}

static struct warren_store_id inbox_id(const struct question *question)
{
	return (struct warren_store_id){
		.space = INBOX_SPACE,
		.id = question->once.message_id,
		.digest = warren_hash(question->once.digest, strlen(question->once.digest)),
	};
}

static void repeat(struct question *question, const struct warren_outcome *outcome);

/* Those that were sent again meanwhile are told the same. */
static void leave(struct question *question)
{
	const struct warren_store_id id = inbox_id(question);
	struct warren_store_waiter *waiter =
		warren_store_leave(warren_instance_store(question->gateway->instance), &id,
			question->lasting ? question->outcome : NULL);
	while (waiter) {
		struct question *waiting =
			(struct question *)((char *)waiter - offsetof(struct question, waiter));
		waiter = waiter->next;
		repeat(waiting, question->outcome);
	}
}

/* `rc` is what the edge said to the answer. */
static void answered(struct question *question, int rc)
{
	if (rc < 0)
		warren_gateway_lost(question->gateway, question->event, strerror(-rc));
	warren_limiter_end(&question->ticket, question->was_answered, now_ms(question->gateway));
	if (question->entered)
		leave(question);
	question_close(question);
}

/* What the others of its id are told. */
static void keep(struct question *question, const char *type, const char *json, size_t len)
{
	if (question->entered)
		question->outcome = warren_outcome_make(type, WARREN_WIRE_JSON,
			(struct warren_bytes){.data = (const uint8_t *)json, .len = len});
}

static void keep_error(struct question *question, const struct warren_error *error)
{
	struct warren_arena *arena = question->entered ? warren_arena_open(ERROR_BYTES) : NULL;
	struct warren_bytes body;
	if (arena && warren_wire_error_write(error, arena, &body) == 0)
		keep(question, WARREN_WIRE_ERROR, (const char *)body.data, body.len);
	warren_arena_close(arena);
	if (warren_code_try_again(error->code) != WARREN_TRY_NO)
		question->lasting = false;
}

static void refuse(struct question *question, const struct warren_error *error)
{
	keep_error(question, error);
	answered(question, warren_answer_error(&question->asker, error));
}

/* Answers as another one of its id was; `outcome` is NULL when memory was out. */
static void repeat(struct question *question, const struct warren_outcome *outcome)
{
	struct warren_arena *arena = warren_arena_open(ERROR_BYTES);
	struct warren_error error;
	atomic_fetch_add(&question->gateway->repeated, 1);
	warren_log(question->gateway->log, WARREN_LOG_DEBUG, "sent again",
		WARREN_TEXT("event", question->event),
		WARREN_TEXT("message_id", question->once.message_id));
	if (!outcome || !arena) {
		warren_error_set(&error, WARREN_OVERLOADED, NULL, "no memory is left; try again");
		refuse(question, &error);
	} else if (!outcome->type) {
		answered(question, warren_answer_done(&question->asker));
	} else if (strcmp(outcome->type, WARREN_WIRE_ERROR) == 0) {
		warren_wire_error_read(outcome->body, arena, &error);
		refuse(question, &error);
	} else {
		answered(question, warren_answer_reply(&question->asker, outcome->type,
					   (const char *)outcome->body.data, outcome->body.len));
	}
	warren_arena_close(arena);
}

/* ---- what became of it ---- */

/* A fault of ours is told with an id to report; what it was stands in the log. */
static void refuse_within(
	struct question *question, const struct warren_ctx *ctx, const struct warren_error *error)
{
	struct warren_error told = *error;
	if (error->code == WARREN_INTERNAL) {
		warren_log(question->gateway->log, WARREN_LOG_ERROR, "an event failed",
			WARREN_TEXT("event", question->event),
			WARREN_TEXT("reason", error->message),
			WARREN_TEXT("correlation_id", ctx->correlation_id));
		warren_error_set(&told, WARREN_INTERNAL, NULL,
			"something went wrong on our side; to report it, name %s",
			ctx->correlation_id);
	}
	refuse(question, &told);
}

/* Returns whether that is an answer: a request that timed out or found nobody has none. */
static bool is_answer(const struct warren_error *error)
{
	return !error || (error->code != WARREN_TIMEOUT && error->code != WARREN_UNAVAILABLE);
}

static void on_reply(struct warren_ctx *ctx, const void *reply, const struct warren_error *error,
	warren_any_fn fn, void *data)
{
	struct question *question = data;
	const struct warren_message_type *type = question->in->event->reply;
	const char *json;
	size_t len;
	(void)fn;
	question->lasting = true;
	question->was_answered = is_answer(error);
	if (error) {
		refuse_within(question, ctx, error);
		return;
	}
	int rc = warren_message_to_json(type, reply, ctx->arena, &json, &len);
	if (rc < 0) {
		struct warren_error too_large;
		warren_error_set(&too_large, WARREN_INTERNAL, NULL,
			"the reply cannot be written: %s", strerror(-rc));
		refuse_within(question, ctx, &too_large);
		return;
	}
	keep(question, type->event_name, json, len);
	answered(question, warren_answer_reply(&question->asker, type->event_name, json, len));
}

static void on_published(struct warren_ctx *ctx, const struct warren_error *error, void *data)
{
	struct question *question = data;
	question->lasting = true;
	question->was_answered = is_answer(error);
	if (error) {
		refuse_within(question, ctx, error);
		return;
	}
	keep(question, NULL, NULL, 0);
	answered(question, warren_answer_done(&question->asker));
}

/* ---- on the loop, or a worker ---- */

static int read_argument(const struct question *question, struct warren_arena *arena,
	struct warren_argument *ret, struct warren_error *error)
{
	if (question->binary) {
		warren_error_set(error, WARREN_INVALID_ARGUMENT, NULL,
			"the event takes no binary attachments; bytes are sent as base64");
		return -EBADMSG;
	}
	int rc = warren_argument_read(question->args, question->args_len, arena, ret, error);
	if (rc == -ENOMEM)
		warren_error_set(error, WARREN_INVALID_ARGUMENT, NULL, "the message is too large");
	return rc;
}

static int read_message(const struct question *question, const struct warren_argument *argument,
	struct warren_arena *arena, void **ret, struct warren_error *error)
{
	const struct warren_message_type *type = question->in->event->type;
	int rc = warren_message_from_json(type, argument->object, argument->len, arena, ret, error);
	if (rc == 0)
		rc = warren_message_check(type, *ret, error);
	if (rc == -ENOMEM)
		warren_error_set(error, WARREN_INVALID_ARGUMENT, NULL, "the message is too large");
	return rc;
}

/*
 * A signed-in person may send again from another socket.  An event that a socket sent before
 * somebody signed in on it keeps the id that it had then; where it was sent through another router,
 * the service alone knows that id, and is told both.
 */
static int make_once(struct question *question, const struct warren_argument *argument)
{
	const struct warren_once_scope socket = {.kind = "socket", .name = question->sid},
				       user = {.kind = "user", .name = question->user};
	struct warren_store *inbox = warren_instance_store(question->gateway->instance);
	int rc = warren_once_make(&socket, question->event, argument->id, argument->object,
		argument->len, &question->once);
	if (rc < 0 || question->user[0] == '\0' ||
		warren_store_knows(inbox, INBOX_SPACE, question->once.message_id))
		return rc;
	memcpy(question->before, question->once.message_id, sizeof question->before);
	return warren_once_make(&user, question->event, argument->id, argument->object,
		argument->len, &question->once);
}

/* Returns whether the question is still ours, to be sent on; else it waits or is answered. */
static bool enter(struct question *question, const struct warren_argument *argument)
{
	struct warren_store *inbox = warren_instance_store(question->gateway->instance);
	struct warren_outcome *outcome = NULL;
	struct warren_error error;
	if (argument->id[0] == '\0')
		return true;
	int rc = make_once(question, argument);
	if (rc == 0) {
		const struct warren_store_id id = inbox_id(question);
		rc = warren_store_enter(inbox, &id, AGAIN_MAX, &question->waiter, &outcome);
	}
	switch (rc) {
	case WARREN_STORE_RUN:
		question->entered = true;
		return true;
	case WARREN_STORE_WAIT: /* whoever is first may have answered it already */
		return false;
	case WARREN_STORE_DONE:
		repeat(question, outcome);
		warren_outcome_unref(outcome);
		return false;
	case WARREN_STORE_OTHER:
		warren_error_set(&error, WARREN_INVALID_ARGUMENT, "id",
			"this id was given to another message before");
		break;
	default:
		warren_gateway_too_much(question->gateway, question->in, &error);
	}
	refuse(question, &error);
	return false;
}

/* Returns as an admit handler, and nothing else. */
static int settle_by_return(
	struct question *question, struct warren_admission *now, int rc, struct warren_error *error)
{
	bool is_later = rc == WARREN_ADMIT_LATER;
	if (now->pending && (is_later || !warren_admission_take_back(now->pending))) {
		question->admission = now->pending;
		question->message = now->message;
		return WARREN_ADMIT_LATER;
	}
	if (rc > 0) {
		warren_error_set(error, WARREN_INTERNAL, NULL,
			is_later ? "its admit handler returned WARREN_ADMIT_LATER without "
				   "warren_admit_later"
				 : "its admit handler returned a number above 0");
		return -EINVAL;
	}
	if (rc < 0 && error->code == WARREN_OK)
		warren_error_set(error, WARREN_INTERNAL, NULL, "the event was not admitted");
	return rc;
}

static int admit(struct question *question, struct warren_ctx *ctx, void *message, void *worker,
	struct warren_error *error)
{
	const struct warren_event *event = question->in->event;
	struct warren_admission now = {
		.gateway = question->gateway,
		.message = message,
		.timeout_ms = event->reply ? event->reply_timeout_ms : ADMIT_DEFAULT_MS,
	};
	struct warren_socket socket = {
		.ctx = *ctx,
		.remote_address = question->remote_address,
		.event = question->event,
		.refusal = error,
		.admission = &now,
	};
	error->code = WARREN_OK;
	int64_t began_ms = now_ms(question->gateway);
	int rc = question->in->admit(&socket, message, worker);
	warren_gateway_admitted(question->gateway, question->event, began_ms);
	return settle_by_return(question, &now, rc, error);
}

static int send_on(struct question *question, struct warren_ctx *ctx, const void *message,
	struct warren_error *error)
{
	const struct warren_event *event = question->in->event;
	struct warren_mark once = {0};
	if (question->entered) {
		once.digest = question->once.digest;
		once.before = question->before[0] != '\0' ? question->before : NULL;
	}
	/* Those who send the same again are told the same, and may await the ack. */
	bool is_awaited = question->asker.ack_id >= 0 || question->entered;
	/* The answer may be there before the call returns, on a worker. */
	question->ctx = NULL;
	int rc = event->reply
			 ? warren_request_once(ctx, event, message, once, on_reply, NULL, question)
			 : (is_awaited ? warren_publish_confirmed : warren_publish_told)(
				   ctx, event, message, once, on_published, question);
	if (rc == 0)
		return 0;
	question->ctx = ctx;
	if (rc == -EAGAIN)
		warren_gateway_too_much(question->gateway, question->in, error);
	else if (rc == -ESHUTDOWN)
		warren_error_set(error, WARREN_UNAVAILABLE, NULL, "the service is stopping");
	else
		warren_error_set(error, WARREN_INTERNAL, NULL, "cannot be sent: %s", strerror(-rc));
	return rc;
}

bool warren_question_take(void *worker, struct question *question)
{
	struct warren_ctx *ctx = question->ctx;
	struct warren_argument argument;
	struct warren_error error;
	void *message = NULL;
	int rc = read_argument(question, ctx->arena, &argument, &error);
	if (rc == 0 && !enter(question, &argument))
		return false;
	if (rc == 0 && question->entered)
		ctx->message_id = question->once.message_id;
	if (rc == 0)
		rc = read_message(question, &argument, ctx->arena, &message, &error);
	warren_question_forget_args(question);
	if (rc == 0) {
		warren_log(question->gateway->log, WARREN_LOG_TRACE, "event",
			WARREN_TEXT("event", question->event), WARREN_TEXT("socket", ctx->socket),
			WARREN_JSON("message", warren_message_dump(question->in->event->type,
						       message, ctx->arena)));
		rc = admit(question, ctx, message, worker, &error);
	}
	if (rc == WARREN_ADMIT_LATER)
		return true;
	if (rc == 0)
		rc = send_on(question, ctx, message, &error);
	if (rc < 0)
		refuse_within(question, ctx, &error);
	return false;
}

/* ---- an admission that is settled later ---- */

/* The socket has gone: nothing comes of its event. */
static void drop(struct question *question)
{
	struct warren_error error;
	warren_error_set(&error, WARREN_UNAVAILABLE, NULL, "the socket has gone");
	keep_error(question, &error);
	answered(question, -ENOTCONN);
}

static void go_on(struct question *question)
{
	struct warren_pending_admission *admission = question->admission;
	struct warren_ctx *ctx = question->ctx;
	int rc = admission->rc;
	if (rc == 0) {
		if (question->in->event->reply)
			ctx->deadline_ms = admission->socket.ctx.deadline_ms;
		rc = send_on(question, ctx, question->message, &admission->refusal);
	} else if (admission->refusal.code == WARREN_OK) {
		warren_error_set(
			&admission->refusal, WARREN_INTERNAL, NULL, "the event was not admitted");
	}
	if (rc != 0)
		refuse_within(question, ctx, &admission->refusal);
}

static void on_admission_end(enum warren_admission_end end, void *data)
{
	struct question *question = data;
	struct warren_line *line = question->line;
	struct warren_error error;
	question->kept = end != WARREN_ADMISSION_SETTLED;
	if (end == WARREN_ADMISSION_LATE) {
		atomic_fetch_add(&question->gateway->late_admits, 1);
		warren_error_set(&error, WARREN_TIMEOUT, NULL, "it was not looked at in time");
		refuse(question, &error);
	} else if (end == WARREN_ADMISSION_STOPPED) {
		warren_error_set(&error, WARREN_UNAVAILABLE, NULL, "the service is stopping");
		refuse(question, &error);
	} else if (line->gone) {
		drop(question);
	} else {
		go_on(question);
	}
	warren_line_next(line);
}

static void on_admission_free(void *data)
{
	struct question *question = data;
	warren_ctx_close(question->ctx);
}

void warren_question_await(struct question *question)
{
	warren_admission_await(question->admission, on_admission_end, on_admission_free, question);
}

/* ---- from the edge ---- */

/* Takes from the socket's bucket for everything, and from the event's own. */
static bool within_rate(struct warren_gateway_state *gateway, struct warren_bucket *buckets,
	const struct warren_gateway_in *in, struct warren_error *error)
{
	const struct warren_gateway_table *table = gateway->table;
	uint32_t rate_per_s = gateway->max_events_per_s;
	uint32_t wait_ms =
		warren_bucket_take(&buckets[table->in_count], rate_per_s, 0, now_ms(gateway));
	bool by_event = wait_ms == 0 && in;
	if (by_event) {
		rate_per_s = in->rate_per_s;
		wait_ms = warren_bucket_take(
			&buckets[in - table->in], rate_per_s, in->burst, now_ms(gateway));
	}
	if (wait_ms == 0)
		return true;
	atomic_fetch_add(
		by_event ? &gateway->rate_limited_event : &gateway->rate_limited_socket, 1);
	warren_error_set(error, WARREN_RATE_LIMITED, NULL,
		"more than %u a second; try again in %u ms", rate_per_s, wait_ms);
	error->retry_after_ms = wait_ms;
	return false;
}

void warren_question_refuse(struct question *question, int rc)
{
	struct warren_error error;
	if (rc == -ESHUTDOWN) {
		warren_error_set(&error, WARREN_UNAVAILABLE, NULL, "the service is stopping");
	} else {
		atomic_fetch_add(&question->gateway->overloaded, 1);
		warren_gateway_too_much(question->gateway, question->in, &error);
	}
	refuse(question, &error);
}

/* Answers at once, without a question: what is refused here is not worth a copy. */
static void refuse_event(struct warren_gateway_state *gateway, struct warren_edge_socket *socket,
	const struct warren_edge_event *event, const struct warren_error *error)
{
	const struct warren_asker asker = {
		.edge = gateway->edge,
		.sid = warren_edge_sid(socket),
		.event = event->name,
		.ack_id = event->ack_id,
	};
	int rc = warren_answer_error(&asker, error);
	if (rc < 0)
		warren_gateway_lost(gateway, event->name, strerror(-rc));
}

/* Returns the event's row, and its sender; NULL: it was refused. */
static const struct warren_gateway_in *row_of(struct warren_gateway_state *gateway,
	struct warren_edge_socket *socket, const struct warren_edge_event *event,
	struct sender **ret_sender)
{
	const struct warren_gateway_in *in = warren_map_get(gateway->in, event->name);
	struct sender *sender = sender_of(gateway, socket);
	struct warren_error error;
	if (!sender) {
		warren_error_set(&error, WARREN_OVERLOADED, NULL, "no memory is left; try again");
	} else if (within_rate(gateway, sender->buckets, in, &error)) {
		if (in) {
			*ret_sender = sender;
			return in;
		}
		warren_error_set(&error, WARREN_UNKNOWN_EVENT, NULL,
			"browsers may not send \"%.64s\"", event->name);
	}
	refuse_event(gateway, socket, event, &error);
	return NULL;
}

void warren_gateway_flawed(struct warren_edge_socket *socket, const struct warren_edge_event *event,
	enum warren_edge_flaw flaw, void *data)
{
	static const char *const texts[] = {
		[WARREN_EDGE_TOO_DEEP] = "the argument is nested too deep",
		[WARREN_EDGE_TOO_MANY_ATTACHMENTS] = "the argument has too many binary parts",
		[WARREN_EDGE_TOO_LARGE] = "the argument's binary parts are too large",
	};
	struct warren_gateway_state *gateway = data;
	struct sender *sender;
	struct warren_error error;
	if (!row_of(gateway, socket, event, &sender))
		return;
	warren_error_set(&error, WARREN_INVALID_ARGUMENT, NULL, "%s", texts[flaw]);
	refuse_event(gateway, socket, event, &error);
}

/* Returns NULL when it could not be answered in time, or there is no room for it. */
static struct question *let_in(struct warren_gateway_state *gateway,
	struct warren_edge_socket *socket, const struct warren_gateway_in *in,
	const struct warren_edge_event *event)
{
	struct warren_limiter_ticket ticket;
	if (!warren_limiter_take(warren_gateway_limiter(gateway, in),
		    warren_edge_remote_address(socket), warren_edge_sid(socket), now_ms(gateway),
		    &ticket)) {
		atomic_fetch_add(&gateway->past_limit, 1);
		return NULL;
	}
	struct question *question = question_open(gateway, socket, in, event);
	if (question) {
		warren_limiter_move(&ticket, &question->ticket);
		return question;
	}
	warren_limiter_end(&ticket, false, now_ms(gateway));
	atomic_fetch_add(&gateway->overloaded, 1);
	return NULL;
}

void warren_gateway_event(
	struct warren_edge_socket *socket, const struct warren_edge_event *event, void *data)
{
	struct warren_gateway_state *gateway = data;
	struct sender *sender;
	struct warren_error error;
	const struct warren_gateway_in *in = row_of(gateway, socket, event, &sender);
	if (!in)
		return;
	struct question *question = let_in(gateway, socket, in, event);
	if (!question) {
		warren_gateway_too_much(gateway, in, &error);
		refuse_event(gateway, socket, event, &error);
		return;
	}
	int rc = atomic_load(&gateway->draining) ? -ESHUTDOWN
						 : warren_line_take(&sender->line, question);
	if (rc < 0)
		warren_question_refuse(question, rc);
}
