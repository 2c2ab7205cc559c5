/*
 * The CodeGeneratorRequest that protoc or buf writes to a plugin's stdin.
 *
 * protobuf-c unpacks recursively without limit; so bytes that nest deeper than any schema are
 * refused before.
 */
#ifndef WARREN_REQUEST_H
#define WARREN_REQUEST_H

#include <stdio.h>

#include "google/protobuf/compiler/plugin.pb-c.h"

/* Returns the request, NULL with a text in `ret_error`.  Owns: caller, until warren_request_free.
 */
Google__Protobuf__Compiler__CodeGeneratorRequest *warren_request_read(
	FILE *from, const char **ret_error);

void warren_request_free(Google__Protobuf__Compiler__CodeGeneratorRequest *request);

#endif
