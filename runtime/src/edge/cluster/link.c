#include "edge/cluster/link.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "edge/cluster/proof.h"

#define HEAD_MAX 16384
/* Beside a body: libwebsockets takes no larger request, and escapes may triple it. */
#define REQUEST_HEAD_MAX 65536
#define REQUEST_BYTES 768 /* of most heads */
#define CHUNK_BYTES 65536
#define STATUS_NOT_TAKEN 408

static void enlist(struct warren_link *link, struct warren_link **list, size_t *count)
{
	link->next = *list;
	link->link = list;
	if (link->next)
		link->next->link = &link->next;
	*list = link;
	(*count)++;
}

static void delist(struct warren_link *link)
{
	*link->link = link->next;
	if (link->next)
		link->next->link = link->link;
	if (link->user)
		link->cluster->link_count--;
	else
		link->cluster->kept_count--;
}

static void link_free(struct warren_link *link)
{
	struct warren_edge *edge = link->cluster->edge;

	ev_io_stop(edge->loop, &link->io);
	warren_wheel_cancel(&edge->wheel, &link->timer);
	if (link->io.fd >= 0)
		close(link->io.fd);
	delist(link);
	warren_buffer_free(&link->in);
	warren_sha256_close(link->digest);
	free(link->out);
	free(link);
}

static void end(struct warren_link *link, int result)
{
	const struct warren_link_user *user = link->user;
	void *data = link->data;

	link_free(link);
	user->end(result, data);
}

void warren_link_close(struct warren_link *link)
{
	link_free(link);
}

void warren_link_abort(struct warren_link *link)
{
	end(link, -ECANCELED);
}

int warren_link_take(struct warren_link *link)
{
	int fd = link->io.fd;

	ev_io_stop(link->cluster->edge->loop, &link->io);
	link->io.fd = -1;
	return fd;
}

static bool is_sent(const struct warren_link *link)
{
	return link->out_at == link->out_len;
}

static void watch(struct warren_link *link)
{
	struct ev_loop *loop = link->cluster->edge->loop;
	int events =
		(is_sent(link) ? 0 : EV_WRITE) | (link->connected && !link->paused ? EV_READ : 0);

	if (ev_is_active(&link->io) && (link->io.events & (EV_READ | EV_WRITE)) == events)
		return;
	ev_io_stop(loop, &link->io);
	ev_io_set(&link->io, link->io.fd, events);
	if (events)
		ev_io_start(loop, &link->io);
}

static void set_timer(struct warren_link *link, uint32_t after_ms)
{
	struct warren_edge *edge = link->cluster->edge;

	warren_wheel_set(&edge->wheel, &link->timer, warren_edge_now_ms(edge) + after_ms);
}

void warren_link_pause(struct warren_link *link, bool paused)
{
	if (link->paused == paused)
		return;
	link->paused = paused;
	watch(link);
	if (paused)
		warren_wheel_cancel(&link->cluster->edge->wheel, &link->timer);
	else
		set_timer(link, link->answer_ms);
}

/* ---- the connection ---- */

/* Returns a socket that connects, or has connected; -errno. */
static int begin_connect(const struct warren_peer_address *address)
{
	int fd = socket(address->socket.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1, result;

	if (fd < 0)
		return -errno;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (connect(fd, (const struct sockaddr *)&address->socket, address->len) == 0 ||
		errno == EINPROGRESS)
		return fd;
	result = -errno;
	close(fd);
	return result;
}

static bool is_to(const struct warren_link *link, const struct warren_peer_address *address)
{
	return link->address.len == address->len &&
	       !memcmp(&link->address.socket, &address->socket, address->len);
}

/* Whether there may be one more to that peer. */
static bool has_room(
	const struct warren_cluster *cluster, const struct warren_peer_address *address)
{
	size_t max = 1 + cluster->edge->options.max_passed / 64, count = 0;

	for (const struct warren_link *link = cluster->kept; link; link = link->next)
		count += is_to(link, address);
	return count < max && count < WARREN_KEPT_PER_PEER;
}

/* Whether nothing has come since its answer, its end neither. */
static bool is_quiet(const struct warren_link *link)
{
	char byte;

	return recv(link->io.fd, &byte, 1, MSG_PEEK) < 0 && errno == EAGAIN;
}

/* The answer is whole. */
static void finish(struct warren_link *link)
{
	struct warren_cluster *cluster = link->cluster;
	const struct warren_link_user *user = link->user;
	void *data = link->data;

	warren_sha256_close(link->digest);
	link->digest = NULL;
	if (link->keep && is_sent(link) && has_room(cluster, &link->address)) {
		delist(link);
		link->user = NULL;
		enlist(link, &cluster->kept, &cluster->kept_count);
		set_timer(link, WARREN_KEPT_MS);
		watch(link);
	} else {
		link_free(link);
	}
	user->end(0, data);
}

/* Returns a link that is on neither list; NULL when none to that peer is kept. */
static struct warren_link *take_kept(
	struct warren_cluster *cluster, const struct warren_peer_address *address)
{
	struct warren_link *link = cluster->kept;

	while (link && !(is_to(link, address) && is_quiet(link)))
		link = link->next; /* the loop is about to close one that is not */
	if (link)
		delist(link);
	return link;
}

/* ---- the request ---- */

static int put(struct warren_buffer *out, const char *text)
{
	return warren_buffer_append(out, text, strlen(text));
}

/* Appends a decoded path, encoded again. */
static int put_path(struct warren_buffer *out, const char *path)
{
	int result = 0;

	for (; *path && result == 0; path++) {
		unsigned char c = (unsigned char)*path;
		char text[4];

		if (c > ' ' && c < 0x7f && !strchr("%?#", c))
			snprintf(text, sizeof text, "%c", c);
		else
			snprintf(text, sizeof text, "%%%02X", c);
		result = put(out, text);
	}
	return result;
}

static int put_target(struct warren_buffer *out, const struct warren_link_request *request)
{
	int result = put_path(out, request->path);

	if (result == 0 && *request->query)
		result = put(out, "?");
	return result == 0 ? put(out, request->query) : result;
}

/* Signs the request with the cluster's next number, and writes the line that says so. */
static int put_proof(struct warren_buffer *out, struct warren_cluster *cluster,
	const struct warren_peer_address *address, const struct warren_link_request *request,
	char ret_proof[WARREN_SHA256_SIZE])
{
	const struct warren_proof_call call = {.to = address->instance,
		.method = request->method,
		.path = request->path,
		.query = request->query};
	struct warren_proof proof;
	char line[WARREN_PROOF_CALL_SIZE];
	int result = warren_sha256(request->body, request->body_len, proof.body);

	snprintf(proof.from, sizeof proof.from, "%s", cluster->edge->instance);
	snprintf(proof.time, sizeof proof.time, "%lld",
		(long long)warren_clock_wall_ms(cluster->edge->clock));
	snprintf(proof.number, sizeof proof.number, "%llu", (unsigned long long)++cluster->number);
	if (result == 0)
		result = warren_proof_sign(cluster->keys, &call, &proof);
	if (result < 0)
		return result;
	memcpy(ret_proof, proof.proof, sizeof proof.proof);
	warren_proof_write(&proof, line);
	result = put(out, "Authorization: ");
	if (result == 0)
		result = put(out, line);
	return result == 0 ? put(out, "\r\n") : result;
}

/* Writes the whole of a request.  Returns 0; -EMSGSIZE; -ENOMEM. */
static int write_request(struct warren_buffer *out, struct warren_cluster *cluster,
	const struct warren_peer_address *address, const struct warren_link_request *request,
	char ret_proof[WARREN_SHA256_SIZE])
{
	char length[64] = "";
	int result = warren_buffer_reserve(out, REQUEST_BYTES + request->body_len);

	if (result == 0)
		result = put(out, request->method);
	if (request->body)
		snprintf(length, sizeof length, "Content-Length: %zu\r\n", request->body_len);
	if (result == 0)
		result = put(out, " ");
	if (result == 0)
		result = put_target(out, request);
	if (result == 0)
		result = put(out, " HTTP/1.1\r\n");
	if (result == 0)
		result = put(out, request->headers);
	if (result == 0)
		result = put_proof(out, cluster, address, request, ret_proof);
	if (result == 0)
		result = put(out, length);
	if (result == 0)
		result = put(out, "Connection: ");
	if (result == 0)
		result = put(out, request->connection);
	if (result == 0)
		result = put(out, "\r\n\r\n");
	if (result == 0 && request->body_len)
		result = warren_buffer_append(out, request->body, request->body_len);
	return result;
}

/* ---- the answer ---- */

/* Finds a header's value in a head that ends in an empty line; NULL when it is not there. */
static const char *find_header(const char *head, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = strstr(head, "\r\n"); at && at[2] != '\r'; at = strstr(at, "\r\n")) {
		at += 2;
		if (!strncasecmp(at, name, len) && at[len] == ':')
			return at + len + 1 + strspn(at + len + 1, " \t");
	}
	return NULL;
}

/* Returns 0; -EBADMSG for what no edge says. */
static int read_head(const char *text, struct warren_link_head *head)
{
	const char *length = find_header(text, "content-length");
	const char *connection = find_header(text, "connection");

	if (strncmp(text, "HTTP/1.1 ", 9) || strspn(text + 9, "0123456789") != 3)
		return -EBADMSG;
	head->status = atoi(text + 9);
	head->closes = connection && !strncasecmp(connection, "close", 5);
	if (head->status == 101 || head->status == 204 || head->status == 304)
		return 0;
	if (!length || strspn(length, "0123456789") == 0 || strspn(length, "0123456789") > 15)
		return -EBADMSG;
	head->content_length = strtoull(length, NULL, 10);
	return 0;
}

static void tell_unproved(struct warren_link *link, int status)
{
	struct warren_edge *edge = link->cluster->edge;

	if (!warren_cluster_may_tell(edge))
		return;
	warren_log(edge->options.log, WARREN_LOG_WARN,
		status == 403 ? "another router refuses what this one asks"
			      : "an answer of another router is not believed",
		WARREN_TEXT("instance", link->address.instance),
		WARREN_TEXT("address", link->address.text), WARREN_INT("status", status),
		WARREN_TEXT("mend", status == 403 ? "its log says why: all routers have the same "
						    "CLUSTER_KEY, and clocks that agree"
						  : "look who listens there, without the key"));
}

/* Judges an answer's head, and makes ready for its body.  Returns 0; -EACCES; -ENOMEM. */
static int judge_head(
	struct warren_link *link, const char *text, const struct warren_link_head *head)
{
	const char *proof = find_header(text, WARREN_PROOF_ANSWER);

	if (!proof || warren_proof_answered(link->cluster->keys, link->proof, head->status, proof,
			      link->body) < 0) {
		tell_unproved(link, head->status);
		return -EACCES;
	}
	link->digest = warren_sha256_open();
	return link->digest ? 0 : -ENOMEM;
}

/* Whether the body that has come whole is the one that the head has proved. */
static bool is_proved(struct warren_link *link)
{
	char body[WARREN_SHA256_SIZE];

	return warren_sha256_end(link->digest, body) == 0 && !strcmp(body, link->body);
}

/* Whether bytes that are behind an answer begin the listener's last word. */
static bool is_last_word(const uint8_t *bytes, size_t len)
{
	static const char text[] = WARREN_NOT_TAKEN;

	return len < sizeof text && !memcmp(bytes, text, len);
}

/* Returns 1 when the link has gone. */
static int take_body(struct warren_link *link, const uint8_t *bytes, size_t len)
{
	if (len > link->left && is_last_word(bytes + link->left, len - link->left)) {
		link->keep = false;
		len = link->left;
	}
	if (len > link->left) {
		end(link, -EBADMSG);
		return 1;
	}
	link->left -= len;
	warren_sha256_add(link->digest, bytes, len);
	if (link->left == 0 && !is_proved(link)) {
		end(link, -EACCES);
		return 1;
	}
	if (len && link->user->body(link, bytes, len, link->data) < 0) {
		link_free(link);
		return 1;
	}
	if (link->left)
		return 0;
	finish(link);
	return 1;
}

/* Returns 1 when the link has gone. */
static int send_again(struct warren_link *link)
{
	int fd = begin_connect(&link->address);

	if (fd < 0) {
		end(link, fd);
		return 1;
	}
	ev_io_stop(link->cluster->edge->loop, &link->io);
	close(link->io.fd);
	ev_io_set(&link->io, fd, 0);
	warren_buffer_free(&link->in);
	link->connected = link->reused = false;
	link->out_at = 0;
	set_timer(link, link->send_ms);
	watch(link);
	return 0;
}

static int take_head(struct warren_link *link, const uint8_t *bytes, size_t len)
{
	struct warren_link_head head = {.status = 0};
	struct warren_buffer in;
	const uint8_t *behind;
	char text[HEAD_MAX + 1];
	int result;

	if (warren_buffer_append(&link->in, bytes, len) < 0) {
		end(link, -ENOMEM);
		return 1;
	}
	behind = memmem(link->in.data, link->in.len, "\r\n\r\n", 4);
	head.len = behind ? (size_t)(behind - link->in.data) + 4 : link->in.len;
	if (head.len > HEAD_MAX) {
		end(link, -EMSGSIZE);
		return 1;
	}
	if (!behind)
		return 0;
	memcpy(text, link->in.data, head.len);
	text[head.len] = '\0';
	result = strlen(text) == head.len ? read_head(text, &head) : -EBADMSG;
	if (result < 0) {
		end(link, result);
		return 1;
	}
	if (link->reused && head.status == STATUS_NOT_TAKEN)
		return send_again(link);
	result = judge_head(link, text, &head);
	if (result < 0) {
		end(link, result);
		return 1;
	}
	if (is_sent(link)) {
		free(link->out);
		link->out = NULL;
	}
	in = link->in;
	warren_buffer_init(&link->in, in.max);
	head.rest = in.data + head.len;
	head.rest_len = in.len - head.len;
	link->headed = true;
	link->keep = link->keep && !head.closes;
	set_timer(link, link->answer_ms);
	link->left = head.content_length;
	if (link->user->head(link, &head, link->data) < 0) {
		link_free(link);
		result = 1;
	} else {
		result = take_body(link, head.rest, head.rest_len);
	}
	warren_buffer_free(&in);
	return result;
}

/* ---- the socket ---- */

/* Returns 1 when the link has gone. */
static int receive(struct warren_link *link)
{
	uint8_t bytes[CHUNK_BYTES];
	ssize_t n = recv(link->io.fd, bytes, sizeof bytes, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		end(link, n < 0 ? -errno : -ECONNRESET);
		return 1;
	}
	if (!link->headed)
		return take_head(link, bytes, (size_t)n);
	set_timer(link, link->answer_ms);
	return take_body(link, bytes, (size_t)n);
}

/* Sends what the socket takes.  Returns 0; -errno. */
static int transmit(struct warren_link *link)
{
	ssize_t n = send(
		link->io.fd, link->out + link->out_at, link->out_len - link->out_at, MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return -errno;
	link->out_at += n > 0 ? (size_t)n : 0;
	if (!is_sent(link))
		return 0;
	set_timer(link, link->answer_ms);
	return 0;
}

static void on_io(struct ev_loop *loop, ev_io *io, int events)
{
	struct warren_link *link = io->data;
	int result;

	(void)loop;
	if (!link->user) {
		link_free(link); /* its end, or what nobody asked for */
		return;
	}
	if (!link->connected) {
		int error = 0;
		socklen_t len = sizeof error;

		if (getsockopt(io->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 || error) {
			end(link, error ? -error : -errno);
			return;
		}
		link->connected = true;
	}
	result = is_sent(link) ? 0 : transmit(link);
	if (result < 0) {
		end(link, result);
		return;
	}
	if ((events & EV_READ) && receive(link))
		return;
	watch(link);
}

static void on_timeout(void *data)
{
	struct warren_link *link = data;

	if (link->user)
		end(link, -ETIMEDOUT);
	else
		link_free(link);
}

static struct warren_link *link_new(
	struct warren_cluster *cluster, const struct warren_peer_address *address, int *ret_error)
{
	struct warren_link *link = calloc(1, sizeof *link);
	int fd = link ? begin_connect(address) : -ENOMEM;

	if (fd < 0) {
		free(link);
		*ret_error = fd;
		return NULL;
	}
	link->cluster = cluster;
	link->address = *address;
	warren_buffer_init(&link->in, HEAD_MAX + CHUNK_BYTES);
	ev_io_init(&link->io, on_io, fd, 0);
	link->io.data = link;
	warren_wheel_timer_init(&link->timer, on_timeout, link);
	return link;
}

int warren_link_open(struct warren_edge *edge, const struct warren_peer_address *address,
	const struct warren_link_request *request, const struct warren_link_user *user, void *data,
	struct warren_link **ret)
{
	struct warren_cluster *cluster = edge->cluster;
	struct warren_link *link = NULL;
	struct warren_buffer out;
	char proof[WARREN_SHA256_SIZE];
	int error;

	warren_buffer_init(&out, request->body_len + REQUEST_HEAD_MAX);
	error = write_request(&out, cluster, address, request, proof);
	if (error < 0)
		goto refused;
	error = -EAGAIN;
	if (request->keep)
		link = take_kept(cluster, address);
	if (!link && cluster->link_count + cluster->kept_count + cluster->relay_count >=
			     edge->options.max_passed) {
		if (cluster->kept)
			link_free(cluster->kept);
		else
			goto refused;
	}
	if (!link)
		link = link_new(cluster, address, &error);
	if (!link)
		goto refused;
	link->user = user;
	link->data = data;
	memcpy(link->proof, proof, sizeof proof);
	link->out = out.data;
	link->out_len = out.len;
	link->out_at = 0;
	link->send_ms = request->send_ms;
	link->answer_ms = request->answer_ms;
	link->reused = link->connected;
	link->keep = request->keep;
	link->headed = link->paused = false;
	enlist(link, &cluster->links, &cluster->link_count);
	set_timer(link, link->send_ms);
	/* At once, so that what comes on two connections stays in order; errors are for on_io. */
	if (link->connected)
		(void)transmit(link);
	watch(link);
	*ret = link;
	return 0;

refused:
	warren_buffer_free(&out);
	return error;
}
