"""The pages of what people want of the figures: goals, the matrix, the strategy report, letters."""

from django.urls import path

from metrics import calculators
from metrics.digest import pages as digests
from metrics.goals import pages as goals
from metrics.matrix import pages as matrix
from metrics.report import pages as report

urlpatterns = [
    path("goals/", goals.listed, name="goals"),
    path("goals/new/", goals.new, name="goal_new"),
    path("goals/<uuid:goal>/", goals.one, name="goal"),
    path("goals/<uuid:goal>/close/", goals.close, name="goal_close"),
    path("matrix/", matrix.matrix, name="matrix"),
    path("calculators/", calculators.calculators, name="calculators"),
    path("report/", report.report, name="strategy_report"),
    path("digests/", digests.listed, name="digests"),
    path("digests/new/", digests.new, name="digest_new"),
    path("digests/<uuid:digest>/", digests.one, name="digest"),
    path("digests/<uuid:digest>/remove/", digests.remove, name="digest_remove"),
    path("digests/leave/<str:token>/", digests.leave, name="digest_leave"),
]
