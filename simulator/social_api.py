"""The part of Graph that a hub calls for Instagram and Messenger, beside the rest on the same port; and ``/_sim/social/`` to steer."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from typing import Any
from urllib.parse import parse_qs

from simulator import media, social_mentions
from simulator.graph import Answer, Call
from simulator.limits import RateLimits
from simulator.refusals import Refusal
from simulator.social import Social, SocialSent
from simulator.social_bodies import SocialAccount, SocialPerson
from simulator.switches import BadSwitchError, Fault

TEXT_BYTES, TEXT_CHARACTERS = 1000, 2000
DAY = 24 * 3600.0
ACTIONS = {"typing_on", "typing_off", "mark_seen", "react", "unreact"}
FILES = {"image", "audio", "video", "file"}
_VERSION = re.compile(r"v\d+\.\d+")
_ENDS = {"error", "throttle", "server_error"}
# Said with HTTP 200, as documented.
_SAID_WITH_200 = {36000}


class SocialApi:
    """Answers for the accounts of a ``Social``."""

    def __init__(self, network: Social) -> None:
        self.network = network
        self._limits = RateLimits()

    def owns(self, path: tuple[str, ...]) -> bool:
        """Whether a path is of an account, a person, a file of theirs, or steers them."""
        if path[:2] == ("_sim", "social") or path[:1] == ("_cdn",):
            return True
        node = _without_version(path)[:1]
        ids = {one for account in self.network.accounts for one in (account.account_id, account.page_id)}
        return bool(node) and (node[0] == "me" or node[0] in ids or node[0] in self.network.people)

    async def answer(self, call: Call) -> Answer:
        """Answer one call. Raises ``Refusal`` and ``BadSwitchError``."""
        self.network.base = self.network.base or call.base
        if call.path[:1] == ("_cdn",):
            stored = self.network.media.get(call.path[1]) if len(call.path) == 2 else None
            if stored is None:
                return Answer(status=404, content_type="text/html")
            return Answer(body=stored.data, content_type=stored.ref.mime_type)
        if call.path[:1] == ("_sim",):
            return self._steer(call)
        node, edge = (*_without_version(call.path), "", "")[:2]
        mine = [one for one in self.network.accounts if call.token and one.access_token == call.token]
        if not mine:
            raise Refusal(190, message="Invalid OAuth access token - Cannot parse access token")
        if edge == "messages" and call.method == "POST":
            return await self._send(self._account(node, mine), call)
        asked = parse_qs(call.query).get("fields", [""])[0]
        if edge == "" and call.method == "GET" and asked.startswith("mentioned_"):
            return await self._mentioned(self._account(node, mine), asked)
        if edge == "" and call.method == "GET":
            return self._described(node, mine)
        raise _unsupported(node)

    def _account(self, node: str, mine: list[SocialAccount]) -> SocialAccount:
        for account in mine:
            if node in {account.account_id, account.page_id, "me"}:
                return account
        raise _unsupported(node)

    def _described(self, node: str, mine: list[SocialAccount]) -> Answer:
        person = self.network.people.get(node)
        if person is not None:
            return self._profile(person, mine)
        account = self._account(node, mine)
        if node == "me" and not account.through_page:
            scoped = {"id": f"9{account.account_id[1:]}", "user_id": account.account_id}
            return _json(scoped | {"name": account.name, "username": account.username})
        known = {"id": account.page_id if node == "me" and account.page_id else account.account_id}
        return _json(known | {"name": account.name, "username": account.username})

    def _profile(self, person: SocialPerson, mine: list[SocialAccount]) -> Answer:
        account = next((one for one in mine if self.network.heard(one, person)), None)
        if account is None:
            raise Refusal(230, message="(#230) User consent is required to access user profile")
        if account.kind == "instagram":
            return _json({"name": person.name, "username": person.username, "id": person.id})
        first, _, last = person.name.partition(" ")
        return _json({"first_name": first, "last_name": last, "id": person.id})

    async def _mentioned(self, account: SocialAccount, asked: str) -> Answer:
        """Say what somebody wrote who named the account: only it may ask. A fault for the mention's id strikes here."""
        known = self.network.mentions
        ids = frozenset(one for one in known if f"({one})" in asked)
        for fault in self.network.control.faults_for(ids) if ids else ():
            if fault.kind in _ENDS:
                return _refuse(fault)
            if fault.kind != "delay":
                return Answer(silence=fault.kind)
            await asyncio.sleep(fault.seconds)
        return _json(social_mentions.answer(known, asked) | {"id": account.account_id})

    async def _send(self, account: SocialAccount, call: Call) -> Answer:
        body = call.json()
        if not isinstance(body, dict):
            raise Refusal(100, message="(#100) The parameter recipient is required")
        person = self._recipient(body)
        if "sender_action" in body:
            self._signal(account, person, call, body)
            return _json({"recipient_id": person.id})
        _check_message(account, body)
        faults = self.network.control.faults_for(frozenset({person.id}))
        late = sum(fault.seconds for fault in faults if fault.kind == "delay")
        end = next((fault for fault in faults if fault.kind not in {"delay", "undeliverable"}), None)
        if end is not None and end.kind in _ENDS:
            await asyncio.sleep(late)
            return _refuse(end)
        self._check_when(account, person, body)
        self._take(account, person)
        comment = body["recipient"].get("comment_id")
        if comment:
            del self.network.comments[comment]  # once per comment
        sent = self.network.accept(account, person, "/".join(call.path), body)
        await asyncio.sleep(late)
        if end is not None:
            return Answer(silence=end.kind)
        return _json({"recipient_id": person.id, "message_id": sent.id})

    def _recipient(self, body: dict[str, Any]) -> SocialPerson:
        recipient = body.get("recipient")
        if not isinstance(recipient, dict) or len(recipient.keys() & {"id", "comment_id"}) != 1:
            raise Refusal(100, message="(#100) The parameter recipient is required")
        if "comment_id" in recipient:
            found = self.network.comments.get(str(recipient["comment_id"]))
            if found is None:
                raise Refusal(100, message="(#100) This comment cannot be answered in private.", subcode=2534001)
            return found
        scoped = str(recipient["id"])
        if not scoped.isdigit():
            raise Refusal(100, message="(#100) No matching user found", subcode=2534014)
        return self.network.people.get(scoped) or self.network.know(
            SocialPerson(id=scoped, name=f"Cliente {scoped[-4:]}")
        )

    def _signal(self, account: SocialAccount, person: SocialPerson, call: Call, body: dict[str, Any]) -> None:
        action, payload = body["sender_action"], body.get("payload", {})
        if action not in ACTIONS or "message" in body:
            raise Refusal(100, message="(#100) Param sender_action must be one of the documented actions")
        if action in {"react", "unreact"} and not payload.get("message_id"):
            raise Refusal(100, message="(#100) The parameter payload[message_id] is required")
        if action == "react" and not payload.get("reaction"):
            raise Refusal(100, message="(#100) The parameter payload[reaction] is required")
        self.network.note(
            SocialSent(id="", at=time.time(), path="/".join(call.path), account=account, person=person, body=body)
        )

    def _check_when(self, account: SocialAccount, person: SocialPerson, body: dict[str, Any]) -> None:
        """Refuse what comes after the window: a day for everybody, a week for people."""
        if not self.network.control.switches.window or "comment_id" in body["recipient"]:
            return
        silence = time.time() - self.network.heard(account, person)
        if silence > (7 * DAY if body.get("tag") == "HUMAN_AGENT" else DAY):
            words = "(#10) This message is sent outside of allowed window."
            raise Refusal(10, message=words, subcode=2534022 if account.kind == "instagram" else 2018278)

    def _take(self, account: SocialAccount, person: SocialPerson) -> None:
        try:
            per_second = self.network.control.switches.per_second
            self._limits.take(account.account_id, person.id, per_second=per_second, pair=False)
        except Refusal:
            raise Refusal(
                613, message="(#613) Calls to this api have exceeded the rate limit.", subcode=2534040
            ) from None

    def _steer(self, call: Call) -> Answer:
        match call.method, call.path[2:]:
            case "GET", ("sent",):
                shown = [_shown(sent) for sent in self.network.sent]
                return _json({"sent": shown, "signals": [_shown(sent) for sent in self.network.signals]})
            case "POST", ("say",):
                return self._say(call.json())
        message = "No such call. GET sent | POST say {account?, from?, name?, username?, text?, event?, mention?}"
        raise BadSwitchError(message)

    def _say(self, said: Any) -> Answer:
        """Let somebody say or do something now; ``event`` holds the keys of a documented event.

        With ``mention`` (``comment`` or ``caption``) they name the account in public.
        """
        about = said if isinstance(said, dict) else {}
        asked = about.get("account")
        account = next((one for one in self.network.accounts if asked in {None, one.account_id}), None)
        if account is None:
            message = "No such account is served."
            raise BadSwitchError(message)
        sender = str(about.get("from", "1784500000000001"))
        known = self.network.people.get(sender)
        person = SocialPerson(
            id=sender,
            name=str(about.get("name", known.name if known else "Cliente")),
            username=str(about.get("username", known.username if known else "")),
        )
        if isinstance(about.get("event"), dict):
            self.network.happen(account, person, **about["event"])
            return _json({"from": sender})
        text = str(about.get("text", "Oi"))
        if (where := about.get("mention")) in {"comment", "caption"}:
            url = self.network.picture(media.picture(random.Random(sender)))  # noqa: S311  the same person, the same picture
            post = {"comment_id": ""} if where == "caption" else {"caption": "Achadinhos da semana"}
            return _json({"id": self.network.mention(account, person, text, url=url, **post).id, "from": sender})
        return _json({"id": self.network.say(account, person, text), "from": sender})


def _without_version(path: tuple[str, ...]) -> tuple[str, ...]:
    return path[1:] if path and _VERSION.fullmatch(path[0]) else path


def _check_message(account: SocialAccount, body: dict[str, Any]) -> None:
    message = body.get("message")
    if not isinstance(message, dict) or len(message.keys() & {"text", "attachment", "attachments"}) != 1:
        raise Refusal(100, message="(#100) The message needs either text or an attachment")
    if body.get("tag") not in {None, "HUMAN_AGENT"} or (
        body.get("tag") and body.get("messaging_type") != "MESSAGE_TAG"
    ):
        raise Refusal(100, message="(#100) Invalid message tag")
    if account.kind == "messenger" and body.get("messaging_type") not in {"RESPONSE", "UPDATE", "MESSAGE_TAG"}:
        raise Refusal(100, message="(#100) Param messaging_type must be one of {RESPONSE, UPDATE, MESSAGE_TAG}")
    if "text" in message:
        _check_text(account, str(message["text"]))
    else:
        _check_file(message)
    _check_choices(message.get("quick_replies", []))


def _check_text(account: SocialAccount, text: str) -> None:
    size = len(text.encode()) if account.kind == "instagram" else len(text)
    if not text or size > (TEXT_BYTES if account.kind == "instagram" else TEXT_CHARACTERS):
        raise Refusal(100, message="(#100) Length of param message[text] must be less than or equal to the limit")


def _check_file(message: dict[str, Any]) -> None:
    for part in message.get("attachments", [message.get("attachment")]):
        payload = part.get("payload", {}) if isinstance(part, dict) else {}
        if isinstance(part, dict) and part.get("type") == "template" and payload.get("template_type"):
            continue
        if (
            not isinstance(part, dict)
            or part.get("type") not in FILES
            or not str(payload.get("url")).startswith("http")
        ):
            raise Refusal(100, message="(#100) Invalid attachment")


def _check_choices(choices: Any) -> None:
    if not isinstance(choices, list) or len(choices) > 13:
        raise Refusal(100, message="(#100) Too many quick replies")
    for choice in choices:
        if (
            choice.get("content_type") != "text"
            or not 0 < len(choice.get("title", "")) <= 20
            or not choice.get("payload")
        ):
            raise Refusal(100, message="(#100) Invalid quick reply")


def _refuse(fault: Fault) -> Answer:
    subcode = fault.subcode or None
    if fault.kind == "error":
        status = 200 if fault.code in _SAID_WITH_200 else None
        raise Refusal(fault.code, message=f"(#{fault.code}) Told to refuse this.", subcode=subcode, status=status)
    if fault.kind == "throttle":
        raise Refusal(
            fault.code or 613, message="(#613) Too fast.", status=429, subcode=subcode, retry_after=fault.seconds
        )
    if fault.body:
        raise Refusal(fault.code or 2, message="(#2) Service temporarily unavailable", status=fault.status)
    return Answer(status=fault.status, content_type="text/html")


def _unsupported(node: str) -> Refusal:
    return Refusal(100, message=f"Unsupported request. Object with ID '{node}' does not exist.", subcode=33)


def _shown(sent: SocialSent) -> dict[str, Any]:
    return {"id": sent.id, "at": sent.at, "account": sent.account.account_id, "to": sent.person.id, "body": sent.body}


def _json(document: object) -> Answer:
    return Answer(body=json.dumps(document).encode(), content_type="application/json; charset=UTF-8")
