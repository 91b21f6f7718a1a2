"""The shell of the page that is served: the same script, with data that it asks the server for."""

from prompteval.report.page.assets import remote_policy, remote_script, style


def shell(path: str) -> tuple[str, str]:
    """(the content security policy, the page) of a path, which a server has checked. It holds no data."""
    policy = remote_policy()
    text = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>prompteval {'label' if path.endswith('/label') else 'view'}</title>\n"
        f"<style>{style()}</style></head><body>\n<noscript>The page needs JavaScript.</noscript>\n"
        f"<script>{remote_script()}</script>\n</body></html>\n"
    )
    return policy, text
