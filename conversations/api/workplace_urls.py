"""The addresses of what agents work with."""

from django.urls import path

from conversations.api import alerting, canned, fields, labels, macros, notices, promises, taking

urlpatterns = [
    path("labels", labels.LabelList.as_view()),
    path("labels/<uuid:label_id>", labels.LabelDetail.as_view()),
    path("canned_replies", canned.CannedReplyList.as_view()),
    path("canned_replies/<uuid:reply_id>", canned.CannedReplyDetail.as_view()),
    path("canned_replies/<uuid:reply_id>/use", taking.CannedReplyUse.as_view()),
    path("conversations/<uuid:conversation_id>/macros/<uuid:macro_id>", taking.MacroRun.as_view()),
    path("custom_fields", fields.CustomFieldList.as_view()),
    path("custom_fields/<uuid:field_id>", fields.CustomFieldDetail.as_view()),
    path("me/push_subscriptions", notices.PushSubscriptionList.as_view()),
    path("sla_policies", promises.SlaPolicyList.as_view()),
    path("sla_policies/<uuid:policy_id>", promises.SlaPolicyDetail.as_view()),
    path("alert_rules", alerting.AlertRuleList.as_view()),
    path("alert_rules/<uuid:rule_id>", alerting.AlertRuleDetail.as_view()),
    path("incidents", alerting.IncidentList.as_view()),
    path("incidents/<uuid:incident_id>/take", alerting.IncidentTake.as_view()),
    path("kiosk_links", alerting.KioskLinkList.as_view()),
    path("kiosk_links/<uuid:link_id>", alerting.KioskLinkDetail.as_view()),
    path("macros", macros.MacroList.as_view()),
    path("macros/<uuid:macro_id>", macros.MacroDetail.as_view()),
]
