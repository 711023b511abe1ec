"""How a refused write is told: RFC 9457, with the rule it broke by name."""

from __future__ import annotations

import json

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from acquis.errors import AcquisError
from acquis.registry.rules import Rule, RuleBroken
from acquis.service.problems import MEDIA_TYPE, build_problem, status_of
from registry_host.refusals import TagMissing, TagStale

_STATUS: dict[type[AcquisError], int] = {TagMissing: 428, TagStale: 412}
_CONFLICTS = {Rule.LOG_EXTENDED, Rule.LINKS, Rule.RESOURCE_CHANGED, Rule.REFERENCE}
_RULE_STATUS = {Rule.SIZE: 413, Rule.QUOTA: 413, Rule.PATH: 404} | dict.fromkeys(_CONFLICTS, 409)


def register_rule_problems(app: FastAPI) -> None:
    """Make ``app`` name the broken rule, where one was broken, in its problem documents."""

    async def answer(request: Request, error: Exception) -> Response:
        if not isinstance(error, AcquisError):
            raise error
        status = _status_of(error)
        problem = build_problem(request, status, error.code, error.title, error.says)
        rule = getattr(error, "rule", None)
        if rule is None:
            return problem
        document = json.loads(bytes(problem.body))
        return JSONResponse(
            {**document, "rule": str(rule)},
            status_code=status,
            media_type=MEDIA_TYPE,
            headers={"content-language": problem.headers["content-language"]},
        )

    app.add_exception_handler(AcquisError, answer)


def _status_of(error: AcquisError) -> int:
    if isinstance(error, RuleBroken):
        return _RULE_STATUS.get(error.rule, status_of(error))
    return _STATUS.get(type(error), status_of(error))
