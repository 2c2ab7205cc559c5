/*
 * The rows of service_messages.c: a kind of message, what publishes it, what its handler does, and
 * each message that is published then (messages.h).  They mirror what service/wire.h says that a
 * message has.  The request itself is always the first one, where there is one.
 */
/* clang-format off */
#define UNTIL "1767225605000" /* the test's begin, and 5000 ms */
#define KEPT " at=1767225600 content=" WARREN_WIRE_PROTOBUF
#define SOCKET " warren-socket=sys.gate.abc.1"
#define USER " warren-user=ada"
#define SAID \
	"sys fact.0: fact id=m-1 correlation=#1 app=asker" KEPT " | persistent mandatory |" \
	" traceparent=00-#2-#3-01 warren-schema=00000000000000ff" SOCKET USER " | 3 bytes\n"
#define ASKED \
	"sys ask.0: ask id=m-1 correlation=#1 reply_to=sys.asker.#2 app=asker" KEPT \
	" | persistent mandatory expires=" UNTIL " | traceparent=00-#3-#4-01 warren-deadline=" UNTIL \
	" warren-schema=00000000000000aa" SOCKET USER " | 3 bytes\n"
#define WHISPERED \
	"sys hint.0: hint id=m-1 correlation=#1 reply_to=sys.asker.#2 app=asker" \
	" | mandatory unconfirmed expires=" UNTIL " | traceparent=00-#3-#4-01 warren-deadline=" UNTIL \
	SOCKET USER " | 3 bytes\n"

{"an event at least once", publish_fact, NULL,
	SAID},
{"an event at most once", publish_hint, NULL,
	"sys hint.0: hint id=m-1 correlation=#1 app=asker | unconfirmed | traceparent=00-#2-#3-01" SOCKET USER " | 3 bytes\n"},
{"an event at least once without a consumer", publish_lone, NULL,
	"sys lone.0: lone id=m-1 correlation=#1 app=asker" KEPT " | persistent |"
		" traceparent=00-#2-#3-01 warren-schema=0000000000000033" SOCKET USER " | 3 bytes\n"},
{"an event at most once without a consumer", publish_lone_hint, NULL,
	"sys lone.0: lone id=m-1 correlation=#1 app=asker | unconfirmed | traceparent=00-#2-#3-01" SOCKET USER " | 3 bytes\n"},
{"events of nobody's context", publish_from_root, NULL,
	"sys fact.0: fact id=#1 correlation=#1 app=asker" KEPT " | persistent mandatory |"
		" traceparent=00-#2-#3-01 warren-schema=00000000000000ff | 3 bytes\n"
	"sys hint.0: hint id=#4 correlation=#4 app=asker | unconfirmed | traceparent=00-#5-#6-01 | 3 bytes\n"},
{"a confirmed publish at least once", confirm_fact, NULL,
	"sys fact.0: fact id=m-1 correlation=#1 app=asker" KEPT " | persistent mandatory now_or_never |"
		" traceparent=00-#2-#3-01 warren-once=#4 warren-once-before=m-0 warren-schema=00000000000000ff" SOCKET USER " | 3 bytes\n"},
{"a confirmed publish without a consumer", confirm_lone, NULL,
	"sys lone.0: lone id=m-1 correlation=#1 app=asker" KEPT " | persistent now_or_never |"
		" traceparent=00-#2-#3-01 warren-schema=0000000000000033" SOCKET USER " | 3 bytes\n"},
{"a confirmed publish at most once", confirm_hint, NULL,
	"sys hint.0: hint id=m-1 correlation=#1 app=asker | mandatory now_or_never |"
		" traceparent=00-#2-#3-01 warren-once=#4 warren-once-before=m-0" SOCKET USER " | 3 bytes\n"},
{"a told publish at least once", tell_fact, NULL,
	"sys fact.0: fact id=m-1 correlation=#1 app=asker" KEPT " | persistent mandatory now_or_never |"
		" traceparent=00-#2-#3-01 warren-once=#4 warren-once-before=m-0 warren-schema=00000000000000ff" SOCKET USER " | 3 bytes\n"},
{"a told publish at most once", tell_hint, NULL,
	"sys hint.0: hint id=m-1 correlation=#1 app=asker | unconfirmed now_or_never |"
		" traceparent=00-#2-#3-01 warren-once=#4 warren-once-before=m-0" SOCKET USER " | 3 bytes\n"},
{"a request at least once", ask, NULL,
	ASKED},
{"a request at most once", whisper, NULL,
	WHISPERED},
{"a request at least once, now or never", ask_once, NULL,
	"sys ask.0: ask id=m-1 correlation=#1 reply_to=sys.asker.#2 app=asker" KEPT " | persistent"
		" mandatory now_or_never expires=" UNTIL " |"
		" traceparent=00-#3-#4-01 warren-deadline=" UNTIL " warren-once=#5 warren-once-before=m-0"
		" warren-schema=00000000000000aa" SOCKET USER " | 3 bytes\n"},
{"a request at most once, now or never", whisper_once, NULL,
	"sys hint.0: hint id=m-1 correlation=#1 reply_to=sys.asker.#2 app=asker | mandatory"
		" unconfirmed now_or_never expires=" UNTIL " |"
		" traceparent=00-#3-#4-01 warren-deadline=" UNTIL SOCKET USER " | 3 bytes\n"},
{"events to browsers, with no call", send_alone, NULL,
	"default sys.gate.abc: notice id=#1 correlation=#2 app=asker" KEPT " | | traceparent=00-#3-#4-01"
		" warren-schema=00000000000000cc" SOCKET " warren-to=socket:sys.gate.abc.1" USER " |"
		" 3 bytes\n"
	"sys.gate notice: notice id=#5 correlation=#2 app=asker" KEPT " | | traceparent=00-#3-#6-01"
		" warren-except=sys.gate.abc.1 warren-schema=00000000000000cc" SOCKET " warren-to=room:room" USER " |"
		" 3 bytes\n"},
{"events to browsers at least once, with no call", send_kept_alone, NULL,
	"default sys.gate.abc: notice id=#1 correlation=#2 app=asker" KEPT " | persistent mandatory |"
		" traceparent=00-#3-#4-01 warren-schema=00000000000000cc" SOCKET " warren-to=socket:sys.gate.abc.1" USER " | 3 bytes\n"
	"sys.gate notice: notice id=#5 correlation=#2 app=asker" KEPT " | persistent mandatory |"
		" traceparent=00-#3-#6-01 warren-except=sys.gate.abc.1 warren-schema=00000000000000cc" SOCKET ""
		" warren-to=room:room" USER " | 3 bytes\n"},
{"changes of sockets, with no call", change_sockets_alone, NULL,
	"default sys.gate.abc: warren.Join id=#1 correlation=#2 app=asker | persistent mandatory |"
		" traceparent=00-#3-#4-01 warren-argument=room warren-to=socket:sys.gate.abc.1 |\n"
	"sys.gate warren.Leave: warren.Leave id=#5 correlation=#2 app=asker | persistent mandatory |"
		" traceparent=00-#3-#6-01 warren-argument=room warren-to=user:bob |\n"
	"default sys.gate.abc: warren.User id=#7 correlation=#2 app=asker | persistent mandatory |"
		" traceparent=00-#3-#8-01 warren-argument=bob warren-to=socket:sys.gate.abc.1 |\n"
	"default sys.gate.abc: warren.User id=#9 correlation=#2 app=asker | persistent mandatory |"
		" traceparent=00-#3-#10-01 warren-to=socket:sys.gate.abc.1 |\n"
	"default sys.gate.abc: warren.Disconnect id=#11 correlation=#2 app=asker | persistent mandatory |"
		" traceparent=00-#3-#12-01 warren-to=socket:sys.gate.abc.1 |\n"
	"sys.gate warren.Disconnect: warren.Disconnect id=#13 correlation=#2 app=asker | persistent mandatory |"
		" traceparent=00-#3-#14-01 warren-argument=close warren-except=sys.gate.abc.1 warren-to=all |\n"},
{"a reply at least once", in_ask, NULL,
	ASKED
	"default sys.asker.#2: answer correlation=#1 | persistent mandatory reserved | | 3 bytes\n"},
{"a reply at most once", in_whisper, NULL,
	WHISPERED
	"default sys.asker.#2: answer correlation=#1 | unconfirmed | | 3 bytes\n"},
{"events of a call at least once", in_ask, act_publish,
	ASKED
	"sys fact.0: fact id=#5 correlation=#1 app=worker" KEPT " | persistent mandatory |"
		" traceparent=00-#3-#6-01 warren-once=#7 warren-schema=00000000000000ff" SOCKET USER " | 3 bytes\n"
	"sys hint.0: hint id=#8 correlation=#1 app=worker | | traceparent=00-#3-#9-01" SOCKET USER " | 3 bytes\n"
	"sys lone.0: lone id=#10 correlation=#1 app=worker" KEPT " | persistent |"
		" traceparent=00-#3-#11-01 warren-once=#12 warren-schema=0000000000000033" SOCKET USER " | 3 bytes\n"
	"default sys.asker.#2: answer correlation=#1 | persistent mandatory reserved | | 3 bytes\n"},
{"events of a call at most once: one asks for a confirm, so all do", in_whisper, act_publish,
	WHISPERED
	"sys fact.0: fact id=#5 correlation=#1 app=worker" KEPT " | persistent mandatory |"
		" traceparent=00-#3-#6-01 warren-once=#7 warren-schema=00000000000000ff" SOCKET USER " | 3 bytes\n"
	"sys hint.0: hint id=#8 correlation=#1 app=worker | | traceparent=00-#3-#9-01" SOCKET USER " | 3 bytes\n"
	"sys lone.0: lone id=#10 correlation=#1 app=worker" KEPT " | persistent |"
		" traceparent=00-#3-#11-01 warren-once=#12 warren-schema=0000000000000033" SOCKET USER " | 3 bytes\n"
	"default sys.asker.#2: answer correlation=#1 | mandatory | | 3 bytes\n"},
{"an event of a call at most once", in_whisper, act_publish_hint,
	WHISPERED
	"sys hint.0: hint id=#5 correlation=#1 app=worker | unconfirmed | traceparent=00-#3-#6-01" SOCKET USER " | 3 bytes\n"
	"default sys.asker.#2: answer correlation=#1 | unconfirmed | | 3 bytes\n"},
{"progress of a call at least once", in_ask, act_publish_now,
	ASKED
	"sys lone.0: lone id=#5 correlation=#1 app=worker" KEPT " | persistent |"
		" traceparent=00-#3-#6-01 warren-once=#7 warren-schema=0000000000000033" SOCKET USER " | 3 bytes\n"
	"sys lone.0: lone id=#8 correlation=#1 app=worker | | traceparent=00-#3-#9-01" SOCKET USER " | 3 bytes\n"
	"default sys.asker.#2: answer correlation=#1 | persistent mandatory reserved | | 3 bytes\n"},
{"progress of a call at most once", in_whisper, act_publish_now,
	WHISPERED
	"sys lone.0: lone id=#5 correlation=#1 app=worker" KEPT " | persistent |"
		" traceparent=00-#3-#6-01 warren-once=#7 warren-schema=0000000000000033" SOCKET USER " | 3 bytes\n"
	"sys lone.0: lone id=#8 correlation=#1 app=worker | | traceparent=00-#3-#9-01" SOCKET USER " | 3 bytes\n"
	"default sys.asker.#2: answer correlation=#1 | mandatory | | 3 bytes\n"},
{"events to browsers of a call at least once", in_ask, act_send,
	ASKED
	"default sys.gate.abc: notice id=#5 correlation=#1 app=worker" KEPT " | | traceparent=00-#3-#6-01"
		" warren-schema=00000000000000cc" SOCKET " warren-to=socket:sys.gate.abc.1" USER " |"
		" 3 bytes\n"
	"sys.gate notice: notice id=#7 correlation=#1 app=worker" KEPT " | | traceparent=00-#3-#8-01"
		" warren-except=sys.gate.abc.1 warren-schema=00000000000000cc" SOCKET " warren-to=room:room" USER " |"
		" 3 bytes\n"
	"default sys.asker.#2: answer correlation=#1 | persistent mandatory reserved | | 3 bytes\n"},
{"events to browsers of a call at most once", in_whisper, act_send,
	WHISPERED
	"default sys.gate.abc: notice id=#5 correlation=#1 app=worker" KEPT " | unconfirmed |"
		" traceparent=00-#3-#6-01 warren-schema=00000000000000cc" SOCKET " warren-to=socket:sys.gate.abc.1" USER " | 3 bytes\n"
	"sys.gate notice: notice id=#7 correlation=#1 app=worker" KEPT " | unconfirmed |"
		" traceparent=00-#3-#8-01 warren-except=sys.gate.abc.1 warren-schema=00000000000000cc" SOCKET ""
		" warren-to=room:room" USER " | 3 bytes\n"
	"default sys.asker.#2: answer correlation=#1 | unconfirmed | | 3 bytes\n"},
{"events to browsers at least once, of a call", in_ask, act_send_kept,
	ASKED
	"default sys.gate.abc: notice id=#5 correlation=#1 app=worker" KEPT " | persistent mandatory |"
		" traceparent=00-#3-#6-01 warren-schema=00000000000000cc" SOCKET " warren-to=socket:sys.gate.abc.1" USER " | 3 bytes\n"
	"sys.gate notice: notice id=#7 correlation=#1 app=worker" KEPT " | persistent mandatory |"
		" traceparent=00-#3-#8-01 warren-except=sys.gate.abc.1 warren-schema=00000000000000cc" SOCKET ""
		" warren-to=room:room" USER " | 3 bytes\n"
	"default sys.asker.#2: answer correlation=#1 | persistent mandatory reserved | | 3 bytes\n"},
{"progress for browsers", in_ask, act_send_now,
	ASKED
	"default sys.gate.abc: notice id=#5 correlation=#1 app=worker" KEPT " | | traceparent=00-#3-#6-01"
		" warren-schema=00000000000000cc" SOCKET " warren-to=socket:sys.gate.abc.1" USER " |"
		" 3 bytes\n"
	"sys.gate notice: notice id=#7 correlation=#1 app=worker" KEPT " | persistent mandatory |"
		" traceparent=00-#3-#8-01 warren-schema=00000000000000cc" SOCKET " warren-to=user:bob" USER " | 3 bytes\n"
	"default sys.asker.#2: answer correlation=#1 | persistent mandatory reserved | | 3 bytes\n"},
{"changes of sockets of a call at least once", in_ask, act_change_sockets,
	ASKED
	"default sys.gate.abc: warren.Join id=#5 correlation=#1 app=worker | persistent mandatory |"
		" traceparent=00-#3-#6-01 warren-argument=room warren-to=socket:sys.gate.abc.1 |\n"
	"sys.gate warren.Leave: warren.Leave id=#7 correlation=#1 app=worker | persistent mandatory |"
		" traceparent=00-#3-#8-01 warren-argument=room warren-to=user:bob |\n"
	"default sys.gate.abc: warren.User id=#9 correlation=#1 app=worker | persistent mandatory |"
		" traceparent=00-#3-#10-01 warren-argument=bob warren-to=socket:sys.gate.abc.1 |\n"
	"default sys.gate.abc: warren.User id=#11 correlation=#1 app=worker | persistent mandatory |"
		" traceparent=00-#3-#12-01 warren-to=socket:sys.gate.abc.1 |\n"
	"default sys.gate.abc: warren.Disconnect id=#13 correlation=#1 app=worker | persistent mandatory |"
		" traceparent=00-#3-#14-01 warren-to=socket:sys.gate.abc.1 |\n"
	"sys.gate warren.Disconnect: warren.Disconnect id=#15 correlation=#1 app=worker | persistent mandatory |"
		" traceparent=00-#3-#16-01 warren-argument=close warren-except=sys.gate.abc.1 warren-to=all |\n"
	"default sys.asker.#2: answer correlation=#1 | persistent mandatory reserved | | 3 bytes\n"},
{"changes of sockets of a call at most once", in_whisper, act_change_sockets,
	WHISPERED
	"default sys.gate.abc: warren.Join id=#5 correlation=#1 app=worker | persistent mandatory |"
		" traceparent=00-#3-#6-01 warren-argument=room warren-to=socket:sys.gate.abc.1 |\n"
	"sys.gate warren.Leave: warren.Leave id=#7 correlation=#1 app=worker | persistent mandatory |"
		" traceparent=00-#3-#8-01 warren-argument=room warren-to=user:bob |\n"
	"default sys.gate.abc: warren.User id=#9 correlation=#1 app=worker | persistent mandatory |"
		" traceparent=00-#3-#10-01 warren-argument=bob warren-to=socket:sys.gate.abc.1 |\n"
	"default sys.gate.abc: warren.User id=#11 correlation=#1 app=worker | persistent mandatory |"
		" traceparent=00-#3-#12-01 warren-to=socket:sys.gate.abc.1 |\n"
	"default sys.gate.abc: warren.Disconnect id=#13 correlation=#1 app=worker | persistent mandatory |"
		" traceparent=00-#3-#14-01 warren-to=socket:sys.gate.abc.1 |\n"
	"sys.gate warren.Disconnect: warren.Disconnect id=#15 correlation=#1 app=worker | persistent mandatory |"
		" traceparent=00-#3-#16-01 warren-argument=close warren-except=sys.gate.abc.1 warren-to=all |\n"
	"default sys.asker.#2: answer correlation=#1 | mandatory | | 3 bytes\n"},
{"a request of a call", in_ask, act_request,
	ASKED
	"sys hint.0: hint id=#5 correlation=#6 reply_to=sys.worker.#7 app=worker | mandatory unconfirmed expires=" UNTIL " |"
		" traceparent=00-#3-#8-01 warren-deadline=" UNTIL " warren-once=#9" SOCKET USER " | 3 bytes\n"
	"default sys.worker.#7: answer correlation=#6 | unconfirmed | | 3 bytes\n"
	"default sys.asker.#2: answer correlation=#1 | persistent mandatory reserved | | 3 bytes\n"},
{"an error at least once", in_ask, act_fail,
	ASKED
	"default sys.asker.#2: warren.Error correlation=#1 content=" WARREN_WIRE_JSON " | persistent mandatory reserved |"
		" | {\"code\":\"not_found\",\"message\":\"no such thing\",\"field\":\"text\"}\n"},
{"an error at most once", in_whisper, act_fail,
	WHISPERED
	"default sys.asker.#2: warren.Error correlation=#1 content=" WARREN_WIRE_JSON " | unconfirmed |"
		" | {\"code\":\"not_found\",\"message\":\"no such thing\",\"field\":\"text\"}\n"},
{"at most once, a retry is an error", in_whisper, act_retry,
	WHISPERED
	"default sys.asker.#2: warren.Error correlation=#1 content=" WARREN_WIRE_JSON " | unconfirmed |"
		" | {\"code\":\"unavailable\",\"message\":\"worker cannot do this now; try again later\"}\n"},
{"a request that is tried again", in_ask, act_retry,
	ASKED
	"sys.wait.100 sys.worker.ask: ask id=m-1 correlation=#1 reply_to=sys.asker.#2 app=asker" KEPT ""
		" | persistent mandatory reserved |"
		" traceparent=00-#3-#4-01 warren-account=memory warren-attempt=2 warren-deadline=" UNTIL ""
		" warren-schema=00000000000000aa" SOCKET USER " | 3 bytes\n"},
{"an event that is tried again", in_fact, act_retry,
	SAID
	"sys.wait.200 sys.worker.fact: fact id=m-1 correlation=#1 app=asker" KEPT " | persistent mandatory reserved |"
		" traceparent=00-#2-#3-01 warren-account=memory warren-attempt=2 warren-schema=00000000000000ff" SOCKET USER " | 3 bytes\n"},
{"parked: failed", in_fact, act_fail,
	SAID
	"sys.worker.dead sys.worker.fact: fact id=m-1 correlation=#1 app=asker" KEPT " | persistent mandatory reserved |"
		" traceparent=00-#2-#3-01 warren-account=memory warren-attempt=1 warren-code=not_found"
		" warren-error=no such thing warren-queue=sys.worker.fact warren-reason=failed"
		" warren-schema=00000000000000ff" SOCKET USER " | 3 bytes\n"},
{"parked: a failure that comes after the deadline", fail_late, act_defer,
	"sys.worker.dead sys.worker.ask: ask id=m-1 correlation=#1 reply_to=sys.asker.#2 app=asker" KEPT ""
		" | persistent mandatory reserved |"
		" traceparent=00-#3-#4-01 warren-account=memory warren-attempt=1 warren-code=not_found"
		" warren-deadline=" UNTIL " warren-error=no such thing warren-queue=sys.worker.ask"
		" warren-reason=failed warren-schema=00000000000000aa" SOCKET USER " | 3 bytes\n"},
{"a reply that is told again", repeat, NULL,
	"sys ask.0: ask id=m-1 correlation=#1 reply_to=sys.asker.#2 app=asker" KEPT " | persistent"
		" mandatory now_or_never expires=" UNTIL " |"
		" traceparent=00-#3-#4-01 warren-deadline=" UNTIL " warren-once=#5 warren-once-before=m-0"
		" warren-schema=00000000000000aa" SOCKET USER " | 3 bytes\n"
	"default sys.asker.#2: answer correlation=#1 | persistent mandatory reserved | | 3 bytes\n"},
{"an error that is told again", repeat, act_fail,
	"sys ask.0: ask id=m-1 correlation=#1 reply_to=sys.asker.#2 app=asker" KEPT " | persistent"
		" mandatory now_or_never expires=" UNTIL " |"
		" traceparent=00-#3-#4-01 warren-deadline=" UNTIL " warren-once=#5 warren-once-before=m-0"
		" warren-schema=00000000000000aa" SOCKET USER " | 3 bytes\n"
	"default sys.asker.#2: warren.Error correlation=#1 content=" WARREN_WIRE_JSON " | persistent mandatory reserved |"
		" | {\"code\":\"not_found\",\"message\":\"no such thing\",\"field\":\"text\"}\n"},
{"a request that was tried for the last time", in_last_ask, act_retry_last,
	"default sys.asker.#1: warren.Error correlation=#2 content=" WARREN_WIRE_JSON " | persistent mandatory reserved |"
		" | {\"code\":\"unavailable\",\"message\":\"worker cannot do this now; try again later\"}\n"},
{"parked: exhausted", in_last_fact, act_retry_last,
	"sys.worker.dead sys.worker.fact: fact id=m-1 correlation=#1 app=asker" KEPT " | persistent mandatory reserved |"
		" traceparent=00-#2-#3-01 warren-account=memory warren-attempt=2 warren-code=unavailable"
		" warren-error=not yet warren-queue=sys.worker.fact warren-reason=exhausted"
		" warren-schema=00000000000000ff" SOCKET USER " | 3 bytes\n"},
{"parked: exhausted, by the broker's word", in_last_fact, act_publish_in_vain,
	"sys lone.0: lone id=#1 correlation=#2 app=worker" KEPT " | persistent |"
		" traceparent=00-#3-#4-01 warren-once=#5 warren-schema=0000000000000033" SOCKET USER " | 3 bytes\n"
	"sys.worker.dead sys.worker.fact: fact id=m-1 correlation=#2 app=asker" KEPT " | persistent mandatory reserved |"
		" traceparent=00-#3-#6-01 warren-account=memory warren-attempt=2 warren-code=unavailable"
		" warren-error=the broker did not take what it published warren-queue=sys.worker.fact"
		" warren-reason=exhausted warren-schema=00000000000000ff" SOCKET USER " | 3 bytes\n"},
{"parked: invalid", in_invalid, NULL,
	"default sys.worker.fact: fact id=m-2 correlation=c-2 app=stranger at=1 content=" WARREN_WIRE_JSON " | persistent | | {}\n"
	"sys.worker.dead sys.worker.fact: fact id=m-2 correlation=c-2 app=stranger at=1 content=" WARREN_WIRE_JSON ""
		" | persistent mandatory reserved |"
		" warren-account=sys.gate warren-attempt=1 warren-code=invalid_argument warren-error=text:"
		" must be given warren-queue=sys.worker.fact warren-reason=invalid | {}\n"},
{"parked: forged", in_forged, NULL,
	"default sys.worker.fact: fact id=m-2 correlation=c-2 app=stranger at=1 content=" WARREN_WIRE_JSON " | persistent |"
		" warren-account=sys.gate | {\"text\":\"a\"}\n"
	"sys.worker.dead sys.worker.fact: fact id=m-2 correlation=c-2 app=stranger at=1 content=" WARREN_WIRE_JSON ""
		" | persistent mandatory reserved |"
		" warren-account=sys.stranger warren-attempt=1 warren-code=forbidden warren-error=the"
		" account \"sys.stranger\" may not publish fact warren-queue=sys.worker.fact"
		" warren-reason=forged | {\"text\":\"a\"}\n"},
{"parked: of no queue that the service has", in_nobody, NULL,
	"default sys.worker.quarantine: fact id=m-2 correlation=c-2 app=stranger at=1 content=" WARREN_WIRE_JSON " | persistent |"
		" warren-queue=sys.nobody.fact | {\"text\":\"a\"}\n"
	"sys.worker.dead sys.worker.quarantine: fact id=m-2 correlation=c-2 app=stranger at=1"
		" content=" WARREN_WIRE_JSON " | persistent mandatory reserved |"
		" warren-account=sys.worker warren-code=invalid_argument warren-error=the"
		" quarantine held it for a queue that this service does not have warren-queue=sys.nobody.fact"
		" warren-reason=invalid | {\"text\":\"a\"}\n"},
{"moved to the quarantine", suspect, NULL,
	"default sys.worker.quarantine: fact id=m-1 correlation=#1 app=asker" KEPT " | persistent mandatory reserved |"
		" traceparent=00-#2-#3-01 warren-account=memory warren-queue=sys.worker.fact"
		" warren-schema=00000000000000ff" SOCKET USER " | 3 bytes\n"},
{"tried again from the quarantine", suspect, act_retry,
	"default sys.worker.quarantine: fact id=m-1 correlation=#1 app=asker" KEPT " | persistent mandatory reserved |"
		" traceparent=00-#2-#3-01 warren-account=memory warren-queue=sys.worker.fact"
		" warren-schema=00000000000000ff" SOCKET USER " | 3 bytes\n"
	"sys.wait.200 sys.worker.fact: fact id=m-1 correlation=#1 app=asker" KEPT " | persistent mandatory reserved |"
		" traceparent=00-#2-#3-01 warren-account=memory warren-attempt=2 warren-queue=sys.worker.fact"
		" warren-schema=00000000000000ff" SOCKET USER " | 3 bytes\n"},
{"parked: crashed", crash_alone, NULL,
	"sys.worker.dead sys.worker.fact: fact id=m-1 correlation=#1 app=asker" KEPT " | persistent mandatory reserved |"
		" traceparent=00-#2-#3-01 warren-account=memory warren-attempt=1 warren-code=internal"
		" warren-error=its handler ended the process three times warren-queue=sys.worker.fact"
		" warren-reason=crashed warren-schema=00000000000000ff" SOCKET USER " | 3 bytes\n"},
{"a record of the queues that the schema has", write_record, NULL,
	"default sys.recorder.topology: warren.Topology app=recorder content=text/plain |"
		" persistent mandatory | | sys.worker.ask\n\n"},
