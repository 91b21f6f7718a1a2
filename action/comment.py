"""Writes the report as one comment on a pull request: made once, updated later.

Reads REPORTS, PULL_REQUEST, WORKSPACE, AUTHOR, TOKEN and GitHub's own GITHUB_API_URL and
GITHUB_REPOSITORY. A comment that cannot be written is a warning, for the verdict stands without it.
"""

import hashlib
import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PAGE = 100
MOST_BYTES = 50_000_000


def main() -> None:
    number = os.environ.get("PULL_REQUEST", "")
    if not number:
        sys.stdout.write("no pull request here, so no comment\n")
        return
    place = f"repos/{os.environ['GITHUB_REPOSITORY']}"
    # Two workspaces of one repository have a comment each.
    mark = hashlib.sha256(os.environ["WORKSPACE"].encode()).hexdigest()[:12]
    marker = f"<!-- prompteval report {mark} -->"
    body = f"{marker}\n{(Path(os.environ['REPORTS']) / 'comment.md').read_text(encoding='utf-8')}"
    try:
        own = _own(f"{place}/issues/{int(number)}/comments", marker)
        if own is None:
            _call("POST", f"{place}/issues/{int(number)}/comments", {"body": body})
        else:
            _call("PATCH", f"{place}/issues/comments/{own}", {"body": body})
    except urllib.error.HTTPError as error:
        help = "; the job needs `permissions: pull-requests: write`" if error.code in (401, 403, 404) else ""
        sys.stdout.write(f"::warning::the comment was not written: HTTP {error.code}{help}\n")
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        sys.stdout.write(f"::warning::the comment was not written: {reason}\n")


def _own(comments: str, marker: str) -> int | None:
    """The id of the comment that this action wrote earlier. Another author's is not taken."""
    page = 1
    while True:
        found = _call("GET", f"{comments}?per_page={PAGE}&page={page}")
        for comment in found:
            author = (comment.get("user") or {}).get("login")
            if author == os.environ["AUTHOR"] and (comment.get("body") or "").startswith(marker):
                return int(comment["id"])
        if len(found) < PAGE:
            return None
        page += 1


def _call(method: str, path: str, body: dict[str, str] | None = None) -> Any:
    request = urllib.request.Request(
        f"{os.environ['GITHUB_API_URL']}/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {os.environ['TOKEN']}",
            "Accept": "application/vnd.github+json",
            "Content-Type": "application/json",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )
    with urllib.request.build_opener(_SameOrigin).open(request, timeout=30) as reply:
        return json.loads(reply.read(MOST_BYTES))


class _SameOrigin(urllib.request.HTTPRedirectHandler):
    """The token travels to where it was meant to, and nowhere else."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if urlsplit(newurl)[:2] != urlsplit(req.full_url)[:2]:
            raise urllib.error.HTTPError(req.full_url, code, "redirect to another origin", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


if __name__ == "__main__":
    main()
