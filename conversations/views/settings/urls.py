"""The addresses of the settings."""

from django.urls import path

from conversations.views.settings import bots, channel, connecting, journal, log, macros, rules, surveys, workplace

urlpatterns = [
    path("channels/", connecting.channels, name="settings_channels"),
    path("channels/new/", connecting.choose, name="settings_choose"),
    path("channels/new/<slug:kind>/", connecting.connect_kind, name="settings_connect"),
    path("channels/<uuid:channel>/", channel.channel, name="settings_channel"),
    path("channels/<uuid:channel>/connected/", connecting.connected, name="settings_connected"),
    path("channels/<uuid:channel>/test/", channel.test, name="settings_test"),
    path("channels/<uuid:channel>/remove/", channel.remove, name="settings_remove"),
    path("channels/<uuid:channel>/log/", log.of_channel, name="settings_log"),
    path("messages/<uuid:message>/log/", log.of_message, name="settings_message_log"),
    path("macros/", macros.macros, name="settings_macros"),
    path("macros/new/", macros.macro, name="settings_macro_new"),
    path("macros/<uuid:macro>/", macros.macro, name="settings_macro"),
    path("macros/<uuid:macro>/remove/", macros.remove, name="settings_macro_remove"),
    path("labels/", workplace.label_shelf, name="settings_labels"),
    path("canned/", workplace.canned_shelf, name="settings_canned"),
    path("fields/", workplace.field_shelf, name="settings_fields"),
    path("rules/", rules.rules, name="settings_rules"),
    path("rules/new/", rules.rule, name="settings_rule_new"),
    path("rules/log/", rules.log, name="settings_rule_log"),
    path("rules/<uuid:rule>/", rules.rule, name="settings_rule"),
    path("rules/<uuid:rule>/remove/", rules.remove, name="settings_rule_remove"),
    path("bots/", bots.bots, name="settings_bots"),
    path("bots/new/", bots.bot, name="settings_bot_new"),
    path("bots/<uuid:bot>/", bots.bot, name="settings_bot"),
    path("bots/<uuid:bot>/renew/", bots.renew, name="settings_bot_renew"),
    path("bots/<uuid:bot>/remove/", bots.remove, name="settings_bot_remove"),
    path("surveys/", surveys.surveys, name="settings_surveys"),
    path("surveys/new/", surveys.survey, name="settings_survey_new"),
    path("surveys/<uuid:survey>/", surveys.survey, name="settings_survey"),
    path("unrouted/", journal.unrouted, name="settings_unrouted"),
    path("unrouted/replay/", journal.replay_many, name="settings_replay_many"),
    path("deliveries/", journal.deliveries, name="settings_deliveries"),
    path("deliveries/<uuid:delivery>/", journal.delivery, name="settings_delivery"),
    path("deliveries/<uuid:delivery>/replay/", journal.replay, name="settings_replay"),
]
