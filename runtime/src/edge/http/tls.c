#include "edge/http/tls.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* ---- pairs ---- */

static int no_password(char *text, int size, int writing, void *data)
{
	(void)text;
	(void)size;
	(void)writing;
	(void)data;
	return 0;
}

/* Says why OpenSSL refused what `option` names. */
static int refuse(struct warren_error *error, const char *option, const char *path)
{
	unsigned long code = ERR_peek_error();
	const char *reason = ERR_reason_error_string(code);

	if (ERR_SYSTEM_ERROR(code))
		reason = strerror(ERR_GET_REASON(code));
	warren_error_set(error, WARREN_INVALID_ARGUMENT, option, "cannot use %s: %s", path,
		reason ? reason : "it is not what is asked for");
	ERR_clear_error();
	return -EINVAL;
}

/* Reads a certificate (with its chain) and its key into a context of their own. */
static int read_pair(
	const struct warren_edge_options *options, SSL_CTX **ret, struct warren_error *error)
{
	SSL_CTX *pair = SSL_CTX_new(TLS_server_method());
	const char *certificate = options->tls_certificate, *key = options->tls_key;
	int result = 0;

	if (!pair)
		return -ENOMEM;
	ERR_clear_error();
	SSL_CTX_set_default_passwd_cb(pair, no_password); /* nobody is there to be asked */
	if (SSL_CTX_use_certificate_chain_file(pair, certificate) != 1)
		result = refuse(error, "tls_certificate", certificate);
	else if (SSL_CTX_use_PrivateKey_file(pair, key, SSL_FILETYPE_PEM) != 1 ||
		 SSL_CTX_check_private_key(pair) != 1)
		result = refuse(error, "tls_key", key);
	if (result < 0)
		SSL_CTX_free(pair);
	else
		*ret = pair;
	return result;
}

int warren_tls_open(struct warren_edge *edge, struct warren_error *error)
{
	const struct warren_edge_options *options = &edge->options;

	if (!options->tls_certificate && !options->tls_key)
		return 0;
	if (!options->tls_certificate || !options->tls_key) {
		warren_error_set(error, WARREN_INVALID_ARGUMENT,
			options->tls_key ? "tls_certificate" : "tls_key",
			"TLS needs a certificate and its key");
		return -EINVAL;
	}
	return read_pair(options, &edge->tls, error);
}

void warren_tls_close(struct warren_edge *edge)
{
	SSL_CTX_free(edge->tls);
}

/* ---- a new pair ---- */

struct renewal {
	struct warren_errand errand;
	SSL_CTX *pair;
};

static void renew(struct warren_edge *edge, struct warren_errand *errand)
{
	struct renewal *renewal = (struct renewal *)errand;

	SSL_CTX_free(edge->tls);
	edge->tls = renewal->pair;
	free(renewal);
}

static void drop(struct warren_errand *errand)
{
	struct renewal *renewal = (struct renewal *)errand;

	SSL_CTX_free(renewal->pair);
	free(renewal);
}

int warren_edge_reload_tls(struct warren_edge *edge, struct warren_error *error)
{
	struct renewal *renewal;
	SSL_CTX *pair;
	int result;

	if (!edge->options.tls_certificate)
		return -ENOENT;
	result = read_pair(&edge->options, &pair, error);
	if (result < 0)
		return result;
	renewal = calloc(1, sizeof *renewal);
	if (!renewal) {
		SSL_CTX_free(pair);
		return -ENOMEM;
	}
	*renewal = (struct renewal){
		.errand = {.run = renew, .drop = drop, .bytes = sizeof *renewal}, .pair = pair};
	result = warren_errand_submit(edge, &renewal->errand);
	if (result < 0)
		drop(&renewal->errand);
	return result;
}

/* ---- connections ---- */

/* A handshake has come so far that it needs a certificate. */
static int on_certificate(SSL *ssl, void *data)
{
	struct warren_edge *edge = data;
	STACK_OF(X509) *chain = NULL;

	SSL_CTX_get0_chain_certs(edge->tls, &chain);
	return SSL_use_cert_and_key(ssl, SSL_CTX_get0_certificate(edge->tls),
		SSL_CTX_get0_privatekey(edge->tls), chain, 1);
}

void warren_tls_prepare(struct warren_edge *edge, struct ssl_ctx_st *context)
{
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
	/* Sessions are resumed from what clients keep, not from a table of ours. */
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	/* There is one host: its name decides nothing. */
	SSL_CTX_set_tlsext_servername_callback(context, NULL);
	SSL_CTX_set_cert_cb(context, on_certificate, edge);
}

int warren_tls_peek(struct lws *wsi)
{
	SSL *ssl = lws_get_ssl(wsi);
	char byte;
	int n;

	if (!ssl) {
		ssize_t got = recv(lws_get_socket_fd(wsi), &byte, 1, MSG_PEEK | MSG_DONTWAIT);

		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		return got > 0 ? 1 : -1;
	}
	ERR_clear_error();
	n = SSL_peek(ssl, &byte, 1);
	if (n > 0)
		return 1;
	n = SSL_get_error(ssl, n);
	ERR_clear_error();
	return n == SSL_ERROR_WANT_READ || n == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

/* What a call of OpenSSL that returned `n` has done: bytes; 0 at the end; -errno. */
static ssize_t outcome(SSL *ssl, int n)
{
	int error = SSL_get_error(ssl, n);

	ERR_clear_error();
	if (n > 0)
		return n;
	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
		return -EAGAIN;
	return error == SSL_ERROR_ZERO_RETURN ? 0 : -ECONNRESET;
}

/* The same of a call of the kernel. */
static ssize_t plain_outcome(ssize_t n)
{
	if (n >= 0)
		return n;
	return errno == EINTR ? -EAGAIN : -errno;
}

ssize_t warren_tls_read(struct lws *wsi, void *bytes, size_t len)
{
	SSL *ssl = lws_get_ssl(wsi);

	if (!ssl)
		return plain_outcome(recv(lws_get_socket_fd(wsi), bytes, len, MSG_DONTWAIT));
	ERR_clear_error();
	return outcome(ssl, SSL_read(ssl, bytes, len < INT_MAX ? (int)len : INT_MAX));
}

ssize_t warren_tls_write(struct lws *wsi, const void *bytes, size_t len)
{
	SSL *ssl = lws_get_ssl(wsi);

	if (!ssl)
		return plain_outcome(
			send(lws_get_socket_fd(wsi), bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL));
	ERR_clear_error();
	return outcome(ssl, SSL_write(ssl, bytes, len < INT_MAX ? (int)len : INT_MAX));
}

bool warren_tls_has_bytes(struct lws *wsi)
{
	SSL *ssl = lws_get_ssl(wsi);

	return ssl && SSL_pending(ssl) > 0;
}
