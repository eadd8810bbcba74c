"""The use cases of stored files, one module for each use."""

from guichet.documents.services.keeping import keep_made, purge_orphans, store
from guichet.documents.services.scanning import scan_next
from guichet.documents.services.verifying import check_files

__all__ = ["check_files", "keep_made", "purge_orphans", "scan_next", "store"]
