"""The kinds of files, the columns each may have, and which of a file's columns is probably meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from conversations.imports.cells import bare


class Column(NamedTuple):
    """A field a column may hold: its title, whether a row needs it, and the names it goes by in tables, without accents."""

    name: str
    title: Any
    names: tuple[str, ...]
    required: bool = False


class Kind(NamedTuple):
    """A kind of file; ``columns`` for tables, none for exports of chats."""

    name: str
    title: Any
    explained: Any
    columns: tuple[Column, ...] = ()
    endings: tuple[str, ...] = (".csv", ".tsv", ".txt")

    @property
    def is_table(self) -> bool:
        """Whether it has columns."""
        return bool(self.columns)


PEOPLE = (
    Column("phone", _("Phone"), ("phone", "telefone", "celular", "mobile", "fone", "telefono", "billing phone", "contato")),
    Column("email", _("E-mail"), ("email", "e mail", "mail", "correo", "customer email")),
    Column("external_id", _("Customer number"), ("customer id", "customer", "cliente id", "codigo cliente", "id cliente", "cpf")),
    Column("name", _("Customer name"), ("name", "nome", "cliente", "customer name", "nombre", "nome do cliente", "billing name")),
)  # fmt: skip
KEY = Column("id", _("Row id"), ("id", "row id", "transaction id", "id transacao", "id venda", "nsu"))
MONEY = (
    Column("value", _("Value"), ("value", "valor", "total", "amount", "valor total", "importe", "total price", "order total"), required=True),
    Column("currency", _("Currency"), ("currency", "moeda", "moneda")),
)  # fmt: skip
AT = Column("at", _("Time"), ("at", "date", "data", "created at", "data hora", "data da compra", "data pedido", "fecha", "data venda", "order date"), required=True)  # fmt: skip
STORE = Column("store", _("Store"), ("store", "loja", "filial", "tienda", "unidade", "location"))
COUPON = Column("coupon", _("Coupon"), ("coupon", "cupom", "cupon", "discount code", "codigo de desconto"))
PIECES = Column(
    "items", _("Number of items"), ("items", "itens", "quantity", "quantidade", "qtd", "cantidad", "articulos")
)
KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "orders",
            _("Orders"),
            _("Orders of a web shop or a system: one row an order, with its status. Without a column of statuses every order counts as paid."),
            (
                Column("order", _("Order number"), ("order", "pedido", "order number", "numero do pedido", "order id", "n pedido", "id pedido", "numero"), required=True),
                AT, *MONEY,
                Column("status", _("Status"), ("status", "situacao", "estado", "financial status", "payment status", "status do pagamento", "order status")),
                Column("paid_at", _("Paid at"), ("paid at", "data pagamento", "data do pagamento", "pago em", "date paid")),
                *PEOPLE, COUPON, PIECES,
                Column("pickup", _("Picked up in a store"), ("pickup", "retirada", "retira na loja", "click collect")),
                STORE, KEY,
            ),
        ),
        Kind(
            "store_sales",
            _("Store sales"),
            _("Sales over the counter, paid at once: one row a sale, with a way to tell the customer."),
            (
                AT, *MONEY,
                Column("order", _("Receipt number"), ("receipt", "cupom fiscal", "venda", "sale", "order", "pedido", "nota", "numero")),
                STORE, *PEOPLE, PIECES, COUPON, KEY,
            ),
        ),
        Kind(
            "costs",
            _("Costs"),
            _("What was spent on media, salaries, messages and tools, from one day to another."),
            (
                Column("kind", _("Kind of cost"), ("kind", "tipo", "categoria", "category", "type", "centro de custo"), required=True),
                Column("amount", _("Amount"), ("amount", "valor", "value", "total", "custo", "cost", "importe"), required=True),
                Column("currency", _("Currency"), ("currency", "moeda", "moneda")),
                Column("from", _("From"), ("from", "de", "inicio", "start", "data", "date", "data inicio", "desde"), required=True),
                Column("to", _("To"), ("to", "ate", "fim", "end", "data fim", "hasta")),
                KEY,
            ),
        ),
        Kind(
            "contacts",
            _("Contacts"),
            _("People with their addresses: whoever is known is not made twice, and the nameless get their names."),
            (
                *PEOPLE,
                Column("whatsapp", _("WhatsApp"), ("whatsapp", "zap", "wa")),
                Column("instagram", _("Instagram"), ("instagram", "insta")),
            ),
        ),
        Kind(
            "chatwoot",
            _("Chatwoot export"),
            _("Conversations with their messages, as JSON in the shape of Chatwoot's API."),
            endings=(".json", ".jsonl"),
        ),
        Kind(
            "whatsapp",
            _("WhatsApp chat export"),
            _("A chat with one customer, as the app exports it: a text, or a zip that holds one."),
            endings=(".txt", ".zip"),
        ),
    )
}  # fmt: skip


def guessed(kind: Kind, header: Sequence[str]) -> dict[str, str]:
    """Return which column each field probably means: a name it goes by, else a column that begins with one."""
    found: dict[str, str] = {}
    left = {name: bare(name) for name in header}
    for exact in (True, False):
        for column in kind.columns:
            if column.name in found:
                continue
            for name, said in left.items():
                if said in column.names or (not exact and any(said.startswith(f"{one} ") for one in column.names)):
                    found[column.name] = name
                    del left[name]
                    break
    return found
