/* Compiled patterns: a small hash table that only grows, read without a lock. */
#include "codec/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <errno.h>
#include <pcre2.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#define BUCKETS 256
#define WORK_MAX 4000000 /* of one search: items of the pattern tried, and characters passed */
#define HEAP_MAX_KIB 16384

struct pattern {
	struct pattern *next;
	const char *text;
	pcre2_code *code;
};

struct work {
	size_t done, last_position;
};

static _Atomic(struct pattern *) buckets[BUCKETS];
static pthread_mutex_t compiling = PTHREAD_MUTEX_INITIALIZER;

static size_t bucket_of(const char *text)
{
	return ((uintptr_t)text >> 3 ^ (uintptr_t)text >> 11) % BUCKETS;
}

static struct pattern *pattern_known(const char *text)
{
	struct pattern *pattern = atomic_load(&buckets[bucket_of(text)]);
	while (pattern && pattern->text != text)
		pattern = pattern->next;
	return pattern;
}

static int pattern_compile(const char *text, struct pattern **ret)
{
	int code;
	PCRE2_SIZE at;
	struct pattern *pattern = calloc(1, sizeof *pattern);
	if (!pattern)
		return -ENOMEM;
	pattern->text = text;
	pattern->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
		PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT,
		&code, &at, NULL);
	if (!pattern->code) {
		free(pattern);
		return code == PCRE2_ERROR_NOMEMORY ? -ENOMEM : -EINVAL;
	}
	*ret = pattern;
	return 0;
}

static int pattern_get(const char *text, struct pattern **ret)
{
	*ret = pattern_known(text);
	if (*ret)
		return 0;
	pthread_mutex_lock(&compiling);
	int rc = 0;
	*ret = pattern_known(text);
	if (!*ret) {
		rc = pattern_compile(text, ret);
		if (rc == 0) {
			_Atomic(struct pattern *) *bucket = &buckets[bucket_of(text)];
			(*ret)->next = atomic_load(bucket);
			atomic_store(bucket, *ret);
		}
	}
	pthread_mutex_unlock(&compiling);
	return rc;
}

/*
 * Called before each item of the pattern is tried.  PCRE2's own match limit counts anew from each
 * character where it tries, and does not count what an item passes over: a long value could hang
 * it.
 */
static int count_work(pcre2_callout_block *block, void *data)
{
	struct work *work = data;
	size_t position = block->current_position;
	work->done += 1 + (position > work->last_position ? position - work->last_position
							  : work->last_position - position);
	work->last_position = position;
	return work->done > WORK_MAX ? PCRE2_ERROR_CALLOUT : 0;
}

int warren_pattern_find(const char *text_pattern, const char *text, size_t len)
{
	struct pattern *pattern;
	int rc = pattern_get(text_pattern, &pattern);
	if (rc < 0)
		return rc;
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	rc = -ENOMEM;
	if (data && context) {
		struct work work = {0};
		pcre2_set_callout(context, count_work, &work);
		pcre2_set_heap_limit(context, HEAP_MAX_KIB);
		int found = pcre2_match(
			pattern->code, (PCRE2_SPTR)text, len, 0, PCRE2_NO_UTF_CHECK, data, context);
		if (found >= 0)
			rc = 1;
		else if (found == PCRE2_ERROR_NOMATCH)
			rc = 0;
		else if (found != PCRE2_ERROR_NOMEMORY)
			rc = -E2BIG;
	}
	pcre2_match_context_free(context);
	pcre2_match_data_free(data);
	return rc;
}
