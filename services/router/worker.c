#include "worker.h"

#include <errno.h>
#include <stdlib.h>

int router_worker_open(struct warren_instance *instance, struct router_worker **ret)
{
	struct router_worker *worker = calloc(1, sizeof *worker);
	if (worker == NULL)
		return -ENOMEM;
	worker->log = warren_instance_log(instance);
	*ret = worker;
	return 0;
}

void router_worker_close(struct router_worker *worker)
{
	free(worker);
}
