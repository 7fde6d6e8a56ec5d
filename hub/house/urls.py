"""The addresses of the house's settings."""

from django.urls import path

from hub.house import front, people, teams

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
]
