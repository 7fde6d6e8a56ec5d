"""The pages of the story."""

from django.urls import include, path

from conversations.views import attachments, inbox, survey

urlpatterns = [
    path("attachments/<uuid:attachment_id>/", attachments.attachment, name="attachment"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/state/", inbox.inbox_state, name="inbox_state"),
    path("inbox/rows/", inbox.inbox_rows, name="inbox_rows"),
    path("inbox/counts/", inbox.inbox_counts, name="inbox_counts"),
    path("inbox/<uuid:conversation>/", inbox.inbox, name="inbox_conversation"),
    path("inbox/<uuid:conversation>/thread/", inbox.inbox_thread, name="inbox_thread"),
    path("survey/<str:token>/", survey.survey, name="survey"),
    path("settings/", include("conversations.views.settings.urls")),
    path("", include("conversations.visit.urls")),
]
