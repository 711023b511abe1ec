"""The copy of the registries that everything is read from; the one part of the package with I/O."""

from acquis.registry.mirror.achievements import Achievements
from acquis.registry.mirror.folder import Mirror, Refresh
from acquis.registry.mirror.packing import write_pack
from acquis.registry.mirror.reading import PublishedFiles
from acquis.registry.mirror.unpacking import open_pack

__all__ = ["Achievements", "Mirror", "PublishedFiles", "Refresh", "open_pack", "write_pack"]
