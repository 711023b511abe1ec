"""``acquis registry …``: what the operator of a registry does at a terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from tuf.api.metadata import Root, Timestamp  # type: ignore[attr-defined]  # its documented names

from acquis.errors import InvalidInput
from acquis.service.app import serve as run
from acquis.service.command import said
from acquis.text import Text
from registry_host.app import check_host, create_app
from registry_host.files import write_whole
from registry_host.grants import Grants
from registry_host.keys import (
    NEXT_ONLINE,
    ONLINE,
    load_keys,
    load_online_key,
    load_or_create_key,
)
from registry_host.lock import held
from registry_host.metadata import Wholes, create_tree, load_wholes
from registry_host.rotation import KeyChange
from registry_host.rotation import rotate as rotate_metadata
from registry_host.settings import RegistrySettings
from registry_host.standing import describe
from registry_host.watch.command import watch

app = typer.Typer(help="Run a registry: a neutral publication point.", no_args_is_help=True)
app.command()(watch)

Folder = Annotated[
    Path | None, typer.Option(help="Folder of the registry (default: ACQUIS_REGISTRY_FOLDER).")
]


@app.command()
def init(  # noqa: PLR0917 - typer gives them by name
    folder: Folder = None,
    host: Annotated[str | None, typer.Option(help="Host name in the DIDs, for life.")] = None,
    hash_bits: Annotated[int | None, typer.Option(help="Bits of the TUF hash bins.")] = None,
    root_keys: Annotated[
        Path | None, typer.Option(help="Where the root keys are written; then take them away.")
    ] = None,
    keys: Annotated[int, typer.Option(min=1, max=9, help="How many root keys.")] = 3,
    threshold: Annotated[int, typer.Option(min=1, help="How many of them must sign.")] = 2,
) -> None:
    """Set up a registry: keys, an empty tree, the root of trust to give out. Safe to repeat."""
    settings = _settings(folder=folder, host=host, hash_bits=hash_bits)
    trusted_root = settings.tuf / "1.root.json"
    if (settings.tuf / "timestamp.json").exists():
        typer.echo(f"Already set up. Root of trust: {trusted_root}")
        return
    with said(), held(settings.folder):
        set_up(settings, root_keys or settings.folder / "root-keys", keys, threshold)
    typer.echo(f"Registry {settings.host} set up in {settings.folder}")
    typer.echo(f"Root of trust, to give to every reader: {trusted_root}")
    typer.echo(
        f"Root keys ({threshold} of {keys} sign): {root_keys or settings.folder / 'root-keys'}"
        " - keep them away from this machine."
    )


@app.command()
def grant(
    name: Annotated[str, typer.Argument(metavar="NAMESPACE/ISSUER")], folder: Folder = None
) -> None:
    """Let an issuer (or an anchor: trust/NAME) publish below NAMESPACE/ISSUER."""
    settings = _settings(folder=folder)
    with said():
        _wholes(settings)
        fresh = Grants(settings.folder / "grants.json").grant(name)
    typer.echo(f"{name}: {'granted' if fresh else 'was granted before'}")


@app.command()
def serve(folder: Folder = None) -> None:
    """Serve the registry until it is told to stop."""
    settings = _settings(folder=folder)
    with said():
        _wholes(settings)
        check_host(settings)
    run(
        create_app(settings),
        bind=settings.bind,
        port=settings.port,
        log_level=settings.log_level,
        service="registry",
    )


@app.command()
def rotate(  # noqa: PLR0917 - typer gives them by name
    root_keys: Annotated[
        Path, typer.Option(help="Folder with the root keys in force (*.pem), enough of them.")
    ],
    folder: Folder = None,
    new_root_keys: Annotated[
        Path | None,
        typer.Option(help="Folder of new root keys to replace them; created where missing."),
    ] = None,
    keys: Annotated[
        int | None, typer.Option(min=1, max=9, help="How many new root keys (default: as before).")
    ] = None,
    threshold: Annotated[
        int | None, typer.Option(min=1, help="How many must sign from now on (default: as before).")
    ] = None,
    online: Annotated[
        bool, typer.Option("--online/--keep-online", help="Replace the online key.")
    ] = True,
) -> None:
    """Replace keys and begin the root's year anew; stop the host first. Safe to repeat."""
    if keys is not None and new_root_keys is None:
        raise typer.BadParameter("--keys says how many --new-root-keys are made; give both")
    settings = _settings(folder=folder)
    with said(), held(settings.folder):
        root = replace_keys(settings, root_keys, new_root_keys, keys, threshold, online=online)
    role = root.roles[Root.type]
    typer.echo(f"Root version {root.version}, until {root.expires:%Y-%m-%d}")
    typer.echo(f"Root keys: {role.threshold} of {len(role.keyids)} sign")
    typer.echo(f"Online key: {'replaced' if online else 'kept'}")
    typer.echo("Mirrors follow by themselves; new readers may be given any root.json.")
    if new_root_keys is not None:
        typer.echo(f"New root keys: {new_root_keys} - keep them away from this machine.")


@app.command()
def status(folder: Folder = None) -> None:
    """Say what is published, how fresh its metadata is, whose keys sign and who may publish."""
    settings = _settings(folder=folder)
    with said():
        wholes = _wholes(settings)
        check_host(settings)
        granted = Grants(settings.folder / "grants.json").folders()
    for line in describe(settings, wholes, granted, datetime.now(UTC)):
        typer.echo(line)


def set_up(settings: RegistrySettings, root_keys: Path, keys: int, threshold: int) -> None:
    """Create the keys and the first metadata of a registry. Raises: InvalidInput."""
    if threshold > keys:
        raise InvalidInput(
            Text(
                "The threshold is higher than the number of root keys.",
                "Le seuil dépasse le nombre de clés racines.",
            )
        )
    signer = load_or_create_key(settings.keys_folder / ONLINE)
    roots = [load_or_create_key(path) for path in _root_key_paths(root_keys, keys)]
    write_whole(settings.folder / "host", settings.host.encode())
    create_tree(settings.tuf, roots, threshold, signer, settings.hash_bits)


def replace_keys(
    settings: RegistrySettings,
    root_keys: Path,
    new_root_keys: Path | None = None,
    keys: int | None = None,
    threshold: int | None = None,
    *,
    online: bool = True,
) -> Root:
    """Replace keys of a registry that the caller holds, and return the new root.

    Raises: InvalidInput (keys are missing), Conflict (a rotation was broken off and needs this one
    with a new online key).
    """
    wholes = _wholes(settings)
    role = wholes.root.signed.roles[Root.type]
    present = load_keys(root_keys)
    following = None
    if new_root_keys is not None:
        paths = _root_key_paths(new_root_keys, keys or len(role.keyids))
        following = [load_or_create_key(path) for path in paths]
    folder = settings.keys_folder
    if online:
        in_force = wholes.root.signed.roles[Timestamp.type].keyids
        signer = load_online_key(folder, frozenset(in_force))
        next_online = load_or_create_key(folder / NEXT_ONLINE)
    else:
        signer, next_online = load_online_key(folder, wholes.online_keys), None
    root = rotate_metadata(
        settings.tuf, KeyChange(present, following, threshold, signer, next_online)
    )
    load_online_key(folder, _wholes(settings).online_keys)
    return root


def _root_key_paths(folder: Path, keys: int) -> list[Path]:
    return [folder / f"root-{number + 1}.pem" for number in range(keys)]


def _wholes(settings: RegistrySettings) -> Wholes:
    try:
        return load_wholes(settings.tuf)
    except FileNotFoundError as error:
        raise InvalidInput(
            Text(
                "The registry is not set up; run: acquis registry init",
                "Le registre n’est pas initialisé ; lancez : acquis registry init",
            )
        ) from error


def _settings(**given: Any) -> RegistrySettings:
    try:
        return RegistrySettings(**{key: value for key, value in given.items() if value is not None})
    except ValidationError as error:
        for problem in error.errors():
            typer.echo(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}", err=True)
        raise typer.Exit(2) from error
