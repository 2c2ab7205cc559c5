-- A queue's arguments as RabbitMQ has them, in a fixed order.
local queue = {}

-- Returns { {name, value}… }; a value is text, a number or true.
function queue.arguments(row)
	local out = {}
	local function add(name, value)
		if value ~= nil and value ~= false then
			out[#out + 1] = { name, value }
		end
	end
	add("x-queue-type", row.kind:lower())
	add("x-message-ttl", row.message_ttl_ms)
	add("x-expires", row.expires_ms)
	add("x-max-length", row.max_length)
	add("x-delivery-limit", row.delivery_limit)
	add("x-overflow", row.overflow)
	add("x-single-active-consumer", row.single_active_consumer)
	add("x-dead-letter-exchange", row.dead_letter_exchange)
	add("x-dead-letter-strategy", row.dead_letter_strategy)
	return out
end

return queue
