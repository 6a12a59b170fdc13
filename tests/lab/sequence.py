# SPDX-License-Identifier: Apache-2.0
"""The messages of a run as a sequence diagram in SVG, without anything from elsewhere."""
import time
from html import escape

LANE, LEFT, TOP, ROW, STEP = 210, 30, 64, 30, 34
FOLD = 14  # messages of a step that are drawn; of more, the first and the last
COLOURS = {"open": "#b45309", "protected": "#047857", "http": "#1d4ed8", "attack": "#b91c1c", "empty": "#94a3b8"}
STYLE = """
svg{font-family:system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-size:12px}
.lane{stroke:#cbd5e1;stroke-dasharray:3 4}.box{fill:#0f172a}.name{fill:#fff;font-weight:600;text-anchor:middle}
.kind{fill:#94a3b8;font-size:10px;text-anchor:middle}
.step{fill:#eef2ff;stroke:#c7d2fe}.title{font-weight:600;fill:#1e293b}.bad{fill:#fee2e2;stroke:#fca5a5}
.label{text-anchor:middle;fill:#0f172a}.size{fill:#64748b;font-size:10px}.note{fill:#64748b;font-style:italic}
.fault{fill:#b91c1c;font-weight:600}
"""


class Lanes:
    """Parties from left to right; many of a kind share one."""

    def __init__(self, scenario, events):
        self.scenario = scenario
        wanted = scenario.document.get("picture", {}).get("lanes", [])
        seen = [name for event in events for name in (event["sender"], event["receiver"])]
        parties = [*scenario.clients, "operator", *scenario.proxies, *scenario.devices, "as", "thief"]
        order = [*wanted, *parties, *seen]
        present = {self.of(name) for name in seen}
        self.names = list(dict.fromkeys(lane for lane in map(self.of, order) if lane in present))

    def of(self, party):
        return self.scenario.many.get(party, party)

    def x(self, party):
        return LEFT + LANE // 2 + self.names.index(self.of(party)) * LANE

    @property
    def width(self):
        return LEFT * 2 + LANE * max(1, len(self.names))

    def kind(self, lane):
        scenario = self.scenario
        if lane == "as":
            return "authorization server"
        if lane in scenario.document.get("devices", {}):
            many = scenario.document["devices"][lane].get("count")
            return f"{many} devices" if many else "device"
        if lane in scenario.document.get("clients", {}):
            many = scenario.document["clients"][lane].get("count")
            return f"{many} clients" if many else "client"
        if lane in scenario.proxies:
            proxy = scenario.proxies[lane]
            moods = " ".join(["curious"] * proxy.get("keep", False) + ["hostile"] * proxy.get("hostile", False))
            return f"{moods} {proxy['kind'].upper() if proxy['kind'] == 'http' else 'CoAP'} proxy".strip()
        return "adversary" if lane == "thief" else ""


def _colour(event):
    if "thief" in (event["sender"], event["receiver"]):
        return "attack"
    if event.get("name") in ("ACK", "CSM"):
        return "empty"
    if event.get("protected"):
        return "protected"
    return "open"


def _arrow(event, lanes, y):
    start, end = lanes.x(event["sender"]), lanes.x(event["receiver"])
    colour = COLOURS[_colour(event)]
    lost = bool({"drop", "held"} & set(event["faults"]))
    if lost and "drop" in event["faults"]:
        end = (start + end) / 2
    way = 1 if end >= start else -1
    middle = (start + end) / 2
    label = event.get("name", "")
    carrier = {"tcp": " TCP", "unix": " non-IP", "http": " HTTP"}.get(event["transport"], "")
    dash = ' stroke-dasharray="5 4"' if event["direction"] == "answer" else ""
    parts = [f'<line x1="{start}" y1="{y}" x2="{end - way * 7}" y2="{y}" stroke="{colour}" stroke-width="1.6"{dash}/>',
             f'<path d="M{end} {y} l{-way * 8} -4 v8 z" fill="{colour}"/>' if not lost else
             f'<text x="{end}" y="{y + 4}" class="fault">✕</text>' if "drop" in event["faults"] else
             f'<circle cx="{end - way * 5}" cy="{y}" r="4" fill="none" stroke="{colour}"/>',
             f'<text x="{middle}" y="{y - 5}" class="label">{escape(_short(label))} '
             f'<tspan class="size">{len(event["data"])} B{carrier}</tspan></text>']
    if event.get("protected"):
        parts.append(_lock(start + way * 14, y))
    names = [name for name in (event["sender"], event["receiver"]) if name in lanes.scenario.many]
    if names and not event["faults"]:
        parts.append(f'<text x="{middle}" y="{y + 11}" class="size" text-anchor="middle">{escape(" → ".join(names))}</text>')
    if event["faults"]:
        parts.append(f'<text x="{middle}" y="{y + 12}" class="fault" text-anchor="middle" font-size="10">'
                     f'{escape(", ".join(event["faults"]))}</text>')
    return f'<g data-message="{event["number"]}">' + "".join(parts) + "</g>"


def _lock(x, y):
    """A padlock on the line of what is protected."""
    return (f'<g stroke="#047857" fill="none" stroke-width="1.4"><path d="M{x - 3} {y - 1} v-2.5 a3 3 0 0 1 6 0 v2.5"/>'
            f'<rect x="{x - 5}" y="{y - 1}" width="10" height="7" rx="1.5" fill="#047857"/></g>')


def _short(text, limit=34):
    return text if len(text) <= limit else text[:limit - 1] + "…"


def _head(lanes):
    out = []
    for name in lanes.names:
        x = lanes.x(name)
        shown = name + "-*" if name in set(lanes.scenario.many.values()) else name
        out.append(f'<rect x="{x - 78}" y="12" width="156" height="36" rx="6" class="box"/><text x="{x}" y="28" class="name">'
                   f'{escape(shown)}</text><text x="{x}" y="42" class="kind">{escape(lanes.kind(name))}</text>')
    return out


class _Page:
    """Rows below each other."""

    def __init__(self, lanes):
        self.lanes, self.y, self.out = lanes, TOP, []

    def step(self, event, is_good):
        self.y += STEP
        top = self.y - 20
        when = time.strftime("%H:%M:%S", time.gmtime(event["clock"]))
        self.out.append(f'<rect x="{LEFT - 18}" y="{top}" width="{self.lanes.width - 2 * LEFT + 36}" height="22" rx="5" '
                        f'class="{"step" if is_good else "step bad"}"/><text x="{LEFT - 8}" y="{self.y - 4}" class="title">'
                        f'{event["step"]}  {escape(_short(event["title"], self.lanes.width // 8))}</text><text x="'
                        f'{self.lanes.width - LEFT + 8}" y="{self.y - 4}" class="size" text-anchor="end">{when}</text>')
        self.y += 6

    def note(self, text):
        self.y += 20
        self.out.append(f'<text x="{LEFT}" y="{self.y}" class="note">{escape(text)}</text>')

    def message(self, event):
        self.y += ROW
        self.out.append(_arrow(event, self.lanes, self.y))


def _note_text(event):
    if event["kind"] == "program":
        return f"{event['party']} {event['what']}"
    if event["kind"] == "clock":
        return f"the clock goes {event['ahead']} ahead"
    if event["kind"] == "adversary":
        return f"adversary: {event['what']}"
    if event["kind"] == "fault":
        return "from here on: " + ", ".join(f"{key} {value}" for key, value in event["rule"].items())
    return None


def _by_step(events):
    """Groups of (the step event, its others)."""
    groups = []
    for event in events:
        if event["kind"] == "step":
            groups.append((event, []))
        elif groups:
            groups[-1][1].append(event)
    return groups


def _rows(page, others):
    shown = [event for event in others if event["kind"] == "message"]
    folded = set()
    if len(shown) > FOLD:
        folded = {id(event) for event in shown[FOLD - 2:-2]}
    told = False
    for event in others:
        if id(event) in folded:
            if not told:
                page.note(f"… {len(folded)} more messages …")
                told = True
        elif event["kind"] == "message":
            page.message(event)
        elif _note_text(event):
            page.note(_note_text(event))


def draw(scenario, events):
    """The whole diagram. Steps that say "picture": false are left out."""
    for number, event in enumerate(events):
        event["number"] = number
    groups = [group for group in _by_step(events) if group[0]["picture"]]
    lanes = Lanes(scenario, [event for _, others in groups for event in others if event["kind"] == "message"])
    page = _Page(lanes)
    for step, others in groups:
        page.step(step, all(event["good"] for event in others if event["kind"] == "expect"))
        _rows(page, others)
    height = page.y + 30
    lines = [f'<line x1="{lanes.x(name)}" y1="48" x2="{lanes.x(name)}" y2="{height - 10}" class="lane"/>' for name in lanes.names]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {lanes.width} {height}" width="{lanes.width}" height="{height}">'
            f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>' +
            "\n".join([*lines, *_head(lanes), *page.out]) + "</svg>")
