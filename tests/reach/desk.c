/* A service that does to sockets what a test tells it. */
#include <errno.h>
#include <string.h>

#include "desk_service.h"

int desk_worker_open(struct warren_instance *instance, struct desk_worker **ret)
{
	(void)instance;
	*ret = NULL;
	return 0;
}

void desk_worker_close(struct desk_worker *worker)
{
	(void)worker;
}

static struct warren_target read_target(const struct warren_ctx *ctx, const char *to)
{
	const char *name = strchr(to, ':');
	name = name ? name + 1 : "";
	if (strncmp(to, "address:", 8) == 0)
		return warren_to_address(name);
	if (strncmp(to, "user:", 5) == 0)
		return warren_to_user(name);
	if (strncmp(to, "room:", 5) == 0)
		return warren_to_room(name);
	if (strcmp(to, "all") == 0)
		return warren_to_all();
	return strcmp(to, "others") == 0 ? warren_to_others(ctx) : warren_to_socket(ctx);
}

static int do_step(struct warren_ctx *ctx, const struct step *step)
{
	struct warren_target to = read_target(ctx, step->to);
	if (step->except_me)
		to = warren_except(ctx, to);
	if (strcmp(step->what, "join") == 0)
		return warren_join(ctx, to, step->name);
	if (strcmp(step->what, "leave") == 0)
		return warren_leave(ctx, to, step->name);
	if (strcmp(step->what, "user") == 0)
		return warren_set_user(ctx, to, step->name);
	if (strcmp(step->what, "disconnect") == 0)
		return warren_disconnect(ctx, to, false);
	if (strcmp(step->what, "close") == 0)
		return warren_disconnect(ctx, to, true);
	if (strcmp(step->what, "note") == 0)
		return note_send(ctx, to, &(struct note){.text = step->name});
	if (strcmp(step->what, "sure") == 0)
		return sure_send(ctx, to, &(struct sure){.text = step->name});
	return -ENOSYS;
}

int desk_on_errand(
	struct errand_call *call, const struct errand *message, struct desk_worker *worker)
{
	(void)worker;
	int32_t *results = warren_alloc(&call->ctx, (message->steps_count + 1) * sizeof *results);
	if (!results)
		return -ENOMEM;
	for (size_t i = 0; i < message->steps_count; i++)
		results[i] = do_step(&call->ctx, message->steps[i]);
	return errand_reply(call, &(struct done){.user = call->ctx.user,
					  .socket = call->ctx.socket,
					  .results_count = message->steps_count,
					  .results = results});
}

int main(int argc, char **argv)
{
	static const struct warren_service *const services[] = {&desk_service};
	static const struct warren_program program = {
		.name = "reach-desk", .services = services, .service_count = 1};
	return warren_main(argc, argv, &program);
}
