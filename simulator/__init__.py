"""A provider simulator: from outside it behaves like Meta, on documented behavior only, and shares no code with the hub."""

from simulator.loopback import NotLoopbackError
from simulator.parties import BusinessNumber, Person
from simulator.sender import Report, Said, Sender
from simulator.serving import RunningSimulator, running
from simulator.social_bodies import SocialAccount, SocialPerson
from simulator.switches import BadSwitchError, Fault, Switches
from simulator.twilio import TwilioNumber

__all__ = [
    "BadSwitchError",
    "BusinessNumber",
    "Fault",
    "NotLoopbackError",
    "Person",
    "Report",
    "RunningSimulator",
    "Said",
    "Sender",
    "SocialAccount",
    "SocialPerson",
    "Switches",
    "TwilioNumber",
    "running",
]
