"""The copy of the registries that everything is read from; the one part of the package with I/O."""

from acquis.registry.mirror.folder import Mirror, Refresh
from acquis.registry.mirror.reading import PublishedFiles

__all__ = ["Mirror", "PublishedFiles", "Refresh"]
