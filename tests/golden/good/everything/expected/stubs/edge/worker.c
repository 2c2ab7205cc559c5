#include "worker.h"

#include <errno.h>
#include <stdlib.h>

int edge_worker_open(struct warren_instance *instance, struct edge_worker **ret)
{
	struct edge_worker *worker = calloc(1, sizeof *worker);
	if (worker == NULL)
		return -ENOMEM;
	worker->log = warren_instance_log(instance);
	*ret = worker;
	return 0;
}

void edge_worker_close(struct edge_worker *worker)
{
	free(worker);
}
