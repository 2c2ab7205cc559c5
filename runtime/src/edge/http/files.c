/* Files of a folder, over HTTP. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/http/route.h"

static const char *type_of(const char *name)
{
	static const struct {
		const char *ending, *type;
	} types[] = {{".html", "text/html; charset=utf-8"},
		{".js", "text/javascript; charset=utf-8"},
		{".mjs", "text/javascript; charset=utf-8"}, {".css", "text/css; charset=utf-8"},
		{".json", "application/json"}, {".map", "application/json"},
		{".txt", "text/plain; charset=utf-8"}, {".md", "text/plain; charset=utf-8"},
		{".yaml", "text/plain; charset=utf-8"}, {".svg", "image/svg+xml"},
		{".png", "image/png"}, {".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"},
		{".gif", "image/gif"}, {".webp", "image/webp"}, {".ico", "image/x-icon"},
		{".woff2", "font/woff2"}, {".woff", "font/woff"}, {".wasm", "application/wasm"},
		{".xml", "application/xml"}, {".pdf", "application/pdf"},
		{".webmanifest", "application/manifest+json"}};
	const char *ending = strrchr(name, '.');

	for (size_t i = 0; ending && i < sizeof types / sizeof types[0]; i++)
		if (!strcasecmp(types[i].ending, ending))
			return types[i].type;
	return "application/octet-stream";
}

/* No name that begins with a dot: neither "..", nor what people hide. */
static bool is_plain(const char *name)
{
	return name[0] != '.' && !strstr(name, "/.") && !strchr(name, '\\');
}

/* Opens a regular file below the folder.  Returns its descriptor; negative when there is none. */
static int open_below(const char *folder, const char *name, struct stat *stat)
{
	char path[PATH_MAX], real[PATH_MAX];
	size_t folder_len = strlen(folder);
	bool is_folder = !name[0] || name[strlen(name) - 1] == '/';
	int fd, n;

	n = snprintf(path, sizeof path, "%s/%s%s", folder, name, is_folder ? "index.html" : "");
	if (n < 0 || (size_t)n >= sizeof path || !realpath(path, real))
		return -ENOENT;
	/* A symbolic link must not lead out of it. */
	if (strncmp(real, folder, folder_len) != 0 || (real[folder_len] != '/' && folder_len > 1))
		return -ENOENT;
	fd = open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	if (fstat(fd, stat) == 0 && S_ISREG(stat->st_mode))
		return fd;
	close(fd);
	return -ENOENT;
}

void warren_files_respond(
	struct warren_http *http, const struct warren_route *route, const char *name)
{
	static const char missing[] = "Not found\n";
	char tag[64], headers[80], *known;
	struct stat stat = {0};
	int fd;

	while (*name == '/')
		name++;
	fd = is_plain(name) ? open_below(route->folder, name, &stat) : -ENOENT;
	if (fd < 0) {
		warren_http_respond(http, &(struct warren_response){.status = 404,
						  .content_type = "text/plain; charset=utf-8",
						  .body = missing,
						  .body_len = sizeof missing - 1});
		return;
	}
	snprintf(tag, sizeof tag, "\"%llx-%llx-%lx\"", (unsigned long long)stat.st_size,
		(unsigned long long)stat.st_mtim.tv_sec, (unsigned long)stat.st_mtim.tv_nsec);
	snprintf(headers, sizeof headers, "ETag: %s\r\n", tag);
	known = warren_http_header(http->conn->wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH);
	if (known && !strcmp(known, tag)) {
		close(fd);
		warren_http_respond(http, &(struct warren_response){.status = 304,
						  .cache_control = "no-cache",
						  .headers = headers,
						  .shared = route->shared});
	} else {
		warren_http_respond_file(http,
			&(struct warren_response){.status = 200,
				.content_type = type_of(name[0] && name[strlen(name) - 1] != '/'
								? name
								: "index.html"),
				.cache_control = "no-cache",
				.headers = headers,
				.shared = route->shared},
			fd, (uint64_t)stat.st_size);
	}
	free(known);
}
