"""The `lobby` command.

Every command takes `--json`, `--data-dir` and `--help`. Exit status: 0 done; 1 the work itself failed; 2 the call was
wrong; 3 this machine cannot do it. No traceback ever reaches a user: an error is one line that says what is wrong and
one that says what to do.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

import click

from bot import printing
from bot.commands.ask import ask
from bot.commands.board import board
from bot.commands.chat import chat
from bot.commands.datasets import datasets
from bot.commands.doctor import doctor
from bot.commands.faq import faq
from bot.commands.kb import kb
from bot.commands.keys import keys
from bot.commands.run import run
from bot.commands.serve import serve
from bot.commands.upgrade import upgrade
from bot.errors import CANNOT, FAILED, HOUSE_ERRORS, WRONG_CALL, exit_status

INTERRUPTED = 130  # what shells report for a command that Ctrl-C ended


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="keras-lobby", prog_name="lobby")
def lobby() -> None:
    """Lobby, the help desk of the Keras community: ask a question, run a snippet, serve both."""


for command in (ask, run, upgrade, chat, serve, kb, faq, datasets, board, keys, doctor):
    lobby.add_command(command)


def main() -> None:
    """Run the command line and exit with its status."""
    sys.exit(call(sys.argv[1:]))


def _command(arguments: list[str]) -> int:
    try:
        status = lobby.main(arguments, prog_name="lobby", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        # Who names no command is shown which there are, as by `--help`.
        print(error.format_message())
        return WRONG_CALL
    return status if isinstance(status, int) else 0


def call(arguments: list[str]) -> int:
    """Run `lobby` with `arguments` and return the exit status."""
    try:
        status = _command(arguments)
        sys.stdout.flush()
        return status
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.ClickException as error:
        command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "lobby"
        printing.complain(error.format_message(), f"See `{command} --help`.")
        return WRONG_CALL
    except HOUSE_ERRORS as error:
        printing.complain(error.what, error.remedy)
        return exit_status(error)
    except (click.Abort, KeyboardInterrupt):
        printing.complain("Stopped.", "Nothing half-done is left behind.")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has gone (`lobby ask … | head`): nobody is left to complain to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        printing.complain(f"The system refused: {error.strerror or error}{where}.", "Mend that and call again.")
        return CANNOT
    except Exception:
        report = _write_report()
        printing.complain("Something went wrong inside Lobby; this is our fault.", f"Please send us {report}.")
        return FAILED


def _write_report() -> Path:
    """Keep the traceback where a person who wants to help can find it."""
    logging.getLogger(__name__).debug("unexpected error", exc_info=True)
    with tempfile.NamedTemporaryFile("w", prefix="lobby-report-", suffix=".txt", delete=False) as report:
        report.write(f"{datetime.now(UTC).isoformat()} lobby {' '.join(sys.argv[1:])}\n")
        traceback.print_exc(file=report)
    return Path(report.name)
