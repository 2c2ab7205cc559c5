#include "worker.h"

#include <errno.h>
#include <stdlib.h>

int stock_worker_open(struct warren_instance *instance, struct stock_worker **ret)
{
	struct stock_worker *worker = calloc(1, sizeof *worker);
	if (worker == NULL)
		return -ENOMEM;
	worker->log = warren_instance_log(instance);
	*ret = worker;
	return 0;
}

void stock_worker_close(struct stock_worker *worker)
{
	free(worker);
}
