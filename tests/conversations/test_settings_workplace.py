"""The shelves of what agents work with: labels, canned replies, custom fields and macros are made, changed and removed in place."""

from __future__ import annotations

import pytest

from conversations.models import CannedReply, CustomField, Label, Macro
from hub.models import AuditEntry, Role, Workspace
from tests import factories
from tests.pages import browser_of, text

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def place() -> Workspace:
    """A workspace."""
    return factories.workspace()


def test_it_works(place: Workspace) -> None:
    admin = browser_of(place, Role.ADMIN)
    made = admin.post("/settings/labels/", {"act": "create", "name": "VIP", "color": "teal"}, headers=HTMX)
    assert ("Made: VIP." in text(made), b"<html" in made.content) == (True, False)
    row = Label.objects.of(place).get()
    wrong = admin.post("/settings/labels/", {"act": "change", "row": str(row.pk), "name": "", "color": "teal"})
    assert "This field is required." in text(wrong)
    saved = admin.post("/settings/labels/", {"act": "change", "row": str(row.pk), "name": "Ouro", "color": "amber"})
    row.refresh_from_db()
    assert ("Saved." in text(saved), row.name, row.color) == (True, "Ouro", "amber")
    field = {"act": "create", "of": "customer", "title": "Loja", "kind": "choice", "key": "", "choices": "A\nB\n"}
    admin.post("/settings/fields/", field)
    assert CustomField.objects.of(place).get().choices == ["A", "B"]
    acts = {"name": "Fim", "team": "", "a-0-do": "label", "a-0-label": str(row.pk), "a-1-do": "resolve"}
    grown = text(admin.post("/settings/macros/new/", acts | {"add": "a"}, headers=HTMX))
    assert (grown.count("Remove this action"), Macro.objects.count()) == (0, 0)  # its name stands in an attribute
    refused = text(admin.post("/settings/macros/new/", acts | {"act": "save", "a-0-label": ""}))
    assert "This action is incomplete" in refused
    assert admin.post("/settings/macros/new/", acts | {"act": "save"}).status_code == 302
    assert Macro.objects.of(place).get().actions == [{"do": "label", "label": str(row.pk)}, {"do": "resolve"}]
    assert "Add a label → Resolve" in text(admin.get("/settings/macros/"))
    admin.post("/settings/labels/", {"act": "remove", "row": str(row.pk)})
    assert not Label.objects.exists()
    assert AuditEntry.objects.of(place).count() == 5


def test_supervisors_look_after_canned_replies_and_nothing_else(place: Workspace) -> None:
    supervisor, agent = browser_of(place, Role.SUPERVISOR), browser_of(place, Role.AGENT)
    given = {
        "act": "create",
        "shortcut": "oi",
        "title": "Oi",
        "text": "Oi {{customer.name}}",
        "team": "",
        "language": "",
    }
    assert "Made: Oi." in text(supervisor.post("/settings/canned/", given))
    assert supervisor.get("/settings/").headers["location"] == "/settings/canned/"
    assert agent.post("/settings/canned/", given).status_code == 403
    for path in ("labels", "fields", "macros", "people", "channels"):
        assert supervisor.get(f"/settings/{path}/").status_code == 403, path
    row = CannedReply.objects.of(place).get()
    stranger = browser_of(factories.workspace(), Role.ADMIN)
    assert stranger.post("/settings/canned/", {"act": "remove", "row": str(row.pk)}).status_code == 404
    assert CannedReply.objects.of(place).count() == 1
