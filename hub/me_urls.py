"""What a person sets for themselves: language and theme."""

from django.urls import path

from hub import me

urlpatterns = [path("preferences/", me.preferences, name="preferences")]
