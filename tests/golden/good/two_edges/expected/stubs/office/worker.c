#include "worker.h"

#include <errno.h>
#include <stdlib.h>

int office_worker_open(struct warren_instance *instance, struct office_worker **ret)
{
	struct office_worker *worker = calloc(1, sizeof *worker);
	if (worker == NULL)
		return -ENOMEM;
	worker->log = warren_instance_log(instance);
	*ret = worker;
	return 0;
}

void office_worker_close(struct office_worker *worker)
{
	free(worker);
}
