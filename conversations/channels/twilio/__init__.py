"""Twilio: WhatsApp and SMS by forms, signed with the account's token."""
