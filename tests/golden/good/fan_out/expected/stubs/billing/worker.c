#include "worker.h"

#include <errno.h>
#include <stdlib.h>

int billing_worker_open(struct warren_instance *instance, struct billing_worker **ret)
{
	struct billing_worker *worker = calloc(1, sizeof *worker);
	if (worker == NULL)
		return -ENOMEM;
	worker->log = warren_instance_log(instance);
	*ret = worker;
	return 0;
}

void billing_worker_close(struct billing_worker *worker)
{
	free(worker);
}
