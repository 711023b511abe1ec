"""``acquis registry watch``: a witness of what a registry shows, that needs nobody's leave.

It knows of the registry what any reader knows: its address and the root of trust that was given
out. It imports nothing else of ``registry_host``.
"""
