"""W1: readers of the live feed hear every change exactly once and in order, whatever dies between them and the writers."""

from __future__ import annotations

import redis
from django.db import connection
from django.test import Client

from hub.models import Membership, Role, User
from tests.faults import kills
from tests.faults.drill import FAULT_SECONDS, Result, died_by_itself, finish, look_and_judge, settle
from tests.faults.house import House
from tests.faults.load import Load, Shop, new_shop, send
from tests.faults.oracle import feed_of
from tests.faults.streams import Audience

READERS = 12
CATCH_UP_SECONDS = 30.0
FOREIGN = "http://shop.example"


def run(house: House) -> Result:
    """Kill web, Valkey and PostgreSQL one after the other under twelve readers, and compare what they heard."""
    result = Result(drill="W1", says=f"{READERS} readers of the feed while web, Valkey and PostgreSQL die")
    shop = new_shop("W1")
    deaths = house.deaths()
    result.failures += others_are_refused(house, shop)
    audience = Audience(house.url, shop.token, READERS)
    audience.start()
    house.wait(lambda: all(stream.connections for stream in audience.streams), 10)
    load = Load(house.url, shop, "W1", rate=40.0, seconds=12.0)
    load.start()
    house.sleep(FAULT_SECONDS)
    trouble(house)
    expected = finish(house, load, result, kills.AWAY)
    house.wait_until_ready()
    settle(house, result)
    head = feed_of(shop.workspace)[-1].seq
    house.wait(lambda: audience.heard(head), CATCH_UP_SECONDS)
    audience.stop()
    expected.logs = {stream.name: stream.log for stream in audience.streams}
    result.failures += look_and_judge(shop, expected)
    result.failures += died_by_itself(house, deaths)
    comings = [stream.connections for stream in audience.streams]
    result.figures |= {"feed": head, "connections": comings}
    if min(comings) < 2:
        result.failures.append("a reader never had to come back: its web process was not killed")
    return result


def trouble(house: House) -> None:
    """Kill the web process, flush and kill Valkey, kill PostgreSQL."""
    house.web.kill()
    house.web.start()
    house.sleep(2.5)
    with redis.Redis.from_url(house.valkey.url) as client:
        client.flushall()
    house.sleep(0.5)
    house.valkey.kill()
    house.sleep(1.0)
    house.valkey.start()
    house.sleep(1.0)
    kills.postgres(house)
    connection.close()


def others_are_refused(house: House, shop: Shop) -> list[str]:
    """Ask for the feed as a stranger, and as a page of another site in a signed-in person's browser."""
    person = User.objects.create_user(f"reader@{shop.workspace.slug}.example", "a-long-drill-password")
    Membership.objects.create(workspace=shop.workspace, user=person, role=Role.AGENT)
    browser = Client()
    browser.force_login(person)
    cookie = {"Cookie": "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())}
    tries: dict[str, tuple[dict[str, str], int]] = {
        "nobody": ({}, 401),
        "an unknown token": ({"Authorization": "Token nvl_unknown"}, 401),
        "a page of another site": ({**cookie, "Origin": FOREIGN}, 403),
        "another site without an origin": ({**cookie, "Sec-Fetch-Site": "cross-site"}, 403),
        "our own page": ({**cookie, "Origin": house.url, "Sec-Fetch-Site": "same-origin"}, 200),
    }
    found = []
    for name, (headers, wanted) in tries.items():
        status, _ = send(house.url, "GET", "/api/v1/feed", None, headers)
        if status != wanted:
            found.append(f"{name} asked for the feed and got {status}, not {wanted}")
    return found
