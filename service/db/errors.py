"""What can go wrong in storage."""


class StorageError(Exception):
    """The base of all errors of this room."""


class StorageUnavailable(StorageError):
    """The database is away, full, locked for too long, or a commit failed: nothing may be taken as stored.

    The web answers 503, so that a provider or a person tries again.
    """


class Conflict(StorageError):
    """A row changed between being read and being written; the whole transaction is tried again."""


class SchemaUnknown(StorageError):
    """The database's schema is not one that this version knows."""


class SecretKeysError(StorageError, ValueError):
    """AMANBA_SECRET_KEYS, or the file that stands for it, cannot be used. The text never holds a key."""


class SecretMissing(StorageError):
    """A data key was wrapped under a secret that is not in AMANBA_SECRET_KEYS."""


class KeyErased(StorageError):
    """The data key of a sealed value is gone: the value has been deleted."""


class SealBroken(StorageError):
    """A sealed value was altered, cut, or sealed for another purpose."""


class BackupBroken(StorageError):
    """A backup cannot be read whole: nothing of it may be taken as restored."""


class NotEmpty(StorageError):
    """A backup was to be restored where people's trips are already, or where somebody is at work."""
