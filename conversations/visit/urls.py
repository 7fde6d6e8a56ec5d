"""The addresses visitors of a site ask; what they ask most is answered before Django."""

from django.urls import path

from conversations.visit import pages, views

urlpatterns = [
    path("widget.js", pages.widget_script),
    path("chat/<uuid:channel>/", pages.page, name="chat"),
    path("chat/<uuid:channel>/frame/", pages.frame),
    path("chat/<uuid:channel>/session", views.session),
    path("chat/<uuid:channel>/history", views.history),
    path("chat/<uuid:channel>/files", views.upload),
    path("chat/<uuid:channel>/invitations", views.invitation),
    path("invitations/<slug:code>.svg", views.picture),
]
