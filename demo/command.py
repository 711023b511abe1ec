"""The demo's command: `acquis demo`, what `make demo` runs."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path
from typing import Annotated

import typer

from acquis.errors import AcquisError
from demo.people import Refused
from demo.story import Failed, Story, Teller
from demo.supervisor import Supervisor
from demo.town import Ports, Town

app = typer.Typer(help="The main job on seven processes of this machine.")


@app.callback(invoke_without_command=True)
def demo(
    once: Annotated[bool, typer.Option(help="End after the story, with its exit status.")] = False,
    first_port: Annotated[
        int, typer.Option(help="The registry's port; the others follow within 33.")
    ] = 8010,
    folder: Annotated[Path, typer.Option(help="Where everything it makes lies.")] = Path(
        ".acquis/demo"
    ),
) -> None:
    """Issue, prove one competency by QR, verify with the issuer switched off, revoke, be refused."""
    try:
        asyncio.run(_run(folder.resolve(), Ports.starting_at(first_port), once=once))
    except (AcquisError, Refused, Failed) as error:
        typer.echo(f"{typer.style('✗', fg='red')} {error}", err=True)
        raise typer.Exit(1) from None
    except (KeyboardInterrupt, asyncio.CancelledError):
        typer.echo("\nEverything is stopped.")


async def _run(folder: Path, ports: Ports, *, once: bool) -> None:
    teller, started = Teller(), time.monotonic()
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    async with Supervisor() as supervisor:
        town = Town(folder, supervisor, ports=ports, restarts=True)
        work = asyncio.ensure_future(_tell(town, teller, started))
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopping.set)
        stop = asyncio.ensure_future(stopping.wait())
        await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        else:
            work.result()
            if not once and not stopping.is_set():
                _print_addresses(town)
                await stop
        stop.cancel()
    if stopping.is_set():
        typer.echo("\nEverything is stopped.")


async def _tell(town: Town, teller: Teller, started: float) -> None:
    async with teller.step("The registry is set up and started"):
        anchor = await town.build()
    async with teller.step("Three agents and three services are started"):
        await town.start()
    await Story(town, anchor, teller).tell()
    typer.echo(f"The main job is done: {time.monotonic() - started:.1f} s in all.")


def _print_addresses(town: Town) -> None:
    typer.echo("\nStill running, until Ctrl-C (sign in with any name):")
    for unit, who in (
        ("issuer", "institution: publish, award, revoke"),
        ("wallet", "learner: accept, consent, receipts"),
        ("verifier", "employer: ask, QR code, result"),
        ("registry", "registry: public files"),
    ):
        typer.echo(f"  {town.url(unit):<24} {who}")
