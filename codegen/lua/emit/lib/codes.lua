-- The error codes of runtime/include/warren/code.h as a page meets them; a test keeps both equal.
return {
	{ name = "invalid_argument", try_again = "no", doc = "The message breaks a rule of the schema; `field` says where." },
	{ name = "unknown_event", try_again = "no", doc = "Browsers may not send an event of that name." },
	{ name = "unauthenticated", try_again = "no", doc = "Nobody is signed in on this socket." },
	{ name = "forbidden", try_again = "no", doc = "Whoever is signed in may not do that." },
	{ name = "not_found", try_again = "no", doc = "What the message names is not there." },
	{ name = "already_exists", try_again = "no", doc = "What the message would make is there already." },
	{ name = "rate_limited", try_again = "after", doc = "Too many events came; wait `retry_after_ms`." },
	{ name = "overloaded", try_again = "after", doc = "The system has too much to do; wait `retry_after_ms`." },
	{ name = "timeout", try_again = "yes", doc = "No answer came in time; whether it took effect is unknown." },
	{ name = "unavailable", try_again = "yes", doc = "A part of the system is away." },
	{ name = "internal", try_again = "no", doc = "A fault on the other side; the message holds an id to report." },
}
