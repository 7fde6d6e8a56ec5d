"""Labels: which labels one conversation has once its history is told to the end; pure, as derive is."""

from __future__ import annotations

from collections.abc import Iterable

from metrics.records import Happening, Labeled

PUT_ON, TAKEN_OFF = "conversation.labeled", "conversation.unlabeled"
LABELING = frozenset({PUT_ON, TAKEN_OFF})


def labels(events: Iterable[Happening]) -> tuple[Labeled, ...]:
    """Return the labels that were put on last and not taken off since; events come as to ``derive``.

    What is put on twice stands by the first time, and once what counts as one conversation was told together, a label is
    taken off all of it.
    """
    told = {event.id: event for event in events if event.type in LABELING and event.named}
    if not told:
        return ()
    since: dict[str, int] = {}
    for event in sorted(told.values(), key=lambda one: (one.at, one.id)):
        if event.type == PUT_ON:
            since.setdefault(event.named, event.id)
        else:
            since.pop(event.named, None)
    return tuple(Labeled(number, label) for label, number in since.items())
