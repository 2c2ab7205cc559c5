-- ts/<package>.ts: what a page needs to speak with the edge through the stock socket.io-client, typed: messages, the two
-- maps of events, error codes, the schema's rules as data for forms, and `send`, which tries again where that is right.
local codes = require("emit.lib.codes")
local flow = require("emit.lib.flow")
local rules = require("emit.lib.rules")
local text = require("emit.lib.text")
local web = require("emit.lib.web")

local fill = text.fill

local WIDTH = 110

-- A TSDoc comment, "" for nothing to say.
local function comment(parts, indent)
	local lines = {}
	for _, part in ipairs(parts) do
		text.append(lines, table.unpack(text.flow(part:gsub("%*/", "* /"), WIDTH - 3 - #(indent or ""))))
	end
	if #lines == 0 then
		return ""
	end
	if #lines == 1 then
		return "/** " .. lines[1] .. " */"
	end
	return "/**\n" .. text.each(lines, function(line)
		return line == "" and " *" or " * " .. line
	end) .. "\n */"
end

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function literal(value)
	local escaped = value:gsub('[%c"\\]', function(char)
		return ESCAPES[char] or ("\\u%04x"):format(char:byte())
	end):gsub("\u{2028}", "\\u2028"):gsub("\u{2029}", "\\u2029")
	return '"' .. escaped .. '"'
end

-- A member's name, in quotes where it is no identifier.
local function key(name)
	return name:match("^[%a_$][%w_$]*$") and name or literal(name)
end

-- ---- messages ----

local function value_name(enum)
	return (enum.ts_name:gsub("^%u", string.lower)) .. "Values"
end

local function declare_enum(enum)
	local docs = text.filter(enum.values, function(value)
		return value.doc
	end)
	local parts = { enum.doc or "" }
	text.append(parts, table.unpack(text.map(docs, function(value)
		return ("- %s: %s"):format(value.name, value.doc:gsub("%s+", " "))
	end)))
	return fill([[
$(doc)
export type $(name) = (typeof $(values))[number];
export const $(values) = [
  $(list)
] as const;]], {
		doc = comment(parts),
		name = enum.ts_name,
		values = value_name(enum),
		list = text.each(enum.values, function(value)
			return literal(value.name) .. ","
		end),
	})
end

local function type_of(field)
	local of = field.message or field.enum
	local one = of and of.ts_name or web.json_type(field)
	return field.label == "repeated" and one .. "[]" or one
end

-- A page may leave out what the schema does not demand; what it receives is whole.
local function is_optional(field, only_sent)
	return web.may_be_absent(field) and not web.must_be_sent(field) or (only_sent and not web.must_be_sent(field))
end

local function declare_field(field, only_sent)
	local others = web.one_of(field)
	local note = text.capital(web.json_note(field))
	return fill([[
$(doc)
$(name)$(optional): $(type);]], {
		doc = comment({ text.join_sentences(field.doc or "", rules.sentence(field), note, others and "At most one of " .. others or "") }, "  "),
		name = key(field.json_name),
		optional = is_optional(field, only_sent) and "?" or "",
		type = type_of(field),
	})
end

local function declare_message(message, only_sent)
	if #message.fields == 0 then
		return fill([[
$(doc)
export type $(name) = Record<string, never>;]], { doc = comment({ message.doc or "" }), name = message.ts_name })
	end
	return fill([[
$(doc)
export interface $(name) {
  $(fields)
}]], {
		doc = comment({ message.doc or "" }),
		name = message.ts_name,
		fields = text.each(message.fields, function(field)
			return declare_field(field, only_sent)
		end),
	})
end

-- ---- events ----

local function event_doc(event, who)
	local parts = { text.join_sentences(event.doc or "", text.capital(who)) }
	if event.deprecated then
		local instead = event.replaced_by and "Use " .. event.replaced_by.name .. "." or "Do not use it any more."
		parts[#parts + 1] = "@deprecated " .. instead
	end
	return comment(parts, "  ")
end

local function way(event)
	local edges = text.filter(event.from, function(service)
		return service.edge
	end)
	return "through " .. flow.names(edges) .. (#event.handlers > 0 and " to " .. flow.consumers(event) or "")
end

local function declare_sent(event)
	return fill([[
$(doc)
$(name): (message: $(type), ...behind: WarrenBehind<$(reply)>) => void;]], {
		doc = event_doc(event, way(event)),
		name = key(event.name),
		type = event.message.ts_name,
		reply = event.reply and event.reply.ts_name or "WarrenDone",
	})
end

local function declare_pushed(event)
	return fill([[
$(doc)
$(name): (message: $(type)) => void;]], {
		doc = event_doc(event, ("from %s through %s"):format(flow.names(event.from), flow.names(event.to))),
		name = key(event.name),
		type = event.message.ts_name,
	})
end

local function declare_received(model)
	local pushed, lines = {}, {}
	for _, event in ipairs(web.pushed(model)) do
		pushed[event.message] = true
		lines[#lines + 1] = declare_pushed(event)
	end
	for _, reply in ipairs(web.replies(model)) do
		if not pushed[reply] then
			local asked = text.list(text.map(text.filter(web.sent(model), function(event)
				return event.reply == reply
			end), function(event)
				return event.name
			end), "or")
			lines[#lines + 1] = fill([[
$(doc)
$(name): (message: $(type)) => void;]], {
				doc = comment({ ("The answer to %s where no ack was asked."):format(asked) }),
				name = key(reply.wire_name),
				type = reply.ts_name,
			})
		end
	end
	return table.concat(lines, "\n")
end

-- ---- rules ----

local RULES = { -- ours, TypeScript's, how it is written
	{ "required", "required", tostring },
	{ "min_len", "minLength", tostring },
	{ "max_len", "maxLength", tostring },
	{ "pattern", "pattern", literal },
	{ "in", "in", function(values)
		return "[" .. text.each(values, literal, ", ") .. "]"
	end },
	{ "gte", "gte", text.number },
	{ "lte", "lte", text.number },
	{ "min_items", "minItems", tostring },
	{ "max_items", "maxItems", tostring },
	{ "email", "email", tostring },
	{ "uuid", "uuid", tostring },
	{ "secret", "secret", tostring },
}

local function field_rules(field)
	local parts = {}
	for _, rule in ipairs(RULES) do
		local value = field.rules and field.rules[rule[1]]
		if value then
			parts[#parts + 1] = ("%s: %s"):format(rule[2], rule[3](value))
		end
	end
	if #parts > 0 then
		return ("%s: { %s },"):format(key(field.json_name), table.concat(parts, ", "))
	end
end

local function event_rules(event)
	local fields = text.each(event.message.fields, field_rules)
	if fields == "" then
		return ("%s: {},"):format(key(event.name))
	end
	return fill([[
$(name): {
  $(fields)
},]], { name = key(event.name), fields = fields })
end

-- ---- the file ----

local FILE = [[
// Made by protoc-gen-warren from $(source).  Do not edit: change the schema and run ./dev gen.
//
// The events that a page sends and receives, for the stock socket.io-client:
//
//   const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io();
//   const answer = await send(socket, "anEvent", message); // or socket.emit, which sends once

$(enums)

$(messages)

/** The codes of all that can go wrong with an event, and whether sending it again can help. */
export const tryAgain = {
  $(codes)
} as const;

export type WarrenErrorCode = keyof typeof tryAgain;

/** Why an event was refused or failed. */
export interface WarrenError {
  code: WarrenErrorCode;
  /** For people. */
  message: string;
  /** The field that is to blame, e.g. "items[2].name". */
  field?: string;
  /** When to try again, where tryAgain says "after". */
  retry_after_ms?: number;
}

/** An ack gets this in place of a reply. */
export interface WarrenRefusal {
  error: WarrenError;
}

/** The ack of an event without reply gets this, once the event is safe with the broker. */
export type WarrenDone = Record<string, never>;

/** The ack gets the reply, or `{ error }`. */
export type WarrenAck<Reply> = (answer: Reply | WarrenRefusal) => void;

/** Sent again with the same id, by the page or by the client's `retries`, an event takes effect once. */
export interface WarrenOnce {
  /** A UUID, made for each thing that a person does. */
  id: string;
}

/** This may stand behind the message. */
export type WarrenBehind<Reply> = [ack?: WarrenAck<Reply>] | [once: WarrenOnce, ack?: WarrenAck<Reply>];

/** The events that browsers send. */
export interface ClientToServerEvents {
  $(sent)
}

/** The events that browsers receive. */
export interface ServerToClientEvents {
  $(received)
  /** An event that was sent without an ack was refused or failed. */
  warrenError: (error: WarrenError & { event: string }) => void;
  /** After each connect: whether the socket is the one from before, so that nothing was missed. */
  warrenOffset: (state: { recovered: boolean }) => void;
}

/** The message of an event, and the reply that answers it. */
export type WarrenMessage<E extends keyof ClientToServerEvents> = Parameters<ClientToServerEvents[E]>[0];
export type WarrenReply<E extends keyof ClientToServerEvents> = Exclude<
  Parameters<Extract<Parameters<ClientToServerEvents[E]>[1], (answer: never) => void>>[0],
  WarrenRefusal
>;

/** The part of a socket of socket.io-client that `send` uses. */
export interface WarrenSocket {
  timeout(ms: number): { emitWithAck(event: never, ...args: never[]): Promise<unknown> };
}

export interface WarrenSending {
  /** Of the thing that a person does; `freshId()` when it is left out. */
  id?: string;
  /** When to give up. */
  timeoutMs?: number;
  /** When to send again because no answer came. */
  answerMs?: number;
}

/** A UUID. (crypto.randomUUID is there on secure pages alone.) */
export function freshId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
}

const NO_ANSWER: WarrenRefusal = {
  error: { code: "timeout", message: "No answer came. Whether it took effect is unknown; try again." },
};
const WAIT_MS = 1000; // where an answer does not say how long

// No reply has a field `error`: the schema refuses it.
const isRefusal = (answer: object): answer is WarrenRefusal => "error" in answer;

/**
 * Sends an event and gives its answer, the reply or `{ error }`; it does not throw. Until `timeoutMs` have passed it is
 * sent again, with the same id, so that it takes effect once: where no answer came in `answerMs`, and where the answer
 * is `rate_limited` or `overloaded`, after the time that it names.
 */
export async function send<E extends keyof ClientToServerEvents>(
  socket: WarrenSocket,
  event: E,
  message: WarrenMessage<E>,
  { id = freshId(), timeoutMs = 20_000, answerMs = 8_000 }: WarrenSending = {},
): Promise<WarrenReply<E> | WarrenRefusal> {
  const endMs = performance.now() + timeoutMs;
  let answer: object = NO_ANSWER;
  for (let leftMs = timeoutMs; leftMs > 0; leftMs = endMs - performance.now()) {
    const timed = socket.timeout(Math.min(leftMs, answerMs)) as unknown as {
      emitWithAck(event: E, message: WarrenMessage<E>, once: WarrenOnce): Promise<object>;
    };
    try {
      answer = await timed.emitWithAck(event, message, { id });
    } catch {
      answer = NO_ANSWER;
      continue;
    }
    if (!isRefusal(answer) || tryAgain[answer.error.code] !== "after") break;
    const waitMs = answer.error.retry_after_ms ?? WAIT_MS;
    if (waitMs >= endMs - performance.now()) break;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
  return answer as WarrenReply<E> | WarrenRefusal;
}

/** The rules of the schema for a field; lengths count characters of text, bytes of base64. */
export interface WarrenFieldRules {
  /** Given, and not empty or zero. */
  readonly required?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  /** In PCRE2's syntax, found anywhere in the value. */
  readonly pattern?: string;
  readonly in?: readonly string[];
  readonly gte?: number;
  readonly lte?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly email?: boolean;
  readonly uuid?: boolean;
  /** Not to be shown or kept. */
  readonly secret?: boolean;
}

/** The rules of the fields of what browsers send (not of what these hold), so that a form can tell before it sends. */
export const rules = {
  $(rules)
} as const satisfies Record<keyof ClientToServerEvents, Record<string, WarrenFieldRules>>;
]]

local function emit(model)
	local sent, received = web.directions(model)
	local used = {}
	local messages = text.filter(model.messages, function(message)
		return sent[message] or received[message]
	end)
	for _, message in ipairs(messages) do
		for _, field in ipairs(message.fields) do
			used[field.enum or false] = true
		end
	end
	local body = fill(FILE, {
		source = model.source,
		enums = text.each(text.filter(model.enums, function(enum)
			return used[enum]
		end), declare_enum, "\n\n"),
		messages = text.each(messages, function(message)
			return declare_message(message, not received[message])
		end, "\n\n"),
		codes = text.each(codes, function(code)
			return ('/** %s */\n%s: "%s",'):format(code.doc, code.name, code.try_again)
		end),
		sent = text.each(web.sent(model), declare_sent),
		received = declare_received(model),
		rules = text.each(web.sent(model), event_rules),
	})
	return { { path = "ts/" .. model.package .. ".ts", text = body:gsub("\n\n\n+", "\n\n") .. "\n" } }
end

return { name = "ts", emit = emit }
