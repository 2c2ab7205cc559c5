#include "worker.h"

#include <errno.h>
#include <stdlib.h>

int audit_worker_open(struct warren_instance *instance, struct audit_worker **ret)
{
	struct audit_worker *worker = calloc(1, sizeof *worker);
	if (worker == NULL)
		return -ENOMEM;
	worker->log = warren_instance_log(instance);
	*ret = worker;
	return 0;
}

void audit_worker_close(struct audit_worker *worker)
{
	free(worker);
}
