"""The addresses of the house's settings."""

from django.urls import path

from hub.house import audit, front, hours, people, teams, tokens, workspace

urlpatterns = [
    path("", front.front, name="settings"),
    path("people/", people.people, name="settings_people"),
    path("people/invite/", people.invite, name="settings_invite"),
    path("people/invitations/<uuid:invitation>/", people.invitation, name="settings_invitation"),
    path("people/<uuid:member>/", people.person, name="settings_person"),
    path("people/<uuid:member>/remove/", people.remove, name="settings_person_remove"),
    path("teams/", teams.teams, name="settings_teams"),
    path("teams/<uuid:team>/", teams.team, name="settings_team"),
    path("teams/<uuid:team>/remove/", teams.remove, name="settings_team_remove"),
    path("hours/", hours.hours, name="settings_hours"),
    path("hours/new/", hours.new, name="settings_hours_new"),
    path("hours/preview/", hours.preview, name="settings_hours_preview"),
    path("hours/<uuid:hours>/remove/", hours.remove, name="settings_hours_remove"),
    path("workspace/", workspace.workspace, name="settings_workspace"),
    path("tokens/", tokens.tokens, name="settings_tokens"),
    path("tokens/<uuid:token>/revoke/", tokens.revoke, name="settings_token_revoke"),
    path("audit/", audit.audit, name="settings_audit"),
    path("audit/audit.csv", audit.download, name="settings_audit_csv"),
]
