#include "worker.h"

#include <errno.h>
#include <stdlib.h>

int orders_worker_open(struct warren_instance *instance, struct orders_worker **ret)
{
	struct orders_worker *worker = calloc(1, sizeof *worker);
	if (worker == NULL)
		return -ENOMEM;
	worker->log = warren_instance_log(instance);
	*ret = worker;
	return 0;
}

void orders_worker_close(struct orders_worker *worker)
{
	free(worker);
}
