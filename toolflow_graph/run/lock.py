"""One process a run folder: a lock that the operating system drops when its owner dies, however it dies."""

import os
import socket
import sys
from pathlib import Path

from toolflow_graph.errors import UsageError

LOCK_NAME = ".lock"


class FolderLock:
    """Held from :meth:`take` to :meth:`release`; the file names its owner for the one who is turned away."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / LOCK_NAME
        self._descriptor: int | None = None

    def take(self) -> None:
        """Take the lock or say who has it.

        Raises:
            UsageError: if another process holds it or the folder cannot be written.
        """
        while self._descriptor is None:
            try:
                descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
            except OSError as error:
                raise UsageError(
                    f"cannot write to the run folder {str(self.path.parent)!r}: {error.strerror}",
                    expected="a folder that you may write to",
                    hint="--out another/folder",
                ) from None
            if not _try_lock(descriptor):
                os.close(descriptor)
                raise UsageError(
                    f"the run folder {str(self.path.parent)!r} is in use by {self._owner()}",
                    expected="one run a folder at a time",
                    hint="wait for it, stop it, or give --out another/folder",
                )
            # A lock on a file that its last owner has just unlinked guards nothing.
            try:
                current = os.stat(self.path).st_ino == os.fstat(descriptor).st_ino
            except FileNotFoundError:
                current = False
            if current or sys.platform == "win32":
                self._descriptor = descriptor
            else:
                os.close(descriptor)
        os.truncate(self._descriptor, 0)
        os.write(self._descriptor, f"{os.getpid()} {socket.gethostname()}".encode())

    def is_held(self) -> bool:
        """Whether another process holds the lock now."""
        try:
            descriptor = os.open(self.path, os.O_RDWR)
        except OSError:
            return False
        try:
            return not _try_lock(descriptor)
        finally:
            os.close(descriptor)

    def release(self, *, remove: bool = False) -> None:
        """Give the lock back; ``remove`` also removes its file."""
        if self._descriptor is not None:
            if remove and sys.platform != "win32":
                self.path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None

    def _owner(self) -> str:
        try:
            pid, _, host = self.path.read_text(encoding="utf-8", errors="replace").partition(" ")
        except OSError:
            pid, host = "", ""
        where = f" on {host}" if host and host != socket.gethostname() else ""
        return f"another run (process {pid}{where})" if pid else "another run"


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        # A byte far beyond the text, because a locked byte cannot be read by others.
        os.lseek(descriptor, 1 << 30, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            # A file system without locks (some network shares): the owner's process is asked for instead.
            return not _owner_lives(os.pread(descriptor, 200, 0).decode(errors="replace"))
        return True

    def _owner_lives(text: str) -> bool:
        pid, _, host = text.partition(" ")
        if not pid.isdigit() or int(pid) == os.getpid():
            return False
        if host != socket.gethostname():
            return True
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True
