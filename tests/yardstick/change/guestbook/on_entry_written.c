	(void)worker;
	return guestbook_entry_send(&call->ctx, warren_to_all(),
		&(struct guestbook_entry){.id = message->id, .text = message->text});
