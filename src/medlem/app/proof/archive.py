"""The file of a proof: a ZIP whose every byte is accounted for, with a signature in it.

`manifest.json` names every other file with its SHA-256, and `manifest.sig` is the Ed25519 signature over the manifest,
in base64. The ZIP is written in one way only: files in their order, not compressed, one date, no remarks. So it can be
written anew from what is in it, and a byte that was changed anywhere is found.
"""

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any, Final

from medlem.vault import Vault, signed_by

MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"
FORMAT: Final = "medlem proof 1"

_DATE: Final = (1980, 1, 1, 0, 0, 0)


class Unsound(Exception):
    """The file is no proof; the sentence says what is the matter."""


def pack(files: Mapping[str, bytes], about: Mapping[str, Any], vault: Vault) -> bytes:
    """Sign files, and put them into one.

    Args:
        files: by name.
        about: what the manifest says besides.
        vault: signs.
    """
    manifest = {
        "format": FORMAT,
        **about,
        "public_key": vault.public_keys()[0],
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    said = json.dumps(manifest, ensure_ascii=False, indent=2).encode()
    return _zipped({MANIFEST: said, SIGNATURE: base64.b64encode(vault.sign(said)) + b"\n", **files})


def check(whole: bytes, keys: Sequence[str]) -> dict[str, Any]:
    """See whether a proof is as it was written, by one of these public keys; what its manifest says.

    Raises:
        Unsound: it is not.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(whole)) as found:
            files = {entry.filename: found.read(entry) for entry in found.infolist()}
    # All that `zipfile` raises at bytes that somebody changed: a method of packing that it does not know is a
    # NotImplementedError, a flag that says "encrypted" a RuntimeError.
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise Unsound("This is no ZIP file, or a damaged one.") from error
    manifest, signature = files.get(MANIFEST), files.get(SIGNATURE)
    if manifest is None or signature is None:
        raise Unsound("There is no signed list of contents in it: it is no proof.")
    if not any(signed_by(key, signature, manifest) for key in keys):
        raise Unsound("The signature is not that of this key over this list of contents.")
    said: dict[str, Any] = json.loads(manifest)  # signed by us, so it is what we wrote
    for name, digest in said["files"].items():
        if name not in files or hashlib.sha256(files[name]).hexdigest() != digest:
            raise Unsound(f"{name} is missing, or not as it was signed.")
    if whole != _zipped({name: files[name] for name in (MANIFEST, SIGNATURE, *said["files"])}):
        raise Unsound("The contents are as they were signed, but the file around them is not as it was written.")
    return said


def _zipped(files: Mapping[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as made:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _DATE)
            entry.create_system = 3  # else it tells on which system it was made
            entry.external_attr = 0o600 << 16
            made.writestr(entry, content)
    return whole.getvalue()
