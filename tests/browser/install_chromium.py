"""Prints the path of a Chromium for the browser tests, and installs one where it may; an empty line means there is none.

An installed Chromium or Chrome is taken; else, as root on Debian, the packaged one; else Playwright's own, which works
where its download does. What goes wrong is said on the error output, in capitals no one overlooks.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
ON_A_MAC = (
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
)
PACKAGES = ("chromium", "fonts-dejavu-core", "fonts-noto-color-emoji")
LIMIT = 420  # seconds for any one installer


def find() -> str:
    """Return an installed Chromium that runs, the one named in NOVELO_CHROMIUM first; empty when there is none."""
    named = os.environ.get("NOVELO_CHROMIUM", "")
    found = [named, *(shutil.which(name) or "" for name in NAMES), *(str(path) for path in ON_A_MAC if path.exists())]
    return next((path for path in found if path and runs(path)), "")


def runs(path: str) -> bool:
    """Say whether the browser starts far enough to tell its version; a snap's stand-in does not."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def install_from_debian() -> None:
    """Install the packaged Chromium with fonts for letters and emoji."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *PACKAGES]):
        run(["apt-get", *words], environment)


def install_playwrights() -> str:
    """Let Playwright fetch its own Chromium, and return its path; empty when it could not."""
    run([sys.executable, "-m", "playwright", "install", "chromium"], dict(os.environ))
    home = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    return next((str(path) for path in sorted(home.glob("chromium-*/chrome-linux*/chrome")) if runs(str(path))), "")


def run(command: list[str], environment: dict[str, str]) -> None:
    """Run an installer; what it prints goes to the error output, its failure is only told."""
    try:
        subprocess.run(command, env=environment, stdout=sys.stderr, timeout=LIMIT, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"{command[0]}: {error}", file=sys.stderr)


def main() -> None:
    """Print the path of a Chromium."""
    path = find()
    if not path and os.geteuid() == 0 and shutil.which("apt-get"):
        install_from_debian()
        path = find()
    if not path:
        path = install_playwrights()
    if not path:
        print("NO BROWSER COULD BE FOUND OR INSTALLED: THE BROWSER TESTS CANNOT RUN.", file=sys.stderr)
    print(path)


if __name__ == "__main__":
    main()
