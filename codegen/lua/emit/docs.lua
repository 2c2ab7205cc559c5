-- docs/index.html: the events, for whoever writes a page.  One file without scripts or anything from elsewhere.
local codes = require("emit.lib.codes")
local flow = require("emit.lib.flow")
local rules = require("emit.lib.rules")
local sample = require("emit.lib.sample")
local text = require("emit.lib.text")
local web = require("emit.lib.web")

local fill = text.fill

local ESCAPES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

local function escape(value)
	return (value:gsub('[&<>"]', ESCAPES))
end

local function code(value)
	return "<code>" .. escape(value) .. "</code>"
end

-- Documentation as paragraphs; `name` in backquotes is code, items of a list stand on lines of their own.
local function prose(doc)
	local paragraphs, open = {}, nil
	for _, paragraph in ipairs(text.paragraphs(doc)) do
		local html = escape(paragraph.text):gsub("`([^`]+)`", "<code>%1</code>")
		if open and not paragraph.gap then
			open[#open + 1] = html
		else
			open = { html }
			paragraphs[#paragraphs + 1] = open
		end
	end
	return text.each(paragraphs, function(lines)
		return "<p>" .. table.concat(lines, "<br>\n") .. "</p>"
	end)
end

local function inline(doc)
	return (prose(doc):gsub("</p>\n<p>", "<br>\n"):gsub("</?p>", ""))
end

-- ---- examples ----

local function quoted(value)
	return '"' .. value:gsub('[%c"\\]', function(char)
		return (char == '"' or char == "\\") and "\\" .. char or ("\\u%04x"):format(char:byte())
	end) .. '"'
end

local object

local function one_value(field, indent, inside)
	if field.rules and field.rules.secret then
		return '"…"'
	elseif field.message then
		return inside[field.message] and "{}" or object(field.message, indent, inside)
	elseif field.enum then
		return quoted(sample.enum_value(field).name)
	elseif field.type == "bytes" then
		return '"aGVsbG8="'
	end
	local value = sample.scalar(field)
	if type(value) == "number" then
		value = text.number(value)
		return web.json_type(field) == "string" and quoted(value) or value
	end
	return type(value) == "string" and quoted(value) or tostring(value)
end

-- A message as JSON.
function object(message, indent, inside)
	inside = setmetatable({ [message] = true }, { __index = inside })
	local members = text.map(sample.shown(message), function(field)
		local value = one_value(field, indent .. "  ", inside)
		return ('%s: %s'):format(quoted(field.json_name), field.label == "repeated" and "[" .. value .. "]" or value)
	end)
	local line = "{ " .. table.concat(members, ", ") .. " }"
	if #members == 0 then
		return "{}"
	elseif #line <= 72 and not line:find("\n") then
		return line
	end
	return "{\n" .. indent .. "  " .. table.concat(members, ",\n" .. indent .. "  ") .. "\n" .. indent .. "}"
end

local function json(message, indent)
	return object(message, indent or "", {})
end

local function listing(lines)
	return "<pre><code>" .. escape(lines) .. "</code></pre>"
end

-- ---- fields ----

local function anchor(message)
	return "message-" .. message.name
end

local function type_html(field)
	local of = field.message or field.enum
	local html = of and ('<a href="#%s">%s</a>'):format(anchor(of), escape(of.name)) or web.json_type(field)
	return field.label == "repeated" and html .. "[]" or html
end

local function rules_html(field)
	local phrases = text.filter(rules.phrases(field), function(phrase)
		return phrase ~= "required" and not phrase:match("^matches `")
	end)
	if field.rules and field.rules.pattern then
		phrases[#phrases + 1] = "matches `" .. field.rules.pattern .. "`"
	end
	if web.json_note(field) ~= "" then
		table.insert(phrases, 1, web.json_note(field))
	end
	if web.one_of(field) then
		table.insert(phrases, 1, "one of " .. web.one_of(field))
	end
	return inline(table.concat(phrases, ", "))
end

local function field_row(field, is_sent)
	local must = is_sent and web.must_be_sent(field)
	local absent = web.may_be_absent(field) and not must
	return fill([[
<tr>
  <th scope="row">$(name)$(mark)</th>
  <td>$(type)</td>
  <td>$(rules)</td>
  <td>$(doc)</td>
</tr>]], {
		name = code(field.json_name),
		mark = must and ' <span class="must">required</span>' or absent and ' <span class="may">may be absent</span>' or "",
		type = type_html(field),
		rules = rules_html(field),
		doc = inline(field.doc),
	})
end

local function table_head(...)
	return "<thead><tr>" .. text.each({ ... }, function(title)
		return ('<th scope="col">%s</th>'):format(title)
	end, "") .. "</tr></thead>"
end

local function fields_table(message, is_sent)
	if #message.fields == 0 then
		return "<p>An empty object, <code>{}</code>.</p>"
	end
	return fill([[
<div class="scroll">
<table class="fields">
$(head)
<tbody>
$(rows)
</tbody>
</table>
</div>]], {
		head = table_head("Field", "Type", "Rules", "What it is"),
		rows = text.each(message.fields, function(field)
			return field_row(field, is_sent)
		end),
	})
end

-- ---- events ----

local function badge(event)
	if not event.deprecated then
		return ""
	end
	local other = ""
	if event.replaced_by then
		other = (', use <a href="#%s">%s</a>'):format(event.replaced_by.name, event.replaced_by.name)
	end
	return (' <span class="deprecated">deprecated%s</span>'):format(other)
end

-- Where browsers connect to several edges: to which of them for this event.
local function edges_html(model, services, verb)
	local function is_edge(service)
		return service.edge
	end
	if #text.filter(model.services, is_edge) < 2 then
		return ""
	end
	return ("<p>%s %s.</p>"):format(verb, escape(flow.names(text.filter(services, is_edge))))
end

local function limit(event)
	local limits = event.browser or {}
	if not limits.rate_per_s then
		return ""
	end
	local at_once = limits.burst and (", %d at once"):format(limits.burst) or ""
	return ('<p>At most %d a second%s; then <a href="#errors"><code>rate_limited</code></a>.</p>'):format(
		limits.rate_per_s, at_once)
end

local function sent_example(event)
	return listing(fill([[
const answer = await socket.emitWithAck("$(name)", $(message));
if ("error" in answer) {
  // answer.error: { code, message, field }
} else {
  // $(answer)
}]], {
		name = event.name,
		message = json(event.message),
		answer = event.reply and json(event.reply, "  "):gsub("\n", "\n  //") or "it is safe with the broker",
	}))
end

local function answer_html(event)
	if not event.reply then
		return "<h4>Answer</h4>\n<p>The ack gets <code>{}</code> once the event is safe with the broker, or "
			.. '<a href="#errors"><code>{ error }</code></a>.</p>'
	end
	return fill([[
<h4>Answer: $(reply)</h4>
$(doc)
$(fields)
<p>The ack gets it, or <a href="#errors"><code>{ error }</code></a>, within $(timeout) ms. Where no ack was asked it comes
as the event $(reply).</p>]], {
		reply = code(event.reply.wire_name),
		doc = prose(event.reply.doc),
		fields = fields_table(event.reply, false),
		timeout = event.reply_timeout_ms,
	})
end

local function sent_html(model, event)
	return fill([[
<article id="$(name)">
<h3>$(name)$(badge)</h3>
$(doc)
$(edges)
$(fields)
$(limit)
$(answer)
<h4>Example</h4>
$(example)
</article>]], {
		name = event.name,
		badge = badge(event),
		doc = prose(event.doc),
		edges = edges_html(model, event.from, "Through"),
		fields = fields_table(event.message, true),
		limit = limit(event),
		answer = answer_html(event),
		example = sent_example(event),
	})
end

local function pushed_html(model, event)
	return fill([[
<article id="$(id)">
<h3>$(name)$(badge)</h3>
$(doc)
$(edges)
$(fields)
<h4>Example</h4>
$(example)
</article>]], {
		id = event.from_edge and event.name .. "-received" or event.name,
		name = event.name,
		badge = badge(event),
		doc = prose(event.doc),
		edges = edges_html(model, event.to, "From"),
		fields = fields_table(event.message, false),
		example = listing(fill([[
socket.on("$(name)", (message) => {
  // $(message)
});]], { name = event.name, message = json(event.message, "  "):gsub("\n", "\n  //") })),
	})
end

-- ---- held messages and enums ----

local function enum_html(enum)
	return fill([[
<article id="$(id)">
<h3>$(name)</h3>
$(doc)
<ul>
$(values)
</ul>
</article>]], {
		id = anchor(enum),
		name = escape(enum.name),
		doc = prose(enum.doc),
		values = text.each(enum.values, function(value)
			return ("<li>%s%s</li>"):format(code(value.name), value.doc and " " .. inline(value.doc) or "")
		end),
	})
end

local function held_html(message, is_sent)
	return fill([[
<article id="$(id)">
<h3>$(name)</h3>
$(doc)
$(fields)
</article>]], {
		id = anchor(message),
		name = escape(message.name),
		doc = prose(message.doc),
		fields = fields_table(message, is_sent),
	})
end

-- The messages and enums that fields of any event name.
local function held_section(model)
	local held, sent = {}, web.directions(model)
	for _, message in ipairs(model.messages) do
		for _, field in ipairs(message.fields) do
			held[field.message or field.enum or false] = true
		end
	end
	local function is_held(one)
		return held[one]
	end
	local messages, enums = text.filter(model.messages, is_held), text.filter(model.enums, is_held)
	if #messages + #enums == 0 then
		return ""
	end
	return '<section id="types">\n<h2>Types</h2>\n' .. text.each(messages, function(message)
		return held_html(message, sent[message])
	end) .. "\n" .. text.each(enums, enum_html) .. "\n</section>"
end

-- ---- what happens behind ----

local function consumer_html(handler)
	local tries = handler.retry.max_attempts > 1 and (", tried up to %d times"):format(handler.retry.max_attempts) or ""
	local thread = handler.inline and ", handled on the loop" or ""
	return ("%s<br><small>queue %s%s%s</small>"):format(escape(handler.service.c_name), code(handler.queue_name), tries, thread)
end

local function producers_html(event)
	return text.each(event.from, function(service)
		return escape(service.edge and "browsers, through " .. service.c_name or service.c_name)
	end, "<br>")
end

local function consumers_html(event)
	local rows = text.map(event.handlers, consumer_html)
	text.append(rows, table.unpack(text.map(event.to, function(edge)
		return escape("browsers of " .. edge.c_name)
	end)))
	return #rows > 0 and table.concat(rows, "<br>") or '<span class="may">nobody yet</span>'
end

-- The way to browsers has a guarantee of its own.
local function delivered(event)
	local guarantee = event.guarantee:lower():gsub("_", " ")
	local sent = flow.sent_note(event):lower()
	if #event.to == 0 or (#event.handlers > 0 and sent == guarantee) then
		return guarantee
	end
	return #event.handlers == 0 and sent or guarantee .. "; to browsers " .. sent
end

local function flow_row(event)
	return fill([[
<tr>
  <th scope="row">$(name)<br><small>$(doc)</small></th>
  <td>$(from)</td>
  <td>$(to)</td>
  <td>$(reply)</td>
  <td>$(guarantee)</td>
</tr>]], {
		name = code(event.name),
		doc = inline(event.doc),
		from = producers_html(event),
		to = consumers_html(event),
		reply = event.reply and code(event.reply.wire_name) or "",
		guarantee = delivered(event),
	})
end

local function service_row(service)
	return ('<tr><th scope="row">%s</th><td>%s</td></tr>'):format(code(service.c_name), inline(service.doc))
end

-- ---- the page ----

local STYLE = [[
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --dim: #666; --mark: #b3261e; --link: #0b57d0; }
@media (prefers-color-scheme: dark) { :root { --dim: #aaa; --mark: #ff8a80; --link: #8ab4f8; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; display: grid; grid-template-columns: 15rem minmax(0, 1fr); }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 2rem 1rem 2rem 1.5rem; border-right: 1px solid var(--line); }
nav h2 { font-size: .8rem; margin: 1.5rem 0 .3rem; color: var(--dim); font-weight: 600; border: 0; padding: 0; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav a { display: block; padding: .15rem 0; text-decoration: none; overflow-wrap: anywhere; }
main { padding: 2rem 2.5rem 6rem; max-width: 62rem; }
h1 { margin: 0 0 .5rem; font-size: 2rem; }
h2 { margin: 3.5rem 0 1rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); }
h3 { margin: 2.5rem 0 .5rem; font: 600 1.25rem ui-monospace, monospace; overflow-wrap: anywhere; }
h4 { margin: 1.5rem 0 .4rem; font-size: 1rem; }
a { color: var(--link); }
code, pre { font: .875rem/1.5 ui-monospace, monospace; }
pre { padding: 1rem; background: var(--soft); border-radius: .5rem; overflow: auto; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .45rem 1.2rem .45rem 0; border-bottom: 1px solid var(--line); font-weight: 400; }
.fields { table-layout: fixed; min-width: 36rem; }
.fields th:nth-child(1) { width: 27%; } .fields th:nth-child(2) { width: 13%; } .fields th:nth-child(3) { width: 32%; }
.fields td, .fields th { overflow-wrap: anywhere; }
thead th { font-size: .85rem; color: var(--dim); }
small, .may { color: var(--dim); font-size: .85rem; }
.must, .deprecated { color: var(--mark); font: .85rem system-ui, sans-serif; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; border: 0; } main { padding: 1rem 1.5rem 4rem; } }]]

local PAGE = [[
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$(package): events</title>
<link rel="icon" href="data:,">
<style>
$(style)
</style>
</head>
<body>
<!-- Made by protoc-gen-warren from $(source).  Do not edit: change the schema and run ./dev gen. -->
<nav aria-label="Events">
<strong>$(package)</strong>
$(navigation)
</nav>
<main>
<h1>Events of $(package)</h1>
<p>The events that a page sends and receives through the stock <code>socket.io-client</code>. Each event has an object as its argument.</p>
$(connect)
<p>For TypeScript, <code>generated/ts/$(package).ts</code> has the types, the error codes and the rules below as data.</p>

<section id="sent">
<h2>A page sends</h2>
<p>Behind the object there may be <code>{ id }</code>, a UUID that the page makes for each thing that a person does. Sent again
with the same id, by the page or by the client's <code>retries</code>, over the same connection or the next one of the same
socket or user, an event takes effect once, and the ack gets the first one's answer. That is kept for some minutes.</p>
$(again)
$(sent)
</section>

<section id="received">
<h2>A page receives</h2>
<p>Beside the answers to what it sent without asking for an ack.</p>
<p>When the connection is lost the client connects again by itself. Within two minutes, if the system does not say otherwise, it
is the same socket then: <code>socket.recovered</code> is true, and it is sent what it missed. The event <code>warrenOffset</code>
after each connect says so, too: <code>{ "recovered" }</code>. Where it is false, ask anew for what may have changed.</p>
$(received)
</section>

<section id="errors">
<h2>Errors</h2>
<p>An event that is refused or fails gives its ack <code>{ "error": { "code", "message", "field", "retry_after_ms" } }</code>.
<code>message</code> is for people; <code>field</code> and <code>retry_after_ms</code> are there where they say something.
Where no ack was asked, the same comes as the event <code>warrenError</code>, with the event's name in <code>event</code>.</p>
<div class="scroll">
<table>
$(codes_head)
<tbody>
$(codes)
</tbody>
</table>
</div>
</section>

$(types)

<section id="behind">
<h2>Behind the edge</h2>
<p>All events, who produces them and who takes them, on the exchange <code>$(package)</code>.</p>
<div class="scroll">
<table>
$(flows_head)
<tbody>
$(flows)
</tbody>
</table>
</div>
<h3>Services</h3>
<table>
<tbody>
$(services)
</tbody>
</table>
</section>
</main>
</body>
</html>]]

local CONNECT = [[
import { io } from "socket.io-client";

const socket = io();]]

local AGAIN = [[
const id = crypto.randomUUID();
const answer = await socket.timeout(5000).emitWithAck(event, message, { id });]]

local TRY_AGAIN = { no = "no", yes = "yes", after = "after a while" }

local function links(title, id, list)
	return ('<h2><a href="#%s">%s</a></h2>\n<ul>\n%s\n</ul>'):format(id, title, text.each(list, function(entry)
		return ('<li><a href="#%s">%s</a></li>'):format(entry[1], escape(entry[2]))
	end))
end

local function navigation(model)
	return links("A page sends", "sent", text.map(web.sent(model), function(event)
		return { event.name, event.name }
	end)) .. "\n" .. links("A page receives", "received", text.map(web.pushed(model), function(event)
		return { event.from_edge and event.name .. "-received" or event.name, event.name }
	end)) .. "\n" .. links("More", "errors", { { "errors", "Errors" }, { "behind", "Behind the edge" } })
end

local function or_none(html)
	return html ~= "" and html or "<p>Nothing yet.</p>"
end

local function emit(model)
	return { { path = "docs/index.html", text = fill(PAGE, {
		package = escape(model.package),
		source = escape(model.source):gsub("%-%-", "- -"),
		style = STYLE,
		navigation = navigation(model),
		connect = listing(CONNECT),
		again = listing(AGAIN),
		sent = or_none(text.each(web.sent(model), function(event)
			return sent_html(model, event)
		end, "\n\n")),
		received = or_none(text.each(web.pushed(model), function(event)
			return pushed_html(model, event)
		end, "\n\n")),
		codes_head = table_head("Code", "What happened", "Try again"),
		flows_head = table_head("Event", "From", "To", "Reply", "Delivered"),
		codes = text.each(codes, function(entry)
			return ('<tr><th scope="row">%s</th><td>%s</td><td>%s</td></tr>'):format(code(entry.name), inline(entry.doc),
				TRY_AGAIN[entry.try_again])
		end),
		types = held_section(model),
		flows = text.each(model.events, flow_row),
		services = text.each(model.services, service_row),
	}) .. "\n" } }
end

return { name = "docs", emit = emit }
