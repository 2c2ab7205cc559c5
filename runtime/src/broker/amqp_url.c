#include "broker/amqp_url.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define URL_MAX 2048
#define NAME_MAX_BYTES 255 /* AMQP's short strings */

static int refuse(struct warren_error *error, const char *why)
{
	warren_error_set(error, WARREN_INVALID_ARGUMENT, NULL,
		"the broker's URL is not amqp[s]://user:password@host:port/vhost: %s", why);
	return -EINVAL;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes in place.  Returns whether it is well-formed; a NUL byte is not. */
static bool percent_decode(char *text)
{
	char *to = text;

	for (const char *at = text; *at; at++) {
		if (*at != '%') {
			*to++ = *at;
			continue;
		}
		int high = hex_digit(at[1]);
		int low = high < 0 ? -1 : hex_digit(at[2]);
		if (low < 0 || (high == 0 && low == 0))
			return false;
		*to++ = (char)(high << 4 | low);
		at += 2;
	}
	*to = '\0';
	return true;
}

static bool port_is_one(const char *text)
{
	char *end;
	long port = strtol(text, &end, 10);
	return isdigit((unsigned char)text[0]) && *end == '\0' && port >= 1 && port <= 65535;
}

/* Cuts `text` at the first of `c`; returns what follows, NULL when there is none. */
static char *cut_at(char *text, char c)
{
	char *at = strchr(text, c);

	if (!at)
		return NULL;
	*at = '\0';
	return at + 1;
}

static int parse_options(char *query, struct warren_amqp_url *url, struct warren_error *error)
{
	while (query && *query) {
		char *rest = cut_at(query, '&');
		char *value = cut_at(query, '=');
		if (strcmp(query, "cacertfile") != 0 || !value || !*value)
			return refuse(error, "the only option is ?cacertfile=FILE");
		if (!percent_decode(value))
			return refuse(error, "bad percent encoding in cacertfile");
		url->ca_file = value;
		query = rest;
	}
	if (url->ca_file && !url->tls)
		return refuse(error, "cacertfile goes with amqps://");
	return 0;
}

static int parse_login(char *login, struct warren_amqp_url *url, struct warren_error *error)
{
	char *password = cut_at(login, ':');

	url->user = login;
	url->password = password ? password : "";
	if (!percent_decode(login) || (password && !percent_decode(password)))
		return refuse(error, "bad percent encoding in user or password");
	if (!*login || strlen(login) > NAME_MAX_BYTES)
		return refuse(error, "the user is empty or over 255 bytes");
	return 0;
}

static int parse_address(char *address, struct warren_amqp_url *url, struct warren_error *error)
{
	char *port;

	if (address[0] == '[') {
		char *after = cut_at(++address, ']');
		if (!after || (*after && *after != ':'))
			return refuse(error, "an IPv6 address is written [::1]");
		port = *after ? after + 1 : NULL;
	} else {
		port = cut_at(address, ':');
	}
	if (!*address)
		return refuse(error, "the host is missing");
	if (port && !port_is_one(port))
		return refuse(error, "the port is not a number from 1 to 65535");
	url->host = address;
	url->port = port ? port : url->tls ? "5671" : "5672";
	return 0;
}

static int parse(char *text, struct warren_amqp_url *url, struct warren_error *error)
{
	url->tls = strncmp(text, "amqps://", 8) == 0;
	if (!url->tls && strncmp(text, "amqp://", 7) != 0)
		return refuse(error, "the scheme is another");
	text += url->tls ? 8 : 7;
	for (const char *c = text; *c; c++)
		if (isspace((unsigned char)*c) || iscntrl((unsigned char)*c))
			return refuse(error, "white space has to be percent-encoded");

	char *query = cut_at(text, '?');
	char *vhost = cut_at(text, '/');
	char *at = strrchr(text, '@');
	int rc = parse_options(query, url, error);
	if (rc == 0 && at) {
		*at = '\0';
		rc = parse_login(text, url, error);
		text = at + 1;
	}
	if (rc == 0)
		rc = parse_address(text, url, error);
	if (rc < 0)
		return rc;
	if (vhost && *vhost) {
		if (strchr(vhost, '/'))
			return refuse(error, "a / in the vhost is written %2F");
		if (!percent_decode(vhost) || strlen(vhost) > NAME_MAX_BYTES)
			return refuse(error, "the vhost is over 255 bytes or badly encoded");
		url->vhost = vhost;
	}
	return 0;
}

int warren_amqp_url_parse(const char *text, struct warren_amqp_url *ret, struct warren_error *error)
{
	struct warren_amqp_url url = {.user = "guest", .password = "guest", .vhost = "/"};

	if (strnlen(text, URL_MAX + 1) > URL_MAX)
		return refuse(error, "it is over 2048 bytes");
	url.memory = strdup(text);
	if (!url.memory)
		return -ENOMEM;
	int rc = parse(url.memory, &url, error);
	if (rc < 0) {
		warren_amqp_url_free(&url);
		return rc;
	}
	*ret = url;
	return 0;
}

void warren_amqp_url_free(struct warren_amqp_url *url)
{
	if (url->memory)
		explicit_bzero(url->memory, strlen(url->memory));
	free(url->memory);
	*url = (struct warren_amqp_url){0};
}
