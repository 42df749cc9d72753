"""The part of InfluxQL that the embedded store answers: text → what is asked. Knows neither SQL nor what there is.

    SELECT mean(lag_s) AS lag, count(item) FROM scan WHERE site = 'HUB' AND time >= now() - 1d GROUP BY time(1h), step
    SELECT * FROM leg WHERE n = 1 ORDER BY time DESC LIMIT 20
    SHOW MEASUREMENTS · SHOW TAG KEYS FROM scan · SHOW FIELD KEYS FROM scan

Functions are mean, sum, count, min, max, first and last, of one field or of all (`*`). Conditions compare a tag, a
field or `time` with a value by = != <> < <= > >=, joined by AND, OR and parentheses. A time is RFC 3339 or a date in
single quotes, nanoseconds since the epoch, or `now()` with a duration added or taken off. Other than in InfluxDB,
LIMIT counts rows, not rows of each series, and intervals without points are left out.

Source: InfluxDB 1.8's documentation, "Influx Query Language (InfluxQL) reference".
"""

from typing import Final, NamedTuple

from gateway.adapters.series.tokens import END, Token, bounded, length, nanoseconds, tokens
from gateway.ports.series import BadQuery
from gateway.tracking.instants import Instant

FUNCTIONS: Final = ("mean", "sum", "count", "min", "max", "first", "last")
OPERATORS: Final = {"=": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
EVERYTHING: Final = "*"

_LONGEST: Final = 10_000
_DEEPEST: Final = 50


class Item(NamedTuple):
    """What a SELECT wants of a column: the column, or a function of it."""

    function: str | None
    name: str
    alias: str | None = None


class Comparison(NamedTuple):
    """`name` is a tag, a field or `time`, whose value is nanoseconds since the epoch."""

    name: str
    operator: str
    value: str | int | float


class Every(NamedTuple):
    """All of these hold."""

    parts: tuple["Condition", ...]


class Either(NamedTuple):
    """One of these holds."""

    parts: tuple["Condition", ...]


Condition = Comparison | Every | Either


class Select(NamedTuple):
    """`interval` is that of GROUP BY time(…), nanoseconds; `by` are the tags, or `*`."""

    items: tuple[Item, ...]
    measurement: str
    where: Condition | None = None
    interval: int | None = None
    by: tuple[str, ...] = ()
    descending: bool = False
    limit: int | None = None


class Show(NamedTuple):
    """`what` is `measurements`, `tag keys` or `field keys`."""

    what: str
    measurement: str | None = None


Query = Select | Show


def parse(text: str, now: Instant) -> Query:
    """What a query asks; `now` is what `now()` means.

    Raises:
        BadQuery: where it stumbled, and what may stand there.
    """
    if len(text) > _LONGEST:
        raise BadQuery(f"the query has {len(text)} characters; {_LONGEST} are allowed")
    return _Parser(tokens(text), now).query()


class _Parser:
    """Reads tokens from left to right, one method for each rule of the grammar."""

    def __init__(self, tokens: list[Token], now: Instant) -> None:
        self._tokens = tokens
        self._at = 0
        self._now = now * 1000
        self._depth = 0

    def query(self) -> Query:
        asked: Query = self._show() if self._word("SHOW") else self._select()
        self._sign(";")
        if self._peek() is not END:
            raise self._wrong("the end")
        return asked

    def _show(self) -> Show:
        for words in (("MEASUREMENTS",), ("TAG", "KEYS"), ("FIELD", "KEYS")):
            if self._word(words[0]):
                for word in words[1:]:
                    self._expect(word)
                measurement = self._name("a measurement") if self._word("FROM") else None
                return Show(" ".join(words).lower(), measurement)
        raise self._wrong("MEASUREMENTS, TAG KEYS or FIELD KEYS")

    def _select(self) -> Select:
        self._expect("SELECT")
        items = [self._item()]
        while self._sign(","):
            items.append(self._item())
        self._expect("FROM")
        measurement = self._name("a measurement")
        where = self._either() if self._word("WHERE") else None
        interval, by = self._group() if self._word("GROUP") else (None, ())
        descending = self._order() if self._word("ORDER") else False
        limit = self._whole("a number of rows") if self._word("LIMIT") else None
        return Select(tuple(items), measurement, where, interval, by, descending, limit)

    def _item(self) -> Item:
        if self._sign("*"):
            return Item(None, EVERYTHING)
        name = self._name("a field, a tag, a function or *")
        function = None
        if self._sign("("):
            function = name.lower()
            if function not in FUNCTIONS:
                raise BadQuery(f"{name} is no function here; use {', '.join(FUNCTIONS)}")
            name = EVERYTHING if self._sign("*") else self._name("a field or *")
            self._expect_sign(")")
        return Item(function, name, self._name("a name") if self._word("AS") else None)

    def _group(self) -> tuple[int | None, tuple[str, ...]]:
        self._expect("BY")
        interval: int | None = None
        by: list[str] = []
        while True:
            if self._sign("*"):
                by.append(EVERYTHING)
            elif (name := self._name("time(…), a tag or *")).lower() == "time":
                self._expect_sign("(")
                interval = self._duration()
                self._expect_sign(")")
            else:
                by.append(name)
            if not self._sign(","):
                return interval, tuple(by)

    def _order(self) -> bool:
        self._expect("BY")
        self._expect("TIME")
        if self._word("DESC"):
            return True
        self._word("ASC")
        return False

    def _either(self) -> Condition:
        parts = [self._every()]
        while self._word("OR"):
            parts.append(self._every())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _every(self) -> Condition:
        parts = [self._condition()]
        while self._word("AND"):
            parts.append(self._condition())
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _condition(self) -> Condition:
        if not self._sign("("):
            return self._comparison()
        self._depth += 1
        if self._depth > _DEEPEST:
            raise BadQuery(f"parentheses are nested more than {_DEEPEST} deep; write it flatter")
        inner = self._either()
        self._expect_sign(")")
        self._depth -= 1
        return inner

    def _comparison(self) -> Comparison:
        name = self._name("a tag, a field or time")
        token = self._take()
        if token.text in ("=~", "!~"):
            raise BadQuery("regular expressions are not answered here; compare with = and OR")
        if token.kind != "sign" or token.text not in OPERATORS:
            raise self._wrong("= != < <= > or >=", token)
        is_time = name.lower() == "time"
        value = self._time() if is_time else self._value()
        return Comparison("time" if is_time else name, OPERATORS[token.text], value)

    def _value(self) -> str | int | float:
        negative = self._sign("-")
        token = self._take()
        if token.kind == "number":
            number = float(token.text) if "." in token.text else bounded(int(token.text))
            return -number if negative else number
        if token.kind != "text" or negative:
            raise self._wrong("a number, or text in single quotes", token)
        return token.text

    def _time(self) -> int:
        token = self._take()
        if token.kind == "text":
            at = nanoseconds(token.text)
        elif token.kind == "duration":
            at = length(token.text)
        elif token.kind == "number" and "." not in token.text:
            at = int(token.text)
        elif token.kind == "word" and token.text.lower() == "now":
            self._expect_sign("(")
            self._expect_sign(")")
            at = self._now
        else:
            raise self._wrong("a time: now(), '2026-11-22T08:00:00Z', '2026-11-22' or nanoseconds", token)
        while self._peek().text in ("+", "-") and self._peek().kind == "sign":
            sign = self._take().text
            at += self._duration() if sign == "+" else -self._duration()
        return bounded(at)

    def _duration(self) -> int:
        token = self._take()
        if token.kind != "duration":
            raise self._wrong("a duration such as 90s, 15m, 1h or 7d", token)
        found = length(token.text)
        if not found:
            raise BadQuery(f"{token.text} is no time at all; write at least 1ns")
        return bounded(found)

    def _whole(self, what: str) -> int:
        token = self._take()
        if token.kind != "number" or "." in token.text:
            raise self._wrong(what, token)
        return bounded(int(token.text))

    def _peek(self) -> Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else END

    def _take(self) -> Token:
        token = self._peek()
        self._at += 1
        return token

    def _word(self, word: str) -> bool:
        """Take a keyword, if it is next."""
        token = self._peek()
        if token.kind == "word" and token.text.upper() == word:
            self._at += 1
            return True
        return False

    def _sign(self, sign: str) -> bool:
        if self._peek() == ("sign", sign):
            self._at += 1
            return True
        return False

    def _name(self, what: str) -> str:
        token = self._take()
        if token.kind not in ("word", "name"):
            raise self._wrong(what, token)
        return token.text

    def _expect(self, word: str) -> None:
        if not self._word(word):
            raise self._wrong(word)

    def _expect_sign(self, sign: str) -> None:
        if not self._sign(sign):
            raise self._wrong(sign)

    def _wrong(self, wanted: str, token: Token | None = None) -> BadQuery:
        found = token or self._peek()
        said = "the query ends" if found == END else f"there is {found.text[:40]!r}"
        return BadQuery(f"{said} where {wanted} should be")
