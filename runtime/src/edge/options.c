/* The options: copies, defaults, and what they may be. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/json.h"
#include "edge/internal.h"

#define SPARE_FDS 128
#define OTHERS_FDS 4096 /* that the rest of the process may have open */

static uint32_t or_default(uint32_t value, uint32_t default_value)
{
	return value ? value : default_value;
}

static char *copy_text(const char *text, const char *default_text)
{
	return text || default_text ? strdup(text ? text : default_text) : NULL;
}

int warren_options_copy(struct warren_edge *edge, const struct warren_edge_options *options,
	struct warren_error *error)
{
	struct warren_edge_options *own = &edge->options;
	char random[WARREN_INSTANCE_SIZE];
	const char *instance = options->instance;

	*own = *options;
	own->host = copy_text(options->host, "0.0.0.0");
	own->path = copy_text(options->path, "/socket.io/");
	own->cors_origins = copy_text(options->cors_origins, NULL);
	own->headers = copy_text(options->headers, NULL);
	own->trusted_proxies = copy_text(options->trusted_proxies, NULL);
	own->tls_certificate = copy_text(options->tls_certificate, NULL);
	own->tls_key = copy_text(options->tls_key, NULL);
	own->client_scripts = copy_text(options->client_scripts, NULL);
	own->internal_host = copy_text(options->internal_host, NULL);
	own->cluster_key = copy_text(options->cluster_key, NULL);
	own->ping_interval_ms = or_default(own->ping_interval_ms, 25000);
	own->ping_timeout_ms = or_default(own->ping_timeout_ms, 20000);
	own->connect_timeout_ms = or_default(own->connect_timeout_ms, 45000);
	own->upgrade_timeout_ms = or_default(own->upgrade_timeout_ms, 10000);
	own->header_timeout_ms = or_default(own->header_timeout_ms, 15000);
	own->request_timeout_ms = or_default(own->request_timeout_ms, 60000);
	own->response_timeout_ms = or_default(own->response_timeout_ms, 30000);
	own->keep_alive_ms = or_default(own->keep_alive_ms, 30000);
	own->max_head = or_default(own->max_head, 8192);
	own->max_payload = or_default(own->max_payload, 1000000);
	own->max_attachments = or_default(own->max_attachments, 10);
	own->max_depth = or_default(own->max_depth, 32);
	own->max_connections = or_default(own->max_connections, 15000);
	own->max_handshakes_per_s = or_default(own->max_handshakes_per_s, 2000);
	own->max_output = or_default(own->max_output, 4U << 20);
	own->max_rooms = or_default(own->max_rooms, 100);
	own->max_room_name = or_default(own->max_room_name, 256);
	own->max_acks = or_default(own->max_acks, 100);
	own->max_posts = or_default(own->max_posts, 65536);
	own->max_post_bytes = or_default(own->max_post_bytes, 64U << 20);
	own->recovery_max_events = or_default(own->recovery_max_events, 1000);
	own->recovery_max_bytes = or_default(own->recovery_max_bytes, 1U << 20);
	own->recovery_max_memory = or_default(own->recovery_max_memory, 256U << 20);
	own->recovery_max_sockets = or_default(own->recovery_max_sockets, own->max_connections);
	own->max_passed = or_default(own->max_passed, 10000);
	own->peer_timeout_ms = or_default(own->peer_timeout_ms, 2000);
	if (!own->host || !own->path || (options->cors_origins && !own->cors_origins) ||
		(options->client_scripts && !own->client_scripts) ||
		(options->headers && !own->headers) ||
		(options->trusted_proxies && !own->trusted_proxies) ||
		(options->tls_certificate && !own->tls_certificate) ||
		(options->tls_key && !own->tls_key) ||
		(options->internal_host && !own->internal_host) ||
		(options->cluster_key && !own->cluster_key))
		return -ENOMEM;
	if (!instance) {
		warren_instance_id(random);
		instance = random;
	}
	if (!*instance || strlen(instance) >= sizeof edge->instance ||
		strspn(instance,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") !=
			strlen(instance)) {
		warren_error_set(error, WARREN_INVALID_ARGUMENT, "instance",
			"an instance is 1 to %zu of A-Z a-z 0-9 - _", sizeof edge->instance - 1);
		return -EINVAL;
	}
	memcpy(edge->instance, instance, strlen(instance) + 1);
	own->instance = edge->instance;
	if (own->max_depth > WARREN_JSON_DEPTH_MAX) {
		warren_error_set(error, WARREN_INVALID_ARGUMENT, "max_depth", "at most %d",
			WARREN_JSON_DEPTH_MAX);
		return -EINVAL;
	}
	if (own->max_head < WARREN_HEAD_MIN || own->max_head > WARREN_HEAD_MAX) {
		warren_error_set(error, WARREN_INVALID_ARGUMENT, "max_head", "%d to %d",
			WARREN_HEAD_MIN, WARREN_HEAD_MAX);
		return -EINVAL;
	}
	if (own->path[0] != '/') {
		warren_error_set(error, WARREN_INVALID_ARGUMENT, "path", "a path begins with /");
		return -EINVAL;
	}
	return 0;
}

static rlim_t files_wanted(const struct warren_edge_options *own)
{
	return (rlim_t)own->max_connections + SPARE_FDS +
	       (own->internal_host ? 2 * (rlim_t)own->max_passed : 0);
}

struct lws_context *warren_options_start(
	const struct warren_edge_options *own, const struct lws_context_creation_info *info)
{
	rlim_t want = files_wanted(own) + OTHERS_FDS;
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur <= want)
		return lws_create_context(info);
	const struct rlimit lower = {.rlim_cur = want, .rlim_max = limit.rlim_max};
	bool lowered = setrlimit(RLIMIT_NOFILE, &lower) == 0;
	struct lws_context *lws = lws_create_context(info);
	if (lowered)
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	return lws;
}

/*
 * Clients first; what is passed on, which takes two files of an edge that others know, shares the
 * rest.
 */
void warren_options_fit(struct warren_edge *edge)
{
	struct warren_edge_options *own = &edge->options;
	rlim_t clients = (rlim_t)own->max_connections + SPARE_FDS;
	rlim_t want = files_wanted(own);
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= want)
		return;
	limit.rlim_cur = limit.rlim_max < want ? limit.rlim_max : want;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= want)
		return;
	if (limit.rlim_cur < clients) {
		own->max_connections = limit.rlim_cur > 2UL * SPARE_FDS
					       ? (uint32_t)limit.rlim_cur - SPARE_FDS
					       : SPARE_FDS;
		warren_log(own->log, WARREN_LOG_WARN,
			"the limit of open files lowers the number of connections",
			WARREN_INT("max_connections", own->max_connections));
		clients = limit.rlim_cur;
	}
	if (!own->internal_host)
		return;
	own->max_passed = (uint32_t)(limit.rlim_cur - clients) / 2;
	if (own->max_passed < SPARE_FDS / 4)
		own->max_passed = SPARE_FDS / 4;
	warren_log(own->log, WARREN_LOG_INFO,
		"the limit of open files lowers what is passed on to other edges",
		WARREN_INT("max_passed", own->max_passed));
}

void warren_options_forget_key(struct warren_edge *edge)
{
	char *key = (char *)edge->options.cluster_key;

	edge->options.cluster_key = NULL;
	if (key)
		explicit_bzero(key, strlen(key));
	free(key);
}

void warren_options_free(struct warren_edge *edge)
{
	free((char *)edge->options.host);
	free((char *)edge->options.path);
	free((char *)edge->options.cors_origins);
	free((char *)edge->options.headers);
	free((char *)edge->options.trusted_proxies);
	free((char *)edge->options.tls_certificate);
	free((char *)edge->options.tls_key);
	free((char *)edge->options.client_scripts);
	free((char *)edge->options.internal_host);
	warren_options_forget_key(edge);
}
