"""Alembic's entry: brings this service's database to the newest version."""

from acquis.service.database import run_migrations
from holder_wallet.store.tables import Base

run_migrations(Base.metadata, service="wallet")
