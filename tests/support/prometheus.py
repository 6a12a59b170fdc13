# SPDX-License-Identifier: Apache-2.0
"""A reader of Prometheus' text format 0.0.4 that refuses what promtool check metrics would complain about."""
import re

SAMPLE = re.compile(r'([a-z_][a-z0-9_]*)(?:\{((?:[a-z_]+="[^"\\\n]*",?)+)\})? (\S+)\Z')
UNITS = ("_milliseconds", "_ms", "_us", "_kb", "_kilobytes", "_minutes")


class Metrics(dict):
    """Samples by name with labels as written: metrics["a_total"], metrics['a_total{kind="x"}']."""

    def sum(self, name):
        return sum(value for key, value in self.items() if key.split("{")[0] == name)


def family_of(name, kinds):
    for suffix in ("_bucket", "_sum", "_count"):
        if name.endswith(suffix) and kinds.get(name[:-len(suffix)]) == "histogram":
            return name[:-len(suffix)]
    return name


def check_histogram(name, metrics):
    buckets = [(float(re.search(r'le="([^"]+)"', key).group(1)), value) for key, value in metrics.items()
               if key.startswith(name + "_bucket{")]
    counts = [value for _, value in buckets]
    assert buckets[-1][0] == float("inf") and counts[-1] == metrics[name + "_count"], name
    assert [bound for bound, _ in buckets] == sorted(bound for bound, _ in buckets), f"{name}: order of buckets"
    assert counts == sorted(counts), f"{name}: buckets are cumulative"


def check_name(name, kind):
    assert name.startswith("aced_"), f"{name}: whose is it?"
    assert (kind == "counter") == name.endswith("_total"), f"{name}: counters, and no others, end in _total"
    assert not name.endswith(UNITS), f"{name}: seconds and bytes are the units"


def parse(text):
    assert text.endswith("\n"), "the last line has no end"
    helps, kinds, metrics, closed, current = set(), {}, Metrics(), set(), None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name, text_of = line[7:].split(" ", 1)
            assert name not in helps and text_of, f"{name}: HELP once, with a text"
            helps.add(name)
            continue
        if line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert name in helps and name not in kinds and kind in ("counter", "gauge", "histogram"), line
            check_name(name, kind)
            kinds[name] = kind
            closed.add(current)
            current = name
            continue
        found = SAMPLE.match(line)
        assert found, f"no sample: {line!r}"
        assert family_of(found.group(1), kinds) == current and current not in closed, f"out of its group: {line}"
        key = line.rsplit(" ", 1)[0]
        assert key not in metrics, f"twice: {key}"
        metrics[key] = float(found.group(3))
    assert helps == set(kinds), "HELP without TYPE"
    for name, kind in kinds.items():
        assert any(family_of(key.split("{")[0], kinds) == name for key in metrics), f"{name} has no sample"
        if kind == "histogram":
            check_histogram(name, metrics)
    return metrics
