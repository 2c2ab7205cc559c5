/* A thread that leaves signals to the process's own thread. */
#ifndef WARREN_BASE_THREAD_H
#define WARREN_BASE_THREAD_H

#include <pthread.h>

#include "warren/api.h"

/* Returns 0; -EAGAIN when no thread can be had.  Owns: caller, who joins or detaches it. */
int warren_thread_start(void *(*fn)(void *data), void *data, pthread_t *ret) WARREN_MUST_CHECK;

#endif
