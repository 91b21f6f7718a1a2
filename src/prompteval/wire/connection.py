"""How a client of ours reaches a server: proxy and certificates as the environment says.

HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY; SSL_CERT_FILE and SSL_CERT_DIR.
"""

import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from prompteval._version import __version__
from prompteval.core.address import remember_address
from prompteval.core.errors import ProviderError
from prompteval.core.secret import remember_pairs
from prompteval.wire.body import ACCEPTED

if TYPE_CHECKING:
    from aiohttp import ClientSession


def proxy_for(url: str) -> str | None:
    """The proxy the environment names for a URL, None for a direct connection.

    Its password is hidden from now on. Raises ProviderError(unsupported) for a SOCKS proxy.
    """
    parts = urlsplit(url)
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or not parts.hostname or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    if not proxy.startswith(("http://", "https://")):
        kind = proxy.partition("://")[0]
        message = f"a {kind} proxy is not supported for model calls; set HTTPS_PROXY to an http:// one"
        raise ProviderError("unsupported", message)
    remember_address(proxy)
    return proxy


def tls_context() -> ssl.SSLContext:
    """Certificates from SSL_CERT_FILE or SSL_CERT_DIR, else the system's, else those of certifi.

    Raises ProviderError(unsupported) when the variable's file has no readable certificates.
    """
    file, directory = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    try:
        if file:
            return ssl.create_default_context(cafile=file)
        if directory:
            return ssl.create_default_context(capath=directory)
    except (OSError, ssl.SSLError) as error:
        raise ProviderError("unsupported", f"no certificates in {file or directory}: {error}") from None
    paths = ssl.get_default_verify_paths()
    if paths.cafile or (paths.capath and any(Path(paths.capath).iterdir())):
        return ssl.create_default_context()
    import certifi

    return ssl.create_default_context(cafile=certifi.where())


def open_session(url: str, headers: Mapping[str, str]) -> "ClientSession":
    """An aiohttp session for one server. It keeps as many connections as there are calls at a time.

    No cookie is kept, no .netrc is read, bodies are left as they come, and no deadline is set here: each call
    has its own. Values of `headers` that are secrets by their names are hidden from now on.
    """
    import aiohttp

    remember_address(url)
    remember_pairs(headers.items())
    secure = urlsplit(url).scheme == "https"
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=tls_context() if secure else True),
        headers={"User-Agent": f"prompteval/{__version__}", "Accept-Encoding": ACCEPTED, **headers},
        timeout=aiohttp.ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None),
        cookie_jar=aiohttp.DummyCookieJar(),
        proxy=proxy_for(url),
        trust_env=False,
        auto_decompress=False,
    )
