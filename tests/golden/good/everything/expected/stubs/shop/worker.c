#include "worker.h"

#include <errno.h>
#include <stdlib.h>

int shop_worker_open(struct warren_instance *instance, struct shop_worker **ret)
{
	struct shop_worker *worker = calloc(1, sizeof *worker);
	if (worker == NULL)
		return -ENOMEM;
	worker->log = warren_instance_log(instance);
	*ret = worker;
	return 0;
}

void shop_worker_close(struct shop_worker *worker)
{
	free(worker);
}
