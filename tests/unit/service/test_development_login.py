"""The development login of a real service: for who sits at this machine, whatever stands before it."""

from __future__ import annotations

from pathlib import Path

from support.verifier_desk import HOST, open_desk, text_of

NAME = {"name": "Mallory", "next": "/"}
FROM_AFAR = [
    {"host": "verifier.example"},
    {"host": "127.0.0.1.example:8040"},
    {"host": "verifier.example:127"},
    {"host": "[::ffff:192.0.2.1]"},
    {"host": "["},
    {"host": ""},
    {"forwarded": "for=192.0.2.1;proto=https"},
    {"x-forwarded-for": "127.0.0.1"},
    {"x-forwarded-host": "127.0.0.1"},
    {"x-forwarded-proto": "https"},
    {"x-real-ip": "192.0.2.1"},
    {"via": "1.1 proxy"},
]
FROM_HERE = [{}, {"host": "localhost:8040"}, {"host": "[::1]:8040"}, {"host": "127.0.0.2"}]


async def test_nobody_signs_in_by_a_name_from_another_machine(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        for headers in FROM_AFAR:
            page = await desk.stranger.get("/sign-in?lang=en", headers=headers)
            assert page.status_code == 403, headers
            assert "for this very machine" in text_of(page)
            answer = await desk.stranger.post("/sign-in", data=NAME, headers=headers)
            assert answer.status_code == 403, headers
            assert not any(name.startswith("acquis_session") for name in desk.stranger.cookies)
        told = {"accept": "application/json", "x-forwarded-for": "192.0.2.1"}
        problem = await desk.stranger.post("/sign-in", data=NAME, headers=told)
        assert problem.headers["content-type"] == "application/problem+json"
        assert problem.json()["code"] == "not-allowed"


async def test_who_sits_at_this_machine_signs_in(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        for headers in FROM_HERE:
            address = f"http://{headers['host']}" if headers else HOST
            page = await desk.stranger.get(f"{address}/sign-in")
            assert page.status_code == 200, headers
            answer = await desk.stranger.post(f"{address}/sign-in", data=NAME)
            assert answer.status_code == 303, headers
