"""What can be written behind `graphflow`: one parser, without importing what the commands need."""

from __future__ import annotations

import argparse
import math
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn, TypeAlias

from graphflow.errors import did_you_mean

COMMANDS = {
    "run": "graphflow.cli.run",
    "check": "graphflow.cli.check",
    "explain": "graphflow.cli.explain",
    "nodes": "graphflow.cli.nodes",
    "models": "graphflow.cli.models",
    "schema": "graphflow.cli.schema",
    "jobs": "graphflow.cli.jobs",
    "serve": "graphflow.cli.serve",
    "users": "graphflow.cli.users",
}
"""Where each command's `run(arguments)` stands."""

WORKFLOW = "a workflow file, a picture that carries its workflow, or the name of a saved workflow"


class Parser(argparse.ArgumentParser):
    """A parser whose complaints name what was meant."""

    def error(self, message: str) -> NoReturn:
        """Print the complaint and the way out, and exit with code 2."""
        hint = ""
        if "invalid choice: '" in message:
            given, _, known = message.partition("invalid choice: '")[2].partition("'")
            choices = [each.strip(" '") for each in known.partition("choose from ")[2].rstrip(")").split(",")]
            message = f"there is no command {given!r}" if "command" in message else message
            hint = f"; {near}" if (near := did_you_mean(given, choices)) else ""
        self.exit(2, f"error: {message}{hint}\nSee '{self.prog} --help'.\n")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line; exit with code 2 when it is wrong, with 0 after `--help` and `--version`."""
    parser = Parser(
        prog="graphflow",
        description="Run node-graph workflows for diffusion image generation.",
        epilog="Start with: graphflow run txt2img --set prompt='a meadow with mountains and a sun'",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="command", parser_class=Parser)
    for add in (
        _add_run,
        _add_check,
        _add_explain,
        _add_nodes,
        _add_models,
        _add_schema,
        _add_jobs,
        _add_serve,
        _add_users,
    ):
        add(lambda name, text: _command(commands, name, text))
    parsed = parser.parse_args(arguments)
    if parsed.command is None and not parsed.version:
        parser.print_help()
        parser.exit(2)
    return parsed


Add = Callable[[str, str], argparse.ArgumentParser]
Group: TypeAlias = "argparse._ActionsContainer"
_SIZE = re.compile(r"(\d{1,15})(?:([KMGT])(?:i?B)?)?", re.ASCII)


def _command(
    commands: "argparse._SubParsersAction[Parser]",  # noqa: UP037  argparse's class cannot be subscripted at run time
    name: str,
    text: str,
) -> argparse.ArgumentParser:
    """Add a command with the options that all have."""
    parser = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.", allow_abbrev=False)
    common = parser.add_argument_group("where things lie")
    common.add_argument("--home", type=Path, metavar="DIR", help="the folder of all state (default: $GRAPHFLOW_HOME)")
    common.add_argument(
        "--models", type=Path, metavar="DIR", action="append", default=[], help="a further folder of models; repeatable"
    )
    common.add_argument(
        "--pack", type=Path, metavar="PATH", action="append", default=[], help="a further node pack; repeatable"
    )
    parser.add_argument("--json", action="store_true", help="print JSON for programs instead of text for people")
    parser.add_argument("--debug", action="store_true", help="show tracebacks and warnings")
    return parser


def _add_workflow(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("workflow", metavar="FILE|PNG|NAME", help=WORKFLOW)
    parser.add_argument(
        "--set", metavar="NAME=VALUE", action="append", default=[], help="set a named input, or node.input; repeatable"
    )
    parser.add_argument(
        "--targets",
        metavar="A,B",
        action="append",
        default=[],
        help="compute only these nodes or outputs, and what they need; repeatable",
    )


def _add_run(add: Add) -> None:
    parser = add("run", "run a workflow and save its pictures")
    _add_workflow(parser)
    _add_sweep(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help="where to save (default: the home's output folder)")
    parser.add_argument("--dry-run", action="store_true", help="say what would run, and run nothing")
    parser.add_argument("--no-cache", action="store_true", help="compute everything anew, and keep nothing")
    _add_cache(parser)
    parser.add_argument(
        "--device", default="auto", metavar="DEVICE", help="auto, cpu, cuda, cuda:1, mps (default: auto)"
    )


def _add_sweep(parser: argparse.ArgumentParser) -> None:
    text = "run for many values of the inputs named below: --set cfg=1,3,7 --set seed=1..4 --grid cfg,seed"
    group = parser.add_argument_group("sweeps", description=text)
    group.add_argument(
        "--grid",
        metavar="X,Y",
        action="append",
        default=[],
        help="every combination: X in columns, Y in rows, more on more sheets",
    )
    group.add_argument(
        "--zip", metavar="X,Y", action="append", default=[], help="first with first, second with second; repeatable"
    )
    group.add_argument(
        "--random",
        metavar="X=LOW..HIGH:COUNT",
        action="append",
        default=[],
        help="random values, drawn together for all of these; for a seed X=COUNT will do; repeatable",
    )
    group.add_argument("--sweep-seed", type=int, metavar="N", help="draw the same random values again")


def _add_check(add: Add) -> None:
    _add_workflow(add("check", "find every problem of a workflow without running it"))


def _add_explain(add: Add) -> None:
    _add_workflow(add("explain", "say which nodes would run, which are cached, and what changed since the last run"))


def _add_nodes(add: Add) -> None:
    add("nodes", "list the node types, or describe one").add_argument("name", nargs="?", help="a node type")


def _add_models(add: Add) -> None:
    add("models", "list the model files that were found")


def _add_schema(add: Add) -> None:
    parser = add("schema", "print a JSON Schema, or the HTTP API's document")
    text = "`document` for workflow files, `nodes` for the node types, `api` for the HTTP API, or a workflow for its inputs"
    parser.add_argument("what", nargs="?", default="document", metavar="document|nodes|api|WORKFLOW", help=text)


def _add_jobs(add: Add) -> None:
    parser = add("jobs", "copy a server's jobs into a file, or put such a copy back")
    text = "`backup` may run beside a server; `restore` keeps what it replaces beside it"
    parser.add_argument("act", choices=("backup", "restore"), metavar="backup|restore", help=text)
    parser.add_argument("file", type=Path, metavar="FILE", help="the copy")


def _add_serve(add: Add) -> None:
    parser = add("serve", "run workflows for others: an HTTP API with a durable queue")
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="listen here (default: 127.0.0.1)")
    parser.add_argument("--port", type=_port, default=7868, metavar="N", help="listen here (default: 7868); 0: any")
    parser.add_argument(
        "--device", default="auto", metavar="DEVICE", help="auto, cpu, cuda, cuda:1, mps (default: auto)"
    )
    parser.add_argument("--slots", type=_count, default=1, metavar="N", help="jobs at once on the device (default: 1)")
    text = "do not import torch and the like until a job needs it: less memory, and a slow first job"
    parser.add_argument("--no-preload", action="store_true", help=text)
    safety = parser.add_argument_group("who may reach it")
    safety.add_argument("--tls-cert", type=Path, metavar="FILE", help="serve HTTPS with this certificate (PEM)")
    safety.add_argument("--tls-key", type=Path, metavar="FILE", help="the certificate's key (PEM)")
    safety.add_argument("--insecure-http", action="store_true", help="listen beyond this machine without HTTPS")
    safety.add_argument(
        "--allow-host", metavar="NAME[:PORT]", action="append", default=[], help="a name of this server; repeatable"
    )
    safety.add_argument(
        "--cors-origin", metavar="ORIGIN", action="append", default=[], help="a site whose pages may ask; repeatable"
    )
    limits = parser.add_argument_group("limits, for each user")
    limits.add_argument("--max-queued", type=_count, metavar="N", help="jobs that wait (default: 20000)")
    limits.add_argument("--max-streams", type=_count, metavar="N", help="open WebSockets and streams (default: 64)")
    limits.add_argument("--max-requests", type=_count, metavar="N", help="requests a second (default: 3000)")
    limits.add_argument("--max-upload", type=_count, metavar="BYTES", help="one file (default: 268435456)")
    limits.add_argument("--max-pixels", type=_count, metavar="N", help="one uploaded picture (default: 100000000)")
    _setting(limits, "--time-limit", _seconds, "SECONDS", "of every job, whatever it asks for (default: none)")
    kept = parser.add_argument_group("what is kept; SIZE is a number of bytes, or 500M, 20G ...")
    _setting(kept, "--keep-days", _count, "N", "ended jobs and what they made (default: 30)")
    _setting(kept, "--keep-jobs", _count, "N", "the newest so many that ended (default: 10000)")
    _setting(kept, "--keep-bytes", _size, "SIZE", "of what jobs made; the oldest leave first (default: no limit)")
    _setting(kept, "--keep-temp", _size, "SIZE", "of temporary files of each user (default: 1G)")
    _setting(kept, "--keep-thumbnails", _size, "SIZE", "of small pictures (default: 1G)")
    _add_cache(kept)
    text = "write a line for each request, or for none (default: for those that were refused or failed)"
    parser.add_argument("--access-log", action=argparse.BooleanOptionalAction, default=None, help=text)


def _add_users(add: Add) -> None:
    parser = add("users", "say who may use the server, let people in, and take access away")
    text = "`code` lets a browser in once; `token` replaces a token; a running server follows at once"
    parser.add_argument(
        "act", choices=("list", "add", "remove", "token", "code"), metavar="list|add|remove|token|code", help=text
    )
    parser.add_argument("name", nargs="?", help="whom (for `token` and `code` by default the home's owner)")
    parser.add_argument("--admin", action="store_true", help="with `add`: an administrator")


def _add_cache(group: Group) -> None:
    _setting(group, "--cache-memory", _size, "SIZE", "results of nodes, in memory (default: 1G)")
    _setting(group, "--cache-disk", _size, "SIZE", "results of nodes, on disk (default: 10G)")


def _setting(group: Group, option: str, kind: Callable[[str], object], metavar: str, text: str) -> None:
    """Add an option that a variable of the environment can give as well."""
    variable = f"GRAPHFLOW{option[1:].replace('-', '_').upper()}"
    default = os.environ.get(variable) or None  # argparse reads a text as if it stood on the command line
    group.add_argument(option, type=kind, metavar=metavar, default=default, help=f"{text}; ${variable}")


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) < 2**53:
        raise argparse.ArgumentTypeError("a whole number from 1 is wanted")
    return int(text)


def _size(text: str) -> int:
    found = _SIZE.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError("a number of bytes is wanted, such as 1048576, 500M or 20G")
    return int(found[1]) << 10 * " KMGT".index(found[2] or " ")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError("a number of seconds above 0 is wanted")
    return seconds
