/* The extension: the edge's settings, its routes, its end. */
#include "gateway/admission.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/peers.h"

#define STOP_DRAIN_MS 2000
#define LOST_TOLD_EVERY_MS 1000

/* ---- HTTP ---- */

static void answer_healthz(const struct warren_edge_request *request,
	struct warren_edge_response *response, void *data)
{
	(void)request;
	(void)data;
	response->body = "ok\n";
	response->body_len = 3;
}

/* Yes or no; why not is for the ops port, since everybody may ask here. */
static void answer_readyz(const struct warren_edge_request *request,
	struct warren_edge_response *response, void *data)
{
	struct warren_gateway_state *gateway = data;
	bool ready = warren_ops_ready(warren_instance_ops(gateway->instance));
	(void)request;
	response->status = ready ? 200 : 503;
	response->body = ready ? "ready\n" : "not ready\n";
	response->body_len = strlen(response->body);
}

static void tell_missing(struct warren_gateway_state *gateway, const char *path,
	const char *setting, const char *folder)
{
	warren_log(gateway->log, WARREN_LOG_WARN, "nothing to serve", WARREN_TEXT("path", path),
		WARREN_TEXT("setting", setting), WARREN_TEXT("folder", folder));
}

static int serve_folder(struct warren_gateway_state *gateway, const char *path, const char *setting)
{
	const char *folder =
		warren_settings_text(warren_instance_settings(gateway->instance), setting);
	int rc = *folder ? warren_edge_files(gateway->edge, path, folder) : -ENOENT;
	if (rc == -ENOENT) {
		rc = 0;
		tell_missing(gateway, path, setting, folder);
	}
	return rc;
}

static int add_routes(struct warren_gateway_state *gateway)
{
	int rc = warren_edge_http(gateway->edge, "GET", "/healthz", answer_healthz, gateway);
	if (rc == 0)
		rc = warren_edge_http(gateway->edge, "GET", "/readyz", answer_readyz, gateway);
	if (rc == 0)
		rc = serve_folder(gateway, "/docs", "DOCS_DIR");
	if (rc == 0)
		rc = serve_folder(gateway, "/", "CLIENT_DIR");
	return rc;
}

/* ---- limits and losses ---- */

bool warren_gateway_reserve(struct warren_gateway_state *gateway, size_t bytes)
{
	size_t before = atomic_fetch_add(&gateway->waiting, bytes);
	if (bytes <= gateway->max_waiting && before <= gateway->max_waiting - bytes)
		return true;
	warren_gateway_release(gateway, bytes);
	return false;
}

void warren_gateway_release(struct warren_gateway_state *gateway, size_t bytes)
{
	atomic_fetch_sub(&gateway->waiting, bytes);
}

void warren_gateway_lost(
	struct warren_gateway_state *gateway, const char *event, const char *reason)
{
	uint64_t lost = atomic_fetch_add(&gateway->lost, 1) + 1;
	int64_t now_ms = warren_clock_now_ms(warren_instance_clock(gateway->instance));
	if (!warren_seldom(&gateway->lost_told, now_ms, LOST_TOLD_EVERY_MS))
		return;
	warren_log(gateway->log, WARREN_LOG_WARN, "lost on the way to a browser",
		WARREN_TEXT("event", event), WARREN_TEXT("reason", reason),
		WARREN_INT("lost", (int64_t)lost));
}

void warren_gateway_admitted(
	struct warren_gateway_state *gateway, const char *event, int64_t began_ms)
{
	int64_t took_ms = warren_clock_now_ms(warren_instance_clock(gateway->instance)) - began_ms;
	if (took_ms <= WARREN_LOOP_SLOW_MS)
		return;
	/* Everything else that the process has to do waited for it. */
	atomic_fetch_add(&gateway->slow_admits, 1);
	warren_log(gateway->log, WARREN_LOG_WARN,
		"its admit handler held up the loop: what may take long belongs into a service",
		WARREN_TEXT("event", event), WARREN_INT("took_ms", took_ms));
}

/* ---- life ---- */

static int add_events(struct warren_gateway_state *gateway)
{
	const struct warren_gateway_table *table = gateway->table;
	int rc = 0;
	for (size_t i = 0; i < table->in_count && rc == 0; i++)
		rc = warren_map_add(
			gateway->in, table->in[i].event->name, (void *)(uintptr_t)&table->in[i]);
	for (size_t i = 0; i < table->out_count && rc == 0; i++)
		rc = warren_map_add(
			gateway->out, table->out[i].event->name, (void *)(uintptr_t)&table->out[i]);
	return rc;
}

struct warren_limiter *warren_gateway_limiter(
	const struct warren_gateway_state *gateway, const struct warren_gateway_in *in)
{
	return gateway->events[in - gateway->table->in].limiter;
}

void warren_gateway_too_much(const struct warren_gateway_state *gateway,
	const struct warren_gateway_in *in, struct warren_error *error)
{
	int64_t now_ms = warren_clock_now_ms(warren_instance_clock(gateway->instance));
	uint32_t wait_ms =
		warren_limiter_retry_after_ms(warren_gateway_limiter(gateway, in), now_ms);
	warren_error_set(error, WARREN_OVERLOADED, NULL,
		"too much is under way; try again in %u ms", wait_ms);
	error->retry_after_ms = wait_ms;
}

static int open_limiters(struct warren_gateway_state *gateway)
{
	const struct warren_gateway_table *table = gateway->table;
	uint32_t ceiling = warren_instance_max_pending(gateway->instance);
	int64_t now_ms = warren_clock_now_ms(warren_instance_clock(gateway->instance));
	int rc = 0;
	gateway->events = calloc(table->in_count + 1, sizeof gateway->events[0]);
	if (!gateway->events)
		return -ENOMEM;
	for (size_t i = 0; i < table->in_count && rc == 0; i++) {
		const struct warren_event *event = table->in[i].event;
		rc = warren_limiter_open(
			event->reply ? event->reply_timeout_ms : WARREN_CONFIRM_TIMEOUT_MS, ceiling,
			now_ms, &gateway->events[i].limiter);
	}
	return rc;
}

static void close_limiters(struct warren_gateway_state *gateway)
{
	for (size_t i = 0; gateway->events && i < gateway->table->in_count; i++)
		warren_limiter_close(gateway->events[i].limiter);
	free(gateway->events);
}

/* The setting behind an edge's option; NULL: none. */
static const char *setting_of(const char *option)
{
	static const char *const names[][2] = {{"port", "INTERNAL_API_PORT"},
		{"host", "INTERNAL_API_HOST"}, {"internal_port", "INTERNAL_PEER_PORT"},
		{"internal_host", "INTERNAL_PEER_HOST"}, {"trusted_proxies", "TRUSTED_PROXIES"},
		{"tls_certificate", "TLS_CERTIFICATE"}, {"tls_key", "TLS_KEY"}};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(names[i][0], option) == 0)
			return names[i][1];
	return NULL;
}

/* Whether this router has peers: it has the key, and is not the only one at its broker. */
static int find_keys(struct warren_gateway_state *gateway, struct warren_error *error)
{
	const char *text =
		warren_settings_text(warren_instance_settings(gateway->instance), "CLUSTER_KEY");
	struct warren_error why;
	int rc = *text ? warren_keyring_open(text, &gateway->keys, &why) : 0;
	if (rc == -EINVAL)
		warren_error_set(error, why.code, "CLUSTER_KEY", "CLUSTER_KEY: %s", why.message);
	if (rc < 0)
		return rc;
	if (warren_broker_is_private(warren_instance_broker(gateway->instance))) {
		warren_keyring_close(gateway->keys);
		gateway->keys = NULL;
	} else if (!gateway->keys) {
		warren_log(gateway->log, WARREN_LOG_WARN,
			"this router stands alone: it has no key to prove itself to others",
			WARREN_TEXT("setting", "CLUSTER_KEY"),
			WARREN_TEXT("mend", "where there are several, give all of them the same "
					    "key: openssl rand -hex 32"));
	}
	return 0;
}

static int open_edge(struct warren_gateway_state *gateway, struct warren_error *error)
{
	struct warren_edge_options options;
	struct warren_error why = {0};
	warren_gateway_options(gateway, &options);
	options.loop = warren_broker_loop(warren_instance_broker(gateway->instance));
	/* The edge would miss it, too, but not know which setting names it. */
	if (options.client_scripts && access(options.client_scripts, X_OK) < 0) {
		tell_missing(
			gateway, "/socket.io/", "SOCKET_IO_CLIENT_DIR", options.client_scripts);
		options.client_scripts = NULL;
	}
	int rc = warren_edge_open(&options, &gateway->edge, &why);
	if (rc == 0)
		return 0;
	gateway->edge = NULL;
	const char *setting = setting_of(why.field);
	warren_error_set(error, WARREN_UNAVAILABLE, setting, "%s%s%s", why.message,
		setting ? "; choose with " : "", setting ? setting : "");
	return rc;
}

static int add_namespace(struct warren_gateway_state *gateway)
{
	struct warren_edge_namespace *ns =
		warren_edge_namespace(gateway->edge, WARREN_GATEWAY_NAMESPACE);
	if (!ns)
		return -ENOMEM;
	warren_edge_connected(ns, warren_gateway_connected, gateway);
	warren_edge_disconnected(ns, warren_gateway_disconnected, gateway);
	warren_edge_flawed(ns, warren_gateway_flawed, gateway);
	return warren_edge_on(ns, NULL, warren_gateway_event, gateway);
}

static void on_edge_end(void *data)
{
	struct warren_gateway_state *gateway = data;
	pthread_mutex_lock(&gateway->end_mutex);
	gateway->edge_ended = true;
	pthread_cond_signal(&gateway->end);
	pthread_mutex_unlock(&gateway->end_mutex);
}

static void stop_edge(struct warren_gateway_state *gateway)
{
	warren_edge_stop(gateway->edge, STOP_DRAIN_MS);
	pthread_mutex_lock(&gateway->end_mutex);
	while (!gateway->edge_ended)
		pthread_cond_wait(&gateway->end, &gateway->end_mutex);
	pthread_mutex_unlock(&gateway->end_mutex);
}

static void stop(void *extension)
{
	struct warren_gateway_state *gateway = extension;
	warren_gateway_hide(gateway);
	if (gateway->edge_runs)
		stop_edge(gateway);
	warren_admissions_free(gateway);
	warren_peers_close(gateway->peers);
	if (gateway->edge)
		warren_edge_close(gateway->edge);
	warren_keyring_close(gateway->keys);
	warren_map_close(gateway->in);
	warren_map_close(gateway->out);
	close_limiters(gateway);
	pthread_cond_destroy(&gateway->end);
	pthread_mutex_destroy(&gateway->end_mutex);
	free(gateway);
}

static int reload(void *extension)
{
	struct warren_gateway_state *gateway = extension;
	struct warren_error error = {.message = "too much waits for the loop"};
	int rc = warren_edge_reload_tls(gateway->edge, &error);
	if (rc == 0)
		warren_log(gateway->log, WARREN_LOG_INFO, "certificate read anew");
	else if (rc != -ENOENT)
		warren_log(gateway->log, WARREN_LOG_ERROR,
			"certificate not read: the former one stays in use",
			WARREN_TEXT("reason", error.message));
	return rc;
}

static void end_admissions(void *data)
{
	warren_admissions_end(data);
}

static void drain(void *extension)
{
	struct warren_gateway_state *gateway = extension;
	atomic_store(&gateway->draining, true);
	warren_loop_call(warren_broker_loop(warren_instance_broker(gateway->instance)),
		end_admissions, gateway);
}

static int start(
	struct warren_instance *instance, const void *table, void **ret, struct warren_error *error)
{
	struct warren_gateway_state *gateway = calloc(1, sizeof *gateway);
	if (!gateway)
		return -ENOMEM;
	gateway->instance = instance;
	gateway->table = table;
	gateway->log = warren_instance_log(instance);
	gateway->max_events_per_s = (uint32_t)warren_settings_int(
		warren_instance_settings(instance), "MAX_EVENTS_PER_S");
	gateway->max_waiting =
		(size_t)warren_settings_int(warren_instance_settings(instance), "MAX_WAITING");
	TAILQ_INIT(&gateway->admissions);
	pthread_mutex_init(&gateway->end_mutex, NULL);
	pthread_cond_init(&gateway->end, NULL);
	gateway->in = warren_map_open();
	gateway->out = warren_map_open();
	warren_error_set(error, WARREN_UNAVAILABLE, NULL, "the gateway cannot start");
	int rc = gateway->in && gateway->out ? add_events(gateway) : -ENOMEM;
	if (rc == 0)
		rc = open_limiters(gateway);
	if (rc == 0)
		rc = find_keys(gateway, error);
	if (rc == 0)
		rc = open_edge(gateway, error);
	if (rc == 0)
		rc = add_namespace(gateway);
	if (rc == 0)
		rc = add_routes(gateway);
	if (rc == 0 && gateway->keys)
		rc = warren_peers_open(gateway, &gateway->peers, error);
	if (rc < 0) {
		stop(gateway);
		return rc;
	}
	warren_gateway_show(gateway);
	warren_edge_start(gateway->edge, on_edge_end, gateway);
	gateway->edge_runs = true;
	warren_log(gateway->log, WARREN_LOG_INFO, "listening",
		WARREN_INT("port", warren_edge_port(gateway->edge)));
	*ret = gateway;
	return 0;
}

static struct warren_instance_care care(struct warren_instance *instance, const void *table)
{
	const struct warren_gateway_table *gateway = table;
	const struct warren_settings *settings = warren_instance_settings(instance);
	for (size_t i = 0; i < gateway->out_count; i++) {
		if (gateway->out[i].event->sends_at_least_once)
			return (struct warren_instance_care){
				.prefetch = (uint16_t)warren_settings_int(settings, "MAX_PUSHES"),
				.wait_ms = (uint32_t)warren_settings_int(settings, "PUSH_WAIT_MS"),
			};
	}
	return (struct warren_instance_care){0};
}

const struct warren_extension warren_gateway = {
	.name = "gateway",
	.settings = warren_gateway_settings,
	.start = start,
	.care = care,
	.deliver = warren_gateway_deliver,
	.lost = warren_gateway_find_lost,
	.drain = drain,
	.reload = reload,
	.stop = stop,
};
