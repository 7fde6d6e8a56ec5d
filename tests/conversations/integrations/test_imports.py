"""Files of history: how they are read, what is refused and why, and that the same file again changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F
from django.test import Client
from django.utils import timezone, translation

from conversations.imports import jobs
from conversations.models import Customer, HistoryEvent, ImportJob, ImportRefusal
from conversations.refusal import Refused, TooLate
from hub.models import Role, Workspace
from tests import factories
from tests.conversations.integrations.bringing import brought, taken, told
from tests.pages import browser_of, text

pytestmark = pytest.mark.django_db
SALES = """Pedido;Data da compra;Valor total;Situação;Telefone;Nome;Cupom;Qtd
1001;01/03/2026 10:30;R$ 1.234,56;Pago;(11) 98765-4321;João;VERAO;2
1002;15/03/2026;89,90;Cancelado;11 91234-0002;Ana;;1
1003;32/03/2026;10,00;Pago;11 91234-0003;Ivo;;1
1004;16/03/2026;1234.56;Pago;11 91234-0004;Eva;;1
1005;16/03/2026;-5,00;Pago;11 91234-0005;Eva;;1
1006;16/03/2026;5,00;Pago;;Eva;;1
1007;16/03/2026;5,00;???;11 91234-0007;Eva;;1
1008;16/03/2026;;Pago;11 91234-0008;Eva;;1
"""


@pytest.fixture
def place() -> Workspace:
    """A shop in São Paulo."""
    return factories.workspace(slug="aurora")


def test_it_works(place: Workspace) -> None:
    job = brought(place, "orders", "Vendas março 2026.csv", SALES.encode("latin-1"))
    assert job.options["columns"] == {
        "order": "Pedido", "at": "Data da compra", "value": "Valor total", "status": "Situação", "phone": "Telefone",
        "name": "Nome", "coupon": "Cupom", "items": "Qtd",
    }  # fmt: skip
    assert (job.options["decimal"], job.options["source"], job.options["country"]) == (",", "csv:vendas_marco", "BR")
    assert taken(job) == (2, 0, 6)
    data = {"order": "1001", "value": "1234.56", "currency": "BRL", "coupon": "VERAO", "items": 2}
    cancelled = {"order": "1002", "value": "89.90", "currency": "BRL", "items": 1}
    assert told(place) == [
        ("order.paid", "2026-03-01T13:30:00Z", "1001/paid", data),
        ("order.placed", "2026-03-01T13:30:00Z", "1001/placed", data),
        ("order.cancelled", "2026-03-15T03:00:00Z", "1002/cancelled", cancelled),
        ("order.placed", "2026-03-15T03:00:00Z", "1002/placed", cancelled),
    ]
    assert list(ImportRefusal.objects.of(place).order_by("row").values_list("row", "field", "reason")) == [
        (4, "at", "Must be a date like 31/12/2026 18:30."),
        (5, "value", "Must be an amount like 1.234,56."),
        (6, "value", "May not be negative."),
        (7, "customer", "Needs one of: external_id, phone, email, whatsapp, instagram."),
        (8, "status", "Must be a status like paid, cancelled or refunded."),
        (9, "value", "Must be given."),
    ]


def test_tables_as_shops_save_them(place: Workspace) -> None:
    whole = "Pedido;Data;Valor;E-mail;Situação\n1;01/03/2026;1.234;a@x.example;Não pago\n2;01/03/2026;US$ 2.500;a@x.example;Pago\n"
    job = brought(place, "orders", "inteiros.csv", f"sep=;\r\n{whole}3;01/03/2026;1;2;3;4\n")
    assert job.options["decimal"] == ","
    assert taken(job) == (2, 0, 1)
    assert [(key, data["value"], data["currency"]) for _kind, _at, key, data in told(place)] == [
        ("1/placed", "1234", "BRL"), ("2/paid", "2500", "USD"), ("2/placed", "2500", "USD"),
    ]  # fmt: skip
    split = brought(place, "orders", "virgula.csv", "Pedido,Data,E-mail,Valor\n9,01/03/2026,a@x.example,199,90\n")
    assert taken(split) == (0, 0, 1)
    too_long = "Holds more cells than there are columns."
    assert list(ImportRefusal.objects.of(place).order_by("id").values_list("row", "field", "reason")) == [
        (5, "", too_long), (2, "", too_long),
    ]  # fmt: skip
    shopify = (
        "Name,Email,Financial Status,Paid at,Total,Created at,Phone\n"
        "#7,a@x.example,paid,2026-03-02 10:35:00 -0300,199.90,2026-03-02 10:30:00 -0300,'+5511987654321\n"
        "#7,a@x.example,,,,2026-03-02 10:30:00 -0300,\n"
        "#8,b@x.example,paid,,5.00,2026-03-02 10:30:00 -0300,98765-4321\n"
    )
    job = brought(place, "orders", "orders_export.csv", shopify)
    assert taken(job, columns={**job.options["columns"], "order": "Name", "name": ""}) == (1, 0, 1)
    assert [(kind, at) for kind, at, _key, data in told(place) if data["order"] == "#7"] == [
        ("order.placed", "2026-03-02T13:30:00Z"), ("order.paid", "2026-03-02T13:35:00Z"),
    ]  # fmt: skip
    refused = ImportRefusal.objects.of(place).latest("id")
    assert (refused.row, refused.field) == (4, "phone")  # without its area a number is somebody's in every city


def test_the_same_file_again_is_known_and_read_as_before(place: Workspace) -> None:
    taken(brought(place, "orders", "vendas.csv", SALES), decimal=",", zone="UTC")
    before = told(place)
    again = brought(place, "orders", "vendas.csv", SALES)
    assert (again.options["remembered"], again.options["zone"]) == (True, "UTC")
    assert taken(again) == (0, 2, 6)
    assert told(place) == before
    with translation.override("en"), pytest.raises(TooLate, match="begun already"):
        jobs.start(again, again.options)


def test_sales_costs_and_contacts(place: Workspace) -> None:
    sales = 'date,store,total,email,customer\n2026-03-01T12:00:00Z,Centro,"1,250.00",a@x.example,C1\n03/31/2026,Sul,7.5,b@x.example,\n'
    job = brought(place, "store_sales", "pos.csv", sales)
    assert (job.options["decimal"], job.options["days"]) == (".", "month")
    assert taken(job) == (2, 0, 0)
    (kind, at, key, data), other = told(place)
    assert (kind, at, data["value"], data["store"]) == ("order.paid", "2026-03-01T12:00:00Z", "1250.00", "Centro")
    assert data["order"] == key
    assert other[1] == "2026-03-31T03:00:00Z"
    costs = "Tipo\tDe\tAté\tValor\nMídia\t01/03/2026\t31/03/2026\t1.000,00\nFolha\t01/03/2026\t\t5000,00\nLanche\t01/03/2026\t\t1,00\n"
    assert taken(brought(place, "costs", "custos.tsv", costs)) == (2, 0, 1)
    found = [data for kind, _at, _key, data in told(place) if kind == "cost.recorded"]
    assert {"kind": "media", "amount": "1000.00", "currency": "BRL", "from": "2026-03-01", "to": "2026-03-31"} in found
    assert {
        "kind": "salaries",
        "amount": "5000.00",
        "currency": "BRL",
        "from": "2026-03-01",
        "to": "2026-03-01",
    } in found
    people = "Nome,E-mail,Celular\nAna Lima,A@x.example,+55 11 98765-4321\nNinguém,,\n"
    assert taken(brought(place, "contacts", "people.csv", people)) == (1, 0, 1)
    customer = Customer.objects.get(identities__value="+5511987654321")
    assert (customer.name, customer.identities.filter(value="a@x.example").exists()) == ("Ana Lima", True)


@pytest.mark.parametrize(
    ("kind", "content", "sentence"),
    [
        ("orders", b"", "The file is empty."),
        ("orders", b"PK\x03\x04\x00\x00", "The file is no text."),
        ("orders", b";;;\n1;2;3;4", "The file has no columns."),
        ("poems", b"a", "Choose what the file holds."),
        ("whatsapp", b"hello", "This is no chat that WhatsApp exported: no line begins with a date."),
        ("whatsapp", b"PK\x03\x04nonsense", "The zip cannot be read."),
        ("chatwoot", b"<html>", "This is no JSON."),
        ("chatwoot", b"{}", "There is no conversation in this file."),
    ],
)
def test_what_cannot_be_read_is_not_kept(place: Workspace, kind: str, content: bytes, sentence: str) -> None:
    with translation.override("en"), pytest.raises(Refused) as refused:
        brought(place, kind, "x", content)
    assert refused.value.sentence == sentence
    assert not ImportJob.objects.exists()


def test_an_interrupted_file_goes_on_and_one_that_kills_is_given_up(place: Workspace) -> None:
    rows = "".join(f"{n};01/03/2026;1,00;p{n}@x.example\n" for n in range(600))
    job = brought(place, "orders", "many.csv", "Pedido;Data;Valor;E-mail\n" + rows)
    jobs.start(job, {**job.options, "language": "en"})
    assert jobs.work(0.0001)
    job.refresh_from_db()
    assert (job.state, job.read, job.rows) == ("waiting", 250, 600)
    assert [one.number for one in jobs.lines(job, jobs.content_of(job), 599)] == [601]
    assert not jobs.work(30.0)
    job.refresh_from_db()
    assert (job.accepted, job.duplicate, HistoryEvent.objects.count()) == (600, 0, 1200)
    ImportJob.objects.update(state="waiting", attempts=3)
    assert not jobs.work(5.0)
    job.refresh_from_db()
    assert (job.state, job.reason) == ("failed", "It stopped the worker each time it was read.")


def test_files_are_forgotten_after_a_week(place: Workspace) -> None:
    old, new = (brought(place, "orders", f"{name}.csv", SALES) for name in ("old", "new"))
    taken(old)
    ImportJob.objects.filter(pk=old.pk).update(
        created_at=F("created_at") - timedelta(days=8), finished_at=timezone.now()
    )
    assert jobs.forget() == 1
    assert (default_storage.exists(old.stored_as), default_storage.exists(new.stored_as)) == (False, True)
    assert set(ImportJob.objects.values_list("filename", "stored_as")) == {("old.csv", ""), ("new.csv", new.stored_as)}


def test_the_pages_from_file_to_refused_rows(place: Workspace) -> None:
    browser = browser_of(place)
    wrong = browser.post("/settings/imports/", {"kind": "orders"})
    assert (wrong.status_code, "Choose a file." in text(wrong)) == (400, True)
    file = SimpleUploadedFile("vendas.csv", SALES.encode())
    made = browser.post("/settings/imports/", {"kind": "orders", "file": file})
    page = made["Location"]
    shown = text(browser.get(page))
    assert "6 of them would be refused, the others taken." in shown
    assert "Time: Must be a date like 31/12/2026 18:30." in shown
    assert "Would be taken R$1,234.56 · Mar 1, 2026" in shown  # what "R$ 1.234,56" and 01/03 are read as
    job = ImportJob.objects.get()
    columns = {f"col_{name}": column for name, column in job.options["columns"].items()}
    given = {
        **columns,
        "source": "csv:erp",
        "currency": "USD",
        "decimal": ".",
        "days": "day",
        "zone": "UTC",
        "country": "BR",
    }
    other = text(browser.post(page, given, headers={"HX-Request": "true"}))
    assert "Must be an amount like 1,234.56." in other
    assert "There is no such time zone." in text(browser.post(page, {**given, "zone": "Mars", "act": "start"}))
    assert "Choose the column of: Value." in text(browser.post(page, {**given, "col_value": "", "act": "start"}))
    assert ImportJob.objects.get().state == "uploaded"
    assert browser.post(page, {**given, "decimal": ",", "act": "start"}).status_code == 302
    assert "Being taken in" in text(browser.get(page))
    jobs.work(5.0)
    done = text(browser.get(page, headers={"HX-Request": "true"}))
    assert "8 of 8 rows" in done
    refused = browser.get(f"{page}refused.csv")
    lines = b"".join(refused.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert (lines[0], lines[3], len(lines)) == ("Row,Field,Reason", "6,value,May not be negative.", 7)
    kept = HistoryEvent.objects.of(place).filter(source="csv:erp").values_list("data__order", "data__currency")
    assert set(kept) == {("1001", "BRL"), ("1002", "USD")}  # what an amount says itself comes before what was chosen
    stranger = Client()
    stranger.force_login(factories.member(factories.workspace(), Role.ADMIN))
    assert {stranger.get(one).status_code for one in (page, f"{page}refused.csv")} == {404}
    agent = Client()
    agent.force_login(factories.member(place, Role.AGENT))
    assert agent.get("/settings/imports/").status_code == 403
