"""Files in the making, as libnta/core/temporary.hpp has them: a name per process, a lock while it lives, no leftovers."""
import contextlib
import errno
import fcntl
import os
import re

from nta_rim.program import Failure


def storage_code(error):
    return 6 if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else 2


def is_at(descriptor, path):
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except OSError:
        return False


def lock(descriptor):
    """True if nobody else holds it; a file system without locks says so of every file."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except OSError:
        return False


def remove_stale(out):
    """Removes what processes that were killed left beside `out`."""
    for path in out.parent.iterdir():
        if not re.fullmatch(re.escape(out.name) + r"\.\d+-\d+\.tmp", path.name):
            continue
        with contextlib.suppress(OSError):
            descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                if lock(descriptor) and is_at(descriptor, path):
                    path.unlink()
            finally:
                os.close(descriptor)


def make(out):
    """(path, descriptor) of an empty file that was not there before, locked."""
    for n in range(1000):
        path = out.with_name(f"{out.name}.{os.getpid()}-{n}.tmp")
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
            lock(descriptor)
            if is_at(descriptor, path):
                return path, descriptor
            os.close(descriptor)
    raise Failure(2, f"cannot write {out}: no temporary file beside it could be locked; name a folder on another file system")


@contextlib.contextmanager
def pending(out):
    """A path beside `out` that becomes it when all went well, and is gone otherwise."""
    if out.exists() and not out.is_file():
        raise Failure(2, f"cannot write {out}: it exists and is no regular file; name a file")
    temporary, descriptor = None, None
    try:
        remove_stale(out)
        temporary, descriptor = make(out)
        yield temporary
        os.fsync(descriptor)
        os.replace(temporary, out)
    except OSError as error:
        raise Failure(storage_code(error), f"cannot write {out}: {error.strerror or error}")
    finally:
        if descriptor is not None:
            temporary.unlink(missing_ok=True)
            os.close(descriptor)
