"""Where files are kept, by its address.

A folder; or S3 and its likes:

    s3://bucket/prefix                          Amazon's; key and region from AWS_… in the environment
    s3+https://KEY:SECRET@host:9000/bucket/prefix?region=eu-1     MinIO and others, by their address
    s3+http://…                                 the same without encryption, for a network of one's own
"""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, unquote, urlsplit

# Only what keeps a file needs obstore (storage/folder.py).
if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

#: A request that was not answered is made again for so long; then whoever asked decides.
RETRY: "Final[RetryConfig]" = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}
#: For a piece of a file of 64 MB on a slow line.
TIMEOUT: Final = timedelta(seconds=60)
CONNECT: Final = timedelta(seconds=5)
_OWN: Final = {"s3+http", "s3+https"}


class BadAddress(ValueError):
    """Not an address of a place for files; the message says what is missing, and holds no secret."""


def is_folder(place: str | Path) -> bool:
    return "://" not in str(place)


def store_at(place: str | Path) -> "ObjectStore":
    """A folder is made when it is missing. Raises BadAddress."""
    from obstore.store import LocalStore, S3Store, from_url

    if is_folder(place):
        return LocalStore(Path(place).absolute(), mkdir=True)
    address = str(place)
    scheme = urlsplit(address).scheme
    if scheme in _OWN:
        return _by_address(address)
    try:
        if scheme == "s3":
            return S3Store.from_url(address, client_options=_client(), retry_config=RETRY)
        return from_url(address)
    except Exception as error:
        raise BadAddress(f"MEDIA_URL begins with {scheme}://, which is not understood") from error


def _by_address(address: str) -> "ObjectStore":
    from obstore.store import S3Store

    parts = urlsplit(address)
    bucket, _, prefix = parts.path.strip("/").partition("/")
    if not (parts.hostname and bucket and parts.username and parts.password):
        raise BadAddress("MEDIA_URL is not of the form s3+https://KEY:SECRET@host/bucket")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    region = parse_qs(parts.query).get("region", ["us-east-1"])[0]
    return S3Store(
        bucket,
        prefix=prefix or None,
        endpoint=f"{parts.scheme.removeprefix('s3+')}://{host}{f':{parts.port}' if parts.port else ''}",
        access_key_id=unquote(parts.username),
        secret_access_key=unquote(parts.password),
        region=region,
        client_options=_client(allow_http=parts.scheme == "s3+http"),
        retry_config=RETRY,
    )


def _client(*, allow_http: bool = False) -> "ClientConfig":
    return {"timeout": TIMEOUT, "connect_timeout": CONNECT, "allow_http": allow_http}
