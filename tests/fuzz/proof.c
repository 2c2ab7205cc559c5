/*
 * The lines by which an edge that asks, and one that answers, prove themselves: the input is such a line.
 *
 * Each "\1" in it stands for the line of a call that was signed, "\2" for that of its answer; so the
 * fuzzer cuts, joins and changes what holds.  Nothing but these two lines themselves is believed, and
 * what is read is written again as it was.
 */
#include <stdlib.h>
#include <string.h>

#include "edge/cluster/proof.h"
#include "support/script.h"

#define KEY "the-key-of-the-edges-of-this-fuzzer"

enum { STATUS = 200, LINE_ROOM = 8192 };

static const struct warren_proof_call call = {
	.to = "here", .method = "POST", .path = "/a", .query = "b=c"};
static struct warren_keyring *ring;
static char proof[WARREN_SHA256_SIZE];
static char call_line[WARREN_PROOF_CALL_SIZE], answer_line[WARREN_PROOF_ANSWER_SIZE];

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct warren_proof right = {.from = "there",
		.time = "1767225600000",
		.number = "17",
		.body = WARREN_SHA256_EMPTY};
	struct warren_error error;

	(void)argc;
	(void)argv;
	fuzz_demand(warren_keyring_open(KEY, &ring, &error) == 0);
	fuzz_demand(warren_proof_sign(ring, &call, &right) == 0);
	fuzz_demand(warren_proof_answer(
			    ring, right.proof, STATUS, WARREN_SHA256_EMPTY, answer_line) == 0);
	memcpy(proof, right.proof, sizeof proof);
	warren_proof_write(&right, call_line);
	return 0;
}

/* Returns the line that the input stands for. */
static char *expand(const uint8_t *data, size_t len)
{
	char *line = malloc(LINE_ROOM);
	size_t n = 0;

	for (size_t i = 0; i < len && n + WARREN_PROOF_CALL_SIZE < LINE_ROOM - 1; i++) {
		const char *known = data[i] == 1 ? call_line : data[i] == 2 ? answer_line : NULL;

		if (known) {
			memcpy(line + n, known, strlen(known));
			n += strlen(known);
		} else {
			line[n++] = (char)data[i];
		}
	}
	line[n] = '\0';
	return realloc(line, n + 1);
}

static void read_call(const char *line)
{
	struct warren_proof read;
	char again[WARREN_PROOF_CALL_SIZE];

	if (warren_proof_read(line, &read) < 0)
		return;
	warren_proof_write(&read, again);
	fuzz_demand(!strcmp(again, line));
	fuzz_demand(warren_proof_holds(ring, &call, &read) == !strcmp(line, call_line));
}

static void read_answer(const char *line)
{
	size_t len = strlen(answer_line);
	bool is_it = !strncmp(line, answer_line, len) && line[len] == '\r';
	char body[WARREN_SHA256_SIZE];

	fuzz_demand((warren_proof_answered(ring, proof, STATUS, line, body) == 0) == is_it);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *line = expand(data, len);

	read_call(line);
	read_answer(line);
	free(line);
	return 0;
}
