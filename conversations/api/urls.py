"""The story's part of the API."""

from django.urls import path

from conversations.api import (
    attachments,
    channels,
    conversations,
    customers,
    deliveries,
    messages,
    queue,
    templates,
    ways,
)

urlpatterns = [
    path("channels", channels.ChannelList.as_view()),
    path("channels/<uuid:channel_id>", channels.ChannelDetail.as_view()),
    path("channels/<uuid:channel_id>/check", channels.ChannelCheck.as_view()),
    path("channels/<uuid:channel_id>/log", channels.ChannelLog.as_view()),
    path("channels/<uuid:channel_id>/templates", templates.ChannelTemplates.as_view()),
    path("channels/<uuid:channel_id>/templates/sync", templates.TemplateSync.as_view()),
    path("customers", customers.CustomerList.as_view()),
    path("customers/<uuid:customer_id>", customers.CustomerDetail.as_view()),
    path("customers/<uuid:customer_id>/timeline", customers.CustomerTimeline.as_view()),
    path("conversations", conversations.ConversationList.as_view()),
    path("conversations/<uuid:conversation_id>", conversations.ConversationDetail.as_view()),
    path("conversations/<uuid:conversation_id>/messages", conversations.ConversationMessages.as_view()),
    path("conversations/<uuid:conversation_id>/assign", conversations.Assign.as_view()),
    path("conversations/<uuid:conversation_id>/resolve", conversations.Resolve.as_view()),
    path("conversations/<uuid:conversation_id>/reopen", conversations.Reopen.as_view()),
    path("conversations/<uuid:conversation_id>/snooze", conversations.Snooze.as_view()),
    path("conversations/<uuid:conversation_id>/seen", conversations.Seen.as_view()),
    path("conversations/<uuid:conversation_id>/ways", ways.ConversationWays.as_view()),
    path("conversations/<uuid:conversation_id>/typing", ways.ConversationTyping.as_view()),
    path("messages", messages.MessageList.as_view()),
    path("messages/<uuid:message_id>", messages.MessageDetail.as_view()),
    path("messages/<uuid:message_id>/reactions", messages.MessageReactions.as_view()),
    path("deliveries", deliveries.DeliveryList.as_view()),
    path("deliveries/<uuid:delivery_id>", deliveries.DeliveryDetail.as_view()),
    path("deliveries/<uuid:delivery_id>/replay", deliveries.DeliveryReplay.as_view()),
    path("attachments", attachments.AttachmentList.as_view()),
    path("attachments/<uuid:attachment_id>", attachments.AttachmentDetail.as_view()),
    path("attachments/<uuid:attachment_id>/retry", attachments.AttachmentRetry.as_view()),
    path("queue", queue.Queue.as_view()),
]
