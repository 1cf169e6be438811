"""What all five protocols share: who asks, how often, how a body is read, how an error is written."""

from contacthub.api.gateway.api import GatewayAPI
from contacthub.api.gateway.bodies import json_reply
from contacthub.api.gateway.idempotency import spends
from contacthub.api.gateway.keys import READ, WRITE, Admission, bearer_of
from contacthub.api.gateway.problems import FieldProblem, Kind, Problem, ProblemFound
from contacthub.api.gateway.protocol import ApiRequest, Protocol

__all__ = [
    "READ",
    "WRITE",
    "Admission",
    "ApiRequest",
    "FieldProblem",
    "GatewayAPI",
    "Kind",
    "Problem",
    "ProblemFound",
    "Protocol",
    "bearer_of",
    "json_reply",
    "spends",
]
