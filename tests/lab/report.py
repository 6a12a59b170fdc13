# SPDX-License-Identifier: Apache-2.0
"""One page that tells a run, with nothing from elsewhere."""
import json
import time
from html import escape

DETAILED = 1500  # messages with their bytes; of more, those of the steps that failed come first

STYLE = """
:root{--ink:#0f172a;--dim:#64748b;--line:#e2e8f0;--good:#047857;--bad:#b91c1c;--open:#b45309}
*{box-sizing:border-box}body{margin:0;font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:var(--ink);background:#f8fafc}
header{background:#0f172a;color:#fff;padding:28px 40px}header h1{margin:0 0 6px;font-size:26px}header p{margin:0;color:#cbd5e1;max-width:80ch}
main{padding:24px 40px;max-width:1600px}
.cards{display:flex;gap:14px;flex-wrap:wrap;margin:-44px 0 26px}.card{background:#fff;border:1px solid var(--line);border-radius:10px;
padding:12px 20px;min-width:120px;box-shadow:0 1px 3px #0001}.card b{display:block;font-size:22px}.card span{color:var(--dim);font-size:12px}
h2{margin:32px 0 10px;font-size:18px}.good{color:var(--good)}.bad{color:var(--bad)}
table{border-collapse:collapse;background:#fff;width:100%;border:1px solid var(--line);font-size:13px}
th{background:#f1f5f9;text-align:left}td,th{padding:5px 10px;border-bottom:1px solid var(--line);vertical-align:top}
td.num{text-align:right;white-space:nowrap}pre{margin:0;white-space:pre-wrap;word-break:break-word;font:12px/1.4 ui-monospace,Menlo,Consolas,monospace}
.picture{overflow:auto;background:#fff;border:1px solid var(--line);border-radius:10px;max-height:85vh}
.key span{display:inline-block;margin-right:22px;font-size:12px;color:var(--dim)}.key i{display:inline-block;width:22px;height:3px;
vertical-align:middle;margin-right:6px}details{background:#fff;border:1px solid var(--line);border-radius:8px;margin:6px 0}
summary{cursor:pointer;padding:6px 12px}details table{border-width:1px 0 0}.tag{font-size:11px;border-radius:4px;padding:1px 6px;background:#e2e8f0}
.tag.protected{background:#d1fae5;color:#065f46}.tag.open{background:#fef3c7;color:#92400e}.tag.fault{background:#fee2e2;color:#991b1b}
g[data-message]:hover text{font-weight:700}
"""


def _cards(summary):
    cards = [(summary["passed"], "steps as expected", "good"), (summary["failed"], "not as expected", "bad" if summary["failed"] else ""),
             (summary["messages"], "messages", ""), (f"{summary['seconds']} s", "it took", ""), (summary["seed"], "seed", "")]
    return '<div class="cards">' + "".join(f'<div class="card"><b class="{kind}">{value}</b><span>{name}</span></div>'
                                           for value, name, kind in cards) + "</div>"


def _key():
    colours = (("#b45309", "in the clear"), ("#047857", "protected by OSCORE 🔒"), ("#b91c1c", "the adversary's"),
               ("#94a3b8", "empty"))
    return '<p class="key">' + "".join(f'<span><i style="background:{colour}"></i>{name}</span>' for colour, name in colours) + "</p>"


def _steps(results):
    rows = []
    for result in results:
        checks = [f'<span class="{"good" if good else "bad"}">{"✓" if good else "✗"}</span> {escape(text[:300])}' +
                  ("" if good else f'<br><span class="bad">there was: {escape(got[:400])}</span>') for text, good, got in result.checks]
        if result.error:
            checks.append(f'<span class="bad">✗ {escape(result.error)}</span>')
        mark = '<span class="good">✓</span>' if result.is_good else '<span class="bad">✗</span>'
        rows.append(f'<tr><td class="num">{result.number}</td><td>{mark}</td><td>{escape(result.title)}</td><td>{"<br>".join(checks)}</td>'
                    f'<td class="num">{result.seconds:.2f} s</td></tr>')
    return '<table><tr><th>#</th><th></th><th>step</th><th>expected</th><th>time</th></tr>' + "".join(rows) + "</table>"


def _sizes(events):
    """Messages and bytes by what they are."""
    sums = {}
    for event in events:
        if event["kind"] == "message":
            kind = (f"{event['sender_kind']} → {event['receiver_kind']}", event.get("name", ""), bool(event.get("protected")))
            row = sums.setdefault(kind, [0, 1 << 30, 0])
            row[0] += 1
            row[1], row[2] = min(row[1], len(event["data"])), max(row[2], len(event["data"]))
    rows = [f'<tr><td>{escape(way)}</td><td>{escape(name)}</td><td>{_tag(is_protected)}</td><td class="num">{count}</td><td class="num">'
            f'{low if low == high else f"{low} – {high}"}</td></tr>'
            for (way, name, is_protected), (count, low, high) in sorted(sums.items(), key=lambda item: -item[1][0])[:60]]
    return '<table><tr><th>way</th><th>message</th><th></th><th>how many</th><th>bytes</th></tr>' + "".join(rows) + "</table>"


def _tag(is_protected):
    return '<span class="tag protected">OSCORE</span>' if is_protected else '<span class="tag open">open</span>'


def _message(event):
    faults = "".join(f' <span class="tag fault">{escape(fault)}</span>' for fault in event["faults"])
    outer = f"<br><small>outside: {escape(event['outer'])}</small>" if event.get("opened") else ""
    when = time.strftime("%H:%M:%S", time.gmtime(event["clock"]))
    return (f'<tr id="m{event["number"]}"><td class="num">{when}</td><td>{escape(event["sender"])} → {escape(event["receiver"])}<br>'
            f'<small>{event["transport"]}</small></td><td>{_tag(event.get("protected"))} {escape(event.get("name", ""))}{outer}{faults}</td>'
            f'<td class="num">{len(event["data"])}</td><td><pre>{escape(event.get("detail", ""))}</pre></td>'
            f'<td><pre>{event["data"][:256].hex()}</pre></td></tr>')


def _messages(events, results):
    by_step, order = {}, {result.number: result for result in results}
    for event in events:
        if event["kind"] == "message" and event["step"]:
            by_step.setdefault(event["step"], []).append(event)
    left, out = DETAILED, []
    for number, messages in by_step.items():
        left -= len(messages)
        if left < 0 and order[number].is_good:
            continue
        rows = "".join(map(_message, messages))
        out.append(f'<details{"" if order[number].is_good else " open"}><summary>{number}  {escape(order[number].title)} — {len(messages)} '
                   f'messages, {sum(len(m["data"]) for m in messages)} bytes</summary><table><tr><th>time</th><th>way</th><th>message</th>'
                   f'<th>bytes</th><th>what it says</th><th>hex</th></tr>{rows}</table></details>')
    if left < 0:
        out.append("<p>The messages of further steps stand in trace.jsonl.</p>")
    return "".join(out)


def page(scenario, summary, results, events, picture):
    for event in events:
        if event["kind"] == "message":
            event["sender_kind"], event["receiver_kind"] = (scenario.many.get(event[end], event[end]) for end in ("sender", "receiver"))
    title = escape(scenario.document["title"])
    return (f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style></head><body>'
            f'<header><h1>{title}</h1><p>{escape(scenario.document.get("description", ""))}</p><p>&nbsp;</p></header><main>'
            f'{_cards(summary)}{_key()}<div class="picture">{picture}</div><h2>Steps and expectations</h2>{_steps(results)}'
            f'<h2>Sizes</h2>{_sizes(events)}<h2>Messages</h2>{_messages(events, results)}'
            f'<h2>The scenario</h2><details><summary>{escape(scenario.name)}.json</summary><pre style="padding:12px">'
            f'{escape(json.dumps(scenario.document, indent=2, ensure_ascii=False))}</pre></details></main></body></html>')
