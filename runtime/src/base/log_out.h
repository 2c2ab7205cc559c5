/*
 * Where the lines of a process's logs go: a file, often a pipe whose reader may stall.
 *
 * Model: logs of one file share its outlet.  A line is written at once when the file takes it;
 * else it waits, and so do those behind it.  Past WARREN_LOG_WAITING_MAX bytes lines are dropped and
 * counted.  What waits is written, in order, by the calls that come later.
 *
 * Invariants: no call waits for a reader, but the close of a file's last log, for a second at most.
 * No line is torn, or mixed with another of this process.
 *
 * Thread: any.
 */
#ifndef WARREN_BASE_LOG_OUT_H
#define WARREN_BASE_LOG_OUT_H

#include <stddef.h>
#include <stdint.h>

#include "warren/api.h"

#define WARREN_LOG_WAITING_MAX (256 << 10)

struct warren_log_out;

/* Returns the outlet of that file; NULL when memory is out.  Owns: caller; `fd` is not closed. */
struct warren_log_out *warren_log_out_open(int fd) WARREN_MUST_CHECK;
void warren_log_out_close(struct warren_log_out *out);

/*
 * Takes one line.  Returns how many lines were dropped that nobody was told of, once all that waited
 * has been written; else 0.
 */
uint64_t warren_log_out_write(struct warren_log_out *out, const char *line, size_t len);

/* All that were dropped in this process. */
uint64_t warren_log_out_dropped(void);

#endif
