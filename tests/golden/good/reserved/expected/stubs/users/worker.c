#include "worker.h"

#include <errno.h>
#include <stdlib.h>

int users_worker_open(struct warren_instance *instance, struct users_worker **ret)
{
	struct users_worker *worker = calloc(1, sizeof *worker);
	if (worker == NULL)
		return -ENOMEM;
	worker->log = warren_instance_log(instance);
	*ret = worker;
	return 0;
}

void users_worker_close(struct users_worker *worker)
{
	free(worker);
}
