"""`sources.yaml`: servers by names of one's own. With a credential in it nobody else may read it."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from runbook_tui.intake.servers.environment import from_environment
from runbook_tui.intake.servers.source import KINDS, Credentials, ServerError, Source, base_url

if TYPE_CHECKING:
    from runbook_tui.intake.servers.sources_file import SourceEntry

__all__ = ["known_sources", "resolve", "sources_path"]

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def sources_path(environ: Mapping[str, str] | None = None) -> Path:
    """`RUNBOOK_TUI_SOURCES`, else `sources.yaml` in the platform's folder for configuration."""
    given = (os.environ if environ is None else environ).get("RUNBOOK_TUI_SOURCES")
    if given:
        return Path(given)
    from platformdirs import user_config_path

    return user_config_path("runbook-tui", appauthor=False) / "sources.yaml"


def known_sources(environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The names a server can be asked for by: those of `sources.yaml`, then the kinds.

    Raises:
        ServerError: the file is not usable.
    """
    path = sources_path(environ)
    entries = _entries(path) if path.exists() else {}
    return tuple(dict.fromkeys((*entries, *KINDS)))


def resolve(
    name: str,
    *,
    url: str | None = None,
    project: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Source:
    """The server of that name: one of `sources.yaml`, else a kind with the variables of its product.

    Args:
        name: a name from the file, or one of `KINDS`.
        url: its address, where the command line gave one.
        project: the project, experiment, database or tenant to look in, where the command line gave one.
        environ: the environment; the process's own unless given.

    Raises:
        ServerError: there is none of that name, the file is not usable, or the address carries a password.
    """
    variables = os.environ if environ is None else environ
    if url is not None and any(base_url(url, "--url")[1:]):
        where = base_url(url, "--url")[0]
        raise ServerError("credentials in --url are seen by everybody", where, "put them in sources.yaml")
    path = sources_path(variables)
    entries = _entries(path) if path.exists() else {}
    if name in entries:
        source = _configured(name, entries[name], variables, path)
        found = source if url is None else _moved(source, url)
    elif name in KINDS:
        found = from_environment(name, url, variables)
    else:
        known = ", ".join((*KINDS, *entries))
        raise ServerError("no such source", name, f"give one of {known}, or name it in {path}")
    return found if project is None else _with(found, project=project)


def _entries(path: Path) -> dict[str, SourceEntry]:
    from runbook_tui.intake.servers.sources_file import read_sources

    entries = read_sources(path)
    if any(entry.is_secret for entry in entries.values()) and os.name == "posix":
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & _OTHERS:
            what = f"others can read the credentials ({mode:04o})"
            raise ServerError(what, str(path), f"run: chmod 600 {path}")
    return entries


def _configured(name: str, entry: SourceEntry, environ: Mapping[str, str], path: Path) -> Source:
    url, user, password = base_url(entry.url, f"{path}: {name}: url")
    credentials = Credentials(
        token=entry.token or _variable(entry.token_env, environ, f"{path}: {name}: token_env"),
        username=entry.username or user,
        password=entry.password
        or _variable(entry.password_env, environ, f"{path}: {name}: password_env")
        or password,
        headers=dict(entry.headers),
    )
    if not credentials:  # the product's own variables count for a server that is named without any
        credentials = from_environment(entry.kind, url, environ).credentials
    ca_file = str(Path(entry.ca_file).expanduser()) if entry.ca_file else None
    return Source(name, entry.kind, url, credentials, entry.project, entry.table, ca_file)


def _variable(name: str | None, environ: Mapping[str, str], where: str) -> str | None:
    if name is None:
        return None
    if not environ.get(name):
        raise ServerError("a variable with a credential is not set", where, f"set {name}")
    return environ[name]


def _moved(source: Source, url: str) -> Source:
    """Another address takes no credentials along: they were given for the one in the file."""
    address = base_url(url, "--url")[0]
    if address == source.url:
        return source
    where = f"{source.name}: {address}"
    raise ServerError(
        "the source has an address already", where, f"leave --url out, or use {source.kind} --url"
    )


def _with(source: Source, *, project: str) -> Source:
    import msgspec

    return msgspec.structs.replace(source, project=project)
