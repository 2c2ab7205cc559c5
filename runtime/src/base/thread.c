#include "base/thread.h"

#include <errno.h>
#include <signal.h>

int warren_thread_start(void *(*fn)(void *data), void *data, pthread_t *ret)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(ret, NULL, fn, data);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc == 0 ? 0 : -EAGAIN;
}
