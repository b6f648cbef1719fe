#!/usr/bin/env python3
"""Writes table.txt: what cronsim, which follows Debian's rules, says of chosen and random expressions.

    python3 -m venv venv && venv/bin/pip install cronsim==2.8 tzdata==2025.2
    PYTHONTZPATH= venv/bin/python table.py > table.txt

A line is: zone, expression, time to start from, the matches after it, parted by tabs and in Unix
seconds; or `refused` in place of the matches. The zones' data are those of the year 2025, which is
what chrono-tz 0.10.4 knows, and all times in zones are before it ended.
"""

import random
from datetime import datetime, timezone
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

CHOSEN = """
* * * * *
*/7 * * * *
59 23 * * *
0 0 * * *
15,45 9-17 * * 1-5
5-55/10 8-18/2 * * *
30 4 1,15 * 5
0 0 1 * 1-5
0 0 13 * 5
0 12 * * 0
0 12 * * 7
0 12 * * 6-7
0 12 * * 5-7/2
0 12 * * */2
0 12 */10 * *
0 12 * */5 *
0 0 29 2 *
0 0 29 2 1
0 0 30 * *
0 0 31 * *
0 0 31 4,6,9,11 *
0 0 30 2 *
0 0 31 2 *
0 0 31 1-6/5 *
0 0 28-31 * *
0 6 * jan-mar,dec mon,wed,fri
0 6 * MAY Sat
00 09 01 01 *
10 0 9 * * *
*/20 59 23 31 12 *
0-10/5 0 0 1 * *
""".strip().splitlines()

# Whose day steps Debian joins by AND: see `differences.rs`.
DAY_STEPS = ["0 0 */2 * 1", "0 0 1 * */2", "0 0 */10 * */3"]

# What is in only one of the two dialects: see `differences.rs`.
DIALECT = [
    "5/10 * * * *",
    "*/60 * * * *",
    "0 *,9 * * *",
    "0 0 L * *",
    "0 0 LW * *",
    "0 0 * * 5L",
    "0 0 * * 1#2",
    "0 0 * * fri-sun",
    "@daily",
]

# Before a change of the clock of each zone, in spring and in autumn, on both hemispheres, one of
# them by half an hour.
CHANGES = [
    ("Europe/Berlin", "2025-03-30", "2025-10-26"),
    ("America/New_York", "2025-03-09", "2025-11-02"),
    ("Australia/Lord_Howe", "2025-10-05", "2025-04-06"),
    ("America/Santiago", "2025-09-07", "2025-04-06"),
]

IN_ZONES = """
0 0 * * *
30 0 * * *
0 1 * * *
30 1 * * *
0 2 * * *
15 2 * * *
30 2 * * *
0 3 * * *
15,45 2 * * *
0 1,2,3 * * *
30 23,0,1 * * *
0 0-6 * * *
30 2 * * 0
0 * * * *
*/15 * * * *
20,40 * * * *
0 */2 * * *
30 */3 * * *
* 1 * * *
* 2 * * *
*/30 2 * * *
0 30 1 * * *
""".strip().splitlines()

RANGES = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]
NAMES = {
    3: "jan feb mar apr may jun jul aug sep oct nov dec".split(),
    4: "sun mon tue wed thu fri sat sun".split(),
}


def item(rng, field):
    """A value, a range or a step."""
    low, high = RANGES[field]

    def value(number):
        names = NAMES.get(field)
        # A range that ends in `sun` is an error there.
        return names[number - low] if names and number < 7 and rng.random() < 0.3 else str(number)

    kind = rng.random()
    if kind < 0.5:
        return value(rng.randint(low, high))
    if kind < 0.6:
        return f"*/{rng.randint(1, high)}"
    first, last = sorted((rng.randint(low, high), rng.randint(low, high)))
    step = f"/{rng.randint(1, high)}" if kind < 0.8 and first < last else ""
    return f"{value(first)}-{value(last)}{step}"


def expression(rng):
    """Five fields; days and months are mostly open, so that most expressions match soon."""
    fields = []
    for field, is_open in enumerate((0.2, 0.3, 0.5, 0.6, 0.5)):
        count = 1 if rng.random() < 0.7 else rng.randint(2, 4)
        items = ",".join(item(rng, field) for _ in range(count))
        fields.append("*" if rng.random() < is_open else items)
    return " ".join(fields)


def line(zone, expr, start, count):
    try:
        matches = [str(int(match.timestamp())) for match in islice(CronSim(expr, start), count)]
    except CronSimError:
        matches = ["refused"]
    print(zone, expr, int(start.timestamp()), " ".join(matches), sep="\t")


def main():
    rng = random.Random(5716)
    for expr in CHOSEN + DAY_STEPS + DIALECT:
        line("UTC", expr, datetime(2024, 2, 28, 23, 59, 30, tzinfo=timezone.utc), 6)
    for zone, *changes in CHANGES:
        for change in changes:
            day = datetime.fromisoformat(change).replace(tzinfo=ZoneInfo(zone))
            start = day.replace(day=day.day - 1, hour=22)
            for expr in IN_ZONES:
                line(zone, expr, start, 12)
            for _ in range(25):
                line(zone, expression(rng), start, 12)
    for _ in range(1000):
        # From 2020 to 2090, so that leap years are passed and none is left out.
        start = datetime.fromtimestamp(rng.randint(1577836800, 3786912000), timezone.utc)
        line("UTC", expression(rng), start, 4)


main()
