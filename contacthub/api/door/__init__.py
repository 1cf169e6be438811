"""What all five protocols share: who asks, how often, how a body is read, how an error comes to be spelled."""

from contacthub.api.door.api import DoorAPI
from contacthub.api.door.bodies import json_reply
from contacthub.api.door.idempotency import spends
from contacthub.api.door.keys import READ, WRITE, Admission, bearer_of
from contacthub.api.door.problems import FieldProblem, Kind, Problem, ProblemFound
from contacthub.api.door.protocol import ApiRequest, Protocol

__all__ = [
    "READ",
    "WRITE",
    "Admission",
    "ApiRequest",
    "DoorAPI",
    "FieldProblem",
    "Kind",
    "Problem",
    "ProblemFound",
    "Protocol",
    "bearer_of",
    "json_reply",
    "spends",
]
