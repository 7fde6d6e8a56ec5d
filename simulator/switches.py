"""The switches of the simulator: how it behaves, well or badly, changed while it runs by ``POST /_sim/behaviour``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from simulator.chance import seeded

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Seconds = Annotated[float, msgspec.Meta(ge=0)]


class BadSwitchError(ValueError):
    """The switches were not understood; nothing was changed."""


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way a send or the reading of a mention goes wrong, for the next ``times`` sends (``None``: always), each with ``probability``.

    ``delay``: the answer comes ``seconds`` late, the statuses may overtake it. ``error``: refused with Graph ``code`` and ``subcode``.
    ``throttle``: HTTP 429 with ``Retry-After: seconds`` and ``code`` (130429). ``server_error``: HTTP ``status`` (500),
    with or without a ``body``. ``lost_reply``: accepted, then the connection is closed without a byte. ``hang``:
    accepted, never answered. ``undeliverable``: accepted and answered, later ``failed`` with ``code`` (131026).
    ``recipient`` limits it to one person: digits or BSUID; or to one mention: its id.
    """

    kind: Literal["delay", "error", "throttle", "server_error", "lost_reply", "hang", "undeliverable"]
    code: int = 0
    subcode: int = 0
    status: Annotated[int, msgspec.Meta(ge=500, le=599)] = 500
    seconds: Seconds = 0.0
    body: bool = True
    recipient: str = ""
    probability: Share = 1.0
    times: Annotated[int, msgspec.Meta(ge=1)] | None = None


class Switches(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All switches with the values of a provider on a good day.

    ``statuses`` off sends none; ``pace`` stretches the time until ``sent``, ``delivered`` and ``read`` (0: at once);
    ``read_share`` of the messages is ever read; ``reorder_seconds`` delays each status at random by up to that much.
    ``duplicates`` and ``batches`` are shares of the deliveries: a duplicate comes again at once or up to ``late_seconds``
    later; a batch holds 2 to ``batch_size`` items and waits for them up to ``batch_hold`` seconds. ``per_second``
    limits a number (0: no limit), ``pair_limit`` one pair of number and person to 1 message in 6 s after a burst of 45;
    ``window`` fails free messages 24 h after the customer's last; ``templates`` are the only known names, if given.
    """

    faults: tuple[Fault, ...] = ()
    statuses: bool = True
    pace: Seconds = 1.0
    read_share: Share = 0.9
    reorder_seconds: Seconds = 0.0
    duplicates: Share = 0.15
    late_seconds: Seconds = 5.0
    batches: Share = 0.2
    batch_size: Annotated[int, msgspec.Meta(ge=2, le=1000)] = 5
    batch_hold: Seconds = 0.25
    per_second: Annotated[int, msgspec.Meta(ge=0)] = 80
    pair_limit: bool = True
    window: bool = False
    templates: tuple[str, ...] | None = None


class Control:
    """Holds the switches as they are now and counts which faults are used up."""

    def __init__(self, switches: Switches | None = None, *, seed: int = 1) -> None:
        self._start = switches or Switches()
        self._rng = seeded("faults", seed)
        self._used: list[int] = []
        self.switches = self._start
        self.reset()

    def reset(self) -> None:
        """Put every switch back to where it was at the start."""
        self._set(self._start)

    def change(self, document: Any) -> Switches:
        """Set the switches named in ``document`` and leave the others; new ``faults`` replace the old ones.

        Raises ``BadSwitchError`` with the reason, and then nothing has changed.
        """
        if not isinstance(document, dict):
            message = "Send a JSON object of switches."
            raise BadSwitchError(message)
        try:
            changed = msgspec.convert(msgspec.to_builtins(self.switches) | document, Switches)
        except msgspec.ValidationError as problem:
            raise BadSwitchError(str(problem)) from None
        if "faults" in document:
            self._set(changed)
        else:
            self.switches = changed
        return changed

    def faults_for(self, recipient: frozenset[str]) -> list[Fault]:
        """Return the faults that strike this send, in their order, and count them as used."""
        struck = []
        for index, fault in enumerate(self.switches.faults):
            if fault.recipient and fault.recipient not in recipient:
                continue
            if fault.times is not None and self._used[index] >= fault.times:
                continue
            if fault.probability < 1 and self._rng.random() >= fault.probability:
                continue
            self._used[index] += 1
            struck.append(fault)
            if fault.kind not in {"delay", "undeliverable"}:
                break  # one end is enough; what only colors the answer may come before it
        return struck

    def _set(self, switches: Switches) -> None:
        self.switches = switches
        self._used = [0] * len(switches.faults)
