"""``acquis registry …``: what the operator of a registry does at a terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from securesystemslib.signer import Signer  # type: ignore[attr-defined]  # its documented name

from acquis.errors import AcquisError, InvalidInput
from acquis.service.app import serve as run
from acquis.text import Text
from registry_host.app import create_app
from registry_host.files import write_whole
from registry_host.grants import Grants
from registry_host.keys import ONLINE, create_key, load_key
from registry_host.metadata import SignedTree, create_tree
from registry_host.settings import RegistrySettings

app = typer.Typer(help="Run a registry: a neutral publication point.", no_args_is_help=True)

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
    trusted_root = settings.public / "tuf" / "1.root.json"
    if (settings.public / "tuf" / "timestamp.json").exists():
        typer.echo(f"Already set up. Root of trust: {trusted_root}")
        return
    with _said():
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
    with _said():
        fresh = Grants(settings.folder / "grants.json").grant(name)
    typer.echo(f"{name}: {'granted' if fresh else 'was granted before'}")


@app.command()
def serve(folder: Folder = None) -> None:
    """Serve the registry until it is told to stop."""
    settings = _settings(folder=folder)
    with _said():
        _open(settings)
    run(
        create_app(settings),
        bind=settings.bind,
        port=settings.port,
        log_level=settings.log_level,
        service="registry",
    )


@app.command()
def status(folder: Folder = None) -> None:
    """Say what is published, how fresh its metadata is and who may publish."""
    settings = _settings(folder=folder)
    with _said():
        tree = _open(settings)
        granted = Grants(settings.folder / "grants.json").folders()
    signed = datetime.fromtimestamp(tree.signed_at, UTC)
    typer.echo(f"host            {settings.host}")
    typer.echo(f"files           {tree.count()}")
    typer.echo(f"last signed     {signed:%Y-%m-%d %H:%M:%S} UTC")
    typer.echo(f"root expires    {tree.root_expires:%Y-%m-%d}")
    typer.echo(f"granted         {', '.join(sorted(granted)) or 'nobody'}")


def set_up(settings: RegistrySettings, root_keys: Path, keys: int, threshold: int) -> None:
    """Create the keys and the first metadata of a registry. Raises: InvalidInput."""
    if threshold > keys:
        raise InvalidInput(
            Text(
                "The threshold is higher than the number of root keys.",
                "Le seuil dépasse le nombre de clés racines.",
            )
        )
    online = settings.keys_folder / ONLINE
    signer = load_key(online) if online.exists() else create_key(online)
    roots = [_root_key(root_keys / f"root-{number + 1}.pem") for number in range(keys)]
    write_whole(settings.folder / "host", settings.host.encode())
    create_tree(settings.public / "tuf", roots, threshold, signer, settings.hash_bits)


def _root_key(path: Path) -> Signer:
    return load_key(path) if path.exists() else create_key(path)


def _open(settings: RegistrySettings) -> SignedTree:
    try:
        return SignedTree(settings.public / "tuf", load_key(settings.keys_folder / ONLINE))
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


class _said:  # noqa: N801 - read as a word in a with statement
    """End the command with the sentence of an error instead of a trace."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, AcquisError):
            typer.echo(error.says.en, err=True)
            raise typer.Exit(1) from error
