#include "edge/cluster/serve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "edge/cluster/cluster.h"
#include "edge/cluster/numbers.h"
#include "edge/cluster/peer.h"
#include "edge/cluster/proof.h"
#include "edge/engine/engine.h"
#include "edge/http/route.h"

#define LINE WARREN_PROOF_ANSWER ": "
#define TEN "          "

const char warren_serve_blank[] =
	LINE TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "       \r\n";
_Static_assert(sizeof warren_serve_blank == sizeof LINE + WARREN_PROOF_ANSWER_SIZE + 1 &&
		       sizeof warren_serve_blank == WARREN_PROOF_LINE_SIZE,
	"a proof has the blank's length");

/* ---- refusing ---- */

enum refusal {
	NONE,
	NO_PROOF,
	FORGED,
	CLOCKS_APART,
	REPEATED,
	OTHER_BODY,
	TOO_MANY_PEERS,
	OUT_OF_MEMORY
};

static const struct {
	const char *reason, *mend;
} refusals[] = {
	[NO_PROOF] = {"it has no proof",
		"only routers ask here, which have the same CLUSTER_KEY; keep others from this "
		"port"},
	[FORGED] = {"its proof does not hold: another key, or it was meant for another router",
		"give all routers the same CLUSTER_KEY"},
	[CLOCKS_APART] = {"the clocks of the two routers are more than ten minutes apart",
		"set both clocks (NTP)"},
	[REPEATED] = {"it was sent before",
		"when it comes often, somebody sends copies: keep others from this port"},
	[OTHER_BODY] = {"its body is not the one that was signed",
		"look for what stands between the two routers"},
	[TOO_MANY_PEERS] = {"too many routers have come and gone", "wait for twenty minutes"},
	[OUT_OF_MEMORY] = {"memory is out", "give the router more"},
};

static void tell(struct warren_conn *conn, enum refusal refusal, const struct warren_proof *proof)
{
	struct warren_edge *edge = conn->edge;

	warren_tally_refused(edge, peers_refused);
	if (!warren_cluster_may_tell(edge))
		return;
	warren_log(edge->options.log, WARREN_LOG_WARN,
		"a call at the port for other routers is refused",
		WARREN_TEXT("reason", refusals[refusal].reason),
		WARREN_TEXT("mend", refusals[refusal].mend), WARREN_TEXT("address", conn->address),
		WARREN_TEXT("from", proof->from),
		WARREN_INT("refused", (int64_t)atomic_load(&edge->tally.peers_refused)));
}

static const struct warren_response refused = {.status = 403,
	.content_type = "text/plain; charset=utf-8",
	.body = "Only routers with the same key\n",
	.body_len = 31};

static void refuse(struct warren_http *http, enum refusal refusal, const struct warren_proof *proof)
{
	tell(http->conn, refusal, proof);
	http->close_after = true;
	warren_http_respond(http, &refused);
}

static void respond(struct warren_http *http, int status, const char *text)
{
	warren_http_respond(http, &(struct warren_response){.status = status,
					  .content_type = "text/plain; charset=utf-8",
					  .body = text,
					  .body_len = strlen(text)});
}

/* ---- judging ---- */

static bool is_late(struct warren_edge *edge, const struct warren_proof *proof)
{
	int64_t apart_ms =
		warren_clock_wall_ms(edge->clock) - (int64_t)strtoll(proof->time, NULL, 10);

	return llabs(apart_ms) > WARREN_KEYRING_APART_MS;
}

static enum refusal take_number(struct warren_edge *edge, const struct warren_proof *proof)
{
	int result = warren_numbers_take(edge->cluster->numbers, proof->from,
		strtoull(proof->number, NULL, 10), warren_edge_now_ms(edge));

	switch (result) {
	case 0:
		return NONE;
	case -EALREADY:
		return REPEATED;
	case -ENOSPC:
		return TOO_MANY_PEERS;
	default:
		return OUT_OF_MEMORY;
	}
}

/* Whether a call's head may be believed; `proof` is what it says, as far as it can be read. */
static enum refusal judge(
	struct warren_conn *conn, const struct warren_proof_call *call, struct warren_proof *proof)
{
	struct warren_edge *edge = conn->edge;
	char *text = warren_http_header(conn->wsi, WSI_TOKEN_HTTP_AUTHORIZATION);
	int result = text ? warren_proof_read(text, proof) : -EBADMSG;

	free(text);
	if (result < 0)
		return NO_PROOF;
	if (!warren_proof_holds(edge->cluster->keys, call, proof))
		return FORGED;
	if (is_late(edge, proof))
		return CLOCKS_APART;
	return take_number(edge, proof);
}

/* ---- requests ---- */

/* Does a request, whose head and body are proved. */
static void serve(struct warren_http *http)
{
	const struct warren_route *route = http->conn->edge->cluster->routes;

	if (warren_polling_begin(http))
		return;
	while (route && (strcmp(route->path, http->path) || strcmp(route->method, http->method)))
		route = route->next;
	if (!route)
		respond(http, 404, "Not found\n");
	else if (http->content_length > WARREN_PEER_BODY_MAX)
		respond(http, 413, "Payload too large\n");
	else
		warren_route_take(http, route);
}

static bool is_empty(const struct warren_proof *proof)
{
	return !strcmp(proof->body, WARREN_SHA256_EMPTY);
}

static enum refusal judge_body(const struct warren_http *http)
{
	char body[WARREN_SHA256_SIZE];

	if (warren_sha256(http->body.data, http->body.len, body) < 0)
		return OUT_OF_MEMORY;
	return strcmp(body, http->proof->body) ? OTHER_BODY : NONE;
}

static void on_whole(struct warren_http *http)
{
	enum refusal refusal = judge_body(http);

	warren_http_take(http, NULL, NULL);
	if (refusal) {
		refuse(http, refusal, http->proof);
		return;
	}
	serve(http);
	warren_http_is_whole(http);
}

void warren_serve_begin(struct warren_http *http)
{
	static const struct warren_http_user user = {.whole = on_whole};
	struct warren_edge *edge = http->conn->edge;
	const struct warren_proof_call call = {.to = edge->instance,
		.method = http->method,
		.path = http->path,
		.query = http->query};
	struct warren_proof proof = {.from = ""};
	enum refusal refusal = judge(http->conn, &call, &proof);

	if (!refusal) {
		http->proof = malloc(sizeof proof);
		if (http->proof)
			*http->proof = proof;
		else
			refusal = OUT_OF_MEMORY;
	}
	if (!refusal && http->content_length == 0 && !is_empty(&proof))
		refusal = OTHER_BODY;
	http->body.max = MAX(WARREN_PEER_BODY_MAX, edge->options.max_payload);
	if (refusal)
		refuse(http, refusal, &proof);
	else if (http->content_length > http->body.max)
		respond(http, 413, "Payload too large\n");
	else if (http->content_length == 0)
		serve(http);
	else
		warren_http_take(http, &user, NULL);
}

void warren_serve_seal(struct warren_http *http)
{
	char *head = (char *)http->out + LWS_PRE;
	char *blank = memmem(head, http->out_len, LINE, strlen(LINE));
	char *body = memmem(head, http->out_len, "\r\n\r\n", 4);
	char digest[WARREN_SHA256_SIZE], line[WARREN_PROOF_ANSWER_SIZE];

	if (!blank || !body)
		return; /* it is none that was written whole: the peer will not believe it */
	body += 4;
	if (warren_sha256(body, http->out_len - (size_t)(body - head), digest) == 0 &&
		warren_proof_answer(http->conn->edge->cluster->keys, http->proof->proof,
			atoi(head + strlen("HTTP/1.1 ")), digest, line) == 0)
		memcpy(blank + strlen(LINE), line, strlen(line));
}

/* ---- WebSockets ---- */

bool warren_serve_upgrade(struct warren_conn *conn)
{
	char *path = warren_http_header(conn->wsi, WSI_TOKEN_GET_URI);
	char *query = warren_http_query(conn->wsi);
	const struct warren_proof_call call = {.to = conn->edge->instance,
		.method = "GET",
		.path = path ? path : "",
		.query = query ? query : ""};
	struct warren_proof proof = {.from = ""};
	enum refusal refusal = judge(conn, &call, &proof);

	free(path);
	free(query);
	if (!refusal && !is_empty(&proof))
		refusal = OTHER_BODY;
	conn->proved = !refusal;
	if (!refusal)
		return true;
	tell(conn, refusal, &proof);
	warren_http_refuse(conn, NULL, &refused);
	return false;
}

void warren_serve_prove(struct warren_conn *conn, int status, const void *body, size_t len,
	char ret[WARREN_PROOF_LINE_SIZE])
{
	char *text = warren_http_header(conn->wsi, WSI_TOKEN_HTTP_AUTHORIZATION);
	char digest[WARREN_SHA256_SIZE], line[WARREN_PROOF_ANSWER_SIZE];
	struct warren_proof proof;
	int result = text ? warren_proof_read(text, &proof) : -EBADMSG;

	free(text);
	ret[0] = '\0';
	if (result == 0)
		result = warren_sha256(body, len, digest);
	if (result == 0)
		result = warren_proof_answer(
			conn->edge->cluster->keys, proof.proof, status, digest, line);
	if (result == 0)
		snprintf(ret, WARREN_PROOF_LINE_SIZE, LINE "%s\r\n", line);
}
