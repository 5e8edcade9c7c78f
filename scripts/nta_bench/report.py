"""The benchmark document (bench.py --json) as Markdown: what a run prints and experiments/README.md shows."""


FULL = ("nta", "nta, CSV")  # rows of nta itself with all its features


def number(value):
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def spread(figure):
    if figure is None:
        return "-"
    return f"{number(figure['median'])} ({number(figure['min'])}-{number(figure['max'])})"


def met(row):
    return {True: "yes", False: "NO", None: "-"}[row["met"]]


def plain_table(rows):
    lines = ["| id | what | unit | ours (min-max) | rival (min-max) | ratio (min-max) | target | met | note |",
             "|---|---|---|---|---|---|---|---|---|"]
    return lines + [f"| {r['id']} | {r['what']} | {r['unit']} | {spread(r['ours'])} | {spread(r['rival'])} | "
                    f"{spread(r['ratio'])} | {r['target'] or '-'} | {met(r)} | {r['note'] or '-'} |" for r in rows]


def flow_line(row):
    """nta's own row, or a rival's with how many times more it costs than that nta in the same rounds."""
    side = row["sides"].get("rival", row["sides"]["ours"])
    program = row["id"].split("/")[2] if row["rival"] else row["what"].rsplit(", ", 1)[0]
    if is_equal(row) and row["rival"]:
        program += f" beside {row['what'].split(' beside ')[0]}"
    flows = "-" if side["flows"] is None else side["flows"]
    cells = [row["capture"], row["packets"], program, spread(row["rival"] or row["ours"]),
             f"{side['packets_per_s'] / 1e6:.3g}", spread(row["ratio"]), row["target"] or "-", met(row), flows,
             side["features"], f"{side['peak_mb']:.0f}", f"{side['start_ms']:.0f}"]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def is_equal(row):
    """Whether it is about nta with a rival's columns, or as many, instead of its full table."""
    return row["id"].endswith("/equal-features") or (not row["rival"] and row["what"].rsplit(", ", 1)[0] not in FULL)


def flow_tables(rows):
    """Two tables: nta's full table beside all rivals; equal features, whose targets are others."""
    tables = []
    for title, equal in (("Full table of 114 features beside every rival", False),
                         ("Equal features: nta with a rival's columns, or as many as it counts", True)):
        if chosen := [row for row in rows if is_equal(row) == equal]:
            tables += [f"{title}:", "", *flow_table(chosen), ""]
    return tables


def flow_table(rows):
    return ["| capture | packets | program | ns CPU/packet (min-max) | M packets/s and core | x nta's (min-max) | target | "
            "met | flows | features a flow | peak MB | start ms |", "|---|---|---|---|---|---|---|---|---|---|---|---|",
            *map(flow_line, rows)]


def commands(rows):
    """Version and command line of every program, once."""
    told = {}
    for row in rows:
        if row["command"]:
            told.setdefault(row["id"].split("/")[2], f"{row['version']}: `{row['command']}`")
    return [f"* {name}, {text}" for name, text in told.items()]


def report(document):
    """Tables, captures, versions and command lines, what was skipped, machine and load."""
    flows = [r for r in document["results"] if "sides" in r]
    others = [r for r in document["results"] if "sides" not in r]
    lines = [*flow_tables(flows), *(plain_table(others) + [""] if others else [])]
    lines += [f"* capture {c['name']}, {c['packets']} packets, {c['bytes'] / 1e6:.0f} MB: {c['what']}"
              for c in document["captures"]]
    lines += commands(flows)
    lines += [f"* SKIPPED {s['what']}: {s['reason']}" for s in document["skipped"]]
    load = document["load"]
    lines += ["", f"{document['date']}, {document['machine']}, load {load['before']:.2f} before, {load['after']:.2f} after"
              f"{' (NOISY: other work ran beside)' if load['before'] > 1 else ''}, commit {document['commit'][:12]}"
              f"{', quick' if document['quick'] else ''}. Warm captures, one core, whole processes, start included."]
    return "\n".join(lines)
