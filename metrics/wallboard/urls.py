"""The addresses of the live board."""

from django.urls import path

from metrics.wallboard import views

urlpatterns = [
    path("", views.wallboard, name="wallboard"),
    path("state/", views.state, name="wallboard_state"),
    path("drawer/<slug:tile>/", views.drawer, name="wallboard_drawer"),
    path("kiosk/<str:token>/", views.kiosk, name="kiosk"),
    path("kiosk/<str:token>/state/", views.kiosk_state, name="kiosk_state"),
]
