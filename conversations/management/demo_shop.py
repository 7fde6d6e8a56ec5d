"""What the demo shop works with: labels, answers, promises, rules … in its own language, so that a first look finds a shop at work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conversations import automation
from conversations.alerts import keeping as alerts
from conversations.automation import ready
from conversations.models import Channel, Label, SavedView
from conversations.promise import keeping as promises
from conversations.surveys import keeping as surveys
from conversations.workplace import canned, fields, labels, macros
from hub import routing
from hub.access import Caller
from hub.models import Membership, Team

MINUTE, HOUR = 60, 3600
SALES = "Vendas"
SELLERS = ("carla@demo.novelo", "diego@demo.novelo")
LABELS = {
    "Troca ou devolução": "teal", "Entrega": "blue", "Defeito": "red", "Nota fiscal": "grey", "Orçamento": "purple",
    "VIP": "amber",
}  # fmt: skip
REPLIES = (
    ("oi", "Saudação", "Oi, {{customer.first_name}}! Aqui é da {{workspace.name}}, tudo bem? Como posso ajudar?"),
    ("pedido", "Pedir o número do pedido", "Pode me passar o número do pedido? Ele está no e-mail de confirmação."),
    ("prazo", "Prazo de entrega", "O prazo é de 3 a 5 dias úteis na capital e até 10 nas outras cidades."),
    ("troca", "Como trocar", "Você tem 30 dias para trocar, com etiqueta e nota. Prefere na loja ou pelos Correios?"),
    ("pix", "Pagamento por Pix", "No Pix tem 5% de desconto. Posso mandar a chave por aqui?"),
    ("tchau", "Despedida", "Foi um prazer, {{customer.first_name}}! Qualquer coisa é só chamar. Tenha um ótimo dia!"),
)
# What the words of a customer say it is about: the label that is put on, and how urgent it makes it.
SORTED_BY_WORDS: tuple[tuple[str, list[str], str, int | None], ...] = (
    ("Reconhecer trocas", ["trocar", "troca", "devolver", "devolução"], "Troca ou devolução", None),
    ("Reconhecer entregas", ["não chegou", "rastreio", "entregam", "entrega"], "Entrega", None),
    ("Defeito vem primeiro", ["rasgo", "rasgado", "quebrou", "defeito"], "Defeito", 3),
)
PEOPLE: dict[str, dict[str, Any]] = {
    "ana@demo.novelo": {"skills": ["trocas", "vip"], "languages": ["pt", "es"]},
    "bruno@demo.novelo": {"skills": ["entregas"], "languages": ["pt", "en"]},
    "carla@demo.novelo": {"skills": ["atacado", "vip"], "languages": ["pt"], "capacity": 4},
    "diego@demo.novelo": {"skills": ["atacado"], "languages": ["pt", "en"]},
    "elisa@demo.novelo": {"skills": ["trocas", "entregas"], "languages": ["pt", "es"]},
}


def furnish(caller: Caller, care: Team) -> None:
    """Give the shop what it works with; ``care`` is the team that answers. For a workspace that has none of it yet."""
    place = caller.workspace
    for email, fields_ in PEOPLE.items():
        Membership.objects.of(place).filter(user__email=email).update(**fields_)
    sales = Team.objects.create(workspace=place, name=SALES)
    sales.members.add(*Membership.objects.of(place).filter(user__email__in=SELLERS))
    made = {name: labels.create(caller, name, color) for name, color in LABELS.items()}
    for shortcut, title, text in REPLIES:
        canned.create(caller, canned.CannedChange(shortcut=shortcut, title=title, text=text))
    _fields(caller)
    _macros(caller, made, sales)
    _views(caller, made)
    _rules(caller, made)
    _routing(caller, made, care, sales)
    _promises(caller)


def _fields(caller: Caller) -> None:
    for of, title, kind, choices in (
        ("customer", "Tipo de cliente", "choice", ("Varejo", "Atacado")),
        ("customer", "Tamanho", "choice", ("PP", "P", "M", "G", "GG")),
        ("customer", "Aniversário", "date", ()),
        ("conversation", "Número do pedido", "text", ()),
    ):
        fields.create(caller, fields.NewField(of=of, title=title, kind=kind, choices=choices))


def _macros(caller: Caller, made: Mapping[str, Label], sales: Team) -> None:
    accepted = "Troca aprovada! Mandamos o código de postagem por e-mail; assim que a peça chegar, enviamos a nova."
    thanks = "Obrigado pelo contato, {{customer.first_name}}! Vou encerrar por aqui; se precisar, é só responder."
    acts: dict[str, tuple[dict[str, Any], ...]] = {
        "Aprovar troca": (
            {"do": "label", "label": str(made["Troca ou devolução"].pk)}, {"do": "reply", "text": accepted},
            {"do": "note", "text": "Troca aprovada: gerar código de postagem."},
        ),
        "Agradecer e encerrar": ({"do": "reply", "text": thanks}, {"do": "resolve"}),
        "Passar para Vendas": (
            {"do": "label", "label": str(made["Orçamento"].pk)},
            {"do": "handoff", "team": str(sales.pk), "note": "Cliente pediu orçamento."},
        ),
    }  # fmt: skip
    for name, actions in acts.items():
        macros.create(caller, macros.MacroChange(name=name, actions=actions))


def _views(caller: Caller, made: Mapping[str, Label]) -> None:
    for name, filters, sort in (
        ("Trocas e devoluções", {"label": str(made["Troca ou devolução"].pk)}, "waiting"),
        ("Prioridade alta", {"priority": "high,urgent"}, "priority"),
    ):
        SavedView.objects.create(workspace=caller.workspace, name=name, filters=filters, sort=sort)


def _rules(caller: Caller, made: Mapping[str, Label]) -> None:
    """Keep the rules that sort by words, and one that speaks, switched off: nobody has asked for it yet."""
    for name, words, label, priority in SORTED_BY_WORDS:
        actions: list[dict[str, Any]] = [{"do": "label", "label": str(made[label].pk)}]
        actions += [{"do": "priority", "priority": priority}] if priority else []
        said = {"field": "text", "is": "contains", "value": words}
        plan = automation.Plan(name=name, event="message.received", conditions=[said], actions=actions, active=True)
        automation.keep(caller.workspace, plan)
    greeting = ready.plan(caller.workspace, "greeting")
    if greeting is not None:
        automation.keep(caller.workspace, greeting)


def _routing(caller: Caller, made: Mapping[str, Label], care: Team, sales: Team) -> None:
    wholesale = Channel.objects.of(caller.workspace).get(kind="twilio_whatsapp", deleted_at=None)
    rules: list[dict[str, Any]] = [
        {"name": "Defeito", "if": {"label": str(made["Defeito"].pk)}, "then": {"team": str(care.pk), "priority": 3}},
        {"name": "Atacado", "if": {"channel": str(wholesale.pk)}, "then": {"team": str(sales.pk), "skills": ["atacado"]}},
        {
            "name": "Cliente do atacado", "if": {"attribute": {"tipo_de_cliente": "Atacado"}},
            "then": {"team": str(sales.pk), "skills": ["atacado"]},
        },
    ]  # fmt: skip
    routing.change_routing(caller, routing.RoutingChange(rules=rules))


def _promises(caller: Caller) -> None:
    """Promise, watch and ask: live conversations alone, since told history triggers nothing."""
    urgent = promises.Plan(
        name="Prioridade alta", position=10, priorities=(3, 4), first_response=3 * MINUTE, next_response=10 * MINUTE
    )
    usual = promises.Plan(
        name="Atendimento", position=20, first_response=10 * MINUTE, next_response=30 * MINUTE, resolution=24 * HOUR
    )
    for policy in (urgent, usual):
        promises.keep(caller, policy)
    for kind, threshold in (("depth", 12), ("oldest_wait", 15 * MINUTE), ("breach", 5)):
        alerts.keep(caller, alerts.Plan(kind=kind, threshold=threshold))
    asked = surveys.Plan(name="Como foi o atendimento?", kind="csat", delay_seconds=10 * MINUTE, active=True)
    later = surveys.Plan(name="Depois da entrega", kind="nps", trigger="order.delivered", delay_seconds=24 * HOUR)
    for survey in (asked, later):
        surveys.keep(caller.workspace, survey)
