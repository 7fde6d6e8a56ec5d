"""The addresses of what agents work with."""

from django.urls import path

from conversations.api import canned, fields, labels, macros, taking

urlpatterns = [
    path("labels", labels.LabelList.as_view()),
    path("labels/<uuid:label_id>", labels.LabelDetail.as_view()),
    path("canned_replies", canned.CannedReplyList.as_view()),
    path("canned_replies/<uuid:reply_id>", canned.CannedReplyDetail.as_view()),
    path("canned_replies/<uuid:reply_id>/use", taking.CannedReplyUse.as_view()),
    path("conversations/<uuid:conversation_id>/macros/<uuid:macro_id>", taking.MacroRun.as_view()),
    path("custom_fields", fields.CustomFieldList.as_view()),
    path("custom_fields/<uuid:field_id>", fields.CustomFieldDetail.as_view()),
    path("macros", macros.MacroList.as_view()),
    path("macros/<uuid:macro_id>", macros.MacroDetail.as_view()),
]
