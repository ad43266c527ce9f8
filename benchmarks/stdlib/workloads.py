"""What the modules do: their typical work, on made-up but ordinary data. Each takes the module and returns what it found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

TEXT = "The quick brown fox jumps over the lazy dog, and then some more of it. " * 30
BEFORE = [f"line {i % 37} {i * 7 % 13}\n" for i in range(120)]
AFTER = [f"line {i % 31} {i * 5 % 11}\n" for i in range(120)]
COMMAND = "convert 'a file' \"another one\" with\\ blank -x --long=1 | tee out # comment\n" * 30
PAGE = (
    '<html><body class="a b"><p id=x>some &amp; text<br/><!-- no --></p><a href="u?v=1&w=2">link</a></body></html>' * 20
)
SETTINGS = "".join(f"[part{n}]\nname = value {n}\nnumber: {n}\nlong = one\n  two\n" for n in range(40))
CODE = "def f(a, b=2):\n    '''doc'''\n    return [a + b * 0x1F, 'text', 3.5e10]  # comment\n\n" * 20
VALUES = {"a": [1, 2.5, None, True, "text é", {"b": [[]] * 5}], "c": "x" * 100}

WORKLOADS: dict[str, Callable[[Any], object]] = {}


def _workload(name: str) -> Callable[[Callable[[Any], object]], Callable[[Any], object]]:
    def add(work: Callable[[Any], object]) -> Callable[[Any], object]:
        WORKLOADS[name] = work
        return work

    return add


def without_accelerator(name: str, source: str) -> str:
    """The source of a module that does everything itself."""
    for accelerator in ("_heapq", "_bisect", "_json", "_statistics"):
        source = source.replace(f"from {accelerator} import", "from _no_accelerator import")
    return source


@_workload("heapq")
def _heaps(m: Any) -> object:
    heap: list[int] = []
    for number in range(800):
        m.heappush(heap, number * 7919 % 1009)
    return [m.heappop(heap) for _ in range(700)], m.nsmallest(20, range(3000, 0, -1)), list(m.merge([1, 4], [2, 3]))


@_workload("bisect")
def _positions(m: Any) -> object:
    numbers: list[int] = []
    for number in range(1000):
        m.insort(numbers, number * 7919 % 1009)
    return [m.bisect_left(numbers, n) for n in range(1000)], [m.bisect(numbers, n, key=abs) for n in range(100)]


@_workload("textwrap")
def _wrapping(m: Any) -> object:
    return m.fill(TEXT, 50), m.dedent("\n".join("    " + line for line in TEXT.split(","))), m.shorten(TEXT, 100)


@_workload("shlex")
def _words(m: Any) -> object:
    return m.split(COMMAND, comments=True), m.quote("it's"), m.join(["a b", "c"])


@_workload("difflib")
def _differences(m: Any) -> object:
    close = m.get_close_matches("appel", ["ape", "apple", "peach", "puppy"] * 20)
    return list(m.unified_diff(BEFORE, AFTER)), close, m.SequenceMatcher(None, TEXT[:200], TEXT[50:300]).ratio()


@_workload("fractions")
def _fractions(m: Any) -> object:
    total = m.Fraction(0)
    for number in range(1, 150):
        total += m.Fraction(number, 7) * m.Fraction(1, number + 1) - 1
    return total, total > 3, m.Fraction("3/7").limit_denominator(5), float(total)


@_workload("statistics")
def _statistics(m: Any) -> object:
    numbers = [float(n * 7919 % 1009) for n in range(300)]
    return m.mean(range(300)), m.stdev(numbers), m.median(numbers), m.quantiles(numbers), m.NormalDist(1, 2).cdf(1.5)


@_workload("json.encoder")
def _encoding(m: Any) -> object:
    return [m.JSONEncoder(indent=2, sort_keys=True).encode(VALUES) for _ in range(20)]


@_workload("json.decoder")
def _decoding(m: Any) -> object:
    text = '{"a": [1, 2.5, null, true, "text \\u00e9", {"b": [[], [], []]}], "c": "' + "x" * 100 + '"}'
    found = []
    for _ in range(30):
        decoder = m.JSONDecoder()
        decoder.scan_once = m.scanner.py_make_scanner(decoder)  # the other one does all of it in C
        found.append(decoder.decode(text))
    return found


@_workload("html.parser")
def _parsing(m: Any) -> object:
    seen: list[object] = []

    class Parser(m.HTMLParser):  # type: ignore[misc]
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str]]) -> None:
            seen.append((tag, attrs))

        def handle_data(self, data: str) -> None:
            seen.append(data)

    parser = Parser()
    parser.feed(PAGE)
    return len(seen), seen[:10]


@_workload("configparser")
def _settings(m: Any) -> object:
    parser = m.ConfigParser()
    parser.read_string(SETTINGS)
    return [(name, parser.get(name, "long"), parser.getint(name, "number")) for name in parser.sections()]


@_workload("urllib.parse")
def _addresses(m: Any) -> object:
    out = []
    for number in range(100):
        parts = m.urlsplit(f"https://user@example.org:80{number % 10}/path/{number}?a={number}&b=x%20y#part")
        out.append(
            (
                parts.hostname,
                parts.port,
                m.parse_qs(parts.query),
                m.quote(f"a b/{number}é"),
                m.urljoin("http://a/b/c", "../d"),
            )
        )
    return out


@_workload("tokenize")
def _tokens(m: Any) -> object:
    import io

    return sum(len(token.string) for token in m.generate_tokens(io.StringIO(CODE).readline))


@_workload("_strptime")
def _dates(m: Any) -> object:
    return [
        m._strptime_time(f"2024-{month:02}-1{day} 12:30", "%Y-%m-%d %H:%M")
        for month in range(1, 13)
        for day in range(8)
    ]


@_workload("string")
def _templates(m: Any) -> object:
    template = m.Template("$a and ${b} and $$ and $missing " * 10)
    return [template.safe_substitute(a=number, b="x") for number in range(40)], m.capwords(TEXT)


@_workload("colorsys")
def _colours(m: Any) -> object:
    steps = [n / 10 for n in range(11)]
    return [m.hsv_to_rgb(*m.rgb_to_hsv(r, g, b)) for r in steps for g in steps for b in (0.0, 0.5)]
