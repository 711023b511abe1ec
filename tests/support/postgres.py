"""A private PostgreSQL cluster for the tests, run as another user because the server refuses root."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from demo.supervisor import free_ports


def find_server() -> Path:
    """Return the folder of the newest PostgreSQL server's programs; raises when there is none."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3])
    )
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise RuntimeError("the tests need a PostgreSQL server: sudo apt-get install postgresql")
    return Path(on_path).parent


@contextmanager
def running_cluster() -> Iterator[str]:
    """Start a cluster in a folder of its own, yield its psycopg URL, stop it and remove it."""
    programs = find_server()
    folder = Path(tempfile.mkdtemp(prefix="acquis-pg-"))
    other_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if other_user:
        shutil.chown(folder, "postgres")

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [*other_user, str(programs / program), "-D", str(folder / "data"), *arguments],
            check=True,
            capture_output=True,
            cwd=folder,
        )

    try:
        run("initdb", "--auth=trust", "--username=acquis", "--encoding=UTF8")
        (port,) = free_ports(1)
        options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off"
        run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql+psycopg://acquis@127.0.0.1:{port}"
        finally:
            run("pg_ctl", "-m", "fast", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[str]:
    """One cluster for the whole session."""
    with running_cluster() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_cluster: str) -> Iterator[str]:
    """An empty database of its own for one test, as a SQLAlchemy URL."""
    name = f"t{os.urandom(6).hex()}"
    plain = postgres_cluster.replace("+psycopg", "") + "/postgres"
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield f"{postgres_cluster}/{name}"
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
