#include "gateway/once.h"

int warren_once_make(const struct warren_once_scope *scope, const char *event, const char *id,
	const char *object, size_t len, struct warren_once *ret)
{
	const struct warren_digest_part id_parts[] = {warren_digest_text("warren id"),
		warren_digest_text(scope->kind), warren_digest_text(scope->name),
		warren_digest_text(event), warren_digest_text(id)};
	const struct warren_digest_part body_parts[] = {warren_digest_text("warren digest"),
		warren_digest_text(id), {.bytes = object, .len = len}};
	uint8_t id_digest[WARREN_DIGEST_BYTES], body_digest[WARREN_DIGEST_BYTES];
	int rc = warren_digest(id_parts, sizeof id_parts / sizeof id_parts[0], id_digest);
	if (rc == 0)
		rc = warren_digest(
			body_parts, sizeof body_parts / sizeof body_parts[0], body_digest);
	if (rc < 0)
		return rc;
	warren_digest_uuid(ret->message_id, id_digest);
	warren_digest_hex(ret->digest, body_digest);
	return 0;
}
