"""The state machines: forward only, whatever the order, the repetitions and the losses."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquis.errors import IllegalTransition
from acquis.protocols import (
    diagram,
    issue_credential,
    present_proof,
    record,
    revocation,
)
from acquis.protocols.machine import Source, Table

PROTOCOLS = (issue_credential, present_proof, revocation)
SIDES = [(module, role) for module in PROTOCOLS for role in module.TABLE.roles]
SIDE_NAMES = [f"{module.__name__.rpartition('.')[2]}-{role}" for module, role in SIDES]
every_side = pytest.mark.parametrize(("module", "role"), SIDES, ids=SIDE_NAMES)


def passing(module: ModuleType, role: Any) -> tuple[Any, ...]:
    return tuple(s for s in module.TABLE.states(role) if not module.TABLE.is_terminal(role, s))


def fact(name: str) -> Any:
    return ("seen",) if name == "warnings" else "seen"


@st.composite
def lives(draw: st.DrawFn) -> tuple[ModuleType, Any, list[Any]]:
    """One legal life of an exchange: some of its levels in order, an ending, growing facts."""
    module, role = draw(st.sampled_from(SIDES))
    levels = [s for s in passing(module, role)[1:] if draw(st.booleans())]
    before = levels[-1] if levels else passing(module, role)[0]
    endings = [s for s in module.TABLE.after(role, before) if module.TABLE.is_terminal(role, s)]
    if draw(st.booleans()):
        levels.append(draw(st.sampled_from(sorted(endings))))
    names = [field.name for field in fields(module.Facts)]
    life, known = [], module.Facts()
    for state in levels:
        learned = draw(st.sets(st.sampled_from(names)))
        known = known.filled_by(module.Facts(**{name: fact(name) for name in learned}))
        life.append(module.Observation(state, known, draw(st.sampled_from(Source))))
    return module, role, life


def begin(module: ModuleType, role: Any) -> Any:
    return module.Exchange("an-exchange", role, passing(module, role)[0])


def live(module: ModuleType, exchange: Any, observations: list[Any]) -> Any:
    for observation in observations:
        exchange = module.advance(exchange, observation)
    return exchange


@given(lives(), st.data())
def test_any_order_repetition_and_loss_ends_in_the_same_state(
    life: tuple[ModuleType, Any, list[Any]], data: st.DataObject
) -> None:
    module, role, observations = life
    expected = live(module, begin(module, role), observations)
    kept = [one for one in observations[:-1] if data.draw(st.booleans())] + observations[-1:]
    repeated = kept + [one for one in kept if data.draw(st.booleans())]
    shuffled = data.draw(st.permutations(repeated))
    reached = live(module, begin(module, role), shuffled)
    assert replace(reached, ignored=0) == replace(expected, ignored=0)


@given(lives(), st.data())
def test_what_moves_nothing_is_counted(
    life: tuple[ModuleType, Any, list[Any]], data: st.DataObject
) -> None:
    module, role, observations = life
    reached = live(module, begin(module, role), observations)
    again = data.draw(st.lists(st.sampled_from(observations), max_size=8)) if observations else []
    assert live(module, reached, again).ignored == reached.ignored + len(again)


@given(lives(), st.data())
def test_nothing_leaves_a_terminal_state(
    life: tuple[ModuleType, Any, list[Any]], data: st.DataObject
) -> None:
    module, role, observations = life
    reached = live(module, begin(module, role), observations)
    if reached.is_over:
        later = data.draw(st.sampled_from(module.TABLE.states(role)))
        assert module.advance(reached, module.Observation(later)).state == reached.state


@given(lives())
def test_an_exchange_is_kept_as_json_and_comes_back_the_same(
    life: tuple[ModuleType, Any, list[Any]],
) -> None:
    module, role, observations = life
    loads: dict[ModuleType, Any] = {
        issue_credential: record.load_issue,
        present_proof: record.load_proof,
    }
    if module in loads:
        reached = live(module, begin(module, role), observations)
        kept = json.loads(json.dumps(record.dump_exchange(reached)))
        assert loads[module](kept) == reached


@every_side
def test_states_of_the_other_role_are_forbidden(module: ModuleType, role: Any) -> None:
    foreign = set(module.State) - set(module.TABLE.states(role))
    for state in foreign:
        with pytest.raises(IllegalTransition):
            module.advance(begin(module, role), module.Observation(state))


@every_side
def test_every_state_is_reached_and_some_endings_are_good(module: ModuleType, role: Any) -> None:
    first = passing(module, role)[0]
    assert {*module.TABLE.after(role, first), first} == set(module.TABLE.states(role))
    assert module.TABLE.terminal(role)


@pytest.mark.parametrize(
    ("module", "role", "state", "seen"),
    [
        (
            issue_credential,
            issue_credential.Role.HOLDER,
            issue_credential.State.REQUEST_SENT,
            issue_credential.State.DECLINED,
        ),
        (
            issue_credential,
            issue_credential.Role.HOLDER,
            issue_credential.State.CREDENTIAL_RECEIVED,
            issue_credential.State.EXPIRED,
        ),
        (
            present_proof,
            present_proof.Role.VERIFIER,
            present_proof.State.PRESENTATION_RECEIVED,
            present_proof.State.EXPIRED,
        ),
        (
            present_proof,
            present_proof.Role.PROVER,
            present_proof.State.PRESENTATION_SENT,
            present_proof.State.DECLINED,
        ),
        (
            revocation,
            revocation.Role.ISSUER,
            revocation.State.PENDING,
            revocation.State.ABANDONED,
        ),
    ],
)
def test_what_comes_too_late_is_refused(
    module: ModuleType, role: Any, state: Any, seen: Any
) -> None:
    exchange = module.Exchange("e-1", role, state)
    with pytest.raises(IllegalTransition) as refused:
        module.advance(exchange, module.Observation(seen, source=Source.PERSON))
    for language in ("en", "fr"):
        said = refused.value.says.in_language(language)
        assert "e-1" in said
        assert state in said
        assert seen in said


def test_the_first_ending_wins_over_a_later_abandoned() -> None:
    states = issue_credential.State
    done = live(
        issue_credential,
        issue_credential.Exchange("e", issue_credential.Role.ISSUER),
        [issue_credential.Observation(states.DONE), issue_credential.Observation(states.ABANDONED)],
    )
    assert (done.state, done.ignored) == (states.DONE, 1)


def test_facts_stay_as_first_seen_and_blanks_are_filled_late() -> None:
    module = issue_credential
    exchange = live(
        module,
        module.Exchange("e", module.Role.ISSUER),
        [
            module.Observation(module.State.EXPIRED, module.Facts(record_id="r")),
            module.Observation(
                module.State.CREDENTIAL_ISSUED,
                module.Facts(record_id="other", revocation_registry_id="reg", revocation_index=7),
            ),
        ],
    )
    assert exchange.state is module.State.EXPIRED
    assert exchange.facts.record_id == "r"
    assert (exchange.facts.revocation_registry_id, exchange.facts.revocation_index) == ("reg", 7)


def test_a_verdict_is_only_given_at_the_good_end() -> None:
    states, verified = present_proof.State, present_proof.Facts(verified=True)
    begun = present_proof.Exchange("e", present_proof.Role.VERIFIER)
    done = present_proof.advance(begun, present_proof.Observation(states.DONE, verified))
    expired = present_proof.advance(begun, present_proof.Observation(states.EXPIRED))
    late = present_proof.advance(expired, present_proof.Observation(states.DONE, verified))
    assert done.verdict is True
    assert late.state is states.EXPIRED
    assert late.verdict is None


def test_a_table_with_a_gap_or_a_way_back_is_refused() -> None:
    state, role = revocation.State, revocation.Role.ISSUER
    with pytest.raises(ValueError, match="missing"):
        Table(
            {
                (role, state.REQUESTED): frozenset({state.PENDING}),
                (role, state.PENDING): frozenset({state.PUBLISHED}),
            }
        )
    with pytest.raises(ValueError, match="pending"):
        Table({(role, state.PENDING): frozenset({state.PENDING})})


def test_the_page_of_the_protocols_is_up_to_date() -> None:
    page = Path(__file__).parents[3] / "docs" / "protocols.md"
    assert page.read_text(encoding="utf-8") == diagram.page(), "run `make docs`"


@every_side
def test_the_page_tells_every_row(module: ModuleType, role: Any) -> None:
    page = diagram.page()
    for state in passing(module, role):
        assert f"| `{state}` |" in page
