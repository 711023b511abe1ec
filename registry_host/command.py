"""``acquis registry …``: what the operator of a registry does at a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from tuf.api.metadata import Root  # type: ignore[attr-defined]  # its documented name

from acquis.errors import Unavailable
from acquis.service.app import serve as run
from acquis.service.command import load_settings, said
from acquis.text import Text
from registry_host.app import check_host, create_app
from registry_host.grants import GRANTS, Grants
from registry_host.lock import held
from registry_host.operation import grant_folder, load_current, replace_keys, set_up
from registry_host.settings import RegistrySettings
from registry_host.standing import describe, publisher_of
from registry_host.watch.command import watch

_MOST_CONNECTIONS: Final = 512  # below what a process may open, for each may need a file or two

app = typer.Typer(help="Run a registry: a neutral publication point.", no_args_is_help=True)
app.command()(watch)

Folder = Annotated[
    Path | None, typer.Option(help="Folder of the registry (default: ACQUIS_REGISTRY_FOLDER).")
]


FolderName = Annotated[str, typer.Argument(metavar="NAMESPACE/ISSUER")]


@contextmanager
def _said() -> Iterator[None]:
    """As :func:`said`, of what the disk refuses too."""
    with said():
        try:
            yield
        except OSError as error:
            what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
            raise Unavailable(Text(f"The registry: {what}", f"Le registre : {what}")) from error


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
    settings = load_settings(RegistrySettings, folder=folder, host=host, hash_bits=hash_bits)
    trusted_root = settings.tuf / "1.root.json"
    if (settings.tuf / "timestamp.json").exists():
        typer.echo(f"Already set up. Root of trust: {trusted_root}")
        return
    with _said(), held(settings.folder):
        set_up(settings, root_keys or settings.root_keys_folder, keys, threshold)
    typer.echo(f"Registry {settings.host} set up in {settings.folder}")
    typer.echo(f"Root of trust, to give to every reader: {trusted_root}")
    typer.echo(
        f"Root keys ({threshold} of {keys} sign): {root_keys or settings.root_keys_folder}"
        " - keep them away from this machine."
    )


@app.command()
def grant(
    name: FolderName,
    did: Annotated[
        str | None, typer.Argument(metavar="DID", help="Whom it is for: a DID or its SCID.")
    ] = None,
    folder: Folder = None,
) -> None:
    """Let an issuer (or an anchor: trust/NAME) publish below NAMESPACE/ISSUER.

    Without a DID the folder belongs to whichever publishes its log there first.
    """
    settings = load_settings(RegistrySettings, folder=folder)
    with _said():
        load_current(settings)
        fresh = grant_folder(settings, name, did)
        taken = publisher_of(settings, name)
        bound = Grants(settings.folder / GRANTS).folders()[name].scid
    typer.echo(f"{name}: {'granted' if fresh else 'was granted before'}")
    if taken or bound:
        typer.echo(f"It belongs to {taken or bound}.")
    else:
        typer.echo("Whoever publishes a log there first owns it; to bind it, say whose it is:")
        typer.echo(f"acquis registry grant {name} DID")


@app.command("revoke-grant")
def revoke_grant(name: FolderName, folder: Folder = None) -> None:
    """Take back a grant that nobody has used yet."""
    settings = load_settings(RegistrySettings, folder=folder)
    with _said():
        load_current(settings)
        Grants(settings.folder / GRANTS).revoke(name, settings.public)
    typer.echo(f"{name}: not granted any more")


@app.command()
def serve(folder: Folder = None) -> None:
    """Serve the registry until it is told to stop."""
    settings = load_settings(RegistrySettings, folder=folder)
    with _said():
        load_current(settings)
        check_host(settings)
    run(
        create_app(settings),
        bind=settings.bind,
        port=settings.port,
        log_level=settings.log_level,
        service="registry",
        most_connections=_MOST_CONNECTIONS,
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
    settings = load_settings(RegistrySettings, folder=folder)
    with _said(), held(settings.folder):
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
    settings = load_settings(RegistrySettings, folder=folder)
    with _said():
        wholes = load_current(settings)
        check_host(settings)
        granted = Grants(settings.folder / GRANTS).folders()
        lines = list(describe(settings, wholes, granted, datetime.now(UTC)))
    for line in lines:
        typer.echo(line)
