/*
 * The process that the tests kill: services of the unit tests' system, whose handlers do what a
 * text says and write down on stdout what they did, a line each.
 *
 *   up        the broker is there, each time
 *   <text>    it was handled
 *   poison    (written before) ends the process with SIGKILL
 *   wait …    (`waiting` is written before) handled when a byte comes on stdin
 *
 * SIGTERM stops it in order; its last line is `quarantined <count>`.
 */
#ifndef CRASH_WORKER_H
#define CRASH_WORKER_H

#define CRASH_ARGUMENT "worker"

/* arguments: the system's suffix; the prefetch; `two` for the service `other` beside `worker`. */
int crash_worker(int argc, char **argv);

#endif
