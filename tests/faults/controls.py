"""Controls that must fail: naive designs and damaged worlds, which the oracle must see or it proves nothing."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from uuid import UUID, uuid4

import psycopg
from django.conf import settings
from django.db import connection, transaction

from conversations import feed
from hub.models import Workspace
from tests.faults import oracle
from tests.faults.drill import Result, finish, look_and_judge, settle
from tests.faults.house import House
from tests.faults.load import Load, new_shop
from tests.faults.oracle import Episode, Expected, Line, Promise, Stored, World

MESSAGE = (
    "(SELECT id FROM conversations_message WHERE workspace_id = %(workspace)s ORDER BY conversation_id, seq LIMIT 1)"
)
TALK = "(SELECT conversation_id FROM conversations_message WHERE workspace_id = %(workspace)s ORDER BY 1 LIMIT 1)"
STRAY = (
    "INSERT INTO metrics_touchfact (id, workspace_id, customer_id, kind, channel_kind, at, store, campaign) SELECT -1, workspace_id, "
    "customer_id, 'web.visit', '', now(), '', '' FROM conversations_message WHERE workspace_id = %(workspace)s LIMIT 1"
)
# What is done to a sound world, and the words by which the oracle must tell it.
DAMAGES: Sequence[tuple[str, Sequence[str]]] = (
    ("acknowledged and lost", [f"DELETE FROM conversations_message WHERE id = {MESSAGE}"]),
    (
        "stored more than once",
        [
            "ALTER TABLE conversations_message DROP CONSTRAINT message_unique_per_channel_and_provider_id",
            "COPY OF conversations_message",
        ],
    ),
    ("stored with other words", [f"UPDATE conversations_message SET text = 'other words' WHERE id = {MESSAGE}"]),
    (
        "out of order",
        [
            f"UPDATE conversations_message SET seq = 9001 WHERE conversation_id = {TALK} AND seq = 1",
            f"UPDATE conversations_message SET seq = 1 WHERE conversation_id = {TALK} AND seq = 2",
            f"UPDATE conversations_message SET seq = 2 WHERE conversation_id = {TALK} AND seq = 9001",
        ],
    ),
    (
        "gaps in their positions",
        [f"UPDATE conversations_message SET seq = 9001 WHERE conversation_id = {TALK} AND seq = 1"],
    ),
    (
        "several open conversations",
        ["DROP INDEX one_open_conversation_per_customer", "COPY OF conversations_conversation"],
    ),
    (
        "count their unread messages wrongly",
        [f"UPDATE conversations_conversation SET unread = unread + 1 WHERE id = {TALK}"],
    ),
    (
        "deliveries still wait",
        ["UPDATE conversations_delivery SET outcome = 'pending' WHERE workspace_id = %(workspace)s"],
    ),
    ("items still wait", ["UPDATE conversations_item SET state = 'pending' WHERE workspace_id = %(workspace)s"]),
    ("lanes still wait", ["UPDATE conversations_lane SET has_work = true WHERE workspace_id = %(workspace)s"]),
    (
        "innocent and set aside",
        ["UPDATE conversations_item SET state = 'quarantined' WHERE workspace_id = %(workspace)s"],
    ),
    (
        "not told exactly once as message.received in the history",
        [f"DELETE FROM conversations_historyevent WHERE type = 'message.received' AND message_id = {MESSAGE}"],
    ),
    (
        "the feed is not gapless",
        ["DELETE FROM conversations_feedevent WHERE workspace_id = %(workspace)s AND seq = 3"],
    ),
    ("figures differ", ["UPDATE metrics_cell SET n = n + 1 WHERE workspace_id = %(workspace)s"]),
    ("figures differ", ["DELETE FROM metrics_volumefact WHERE workspace_id = %(workspace)s"]),
    ("metrics_touchfact -1 of customer", [STRAY]),
    (
        "metrics_stayfact",
        ["UPDATE metrics_stayfact SET agent = 'nobody@nowhere.example' WHERE workspace_id = %(workspace)s"],
    ),
)
COLUMNS = """
SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns
WHERE table_name = %s AND is_generated = 'NEVER' AND column_name NOT IN ('id', 'seq')
"""


def oracle_sees(house: House) -> Result:
    """Damage a sound world in every way there is a law against, inside a transaction that is rolled back."""
    result = Result(drill="C-oracle", says="the oracle sees each damage to a sound world")
    shop = new_shop("control")
    load = Load(house.url, shop, "control", rate=60.0, seconds=2.0)
    load.start()
    expected = finish(house, load, result, {200})
    settle(house, result)
    result.failures += [f"the world is not sound to begin with: {found}" for found in look_and_judge(shop, expected)]
    for words, statements in DAMAGES:
        with transaction.atomic():
            damage(shop.workspace, statements)
            findings = look_and_judge(shop, expected)
            transaction.set_rollback(True)
        must_see(result, words, findings)
    world = oracle.look(shop.workspace)
    for words, log in {
        "missed [2]": [line for line in world.feed if line.seq != 2],
        "repeated [2]": [*world.feed, world.feed[1]],
        "heard": [world.feed[1], world.feed[0], *world.feed[2:]],
    }.items():
        must_see(result, words, oracle.judge(with_log(expected, log), world))
    fewer = Expected(offered=expected.offered[1:], acked=expected.acked - {expected.offered[0].message_id})
    must_see(result, "stored and never sent", oracle.judge(fewer, world))
    return result


def with_log(expected: Expected, log: Sequence[Line]) -> Expected:
    """Return the same expectations with a reader who heard ``log``."""
    return Expected(offered=expected.offered, acked=expected.acked, logs={"reader": log})


def must_see(result: Result, words: str, findings: Sequence[str]) -> None:
    """Note a failure unless one of the findings holds these words."""
    result.figures["damages"] = result.figures.get("damages", 0) + 1
    if not any(words in finding for finding in findings):
        result.failures.append(f"the oracle did not see: {words} (it said {list(findings)})")


def damage(workspace: Workspace, statements: Sequence[str]) -> None:
    """Run the statements; ``COPY OF table`` adds a second row equal to the first but for its id and place."""
    with connection.cursor() as cursor:
        for statement in statements:
            if not statement.startswith("COPY OF "):
                cursor.execute(statement, {"workspace": workspace.pk} if "%(" in statement else None)
                continue
            table = statement.removeprefix("COPY OF ")
            cursor.execute(COLUMNS, [table])
            columns = cursor.fetchone()[0]
            place, places = (", seq", ", 9001") if table == "conversations_message" else ("", "")
            cursor.execute(
                f"INSERT INTO {table} (id{place}, {columns}) SELECT gen_random_uuid(){places}, {columns} FROM {table} "
                "WHERE workspace_id = %s LIMIT 1",
                [workspace.pk],
            )


def naive_reader(house: House) -> Result:
    """B9: two transactions take 1 and 2 and commit in reverse; a reader by `id > last` misses one, the feed's does not."""
    result = Result(drill="B9", says="a reader by `id > last` misses what commits late; a reader of the feed does not")
    with psycopg.connect(settings.DATABASE_URL, autocommit=True) as reader:
        reader.execute("CREATE TABLE naive_feed (id bigserial PRIMARY KEY, subject text)")
        try:
            log, lines = naive_race(reader)
        finally:
            reader.execute("DROP TABLE naive_feed")
    must_see(result, "missed [1]", oracle.compare("the naive reader", log, lines))
    shop = new_shop("B9")
    heard = feed_race(shop.workspace)
    result.failures += oracle.compare("the feed's reader", heard, oracle.feed_of(shop.workspace))
    if len(heard) != 2:
        result.failures.append(f"the feed holds {len(heard)} lines, not 2")
    return result


def naive_race(reader: psycopg.Connection) -> tuple[list[Line], list[Line]]:
    """Let two writers take numbers from a sequence and commit the second first; return what was heard and what is there."""
    heard: list[Line] = []

    def poll() -> None:
        last = heard[-1].seq if heard else 0
        rows = reader.execute("SELECT id, 'message.created', subject FROM naive_feed WHERE id > %s ORDER BY id", [last])
        heard.extend(Line._make(row) for row in rows)

    with psycopg.connect(settings.DATABASE_URL) as first, psycopg.connect(settings.DATABASE_URL) as second:
        first.execute("INSERT INTO naive_feed (subject) VALUES ('first')")
        second.execute("INSERT INTO naive_feed (subject) VALUES ('second')")
        second.commit()
        poll()
        first.commit()
        poll()
    rows = reader.execute("SELECT id, 'message.created', subject FROM naive_feed ORDER BY id")
    return heard, [Line._make(row) for row in rows]


def feed_race(workspace: Workspace) -> list[Line]:
    """Run the same race with the product's own feed: the second writer waits for the first, and the reader hears both."""
    heard: list[Line] = []

    def poll() -> None:
        last = heard[-1].seq if heard else 0
        heard.extend(Line(one.seq, one.kind, str(one.subject_id)) for one in feed.after(workspace.pk, last))

    def publish() -> None:
        try:
            with transaction.atomic():
                feed.publish(workspace.pk, [feed.Change("message.created", uuid4())])
        finally:
            connection.close()

    second = threading.Thread(target=publish)
    with transaction.atomic():
        feed.publish(workspace.pk, [feed.Change("message.created", uuid4())])
        second.start()
        second.join(0.5)  # it cannot pass while the first holds the head
    poll()
    second.join(10)
    poll()
    return heard


def naive_claims(house: House) -> Result:
    """Claim rows instead of lanes: the second message overtakes the first, and the oracle must see it."""
    result = Result(drill="C-rows", says="workers that claim rows instead of lanes turn the order around")
    said = [Promise("5511987653000", f"wamid.rows.{index}", f"{index}") for index in range(2)]
    with psycopg.connect(settings.DATABASE_URL, autocommit=True) as clerk:
        clerk.execute("CREATE TABLE naive_item (id bigserial PRIMARY KEY, provider_id text, done bool DEFAULT false)")
        clerk.execute("CREATE TABLE naive_message (seq bigserial PRIMARY KEY, provider_id text)")
        try:
            for promise in said:
                clerk.execute("INSERT INTO naive_item (provider_id) VALUES (%s)", [promise.message_id])
            race_for_rows()
            rows = clerk.execute("SELECT provider_id, row_number() OVER (ORDER BY seq) FROM naive_message").fetchall()
        finally:
            clerk.execute("DROP TABLE naive_item, naive_message")
    world = small_world(dict(rows), said)
    expected = Expected(offered=said, acked={promise.message_id for promise in said})
    findings = oracle.judge(expected, world)
    must_see(result, "out of order", findings)
    sound = small_world({promise.message_id: place for place, promise in enumerate(said, start=1)}, said)
    result.failures += [f"the oracle saw what is not there: {found}" for found in oracle.judge(expected, sound)]
    return result


def race_for_rows() -> None:
    """Let two workers claim a row each with SKIP LOCKED; the one with the second row is faster."""
    claim = "SELECT id, provider_id FROM naive_item WHERE NOT done ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"
    with psycopg.connect(settings.DATABASE_URL) as slow, psycopg.connect(settings.DATABASE_URL) as fast:
        claims = [(worker, worker.execute(claim).fetchone()) for worker in (slow, fast)]
        for worker, row in reversed(claims):
            assert row is not None
            worker.execute("INSERT INTO naive_message (provider_id) VALUES (%s)", [row[1]])
            worker.execute("UPDATE naive_item SET done = true WHERE id = %s", [row[0]])
            worker.commit()


def small_world(places: dict[str, int], said: Sequence[Promise]) -> World:
    """Return a world with one conversation whose messages have these places, and nothing else wrong with it."""
    talk, customer = UUID(int=1), UUID(int=2)
    texts = {promise.message_id: promise.text for promise in said}
    stored = [
        Stored(f"id of {provider_id}", provider_id, talk, customer, place, texts[provider_id])
        for provider_id, place in sorted(places.items(), key=lambda item: item[1])
    ]
    told = [("message.created", one.message_id) for one in stored] + [("conversation.created", str(talk))]
    history = [("message.received", one.message_id) for one in stored] + [("conversation.opened", str(talk))]
    return World(
        stored=stored, episodes=[Episode(talk, customer, "waiting", len(stored), len(stored))], quarantined=[], waiting={},
        history=Counter(history), feed=[Line(seq, *line) for seq, line in enumerate(told, start=1)], head=len(told),
    )  # fmt: skip
