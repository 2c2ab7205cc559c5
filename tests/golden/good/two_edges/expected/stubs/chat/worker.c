#include "worker.h"

#include <errno.h>
#include <stdlib.h>

int chat_worker_open(struct warren_instance *instance, struct chat_worker **ret)
{
	struct chat_worker *worker = calloc(1, sizeof *worker);
	if (worker == NULL)
		return -ENOMEM;
	worker->log = warren_instance_log(instance);
	*ret = worker;
	return 0;
}

void chat_worker_close(struct chat_worker *worker)
{
	free(worker);
}
