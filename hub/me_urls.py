"""What a person sets for themselves: language and theme."""

from django.urls import path

from hub import me
from hub.house import notices

urlpatterns = [
    path("preferences/", me.preferences, name="preferences"),
    path("notifications/", notices.notices, name="my_notices"),
]
