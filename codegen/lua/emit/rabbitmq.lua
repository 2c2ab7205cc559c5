-- rabbitmq/definitions.json: accounts, permissions and topology for `rabbitmqctl import_definitions` into a new broker.
-- rabbitmq/update.json: the same without the accounts, for a broker that has them: importing an account takes its password away.
--
-- The topology is what the services declare themselves; with it they need no permission to configure.
local accounts_of = require("emit.lib.accounts").of
local arguments_of = require("emit.lib.queue").arguments
local text = require("emit.lib.text")

local VHOST = "/"

-- A name holds nothing that JSON escapes, a regular expression holds backslashes.
local function json(value)
	return type(value) == "string" and '"' .. value:gsub("\\", "\\\\") .. '"' or tostring(value)
end

-- Members in the order given.
local function object(members)
	return "{" .. text.each(members, function(member)
		return ('"%s": %s'):format(member[1], member[3] and member[2] or json(member[2]))
	end, ", ") .. "}"
end

local function list(rows, describe)
	if #rows == 0 then
		return "[]"
	end
	return "[\n" .. text.each(rows, function(row)
		return "    " .. object(describe(row))
	end, ",\n") .. "\n  ]"
end

-- Without a usable password: an operator sets one with `rabbitmqctl change_password`.
local function users(accounts)
	return { "users", list(accounts, function(account)
		return { { "name", account.name }, { "password_hash", "" }, { "hashing_algorithm", "rabbit_password_hashing_sha256" },
			{ "tags", "" } }
	end) }
end

local function permissions(accounts)
	return { "permissions", list(accounts, function(account)
		return { { "user", account.name }, { "vhost", VHOST }, { "configure", account.configure }, { "write", account.write },
			{ "read", account.read } }
	end) }
end

local function topic_permissions(model, accounts)
	return { "topic_permissions", list(accounts, function(account)
		return { { "user", account.name }, { "vhost", VHOST }, { "exchange", model.package }, { "write", account.topic_write },
			{ "read", "^$" } }
	end) }
end

local function file(name, parts)
	return {
		path = "rabbitmq/" .. name,
		text = "{\n" .. text.each(parts, function(part)
			return ('  "%s": %s'):format(part[1], part[2])
		end, ",\n") .. "\n}\n",
	}
end

local function emit(model)
	local topology, accounts = model.topology, accounts_of(model)
	local parts = {
		permissions(accounts),
		topic_permissions(model, accounts),
		{ "exchanges", list(topology.exchanges, function(exchange)
			return { { "name", exchange.name }, { "vhost", VHOST }, { "type", exchange.kind:lower() }, { "durable", true },
				{ "auto_delete", false }, { "internal", false }, { "arguments", "{}", true } }
		end) },
		{ "queues", list(topology.queues, function(queue)
			return { { "name", queue.name }, { "vhost", VHOST }, { "durable", true }, { "auto_delete", false },
				{ "arguments", object(arguments_of(queue)), true } }
		end) },
		{ "bindings", list(topology.bindings, function(binding)
			return { { "source", binding.exchange }, { "vhost", VHOST }, { "destination", binding.queue },
				{ "destination_type", "queue" }, { "routing_key", binding.routing_key }, { "arguments", "{}", true } }
		end) },
	}
	return { file("update.json", parts), file("definitions.json", { users(accounts), table.unpack(parts) }) }
end

return { name = "rabbitmq", emit = emit }
