#include "edge/engine/gate.h"

#include <stdio.h>

#include "edge/http/address.h"

#define RETRY_AFTER_MS 5000

static int refuse(int status, uint32_t wait_ms, char ret_header[WARREN_GATE_HEADER_SIZE])
{
	snprintf(ret_header, WARREN_GATE_HEADER_SIZE, "Retry-After: %u\r\n",
		(unsigned)(wait_ms + 999) / 1000);
	return status;
}

int warren_gate_pass(struct warren_conn *conn, char ret_header[WARREN_GATE_HEADER_SIZE])
{
	struct warren_edge *edge = conn->edge;
	const struct warren_edge_options *options = &edge->options;
	char address[WARREN_ADDRESS_SIZE];
	uint32_t wait_ms;

	warren_address_of_client(conn, address);
	if (!warren_address_has_room(edge, WARREN_ADDRESS_SESSION, address)) {
		warren_tally_refused(edge, refused_address);
		return refuse(429, RETRY_AFTER_MS, ret_header);
	}
	if (atomic_load(&edge->tally.sessions) >= options->max_connections) {
		warren_tally_refused(edge, refused_full);
		return refuse(503, RETRY_AFTER_MS, ret_header);
	}
	wait_ms = warren_bucket_take(&edge->handshakes, options->max_handshakes_per_s,
		options->handshake_burst, warren_edge_now_ms(edge));
	if (!wait_ms)
		return 0;
	warren_tally_refused(edge, refused_storm);
	return refuse(503, wait_ms, ret_header);
}
