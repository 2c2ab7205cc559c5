#include "worker.h"

#include <errno.h>
#include <stdlib.h>

int idle_worker_open(struct warren_instance *instance, struct idle_worker **ret)
{
	struct idle_worker *worker = calloc(1, sizeof *worker);
	if (worker == NULL)
		return -ENOMEM;
	worker->log = warren_instance_log(instance);
	*ret = worker;
	return 0;
}

void idle_worker_close(struct idle_worker *worker)
{
	free(worker);
}
