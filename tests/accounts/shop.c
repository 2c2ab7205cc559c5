/* The services of shop.proto, one of them a process: SERVICE names it, "all" runs all in one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shop_services.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Each handler says that it ran. */
static void tell(struct warren_ctx *ctx, const char *what)
{
	warren_log(warren_instance_log(ctx->instance), WARREN_LOG_INFO, "handled",
		WARREN_TEXT("event", ctx->event), WARREN_TEXT("what", what),
		WARREN_INT("attempt", ctx->attempt));
}

#define WORKER(service)                                                                            \
	int service##_worker_open(struct warren_instance *instance, struct service##_worker **ret) \
	{                                                                                          \
		(void)instance;                                                                    \
		*ret = NULL;                                                                       \
		return 0;                                                                          \
	}                                                                                          \
	void service##_worker_close(struct service##_worker *worker)                               \
	{                                                                                          \
		(void)worker;                                                                      \
	}

WORKER(gate)
WORKER(gate_two)
WORKER(order)
WORKER(user)
WORKER(user_data)
WORKER(idle)

/* ---- edges ---- */

int gate_admit_place(
	struct warren_socket *socket, struct place *message, struct gate_worker *worker)
{
	(void)socket;
	(void)message;
	(void)worker;
	return 0;
}

int gate_admit_notice(struct warren_ctx *ctx, const struct warren_target *to,
	struct notice *message, struct gate_worker *worker)
{
	(void)to;
	(void)worker;
	tell(ctx, message->what);
	return 0;
}

int gate_admit_sure(struct warren_ctx *ctx, const struct warren_target *to, struct sure *message,
	struct gate_worker *worker)
{
	(void)to;
	(void)worker;
	tell(ctx, message->what);
	return 0;
}

int gate_two_admit_notice(struct warren_ctx *ctx, const struct warren_target *to,
	struct notice *message, struct gate_two_worker *worker)
{
	(void)to;
	(void)worker;
	tell(ctx, message->what);
	return 0;
}

/* ---- services ---- */

static void on_answer(struct warren_ctx *ctx, const struct answer *answer,
	const struct warren_error *error, void *data)
{
	struct place_call *call = data;
	(void)ctx;
	if (error)
		place_fail(call, error->code, "%s", error->message);
	else
		place_reply(call, &(struct placed){.what = answer->what});
}

/* A request, a fact, a push and a reply: every way that the accounts have to leave open. */
int order_on_place(
	struct place_call *call, const struct place *message, struct order_worker *worker)
{
	struct warren_ctx *ctx = &call->ctx;
	(void)worker;
	tell(ctx, message->what);
	if (strcmp(message->what, "retry") == 0 && ctx->attempt == 1)
		return place_retry(call, "the first one fails");
	int rc = ordered_publish(ctx, &(struct ordered){.what = message->what});
	if (rc == 0)
		rc = sure_send(ctx, warren_to_all(), &(struct sure){.what = message->what});
	if (rc < 0)
		return rc;
	return ask_request(ctx, &(struct ask){.what = message->what}, on_answer, place_defer(call));
}

int user_on_ask(struct ask_call *call, const struct ask *message, struct user_worker *worker)
{
	struct warren_ctx *ctx = &call->ctx;
	(void)worker;
	tell(ctx, message->what);
	int rc = tick_publish(ctx, &(struct tick){.what = message->what});
	if (rc == 0)
		rc = ordered_twice_publish(ctx, &(struct ordered_twice){.what = message->what});
	if (rc == 0)
		rc = notice_send(ctx, warren_to_all(), &(struct notice){.what = message->what});
	return rc < 0 ? rc : ask_reply(call, &(struct answer){.what = message->what});
}

int user_on_ordered(
	struct ordered_call *call, const struct ordered *message, struct user_worker *worker)
{
	(void)worker;
	tell(&call->ctx, message->what);
	return 0;
}

int user_data_on_ordered(
	struct ordered_call *call, const struct ordered *message, struct user_data_worker *worker)
{
	(void)worker;
	tell(&call->ctx, message->what);
	return 0;
}

int user_data_on_tick(
	struct tick_call *call, const struct tick *message, struct user_data_worker *worker)
{
	(void)worker;
	tell(&call->ctx, message->what);
	return 0;
}

/* ---- the program ---- */

int main(int argc, char **argv)
{
	static const struct warren_service *const all[] = {SHOP_SERVICES};
	const char *wanted = getenv("SERVICE");
	struct warren_program program = {
		.name = "shop", .services = all, .service_count = COUNT(all)};
	for (size_t i = 0; i < COUNT(all); i++) {
		if (wanted && strcmp(all[i]->name, wanted) == 0) {
			program.name = all[i]->name;
			program.services = &all[i];
			program.service_count = 1;
		}
	}
	return warren_main(argc, argv, &program);
}
