"""The command line: load exports, see what was loaded, undo it, back it up."""

import argparse
import json
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from shlex import quote
from typing import Any

from tqdm import tqdm

from pipelines import mappings, originals
from pipelines.arguments import count, pairs, scale, seconds, values
from pipelines.backup import backup, restore
from pipelines.contract import EXPORTS
from pipelines.history import aliases, history, rejected, rejected_file
from pipelines.incoming import Progress
from pipelines.load import load
from pipelines.printed import print_report, share
from pipelines.problems import RightworkError, UsageError
from pipelines.profile import as_yaml, parse, profiles
from pipelines.publications import SAMPLE, clear_sample, reinstate, withdraw
from pipelines.read import DELIMITER_NAMES
from pipelines.report import How, LoadReport, Request
from pipelines.rules import document, listed, set_rules
from pipelines.templates import dictionary, write_templates
from pipelines.warehouse import Warehouse

SAMPLE_FOLDER = Path(__file__).parents[1] / "data" / "sample"
DECIMALS = {"comma": ",", "point": "."}
DELIMITERS = {name: character for character, name in DELIMITER_NAMES.items()}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit status: 0 done, 1 problems in the data, 2 usage or unreadable input."""
    asked = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = asked.run
    try:
        return command(asked)
    except RightworkError as error:
        return _fail(asked, error)
    except KeyboardInterrupt:
        print("Stopped; nothing was changed.", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 0
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        return _fail(asked, RightworkError(f"{what}.", "Check the path, its permissions and its disk."))
    except Exception as error:  # an error of ours: the reader gets a line, and whoever mends it the details
        note = Path(tempfile.gettempdir()) / "rightwork-error.txt"
        note.write_text(traceback.format_exc(), "utf-8")
        reason = str(error).strip().split("\n")[0]
        fix = f"This is an error of the program. Please report it with the file {note}."
        return _fail(asked, RightworkError(f"nothing was changed; something went wrong inside: {reason}", fix))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipelines", description="Load project status exports into the warehouse.", allow_abbrev=False
    )
    parser.add_argument(
        "--warehouse", metavar="DIR", help="the store's folder (default: RIGHTWORK_WAREHOUSE, else data/warehouse)"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
        sub.set_defaults(run=run, json=False)
        sub.add_argument("--warehouse", metavar="DIR", default=argparse.SUPPRESS, help="the store's folder")
        return sub

    sub = command("load", _load, "Load files as one publication: all of them, or none.")
    sub.add_argument("files", nargs="+", type=Path, metavar="FILE", help="CSV or .xlsx files, or zip archives of them")
    sub.add_argument("--as", dest="export", choices=EXPORTS, help="the export that the files are (default: recognised)")
    sub.add_argument("--profile", metavar="NAME", help="the profile that reads them (default: recognised)")
    sub.add_argument("--source", metavar="NAME", help="where the files come from (default: the profile's name for it)")
    sub.add_argument(
        "--set", dest="constants", action="append", default=[], metavar="COLUMN=VALUE", help="one value for every row"
    )
    sub.add_argument(
        "--date-order", choices=("dmy", "mdy"), help="day or month first, where dates can be read both ways"
    )
    sub.add_argument("--decimal", choices=DECIMALS, help="the decimal sign, where amounts can be read both ways")
    sub.add_argument("--encoding", metavar="NAME", help="the text's encoding, such as windows-1250")
    sub.add_argument("--delimiter", metavar="NAME", help=f"its name ({', '.join(DELIMITERS)}) or the character")
    sub.add_argument("--header-row", type=count, metavar="N", help="the line that holds the headers")
    sub.add_argument("--sheet", metavar="NAME", help="the one sheet of a workbook to read")
    sub.add_argument("--headings", choices=("rows",), help="read rows that seem to name groups as rows of data")
    sub.add_argument("--hidden", choices=("out",), help="leave out the rows that a sheet hides")
    sub.add_argument("--wrapped", choices=("cells",), help="read lines that are quoted as a whole as one cell each")
    mapped: dict[str, Any] = {"action": "append", "default": []}
    sub.add_argument("--map", dest="columns", metavar="COLUMN=HEADER", help="the header that feeds a column", **mapped)
    sub.add_argument(
        "--value", dest="values", metavar="COLUMN:TEXT=VALUE", help="the value that a text stands for", **mapped
    )
    sub.add_argument(
        "--keep", dest="attributes", metavar="HEADER", help="a header to keep as an attribute of its projects", **mapped
    )
    sub.add_argument("--scale", type=scale, metavar="N", help="the unit of the amounts: 1000000 for millions")
    sub.add_argument(
        "--repair",
        dest="repairs",
        metavar="NAME",
        help="accept a repair by its name, its RULE:*, or all of them",
        **mapped,
    )
    sub.add_argument("--save-mapping", metavar="NAME", help="remember how the file was read, for next week's")
    sub.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
    how = sub.add_mutually_exclusive_group()
    how.add_argument("--strict", action="store_true", help="publish nothing if any row is rejected (the default)")
    how.add_argument("--quarantine", action="store_true", help="publish the good rows and keep the rejected ones aside")
    sub.add_argument("--json", action="store_true", help="print one JSON object")

    sub = command("watch", _watch, "Load what is put into an inbox folder, until ended (SIGTERM, Ctrl-C).")
    sub.add_argument("--inbox", type=Path, metavar="DIR", help="the folder (default: RIGHTWORK_INBOX, else data/inbox)")
    sub.add_argument("--once", action="store_true", help="load what lies there now, and end")
    sub.add_argument("--every", type=seconds, default=5.0, metavar="SECONDS", help="between two looks (default: 5)")
    sub.add_argument("--quarantine", action="store_true", help="publish the good rows and keep the rejected ones aside")

    sub = command("history", _history, "List the loads, oldest first.")
    sub.add_argument("--json", action="store_true", help="print one JSON object")

    sub = command("undo", _undo, "Withdraw a load; what others said before and after it holds again.")
    sub.add_argument("load_id", type=int, metavar="LOAD_ID")
    sub.add_argument("--why", required=True, metavar="TEXT", help="the reason, kept in the history")

    sub = command("redo", _redo, "Let a withdrawn load count again.")
    sub.add_argument("load_id", type=int, metavar="LOAD_ID")
    sub.add_argument("--why", required=True, metavar="TEXT", help="the reason, kept in the history")

    sub = command("rejected", _rejected, "Show or save the rows that a load rejected, with what is wrong with each.")
    sub.add_argument("load_id", type=int, metavar="LOAD_ID")
    sub.add_argument("--out", type=Path, metavar="FILE.csv", help="save them, to be mended and loaded again")

    sub = command("original", _original, "Save the file that a load came from, byte for byte.")
    sub.add_argument("load_id", type=int, metavar="LOAD_ID")
    sub.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to save it")

    sub = command("aliases", _aliases, "List projects keyed by name, joined to a numbered one or not.")
    sub.add_argument("--json", action="store_true", help="print one JSON object")

    sub = command("templates", _templates, "Write one template an export.")
    sub.add_argument("folder", type=Path, metavar="DIR")
    sub.add_argument("--excel", action="store_true", help="workbooks with help and drop-downs, in place of CSV files")

    command("profiles", _profiles, "List the tools whose exports are read as they are.")

    sub = command("mappings", _mappings, "List the remembered mappings, or export, import, rename or delete one.")
    what = sub.add_mutually_exclusive_group()
    what.add_argument("--export", metavar="NAME", help="write one as YAML, to --out or on the screen")
    what.add_argument("--import", dest="imported", type=Path, metavar="FILE", help="remember one from its YAML file")
    what.add_argument("--rename", metavar="NAME", help="give one another name, --to")
    what.add_argument("--delete", metavar="NAME", help="take one away; it stays in the history")
    sub.add_argument("--out", type=Path, metavar="FILE", help="where to write what is exported")
    sub.add_argument("--to", metavar="NAME", help="the new name; with --import in place of the file's own")
    sub.add_argument("--json", action="store_true", help="print one JSON object")

    sub = command("rules", _rules, "List the rules that judge, or set some anew for all that is known from now on.")
    how = sub.add_mutually_exclusive_group()
    how.add_argument(
        "--set", dest="changes", action="append", default=[], metavar="NAME=VALUE", help="a rule's new value"
    )
    how.add_argument("--markdown", action="store_true", help="print what each rule means, in Markdown")
    sub.add_argument("--why", default="", metavar="TEXT", help="the reason of a change, kept in the history")
    sub.add_argument("--json", action="store_true", help="print one JSON object")

    sub = command("dictionary", _dictionary, "Print the data dictionary in Markdown.")

    sub = command("sample", _sample, "Write the exports of the sample organisation, or of another one of any size.")
    sub.add_argument("folder", type=Path, metavar="DIR")
    sub.add_argument("--projects", type=count, default=240, metavar="N", help="how many projects (default: 240)")
    sub.add_argument("--weeks", type=count, default=104, metavar="W", help="weeks of reports (default: 104)")
    sub.add_argument("--seed", type=count, metavar="S", help="another organisation for another number")
    sub.add_argument("--always-live", action="store_true", help="every project reports every week, for measuring")

    sub = command("demo", _demo, "Load the sample organisation, if nothing is in force.")
    sub.add_argument("--clear", action="store_true", help="withdraw it instead")

    sub = command("backup", _backup, "Save the whole warehouse as one file.")
    sub.add_argument("file", type=Path, metavar="FILE")

    sub = command("restore", _restore, "Publish a backup's content as the newest version; nothing is lost.")
    sub.add_argument("file", type=Path, metavar="FILE")
    return parser


def _fail(asked: argparse.Namespace, error: RightworkError) -> int:
    if asked.json:
        print(json.dumps({"error": error.message, "fix": error.fix, "files": []}))
    print(f"Error: {error.message}" + (f"\n  {error.fix}" if error.fix else ""), file=sys.stderr)
    return error.exit_status


def _warehouse(asked: argparse.Namespace) -> Warehouse:
    return Warehouse(asked.warehouse)


def _load(asked: argparse.Namespace) -> int:
    request = Request(
        asked.files,
        How(
            export=asked.export,
            profile=asked.profile,
            source=asked.source,
            constants=pairs(asked.constants, "column", "COLUMN=VALUE"),
            dates=asked.date_order,
            decimal=DECIMALS.get(asked.decimal),
            encoding=asked.encoding,
            delimiter=DELIMITERS.get(asked.delimiter, asked.delimiter),
            header_row=asked.header_row,
            sheet=asked.sheet,
            headings=asked.headings,
            hidden=asked.hidden,
            wrapped=asked.wrapped,
            columns=pairs(asked.columns, "column", "COLUMN=HEADER", "--map"),
            values=values(asked.values),
            attributes=tuple(asked.attributes),
            repairs=tuple(asked.repairs),
            scale=asked.scale,
        ),
        dry_run=asked.dry_run,
        quarantine=asked.quarantine,
    )
    with tqdm(total=100, bar_format="{desc:<40} {bar} {n_fmt} %", leave=False, disable=None, file=sys.stderr) as bar:
        report = load(_warehouse(asked), request, progress=_on(bar))
    saved = _save_mapping(asked, report, request.shared) if asked.save_mapping else None
    made = {one.name for file in report.files for one in file.repairs if one.accepted}
    for name in asked.repairs:
        if ":" in name and not name.endswith(":*") and name not in made:
            print(f"Note: no file has anything for --repair {quote(name)}.", file=sys.stderr)
    if asked.json:
        print(json.dumps(report.as_dict()))
    else:
        print_report(report)
        if saved:
            print(f"The mapping is remembered as {saved}.")
    return report.exit_status


def _save_mapping(asked: argparse.Namespace, report: LoadReport, how: How) -> str | None:
    """Remember how the one file of a load was read; nothing of what could not be loaded."""
    if report.blocked:
        return None
    understood = [file for file in report.files if file.export]
    if len(understood) != 1:
        fix = "Load one file, or one sheet, with --save-mapping."
        raise UsageError(f"{len(understood)} tables were read, and a mapping is of one", fix)
    warehouse = _warehouse(asked)
    made = mappings.from_how(understood[0], how, mappings.remembered(warehouse))
    return mappings.save(warehouse, asked.save_mapping, as_yaml(made)).name


def _on(bar: Any) -> Progress:
    def tell(words: str, share: float) -> None:
        bar.set_description_str(words[:40])
        bar.update(round(share * 100) - bar.n)

    return tell


def _watch(asked: argparse.Namespace) -> int:
    from pipelines.watch import default_folder, stopped_by_signals, watch

    warehouse = _warehouse(asked)
    return watch(
        warehouse,
        asked.inbox or default_folder(warehouse),
        every=asked.every,
        once=asked.once,
        quarantine=asked.quarantine,
        stop=stopped_by_signals(),
    )


def _history(asked: argparse.Namespace) -> int:
    with _warehouse(asked).reading() as reading:
        loads = history(reading.cursor(), reading.publication)
    if asked.json:
        print(json.dumps({"loads": loads}, default=str))
        return 0
    for one in loads:
        sheet = f" [{one['sheet']}]" if one["sheet"] else ""
        print(
            f"{one['load_id']:>4}  {one['loaded_at']:%Y-%m-%d %H:%M}  {one['export']:<9} {one['file_name']}{sheet}: "
            f"{one['rows_new']:,} new, {one['rows_restated']:,} restated, {one['rows_unchanged']:,} unchanged, "
            f"{one['rows_rejected']:,} rejected, quality {share(one['quality'])} "
            f"(publication {one['publication']}, by {one['loaded_by']}, digest {one['digest'][:12]})"
        )
        if not one["in_force"]:
            print(f"      withdrawn {one['withdrawn_at']:%Y-%m-%d %H:%M} by {one['withdrawn_by']}: {one['why']}")
    return 0


def _undo(asked: argparse.Namespace) -> int:
    publication = withdraw(_warehouse(asked), asked.load_id, _reason(asked))
    print(f"Load {asked.load_id} is withdrawn. Published as publication {publication}.")
    return 0


def _redo(asked: argparse.Namespace) -> int:
    publication = reinstate(_warehouse(asked), asked.load_id, _reason(asked))
    print(f"Load {asked.load_id} is in force again. Published as publication {publication}.")
    return 0


def _reason(asked: argparse.Namespace) -> str:
    if not asked.why.strip():
        raise UsageError("a reason is needed", "Say why: --why TEXT.")
    return str(asked.why)


def _rejected(asked: argparse.Namespace) -> int:
    with _warehouse(asked).reading() as reading:
        _, rows = rejected(reading.cursor(), asked.load_id)
        file = rejected_file(reading.cursor(), asked.load_id)
    if not rows:
        print(f"Load {asked.load_id} rejected no row.")
    elif asked.out:
        asked.out.write_bytes(file)
        print(f"{len(rows):,} rows saved to {asked.out}.")
    else:
        for row, why, *_ in rows:
            print(f"row {row}: {why}")
    return 0


def _original(asked: argparse.Namespace) -> int:
    warehouse = _warehouse(asked)
    with warehouse.reading() as reading:
        size = originals.save(warehouse.folder, reading.cursor(), asked.load_id, asked.out)
    print(f"{size:,} bytes saved to {asked.out}.")
    return 0


def _aliases(asked: argparse.Namespace) -> int:
    with _warehouse(asked).reading() as reading:
        found = aliases(reading.cursor())
    if asked.json:
        print(json.dumps({"aliases": found}))
        return 0
    joined = [a for a in found if a["joined_to"]]
    print(f"{len(joined)} of {len(found)} projects without an id of their own were joined to one of the same name.")
    for one in found:
        if not one["joined_to"]:
            hint = f"; closest: {one['closest_name']} ({one['closest_id']})" if one["closest_name"] else ""
            print(f"  not joined: {one['name']}{hint}")
    return 0


def _templates(asked: argparse.Namespace) -> int:
    for file in write_templates(asked.folder, excel=asked.excel):
        print(file)
    return 0


def _profiles(asked: argparse.Namespace) -> int:
    for profile in profiles().values():
        print(f"{profile.name:<18} {profile.title} ({profile.export}; {profile.tested})")
    return 0


def _mappings(asked: argparse.Namespace) -> int:
    warehouse = _warehouse(asked)
    if asked.export:
        text = mappings.exported(warehouse, asked.export)
        if asked.out:
            asked.out.write_text(text, "utf-8")
            print(f"Wrote {asked.out}.")
        else:
            print(text, end="")
    elif asked.imported:
        text = mappings.readable(asked.imported)
        name = asked.to or parse(text, asked.imported.name).name
        print(f"The mapping is remembered as {mappings.save(warehouse, name, text).name}.")
    elif asked.rename:
        if not asked.to:
            raise UsageError("the new name is missing", "Give it with --to NAME.")
        mappings.rename(warehouse, asked.rename, asked.to)
        print(f"{asked.rename} is called {asked.to} now.")
    elif asked.delete:
        mappings.delete(warehouse, asked.delete)
        print(f"{asked.delete} is deleted. It stays in the history.")
    else:
        _list_mappings(mappings.listed(warehouse), as_json=asked.json)
    return 0


def _list_mappings(found: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"mappings": found}, default=str))
        return
    for one in found:
        print(f"{one['name']}: {one['export']}, {one['recorded_at']:%Y-%m-%d %H:%M} by {one['recorded_by']}")
        fed = [f"{column} from {' or '.join(headers) or 'a value'}" for column, headers in one["columns"].items()]
        print(f"  {', '.join(fed)}")
        if one["attributes"]:
            print(f"  kept: {', '.join(one['attributes'])}")
    if not found:
        print("No mapping is remembered. Save one with load --save-mapping NAME, or on the Upload page.")


def _rules(asked: argparse.Namespace) -> int:
    if asked.markdown:
        print(document())
        return 0
    warehouse = _warehouse(asked)
    changes = pairs(asked.changes, "rule", "NAME=VALUE")
    publication = set_rules(warehouse, changes, _reason(asked)) if changes else None
    found = listed(warehouse)
    if asked.json:
        print(json.dumps({"publication": publication, "rules": found}, default=str))
        return 0
    for one in found:
        since = "as shipped"
        if one["publication"]:
            when = f"{one['recorded_at']:%Y-%m-%d %H:%M}"
            since = f"since publication {one['publication']}, {when}, by {one['recorded_by']}: {one['why']}"
        print(f"{one['name']:<15} {one['said']:<26} {since}")
    if publication:
        print(f"Published as publication {publication}. Earlier publications keep the rules that they were seen with.")
    return 0


def _dictionary(asked: argparse.Namespace) -> int:
    print(dictionary())
    return 0


def _sample(asked: argparse.Namespace) -> int:
    from pipelines.sample import generate  # brings numpy, which no other command needs at start

    seed = {} if asked.seed is None else {"seed": asked.seed}
    made = generate(asked.folder, projects=asked.projects, weeks=asked.weeks, always_live=asked.always_live, **seed)
    for file in made.values():
        print(file)
    return 0


def _demo(asked: argparse.Namespace) -> int:
    warehouse = _warehouse(asked)
    if asked.clear:
        publication = clear_sample(warehouse)
        print(f"The sample organisation is withdrawn. Published as publication {publication}.")
        return 0
    if warehouse.holds_loads():
        return 0
    print("Loading the sample organisation (made-up data) ...")
    files = [str(file) for file in sorted(SAMPLE_FOLDER.glob("*.csv"))]
    sample = _parser().parse_args(["load", *files, "--source", SAMPLE])
    sample.warehouse = asked.warehouse
    return _load(sample)


def _backup(asked: argparse.Namespace) -> int:
    backup(_warehouse(asked).folder, asked.file)
    print(f"Saved to {asked.file}.")
    return 0


def _restore(asked: argparse.Namespace) -> int:
    warehouse = _warehouse(asked)
    restore(warehouse.folder, asked.file)
    print(f"Restored from {asked.file}; the latest publication is {warehouse.publication()}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
