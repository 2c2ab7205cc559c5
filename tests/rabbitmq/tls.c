/* amqps://: the certificate and the name in it are looked at. */
#include <stdio.h>

#include "rig.h"

/* An authority, a certificate for "localhost" from it, and another authority that signed nothing.
 */
static const char make_certificates[] =
	"set -e; cd \"$RABBITMQ_DIR\"; exec 2>/dev/null; "
	"ca() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
	"  -keyout $1.key -out $1.pem -subj /CN=$1 -addext basicConstraints=critical,CA:TRUE; }; "
	"ca authority; ca stranger; "
	"openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key "
	"  -out server.csr -subj /CN=server; "
	"echo subjectAltName=DNS:localhost >server.ext; "
	"openssl x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial "
	"  -days 2 -extfile server.ext -out server.pem; "
	"chmod a+r server.key; "
	"printf 'listeners.ssl.1 = 127.0.0.1:%s\\nssl_options.cacertfile = %s/authority.pem\\n"
	"ssl_options.certfile = %s/server.pem\\nssl_options.keyfile = %s/server.key\\n' "
	"  \"$RABBITMQ_TLS_PORT\" \"$RABBITMQ_DIR\" \"$RABBITMQ_DIR\" \"$RABBITMQ_DIR\" "
	">extra.conf";

static void start_with_tls(void)
{
	rabbitmq_stop();
	shell(make_certificates);
	rabbitmq_start();
}

static void stop_tls(void)
{
	rabbitmq_stop();
	shell("rm -f \"$RABBITMQ_DIR/extra.conf\"");
}

static struct rig *open_tls(const char *host, const char *authority)
{
	char url[TEXT_SIZE];

	snprintf(url, sizeof url, "amqps://guest:guest@%s:%s/?cacertfile=%s/%s.pem", host,
		getenv("RABBITMQ_TLS_PORT"), getenv("RABBITMQ_DIR"), authority);
	return rig_open(url);
}

START_TEST(a_certificate_that_is_right_lets_messages_through)
{
	enum { COUNT = 20, BODY_SIZE = 700000 };
	uint8_t *body = calloc(1, BODY_SIZE);
	struct rig *rig = open_tls("localhost", "authority");
	const struct warren_broker_message message = {
		.routing_key = rig_queue(rig, "faults.tls"),
		.persistent = true,
		.body = body,
		.body_len = BODY_SIZE,
	};

	ck_assert_ptr_nonnull(body);
	AWAIT(rig, rig->ups > 0);
	for (int i = 0; i < COUNT; i++)
		ck_assert_int_eq(
			warren_broker_publish(rig->broker, &message, rig_on_settled, rig), 0);
	AWAIT(rig, rig->confirmed == COUNT);
	rig_close(rig, 5000);
	rig_free(rig);
	free(body);
}
END_TEST

static void expect_refused(const char *host, const char *authority, const char *reason)
{
	struct rig *rig = open_tls(host, authority);

	AWAIT(rig, rig->downs > 0);
	ck_assert_msg(strstr(rig->reason, reason) != NULL, "%s", rig->reason);
	ck_assert_int_eq(rig->ups, 0);
	rig_close(rig, 0);
	rig_free(rig);
}

START_TEST(a_certificate_for_another_host_is_refused)
{
	expect_refused("127.0.0.1", "authority", "IP address mismatch");
}
END_TEST

START_TEST(a_certificate_from_a_stranger_is_refused)
{
	expect_refused("localhost", "stranger", "certificate");
}
END_TEST

START_TEST(certificates_that_cannot_be_read_are_named)
{
	expect_refused("localhost", "nobody", "nobody.pem");
}
END_TEST

TCase *tls_case(void)
{
	TCase *tcase = tcase_create("tls");

	tcase_add_unchecked_fixture(tcase, start_with_tls, stop_tls);
	tcase_add_test(tcase, a_certificate_that_is_right_lets_messages_through);
	tcase_add_test(tcase, a_certificate_for_another_host_is_refused);
	tcase_add_test(tcase, a_certificate_from_a_stranger_is_refused);
	tcase_add_test(tcase, certificates_that_cannot_be_read_are_named);
	return tcase;
}
