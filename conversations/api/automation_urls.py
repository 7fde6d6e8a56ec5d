"""The addresses of what happens by itself: rules, bots, surveys."""

from django.urls import path

from conversations.api import bots, rules, surveys

urlpatterns = [
    path("rules", rules.RuleList.as_view()),
    path("rules/runs", rules.RuleRunList.as_view()),
    path("rules/<uuid:rule_id>", rules.RuleDetail.as_view()),
    path("rules/<uuid:rule_id>/dry_run", rules.RuleDryRun.as_view()),
    path("bots", bots.BotList.as_view()),
    path("bots/<uuid:bot_id>", bots.BotDetail.as_view()),
    path("bots/<uuid:bot_id>/rotate", bots.BotRotate.as_view()),
    path("conversations/<uuid:conversation_id>/handoff", bots.Handoff.as_view()),
    path("surveys", surveys.SurveyList.as_view()),
    path("surveys/<uuid:survey_id>", surveys.SurveyDetail.as_view()),
    path("survey_requests", surveys.SurveyRequestList.as_view()),
]
