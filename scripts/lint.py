#!/usr/bin/env python3
"""The house law that can be read off the text: layers, worlds, banned words, sizes, formats.

Prints one line a finding, `file:line: rule: reason`, and writes a JUnit report with a case per rule.
An exception carries its reason in the same line: `// lint: allow(<rule>): <why>`; exceptions are counted.
usage: scripts/lint.py [--report FILE]
"""
import argparse
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Folder of each layer in flow order; a layer includes only itself and earlier ones.
LAYERS = ["libnta/core", "libnta/config", "libnta/capture", "libnta/shards", "libnta/flows", "kernels",
          "trainers/datasets", "trainers/models", "trainers/metrics", "trainers/training",
          "trainers/evaluation", "trainers/serving", "trainers/cli"]
# shards stores what flows computes: feature_h5 is the one place that looks ahead.
LOOK_AHEAD = {("libnta/shards", "libnta/flows")}

MAX_LINES = {".hpp": 250, ".cuh": 250, ".cpp": 400, ".cu": 400, ".py": 400, ".sh": 400}
MAX_FUNCTION_LINES = 60
TORCH_FREE = ("libnta/", "kernels/", "trainers/datasets/", "trainers/metrics/")
MAX_TORCH_SCRIPT_FILES = 2

WORDS = [
    (r"\bcudaDeviceSynchronize\b", "synchronise a stream, never the device", ""),
    (r"\bdevice_vector\b", "initialises and synchronises; use raw buffers", ""),
    (r"\brandom_device\b|\bstd::rand\b|\bsrand\(", "randomness is a function of (seed, purpose, index)", ""),
    (r"\bstd::cout\b|\bstd::cerr\b|\bprintf\(|\bputs\(", "libraries never print; return it to the cli", "trainers/cli/"),
    (r"(?<![\w:.])(?:std::)?(?:exit|abort|quick_exit)\(", "libraries never end the process", "trainers/cli/"),
    (r"\bjson\.value\(", "silent defaults", ""),
    (r"\b__builtin_prefetch\b", "g++ drops calls of functions that do nothing else", "libnta/core/prefetch.hpp"),
    (r"using namespace (?!std::(?:chrono_)?literals)", "names say where they come from", ""),
]
TEST_WORDS = [(r"\bsleep_for\b|\busleep\(|\btime\.sleep\(", "wait for a condition, never for a time"),
              (r"\brandom_device\b|\bstd::rand\b", "seeds are fixed")]
BAD_NAMES = {"utils", "util", "helpers", "helper", "misc", "common"}
ONLY_IN = [("hdf5.h", "libnta/shards/h5"), ("pcap.h", "libnta/capture/live_source"),
           ("pcap/pcap.h", "libnta/capture/live_source")]


class Lint:
    def __init__(self):
        self.findings = []
        self.exceptions = 0
        self.rules = {}

    def report(self, rule, path, line, reason, text=""):
        if re.search(rf"lint: allow\({rule}\): \S", text):
            self.exceptions += 1
            return
        self.findings.append((rule, f"{path}:{line}: {rule}: {reason}"))

    def run(self, rule, check, *arguments):
        self.rules[rule] = None
        check(*arguments)


def tracked():
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                            capture_output=True, text=True, check=True).stdout.split()
    return [p for p in listed if (ROOT / p).is_file()]


def lines_of(path):
    return (ROOT / path).read_text(encoding="utf-8", errors="replace").splitlines()


def layer_of(path):
    return next((l for l in LAYERS if path.startswith(l + "/")), None)


def is_cpp(path):
    return path.endswith((".hpp", ".cpp", ".cu", ".cuh"))


def check_layers(lint, files):
    for path in filter(is_cpp, files):
        layer = layer_of(path)
        if layer is None:
            continue
        for number, line in enumerate(lines_of(path), 1):
            match = re.match(r'\s*#include "([^"]+)"', line)
            other = layer_of(match.group(1)) if match else None
            if match and "/" not in match.group(1):
                lint.report("layers", path, number, "include paths start at the root", line)
            if other and LAYERS.index(other) > LAYERS.index(layer) and (layer, other) not in LOOK_AHEAD:
                lint.report("layers", path, number, f"{layer} may not include the later layer {other}", line)
            for header, place in ONLY_IN:
                if f"<{header}>" in line and not path.startswith(place):
                    lint.report("layers", path, number, f"{header} belongs to {place} alone", line)
            if "__CUDACC__" in line and path != "libnta/core/host_device.hpp":
                lint.report("layers", path, number, "only core/host_device.hpp asks for the compiler", line)


def check_worlds(lint, files):
    script_files = []
    for path in filter(is_cpp, files):
        text = lines_of(path)
        for number, line in enumerate(text, 1):
            if not line.lstrip().startswith("#include"):
                continue
            torch = re.search(r"<(torch|ATen|c10)/", line)
            if torch and path.startswith(TORCH_FREE):
                lint.report("worlds", path, number, "this layer stays free of torch", line)
            if re.search(r"<torch/(script|torch)\.h>", line) and path.startswith("trainers/"):
                script_files.append(path)
            if re.search(r"<(thrust|cub|cuda)/|<cuda", line) and not path.startswith(
                    ("kernels/", "tests/kernels/", "tests/bench/")):
                lint.report("worlds", path, number, "Thrust and CUDA belong to kernels/", line)
    if len(set(script_files)) > MAX_TORCH_SCRIPT_FILES:
        lint.report("worlds", ", ".join(sorted(set(script_files))), 1,
                    f"more than {MAX_TORCH_SCRIPT_FILES} files include torch/script.h or torch/torch.h")


def function_spans(path):
    """(start line, lines) of every outermost brace pair whose opening line holds a parameter list."""
    spans, opened = [], []
    for number, line in enumerate(lines_of(path), 1):
        code = re.sub(r'"(\\.|[^"\\])*"|\'(\\.|[^\'\\])*\'|//.*', "", line)
        scope = re.match(r"\s*(inline |export )*(namespace|class|struct|enum|union|extern|template)\b", code)
        for char in code:
            if char == "{":
                opened.append((number, not scope and "(" in code))
            elif char == "}" and opened:
                start, is_function = opened.pop()
                if is_function and not any(outer for _, outer in opened):
                    spans.append((start, number - start + 1))
    return spans


def check_sizes(lint, files):
    for path in files:
        suffix = pathlib.Path(path).suffix
        if suffix not in MAX_LINES:
            continue
        lines = lines_of(path)
        head = "\n".join(lines[:12])
        if len(lines) > MAX_LINES[suffix] and not path.startswith("tests/"):
            lint.report("size", path, len(lines), f"{len(lines)} lines; a {suffix} file has at most "
                        f"{MAX_LINES[suffix]}", head)
        if len(lines) > 400 and path.startswith("tests/"):
            lint.report("size", path, len(lines), f"{len(lines)} lines; a test file has at most 400", head)
        if is_cpp(path):
            for start, length in function_spans(path):
                if length > MAX_FUNCTION_LINES:
                    lint.report("size", path, start, f"function of {length} lines; at most "
                                f"{MAX_FUNCTION_LINES}", lines[start - 1])


def check_words(lint, files):
    for path in filter(is_cpp, files):
        test = path.startswith("tests/")
        for number, line in enumerate(lines_of(path), 1):
            code = re.sub(r'"(\\.|[^"\\])*"|//.*', "", line)
            for pattern, reason, allowed in ([] if test else WORDS):
                if re.search(pattern, code) and not (allowed and path.startswith(allowed)):
                    lint.report("words", path, number, reason, line)
            for pattern, reason in (TEST_WORDS if test else []):
                if re.search(pattern, code):
                    lint.report("words", path, number, reason, line)
    for path in files:
        if pathlib.Path(path).suffix in MAX_LINES:
            for number, line in enumerate(lines_of(path), 1):
                if re.search(r"/(home|work|root)/\w", line):
                    lint.report("words", path, number, "paths of one machine do not travel", line)


def check_names(lint, files):
    for path in files:
        for part in pathlib.PurePath(path).parts:
            if pathlib.PurePath(part).stem in BAD_NAMES:
                lint.report("names", path, 1, f"'{part}' says nothing about what is inside")
    check_one_definition(lint, files)


def check_one_definition(lint, files):
    """Layers are linked into one program: two types of one name would share their inline functions, two constants
    their value."""
    places = {}
    for path in files:
        if not path.endswith((".hpp", ".cuh")) or path.startswith("tests/"):
            continue
        for number, line in enumerate(lines_of(path), 1):
            match = (re.match(r"(?:enum class|enum|struct|class) (\w+)\b(?!<)(?!.*;)", line)
                     or re.match(r"inline constexpr [\w:<> ]+ (\w+)(?:\[\w*\])? ?[={]", line))
            if match:
                places.setdefault(match.group(1), []).append((path, number))
    for name, found in places.items():
        for path, number in found[1:]:
            lint.report("names", path, number, f"{name} is already defined in {found[0][0]}:{found[0][1]}")


def check_pairs(lint, files):
    for path in files:
        if path.endswith((".hpp", ".cuh")) and not path.startswith("tests/"):
            if not "".join(lines_of(path)[:1]).startswith("//"):
                lint.report("pairs", path, 1, "a header opens with what becomes what and what it promises")
    for layer in LAYERS + ["experiments", "scripts", "tests", "libnta", "trainers"]:
        if layer.startswith(("libnta/core", "trainers/cli")):
            continue
        folder = ROOT / layer
        if folder.is_dir() and not (folder / "README.md").is_file():
            lint.report("pairs", layer, 1, "a folder has a README with its tables")


def check_format(lint, files):
    cpp = [p for p in files if is_cpp(p)]
    done = subprocess.run(["clang-format", "--dry-run", "-Werror", *cpp], cwd=ROOT, capture_output=True, text=True)
    for line in done.stderr.splitlines():
        match = re.match(r"(.*?):(\d+):\d+: error: code should be", line)
        if match:
            lint.report("format", match.group(1), int(match.group(2)), "run clang-format -i")


def write_report(lint, target):
    suite = ET.Element("testsuite", name="lint", tests=str(len(lint.rules)))
    for rule in lint.rules:
        case = ET.SubElement(suite, "testcase", classname="lint", name=rule)
        texts = [text for found, text in lint.findings if found == rule]
        if texts:
            ET.SubElement(case, "failure", message=f"{len(texts)} findings").text = "\n".join(texts)
    target.parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(suite).write(target)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--report", type=pathlib.Path)
    arguments = parser.parse_args()
    files = tracked()
    lint = Lint()
    for rule, check in [("layers", check_layers), ("worlds", check_worlds), ("size", check_sizes),
                        ("words", check_words), ("names", check_names), ("pairs", check_pairs),
                        ("format", check_format)]:
        lint.run(rule, check, lint, files)
    for _, text in lint.findings:
        print(text)
    if arguments.report:
        write_report(lint, arguments.report)
    print(f"lint: {len(lint.findings)} findings, {lint.exceptions} stated exceptions, {len(files)} files")
    return 1 if lint.findings else 0


if __name__ == "__main__":
    sys.exit(main())
