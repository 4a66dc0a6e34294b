"""Backup and restore of the whole product: database, files and keys, while the server works.

The order is what makes a backup whole without stopping anybody. First one snapshot of the database; then the files it
names, which are called by the hash of their bytes, never change, and were on the disk before any row spoke of them.
Then everything is read again from the disk, and only what proved right gets its final name.

The database in a backup is always a SQLite file of the snapshot's schema, whichever database served it. On PostgreSQL
its rows come by COPY out of one REPEATABLE READ transaction. `pg_dump` would be a second format that needs a client of
the server's version on the machine; this one always works, is checked by opening it, and can be restored to either
database, so it is also the way from the one to the other.

A restored database begins a new life: its epoch is new, so phones throw away what they pulled, and offer again from
their journals what the backup does not know (I15).
"""

from server.backup.making import Backup, make_backup
from server.backup.manifest import Contents, check_backup
from server.backup.restoring import Restored, restore_backup
from server.backup.words import Fault

__all__ = ["Backup", "Contents", "Fault", "Restored", "check_backup", "make_backup", "restore_backup"]
