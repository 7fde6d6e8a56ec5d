"""The pages of the figures."""

from django.urls import path

from metrics import keeping, proofs, views

urlpatterns = [
    path("", views.overview, name="metrics"),
    path("board/<slug:key>/", views.one_board, name="board"),
    path("agents/<str:email>/", views.agent, name="agent-figures"),
    path("export.csv", proofs.export_board, name="metrics-export"),
    path("receipts/<uuid:receipt>/", proofs.receipt, name="receipt"),
    path("saved/", keeping.keep, name="keep-dashboard"),
    path("saved/<uuid:saved>/change/", keeping.change, name="change-dashboard"),
    path("saved/<uuid:saved>/forget/", keeping.forget, name="forget-dashboard"),
    path("<slug:name>/", views.metric, name="metric"),
    path("<slug:name>/export.csv", proofs.export_metric, name="metric-export"),
    path("<slug:name>/rows.csv", proofs.export_rows, name="metric-rows"),
    path("<slug:name>/receipt/", proofs.write_receipt, name="metric-receipt"),
]
