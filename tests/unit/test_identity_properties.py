"""What holds of every id, and of every spelling of every serial number."""

import string
from urllib.parse import quote

from biip.checksums import gs1_standard_check_digit
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.identity import LONGEST, BadId, NotAnInstance, canonical
from gateway.identity.keys import check_digit

GS1_CHARACTERS = "!\"%&'()*+,-./:;<=>?_" + string.ascii_letters + string.digits
digits = st.text(string.digits, min_size=1, max_size=20)
serials = st.text(GS1_CHARACTERS, min_size=1, max_size=20)
PIECES = (
    "]C1 ]d2 ]E0 ]Q1 \x1d (01) (21) (8003) ( ) 01 21 00 8003 8004 7040 09506000134352 106141412345678908"
    " 04012345555554 https://id.gs1.org http://x / %2F % urn:epc:id: urn:epc:tag: sgtin: grai-96: urn:epc:idpat:"
    " . 0614141 112345 ? #"
)
pieces = st.sampled_from(PIECES.split(" "))
spellings = st.lists(st.one_of(pieces, digits, st.text(max_size=3)), max_size=8).map("".join)


def outcome(raw: str) -> str | None:
    try:
        return canonical(raw)
    except (BadId, NotAnInstance):
        return None


@given(st.one_of(st.text(max_size=140), spellings))
@example("]C0]C0010950600013435221A")
def test_an_id_is_printable_not_too_long_and_its_own_id(raw: str) -> None:
    id_ = outcome(raw)
    if id_ is not None:
        assert 1 <= len(id_) <= LONGEST
        assert id_.isprintable()
        assert id_ == id_.strip()
        assert canonical(id_) == id_


@given(digits, serials)
def test_a_serial_number_has_one_id_in_all_spellings(number: str, serial: str) -> None:
    first = number.zfill(20)[:13]
    gtin = first + check_digit(first)
    id_ = canonical(f"https://id.gs1.org/01/{gtin}/21/{quote(serial, safe='')}")
    assert id_ == f"https://id.gs1.org/01/{gtin}/21/{quote(serial, safe='')}"
    assert canonical(f"]d201{gtin}21{serial}") == id_
    assert canonical(f"\x1d01{gtin}10LOT\x1d21{serial}") == id_
    assert (
        canonical(f"https://example.com/x/01/{gtin}/21/" + "".join(f"%{ord(c):02x}" for c in serial)) == id_
    )
    assert canonical(f"urn:epc:id:sgtin:{gtin[1:8]}.{gtin[0]}{gtin[8:13]}.{quote(serial, safe='')}") == id_


@given(digits)
def test_check_digits_are_those_that_biip_finds(number: str) -> None:
    assert int(check_digit(number)) == gs1_standard_check_digit(number)
