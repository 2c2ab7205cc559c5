#include "broker/amqp_resolve.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/thread.h"

/* Freed by the later of the two: the thread, and its owner. */
struct warren_amqp_resolve {
	char *host, *port;
	void (*on_done)(void *data);
	void *data;
	pthread_mutex_t mutex; /* guards all below */
	bool done, closed;
	int result;
	struct addrinfo *addresses;
};

static void resolve_free(struct warren_amqp_resolve *resolve)
{
	if (resolve->addresses)
		freeaddrinfo(resolve->addresses);
	pthread_mutex_destroy(&resolve->mutex);
	free(resolve->host);
	free(resolve->port);
	free(resolve);
}

static void *run(void *data)
{
	struct warren_amqp_resolve *resolve = data;
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *addresses = NULL;
	int result = getaddrinfo(resolve->host, resolve->port, &hints, &addresses);

	pthread_mutex_lock(&resolve->mutex);
	resolve->result = result;
	resolve->addresses = result == 0 ? addresses : NULL;
	resolve->done = true;
	bool closed = resolve->closed;
	if (!closed)
		resolve->on_done(resolve->data);
	pthread_mutex_unlock(&resolve->mutex);
	if (closed)
		resolve_free(resolve);
	return NULL;
}

static int start_thread(struct warren_amqp_resolve *resolve)
{
	pthread_t thread;
	int rc = warren_thread_start(run, resolve, &thread);

	if (rc == 0)
		pthread_detach(thread);
	return rc;
}

int warren_amqp_resolve_open(const char *host, const char *port, void (*on_done)(void *data),
	void *data, struct warren_amqp_resolve **ret)
{
	struct warren_amqp_resolve *resolve = calloc(1, sizeof *resolve);

	if (!resolve)
		return -ENOMEM;
	pthread_mutex_init(&resolve->mutex, NULL);
	resolve->host = strdup(host);
	resolve->port = strdup(port);
	resolve->on_done = on_done;
	resolve->data = data;
	int rc = resolve->host && resolve->port ? start_thread(resolve) : -ENOMEM;
	if (rc < 0) {
		resolve_free(resolve);
		return rc;
	}
	*ret = resolve;
	return 0;
}

bool warren_amqp_resolve_take(
	struct warren_amqp_resolve *resolve, int *ret_result, struct addrinfo **ret_addresses)
{
	pthread_mutex_lock(&resolve->mutex);
	bool done = resolve->done;
	if (done) {
		*ret_result = resolve->result;
		*ret_addresses = resolve->addresses;
		resolve->addresses = NULL;
	}
	pthread_mutex_unlock(&resolve->mutex);
	return done;
}

void warren_amqp_resolve_close(struct warren_amqp_resolve *resolve)
{
	if (!resolve)
		return;
	pthread_mutex_lock(&resolve->mutex);
	resolve->closed = true;
	bool done = resolve->done;
	pthread_mutex_unlock(&resolve->mutex);
	if (done)
		resolve_free(resolve);
}
