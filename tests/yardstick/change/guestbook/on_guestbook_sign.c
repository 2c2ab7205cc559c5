	(void)worker;
	int rc = entry_written_publish(&call->ctx,
		&(struct entry_written){.id = call->ctx.message_id, .text = message->text});
	if (rc < 0)
		return rc;
	return guestbook_sign_reply(call, &(struct guestbook_signed){.id = call->ctx.message_id});
