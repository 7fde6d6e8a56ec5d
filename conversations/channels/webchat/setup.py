"""How a web chat is set up: nothing to connect, one line for the site, and how the chat looks and speaks."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from conversations.channels.setup import Field, Setup

SETUP = Setup(
    mark=("lucide", "globe"),
    summary=gettext_noop("A chat of your own on your site, without anybody in between."),
    address=None,
    embeds=True,
    secrets=(
        Field(
            name="identity_keys",
            title=gettext_noop("Identity keys"),
            help=gettext_noop("Your site signs with one of them who its visitor is. Leave it empty and one is made."),
            kind="secrets",
            made=True,
            max_length=200,
            pattern=r".{32,}",
            wrong=gettext_noop("A key must hold at least 32 characters."),
        ),
    ),
    settings=(
        Field(name="title", title=gettext_noop("Title"), help=gettext_noop("Stands above the talk."), max_length=60),
        Field(
            name="greeting",
            title=gettext_noop("Greeting"),
            help=gettext_noop("What visitors read before anybody has said anything."),
            kind="paragraph",
            max_length=500,
        ),
        Field(
            name="hours_text",
            title=gettext_noop("Hours"),
            help=gettext_noop("When somebody answers, like: Monday to Friday, 9 am to 6 pm."),
            max_length=200,
        ),
        Field(
            name="origins",
            title=gettext_noop("Sites that may show the chat"),
            help=gettext_noop(
                "One a line, like https://www.example.com. Without any, only the chat's own page shows it."
            ),
            kind="origins",
            example="https://www.example.com",
        ),
        Field(
            name="fields",
            title=gettext_noop("What visitors are asked before they write"),
            kind="choices",
            choices=(("name", gettext_noop("Name")), ("email", gettext_noop("E-mail"))),
        ),
        Field(name="color", title=gettext_noop("Color"), kind="color", example="#4f46e5"),
    ),
    steps=(gettext_noop("Put this line into every page of your site that shall show the chat, before </body>:"),),
)
