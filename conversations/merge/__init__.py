"""Two customers who are one person: joined by one row and one pointer each, and taken apart again. Nothing moves on a merge.

**While a merge is in force** the absorbed customer and all who count as them have ``merged_into`` set to the one who stands
for the person. Messages, identities and conversations stay with the customer whose address they came through. Where both
had an unresolved conversation the younger is *folded* into the older: it keeps its own state as it was that moment, its
messages and events count as part of the older, which takes over what somebody must not lose (the longer wait, what is
unread, who has it).

**Undoing** gives everybody what the merges that stay in force would have given them, whatever was merged or undone before or
after. The conversations are told again from their beginning, in the order things came, with those merges alone (``telling``),
and cut once, by who is one person in the end (``split``). What came in through an address, and what was said to it, is its
customer's. Therefore:

1. A folded conversation whose customer goes another way than that of the joint one comes back with the state it had.
2. Messages of one side that lie in a conversation of the other go, with their events, where thread would have put them had
   their people never been joined: to the conversation that comes back, to another of theirs, or to a new one. They keep
   ids, times and order; notes stay where they were written. So does, on the side that stays, what the other alone had kept
   open: it begins anew where it would have.
3. What happened to everybody in the joint conversation since (resolved, snoozed, taken up by the clock) happened to the one
   that was theirs at that moment as well: an event of its own says so, marked ``inherited`` and naming the event it repeats.
   Who has the joint conversation has a new one too; an assignment to one that comes back is not repeated.
4. A later merge that stays joins whom it was asked to join: it folds what is open of them at its place in the story.
5. Nothing is ever taken out of history, and no event or message changes but for the conversation it points at.
6. What is as it would have been is not written; until that merge, everything is as it is stored.

What sources told from outside is no part of this: it is cut into conversations anew whenever people are joined or parted
(``conversations/outside``).

A merge that people undid is not made again by a machine.
"""

from conversations.merge.join import Ask, Joined, join, roots
from conversations.merge.undo import Undone, undo

__all__ = ["Ask", "Joined", "Undone", "join", "roots", "undo"]
