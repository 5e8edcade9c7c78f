"""Stage `flows`: captures -> flow features, nta and every installed rival in turns (A B C A B C ...), one core.

Figures are CPU nanoseconds a packet of whole processes, start included; what one packet costs is told apart.
"""
import dataclasses
import pathlib
import sys
import tempfile

from nta_bench import captures, measure, rivals
from nta_rim.program import ROOT, Failure, call_json, program

CAPTURES = ("mix", "small", "full", "elephant", "flood")
MEMORY_FOLDER = pathlib.Path("/dev/shm")


@dataclasses.dataclass
class Form:
    """A way to run nta; the first, with the full table, is what every rival is held against."""
    name: str
    words: list
    against: dict = dataclasses.field(default_factory=dict)  # rival with as many columns: least ratio, None: no target
    discard: bool = False


FORMS = [
    Form("nta", ["--out", "features.h5", "--no-hash"]),
    Form("nta, CSV", ["--out", "-", "--format", "csv"], discard=True),
    Form("nta, NFStream's core columns",
         ["--profile", "nfstream", "--set", "nfstream-core", "--out", "features.h5", "--no-hash"],
         {"softflowd": None, "nfpcapd": None}),
    Form("nta, nfstream columns", ["--profile", "nfstream", "--set", "nfstream", "--out", "features.h5", "--no-hash"],
         {"NFStream": 48}),
    Form("nta, cic76 columns", ["--profile", "cic-fixed", "--set", "cic76", "--out", "features.h5", "--no-hash"],
         {"cicflowmeter": 500}),
]


def nta_words(form, capture):
    quiet = ["--threads", "1", "--device", "cpu", "-q"]
    return [str(pathlib.Path(program()).resolve()), "features", str(capture), *form.words, *quiet]


class Bench:
    """All processes run in one empty folder in memory, pinned to the last core."""

    def __init__(self, folder, quick):
        self.folder, self.quick, self.core = folder, quick, measure.last_core()
        self.skipped, self.fixed = [], {}

    def skip(self, what, reason):
        reason = reason.replace(f"{ROOT}/", "")
        self.skipped.append({"what": what, "reason": reason})
        print(f"SKIPPED {what}: {reason}", file=sys.stderr, flush=True)

    def run(self, words, discard=False):
        work = self.folder / "work"
        work.mkdir()
        try:
            done = measure.run(words, work, self.core, discard)
            if (work / "out.csv").exists():  # one header line
                done.output += f"rows {(work / 'out.csv').read_text().count(chr(10)) - 1}"
            return done
        finally:
            for path in sorted(work.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
            work.rmdir()

    def start(self, words, discard=False):
        """Median cost in seconds of the capture of one packet."""
        return measure.figures([self.run(words, discard).cpu_s for _ in range(3)])["median"]


def usable(bench, one, only):
    """Forms and rivals that work on a capture of one packet, each with its fixed cost; the others are skipped."""
    forms, others = [], []
    for form in FORMS:
        try:
            bench.fixed[form.name] = bench.start(nta_words(form, one["path"]), form.discard)
            forms.append(form)
        except Failure as failure:
            bench.skip(form.name, str(failure))
    for rival in [r for r in rivals.RIVALS if only is None or r.name in only]:
        reason = rivals.why_missing(rival)
        try:
            if reason is None:
                bench.fixed[rival.name] = bench.start(rival.command(rival.path(), str(one["path"])))
                others.append(rival)
        except Failure as failure:
            reason = str(failure)
        if reason:
            bench.skip(rival.name, reason)
    if not forms or forms[0] is not FORMS[0]:
        raise Failure(1, "nta features does not run on a capture of one packet")
    return forms, others


def rounds(bench, made, forms, others, n):
    """{name: [Run]} of `n` rounds; slow rivals take part in the first ones only."""
    runs = {}
    for turn in range(n):
        for form in forms:
            runs.setdefault(form.name, []).append(bench.run(nta_words(form, made["path"]), form.discard))
        for rival in others:
            if rival.slow and turn >= 3 or rival.name in runs and runs[rival.name] is None:
                continue
            try:
                words = rival.command(rival.path(), str(made["path"]))
                runs.setdefault(rival.name, []).append(bench.run(words, rival.name == "tshark"))
            except Failure as failure:
                runs[rival.name] = None
                bench.skip(f"{rival.name} on {made['name']}", str(failure))
    return {name: done for name, done in runs.items() if done}


def nta_flows(made, form):
    """(flows, features) as the program counts them."""
    with tempfile.TemporaryDirectory() as name:
        words = [w for w in form.words if w not in ("-", "csv", "--format")]
        words = [str(pathlib.Path(name) / "f.h5") if w == "features.h5" else w for w in words]
        if "--out" in words and words[-1] == "--out":
            words += [str(pathlib.Path(name) / "f.h5")]
        document = call_json("features", str(made["path"]), *words)
    return document["flows"], document["features"]


def side(bench, name, runs, made):
    """What is told of one program beside its figures."""
    n = made["packets"]
    per_packet = measure.figures([r.cpu_s / n * 1e9 for r in runs])
    return {"ns_per_packet": per_packet, "packets_per_s": 1e9 / per_packet["median"],
            "start_ms": bench.fixed[name] * 1e3,
            "ns_per_further_packet": (per_packet["median"] * n / 1e9 - bench.fixed[name]) / max(n - 1, 1) * 1e9,
            "peak_mb": max(r.peak_mb for r in runs)}


def counted(bench, rival, made, output):
    """Flows as the rival tells them, some only when started otherwise; None if it does not."""
    if rival.counter is None:
        return rivals.count(rival, output)
    try:
        return rivals.count(rival, bench.run(rival.counter(rival.path(), str(made["path"]))).output)
    except Failure:
        return None


def command_text(words, made):
    text = " ".join(str(w) for w in words).replace(str(made["path"]), "F").replace(str(program()), "nta")
    text = text.replace(f"{ROOT}/", "")
    return text.replace(rivals.NFSTREAM, "'for flow in NFStreamer(source=F, n_dissections=0, statistical_analysis=True, "
                        "splt_analysis=0, n_meters=1, idle_timeout=120, active_timeout=1800): n += 1'")


def comparison(bench, made, form, rival, runs, ours):
    """The row nta (in this form) beside one rival; pairs are of the same round."""
    theirs = side(bench, rival.name, runs[rival.name], made)
    output = runs[rival.name][-1].output
    theirs["flows"] = counted(bench, rival, made, output)
    theirs["features"] = int(output.split("columns")[1].split()[0]) if rival.name == "NFStream" else rival.features
    n, pairs = made["packets"], len(runs[rival.name])
    return measure.row(
        f"{made['id']}/{rival.name}" + ("" if form is FORMS[0] else "/equal-features"),
        f"{form.name} beside {rival.name}, {made['name']}", "ns CPU/packet",
        [r.cpu_s / n * 1e9 for r in runs[form.name][:pairs]], [r.cpu_s / n * 1e9 for r in runs[rival.name]],
        at_least=rival.at_least if form is FORMS[0] else form.against[rival.name], features={"ours": ours["features"], "rival": theirs["features"]},
        version=rival.version(rival),
        command=command_text(rival.command(rival.path(), str(made["path"])), made),
        capture=made["name"], packets=n, sides={"ours": ours, "rival": theirs})


def capture_rows(bench, made, forms, others):
    """All rows of one capture."""
    print(f"bench: {made['name']}, {made['packets']} packets: {made['what']}", file=sys.stderr, flush=True)
    runs = rounds(bench, made, forms, others, 3 if bench.quick else 9)
    rows, n = [], made["packets"]
    for form in forms:
        ours = side(bench, form.name, runs[form.name], made)
        ours["flows"], ours["features"] = nta_flows(made, form)
        times = [r.cpu_s / n * 1e9 for r in runs[form.name]]
        rows.append(measure.row(f"{made['id']}/{form.name.replace(', ', '-').replace(' ', '-')}",
                                f"{form.name}, {made['name']}", "ns CPU/packet", times,
                                at_most=250 if form is FORMS[0] and made["name"] in CAPTURES else None,
                                features={"ours": ours["features"], "rival": None},
                                command=command_text(nta_words(form, made["path"]), made), version="this commit",
                                capture=made["name"], packets=n, sides={"ours": ours}))
        rows += [comparison(bench, made, form, rival, runs, ours) for rival in others
                 if rival.name in runs and (form is FORMS[0] or rival.name in form.against)]
    return rows


def forms_for(capture, whole, forms, others):
    """All forms on the whole mix; elsewhere the first, and those with the columns of a rival that takes part."""
    if capture == "mix" and whole:
        return forms
    names = {rival.name for rival in others}
    return [form for form in forms if form is FORMS[0] or form.against.keys() & names]


def stage(quick, names=CAPTURES, n_packets=None, only=None):
    """(rows, skipped, capture mix)."""
    n, rows, mix = n_packets or (100_000 if quick else 2_000_000), [], []
    folder = MEMORY_FOLDER if MEMORY_FOLDER.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="nta-bench-", dir=folder) as name:
        bench = Bench(pathlib.Path(name), quick)
        forms, others = usable(bench, captures.capture("uniform", 1), only)
        for capture in names:
            here = [r for r in others if not r.only or capture in r.only]
            lengths = sorted({r.length(capture, n) for r in here} | {n}, reverse=True)
            for length in lengths:
                made = captures.capture(capture, length)
                made["id"] = f"flows/{capture}" + ("" if length == n else f"-{length}")
                mix.append({key: made[key] for key in ("name", "packets", "bytes", "what")})
                now = [r for r in here if r.length(capture, n) == length]
                rows += capture_rows(bench, made, forms_for(capture, length == n, forms, now), now)
    return rows, bench.skipped, mix
