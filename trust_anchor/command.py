"""``acquis trust …``: what a trust anchor (a ministry, a consortium) does at a terminal."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from acquis.credentials.dates import moment_in_words
from acquis.errors import InvalidInput
from acquis.registry.mirror.download import check_base_url
from acquis.registry.trust_list import Scope
from acquis.service.command import said
from acquis.service.publication import Publisher
from acquis.text import Text
from trust_anchor.anchor import create_anchor, load_anchor, only_one
from trust_anchor.difference import differences
from trust_anchor.draft import load_draft, save_draft
from trust_anchor.entries import Choice, Details, Entries, ended, with_scope, without
from trust_anchor.importing import import_file, import_published
from trust_anchor.overview import Overview, keys_in_words, load_overview
from trust_anchor.packing import make_pack, open_mirror
from trust_anchor.publishing import VALID_DAYS, Published, publish
from trust_anchor.resolving import find_problem
from trust_anchor.rotating import Rotated, rotate_keys

app = typer.Typer(
    help="Run a trust anchor: say whom it recognises, for what and since when; sign; publish.",
    no_args_is_help=True,
)

Folder = Annotated[
    Path, typer.Option(envvar="ACQUIS_TRUST_FOLDER", help="Folder of the anchor: keys, draft.")
]
Registry = Annotated[
    str, typer.Option(envvar="ACQUIS_TRUST_REGISTRY", help="Address of the registry: https://…")
]
MaybeRegistry = Annotated[
    str | None,
    typer.Option(envvar="ACQUIS_TRUST_REGISTRY", help="Address of the registry: https://…"),
]
UpdateKeys = Annotated[
    Path | None,
    typer.Option(help="Where the update keys lie (default: update-keys in the folder)."),
]
_PUBLISH_IT: Final = "Publish it with: acquis trust publish"
Issuer = Annotated[str, typer.Argument(metavar="ISSUER_DID", help="The issuer’s did:webvh DID.")]


@app.command()
def init(
    folder: Folder,
    host: Annotated[str, typer.Option(help="Host name in the registry’s DIDs.")],
    at: Annotated[str, typer.Option(metavar="trust/NAME", help="Granted by the registry.")],
    name: Annotated[str, typer.Option(help="Who this is, as people will read it.")],
    update_keys: UpdateKeys = None,
) -> None:
    """Make the anchor's DID and keys, with an empty draft. Safe to repeat."""
    with said(), only_one(folder):
        anchor = create_anchor(folder, host, at, name, update_keys=update_keys)
    typer.echo(f"Trust anchor {anchor.name}: {anchor.did}")
    typer.echo(f"Verifiers and wallets choose it by that DID. The registry grants it: {at}")
    typer.echo(
        f"Update keys: {update_keys or folder / 'update-keys'} - keep them away from this machine;"
        " only rotate-keys needs them."
    )


@app.command()
def add(  # noqa: PLR0917 - typer gives them by name
    issuer: Issuer,
    folder: Folder,
    legal_name: Annotated[str | None, typer.Option(help="The issuer’s legal name.")] = None,
    country: Annotated[str | None, typer.Option(help="ISO 3166-1: FR.")] = None,
    website: Annotated[str | None, typer.Option(help="https://…")] = None,
    logo_digest: Annotated[str | None, typer.Option(help="Digest of its logo: zQm…")] = None,
    framework: Annotated[str | None, typer.Option(help="esco, rncp, own.")] = None,
    level_min: Annotated[int | None, typer.Option(help="Lowest level, included.")] = None,
    level_max: Annotated[int | None, typer.Option(help="Highest level, included.")] = None,
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], metavar="DATE", help="First day of award."),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="Last day (default: open)."),
    ] = None,
    accreditation: Annotated[str | None, typer.Option(help="By what it is entitled.")] = None,
    accredited_by: Annotated[str | None, typer.Option(help="By whom it was entitled.")] = None,
    registry: MaybeRegistry = None,
) -> None:
    """Put an issuer on the draft, or give one that is on it another scope or other details."""
    details = Details(legal_name, country, website, logo_digest)
    given = (framework, level_min, level_max, _day(first), accreditation, accredited_by)
    with said(), only_one(folder):
        load_anchor(folder)
        before = load_draft(folder)
        after = with_scope(before, issuer, details, _scope(given, _day(until)))
        problem = asyncio.run(_find_problem(issuer, registry)) if registry else None
        save_draft(folder, after)
    _say_changed(before, after)
    if problem is not None:
        typer.echo(f"Warning: {problem}", err=True)
    elif not registry:
        typer.echo("Not checked: give --registry to see whether this DID resolves.", err=True)


@app.command()
def remove(  # noqa: PLR0917 - typer gives them by name
    issuer: Issuer,
    folder: Folder,
    framework: Annotated[str | None, typer.Option(help="Only scopes of this one.")] = None,
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], metavar="DATE", help="Only this scope."),
    ] = None,
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="Last day (default: today)."),
    ] = None,
    erase: Annotated[
        bool, typer.Option("--erase", help="Take it away, past awards included.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """End an issuer's scopes on a day, so that what it awarded until then stays recognised.

    With --erase they are taken away instead: past awards are then not recognised either.
    """
    choice = Choice(framework, _day(first))
    today = datetime.now(UTC).date()
    last = _day(on) or today
    with said(), only_one(folder):
        load_anchor(folder)
        if erase and on is not None:
            raise InvalidInput(
                Text(
                    "Either --on (end it on a day) or --erase (take it away).",
                    "Soit --on (terminer un jour donné), soit --erase (retirer).",
                )
            )
        before = load_draft(folder)
        after = without(before, issuer, choice) if erase else ended(before, issuer, choice, last)
        _say_changed(before, after, hint=False)
        if before != after and (erase or last < today):
            since = "any day" if erase else f"days after {last}"
            typer.echo(f"Awards of {since} will not be recognised any more, past ones included.")
            _confirm(yes)
        save_draft(folder, after)
    if before == after:
        typer.echo(f"It ends by {last} already.")
    elif erase:
        typer.echo(f"Taken away from the draft. {_PUBLISH_IT}")
    else:
        typer.echo(f"Ends on {last}; what was awarded until then stays recognised. {_PUBLISH_IT}")


@app.command()
def show(
    folder: Folder,
    registry: MaybeRegistry = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Say what the draft holds, what is published, and how they differ.

    Published is what the registry shows; without --registry, what was last read back from it.
    """

    async def look() -> Overview:
        if registry is None:
            return await load_overview(folder, datetime.now(UTC), None)
        async with _publisher(registry) as publisher:
            return await load_overview(folder, datetime.now(UTC), publisher)

    with said():
        found = asyncio.run(look())
    if as_json:
        typer.echo(json.dumps(found.as_json(), ensure_ascii=False, indent=1))
        return
    for line in found.as_lines():
        typer.echo(line)


@app.command(name="publish")
def publish_list(
    folder: Folder,
    registry: Registry,
    valid_days: Annotated[
        int, typer.Option(min=1, max=3660, help="Days until the next list is due.")
    ] = VALID_DAYS,
    renew: Annotated[bool, typer.Option("--renew", help="Sign anew, changed or not.")] = False,
) -> None:
    """Sign the draft as the next version, publish it and read it back.

    Nothing is done when what stands says the same and more than a quarter of its time is left;
    run it every day. After a crash run it again.
    """

    async def work() -> Published:
        async with _publisher(registry) as publisher:
            now = datetime.now(UTC)
            anchor = load_anchor(folder)
            return await publish(anchor, publisher, now, valid_days=valid_days, renew=renew)

    with said(), only_one(folder):
        done = asyncio.run(work())
        anchor = load_anchor(folder)
    _warn_of_update_keys(folder)
    for line in keys_in_words(anchor):
        typer.echo(f"Key: {line}")
    now_in_force, before = done.in_force, done.before
    until = f"in force until {now_in_force.next_update}"
    if not done.fresh:
        typer.echo(f"Nothing changed: version {now_in_force.version} stands, {until}.")
        return
    lines = differences(before.entries if before else (), now_in_force.entries)
    typer.echo(f"Version {now_in_force.version} is published, {until}; in it:")
    for line in lines or ["  the same as before, renewed"]:
        typer.echo(line)


@app.command(name="import")
def import_list(
    folder: Folder,
    file: Annotated[Path | None, typer.Argument(help="The content of a list, as JSON.")] = None,
    registry: MaybeRegistry = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Replace the draft by the list in FILE; without FILE, by the one the registry shows."""
    if file is None and registry is None:
        raise typer.BadParameter("give a FILE or --registry")

    async def read() -> Entries:
        if file is not None:
            return import_file(file)
        async with _publisher(str(registry)) as publisher:
            return await import_published(load_anchor(folder), publisher)

    with said(), only_one(folder):
        load_anchor(folder)
        before, after = load_draft(folder), asyncio.run(read())
        _say_changed(before, after, hint=False)
        if before and before != after:
            _confirm(yes)
        save_draft(folder, after)
    typer.echo(f"The draft holds {len(after)} issuers. {_PUBLISH_IT}")


@app.command(name="rotate-keys")
def rotate(
    folder: Folder,
    registry: Registry,
    update_keys: UpdateKeys = None,
    compromised_since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"],
            metavar="TIME",
            help="Report the key in use as compromised since then (UTC).",
        ),
    ] = None,
) -> None:
    """Give the anchor new keys; lists signed by the old one still verify.

    With --compromised-since they are signed again and the old key is given up.
    """
    since = compromised_since.replace(tzinfo=UTC) if compromised_since else None

    async def work() -> Rotated:
        async with _publisher(registry) as publisher:
            return await rotate_keys(
                load_anchor(folder),
                publisher,
                datetime.now(UTC),
                update_keys=update_keys,
                compromised_since=since,
            )

    with said(), only_one(folder):
        done = asyncio.run(work())
    if done.resumed:
        typer.echo("An earlier rotation had not reached the registry; it is ended now.")
    typer.echo(f"The log of {done.anchor.did} has {done.anchor.document.version_number} entries.")
    if since is not None or done.signed_again:
        typer.echo(f"Lists signed again: {done.signed_again}")


@app.command()
def pack(
    folder: Folder,
    mirror: Annotated[Path, typer.Option(metavar="DIR", help="Folder of a mirror.")],
    out: Annotated[Path, typer.Option(metavar="FILE.zip", help="Where the pack is written.")],
    registry: MaybeRegistry = None,
    trusted_root: Annotated[
        Path | None, typer.Option(help="root.json of the registry; needed the first time.")
    ] = None,
) -> None:
    """Sign all that is needed to verify without a network, of one moment, as one file.

    With --registry the mirror is refreshed first; without, it is packed as old as it is.
    """
    with said(), only_one(folder):
        anchor = load_anchor(folder)
        place = check_base_url(registry) if registry else None
        copy = open_mirror(anchor, mirror, place, trusted_root)
        done = make_pack(anchor, copy, out, datetime.now(UTC))
    typer.echo(f"{out}: {len(done.files)} files, signed by {done.anchor}")
    for host, at in done.confirmed_at.items():
        when = "never" if at is None else moment_in_words(at).en
        typer.echo(f"{host} last confirmed this copy: {when}")
    typer.echo(f"Use it with: acquis verify FILE --pack {out.name} --anchor {done.anchor}")


def _publisher(registry: str) -> Publisher:
    return Publisher(check_base_url(registry))


async def _find_problem(issuer: str, registry: str) -> str | None:
    async with _publisher(registry) as publisher:
        return await find_problem(issuer, publisher)


def _scope(given: tuple[Any, ...], until: date | None) -> Scope | None:
    """Return the scope that was said, None when none was. Raises: InvalidInput for half of one."""
    names = ("framework", "level-min", "level-max", "from", "accreditation", "accredited-by")
    missing = [name for name, value in zip(names, given, strict=True) if value is None]
    if len(missing) == len(names) and until is None:
        return None
    if missing:
        options = ", ".join(f"--{name}" for name in missing)
        raise InvalidInput(
            Text(f"A scope also needs {options}", f"Un périmètre demande aussi {options}")
        )
    framework, level_min, level_max, first, accreditation, accredited_by = given
    return Scope(framework, level_min, level_max, first, until, accreditation, accredited_by)


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def _say_changed(before: Entries, after: Entries, *, hint: bool = True) -> None:
    lines = differences(before, after)
    for line in lines:
        typer.echo(line)
    if hint:
        typer.echo(f"The draft is changed. {_PUBLISH_IT}" if lines else "Nothing changed.")


def _warn_of_update_keys(folder: Path) -> None:
    keys = folder / "update-keys"
    if any(keys.glob("update-*.pem")):
        away = "keep them away from this machine, only rotate-keys needs them"
        typer.echo(f"Warning: the update keys lie in {keys}; {away}.", err=True)


def _confirm(yes: bool) -> None:
    if not yes:
        typer.confirm("Do it?", abort=True)
