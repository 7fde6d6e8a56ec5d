"""The figures' part of the API."""

from django.urls import path

from metrics import api, tools
from metrics.goals import api as goals
from metrics.rates import api as rates

urlpatterns = [
    path("comparison", tools.Comparing.as_view(), name="api-comparison"),
    path("exchange-rates", rates.ExchangeRateList.as_view(), name="api-exchange-rates"),
    path("exchange-rates/<int:rate>", rates.ExchangeRateDetail.as_view(), name="api-exchange-rate"),
    path("goals", goals.GoalList.as_view(), name="api-goals"),
    path("goals/<uuid:goal>", goals.GoalDetail.as_view(), name="api-goal"),
    path("metrics", api.Catalogue.as_view(), name="api-metrics"),
    path("metrics/<slug:metric>", api.OneMetric.as_view(), name="api-metric"),
    path("metrics/<slug:metric>/evidence", api.Evidence.as_view(), name="api-evidence"),
    path("staffing", tools.Staffing.as_view(), name="api-staffing"),
    path("receipts/<uuid:receipt>", api.OneReceipt.as_view(), name="api-receipt"),
]
