"""`graphflow users`: who may use the server."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import Any

from graphflow.cli.terminal import columns, print_json, print_line
from graphflow.errors import Problem, WorkflowError
from graphflow.home import find_home
from graphflow.server.serve import PORT, running_address
from graphflow.server.wall.accounts import CODE_SECONDS, Account, AccountFile


def run(parsed: Namespace) -> int:
    """List or change the users of a home; a server that runs there follows at once."""
    file = AccountFile(find_home(parsed.home, os.environ).root)
    if parsed.act == "list":
        _list(parsed, file)
        return 0
    name = _whom(parsed, file)
    if parsed.act == "add":
        _say(parsed, name, f"the token of {name}, shown only now:", token=file.add(name, admin=parsed.admin))
    elif parsed.act == "remove":
        file.remove(name)
        _say(parsed, name, f"{name} has no access any more; their jobs and files stay")
    elif parsed.act == "token":
        text = f"the new token of {name}, shown only now; the old one is void:"
        _say(parsed, name, text, token=file.new_token(name))
    else:
        url = running_address(file.home) or f"http://127.0.0.1:{PORT}"
        text = f"logs a browser in as {name}, once, within {CODE_SECONDS / 60:.0f} minutes:"
        _say(parsed, name, text, login=f"{url}/login#code={file.new_code(name)}")
    return 0


def _list(parsed: Namespace, file: AccountFile) -> None:
    users = file.read().users
    if parsed.json:
        print_json({"kind": "users.list", "users": [_shown(each) for each in users]})
        return
    if not users:
        print_line("there are no users yet: the first start of the server makes the owner")
    for line in columns([(each.name, "administrator" if each.admin else "user") for each in users]):
        print_line(line)


def _shown(account: Account) -> dict[str, Any]:
    return {"name": account.name, "admin": account.admin, "folder": account.folder}


def _whom(parsed: Namespace, file: AccountFile) -> str:
    """Return whom the command is about: for what is safe to repeat the owner, when nobody is named."""
    if parsed.name is not None:
        return str(parsed.name)
    owner = next((each.name for each in file.read().users if each.folder is None), None)
    if owner is None and parsed.act in ("token", "code"):
        raise WorkflowError(
            [Problem("no-user", "there are no users yet", hint="start the server once: graphflow serve")]
        )
    if owner is None or parsed.act not in ("token", "code"):
        raise WorkflowError([Problem("no-name", f"users {parsed.act} wants a name")])
    return owner


def _say(parsed: Namespace, name: str, text: str, **secret: str) -> None:
    if parsed.json:
        print_json({"kind": f"users.{parsed.act}", "name": name, **secret})
        return
    for line in (text, *(f"  {value}" for value in secret.values())):
        print_line(line)
