/*
 * The version of the runtime's interface, and the attributes that its headers use.
 *
 * Generated code names the number it was made for; a mismatch stops the compiler there, with a
 * text, instead of a crash later.  The number rises when a change to these headers needs generated
 * code to be made again.
 */
#ifndef WARREN_API_H
#define WARREN_API_H

#define WARREN_API 3

#define WARREN_MUST_CHECK __attribute__((warn_unused_result))
#define WARREN_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

#endif
