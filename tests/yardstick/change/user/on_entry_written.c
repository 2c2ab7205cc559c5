	(void)worker;
	char text[600];
	snprintf(text, sizeof text, "Somebody wrote: %s", message->text);
	return frontend_message_send(
		&call->ctx, warren_to_all(), &(struct frontend_message){.text = text});
