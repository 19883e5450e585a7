"""Write files so that equal content gives equal bytes, and each whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_REASONS = {
    errno.EACCES: "нет прав",
    errno.EPERM: "нет прав",
    errno.EROFS: "диск только для чтения",
    errno.ENOSPC: "нет места на диске",
    errno.ENOENT: "такого файла или папки нет",
    errno.ENOTDIR: "на месте папки лежит файл",
    errno.EISDIR: "на месте файла лежит папка",
    errno.ENAMETOOLONG: "слишком длинное имя",
}


def reason_of(error: OSError) -> str:
    """Why a file cannot be read or written, in Russian where the reason is a common one."""
    return _REASONS.get(error.errno or 0) or error.strerror or type(error).__name__


def pack(parts: Mapping[str, bytes], level: int = 6) -> bytes:
    """A zip archive of the parts: same parts, same bytes."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, content in parts.items():
            info = zipfile.ZipInfo(name, ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 0
            info.external_attr = 0
            archive.writestr(info, content, compresslevel=level)
    return buffer.getvalue()


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file in one step: a reader sees the old bytes or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
