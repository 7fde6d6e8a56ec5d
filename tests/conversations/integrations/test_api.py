"""Integrations over the API: connected with a secret that never comes back, and let go."""

from __future__ import annotations

import pytest

from conversations.models import Connection
from tests import factories

pytestmark = pytest.mark.django_db
URL = "/api/v1/connections"


def test_it_works() -> None:
    place = factories.workspace()
    api = factories.client(factories.token(place))
    wrong = api.post(URL, {"provider": "magento", "name": "Loja", "secret": "a-long-secret"}, format="json")
    assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["provider"])
    short = api.post(URL, {"provider": "shopify", "name": "Loja", "secret": "x"}, format="json")
    assert short.json()["errors"] == {"secret": "A secret has at least 8 characters."}
    assert not Connection.objects.exists()
    made = api.post(URL, {"provider": "shopify", "name": "Loja", "secret": "a-long-secret"}, format="json")
    row = Connection.objects.get()
    assert (made.status_code, made.json()["id"], made.json()["source"]) == (201, str(row.pk), "shopify")
    assert made.json()["webhook_url"].endswith(f"/webhooks/{row.pk}/")
    assert "a-long-secret" not in made.content.decode()
    assert row.credentials().app_secrets == ("a-long-secret",)
    assert [one["id"] for one in api.get(URL).json()["results"]] == [str(row.pk)]
    assert api.get(f"{URL}/{row.pk}").json() == made.json()
    assert api.delete(f"{URL}/{row.pk}").status_code == 204
    row.refresh_from_db()
    assert (row.credentials().app_secrets, api.get(f"{URL}/{row.pk}").status_code) == ((), 404)
