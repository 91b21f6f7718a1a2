"""How a client of ours reaches a server: headers, proxy and certificates as the environment says.

The same variables count as for the openai package: OPENAI_ORG_ID, OPENAI_PROJECT_ID and
OPENAI_CUSTOM_HEADERS; HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY; SSL_CERT_FILE and SSL_CERT_DIR.
"""

import os
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from prompteval._version import __version__
from prompteval.core.errors import ProviderError


def request_headers(key: str) -> dict[str, str]:
    """What every request carries."""
    headers = {
        "Authorization": f"Bearer {key}",
        "Accept": "application/json",
        "Content-Type": "application/json",
        "User-Agent": f"prompteval/{__version__}",
    }
    for name, variable in (("OpenAI-Organization", "OPENAI_ORG_ID"), ("OpenAI-Project", "OPENAI_PROJECT_ID")):
        if os.environ.get(variable):
            headers[name] = os.environ[variable]
    for line in os.environ.get("OPENAI_CUSTOM_HEADERS", "").split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            for known in [known for known in headers if known.lower() == name.strip().lower()]:
                del headers[known]
            headers[name.strip()] = value.strip()
    return headers


def proxy_for(url: str) -> str | None:
    """The proxy the environment names for a URL, None for a direct connection.

    Raises ProviderError(unsupported) for a SOCKS proxy.
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
    return proxy


def tls_context() -> ssl.SSLContext:
    """Certificates from SSL_CERT_FILE or SSL_CERT_DIR, else the system's, else those of certifi.

    Raises ProviderError(unsupported) when the variable names no readable certificates.
    """
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    try:
        if file:
            return ssl.create_default_context(cafile=file)
        if folder:
            return ssl.create_default_context(capath=folder)
    except (OSError, ssl.SSLError) as error:
        raise ProviderError("unsupported", f"no certificates in {file or folder}: {error}") from None
    paths = ssl.get_default_verify_paths()
    if paths.cafile or (paths.capath and any(Path(paths.capath).iterdir())):
        return ssl.create_default_context()
    import certifi

    return ssl.create_default_context(cafile=certifi.where())


def open_session(url: str, key: str) -> Any:
    """An aiohttp session for one server. It keeps as many connections as there are calls at a time.

    No cookie is kept, no .netrc is read, and no deadline is set here: each attempt has its own.
    """
    import aiohttp

    secure = urlsplit(url).scheme == "https"
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=tls_context() if secure else True),
        headers=request_headers(key),
        timeout=aiohttp.ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None),
        cookie_jar=aiohttp.DummyCookieJar(),
        proxy=proxy_for(url),
        trust_env=False,
    )
