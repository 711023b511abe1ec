"""``python -m registry_host``: the registry's command without the other services'."""

from registry_host.command import app

app()
