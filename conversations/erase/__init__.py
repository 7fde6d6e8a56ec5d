"""Erasing one person whole, for good: what the law calls elimination of personal data (LGPD art. 18, GDPR art. 17).

1. A person is all customers who count as one while merges are in force. All of them go, and no undo brings them back.
2. What says who they are or what was said goes: names, addresses, messages, notes, drafts, files, what search knows of it,
   what was said to providers about them, and the webhooks they came in by.
3. What figures stand on stays, without a person: when something happened, on which kind of channel, who of the house did it,
   and amounts. Figures are what they were, but for what was open: that ends with the erasure, and history says so.
4. What tells things apart is kept as a keyed hash (``erased``): a provider's retry brings nobody back. Who writes again from
   the same address is somebody new.
5. Rows go at once, in one transaction (``person``). Journals and storage are looked through behind it, a piece at a time, by
   whoever comes (``traces``); until that is finished the register keeps, sealed, what to look for.
"""

from conversations.erase.person import Erased, erase, of_person
from conversations.erase.traces import look_on

__all__ = ["Erased", "erase", "look_on", "of_person"]
