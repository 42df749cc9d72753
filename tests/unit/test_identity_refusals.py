"""What cannot be an id: kinds of article, GS1 keys that are not valid, and what nobody can print."""

import pytest

from gateway.identity import BadId, NotAnInstance, canonical

KINDS = {
    "a GTIN as element string": "]C10109506000134352",
    "a GTIN without symbology identifier": "0109506000134352",
    "a GTIN with batch and expiry": "01095060001343521726123110LOT",
    "a GTIN in brackets": "(01)09506000134352",
    "a GTIN in brackets with its batch": "(01)09506000134352(10)LOT",
    "a GTIN as Digital Link": "https://id.gs1.org/01/09506000134352",
    "a GTIN as Digital Link of a shop": "https://example.com/01/09506000134352?21=7",
    "a GTIN and its batch as Digital Link": "https://id.gs1.org/01/09506000134352/10/LOT",
    "an EAN-13": "]E09506000134352",
    "an EAN-8": "]E496385074",
    "an ITF-14": "]I109506000134352",
    "a GTIN and a place": "(01)09506000134352(414)0614141123452",
    "a GRAI without serial": "(8003)04012345555554",
    "a bare GRAI without serial": "800304012345555554",
    "a GRAI without serial as Digital Link": "https://id.gs1.org/8003/04012345555554",
    "a GDTI without serial": "(253)0614141123452",
    "a GCN without serial": "(255)4012345678901",
    "an ITIP without serial": "(8006)040123451234560102",
    "a CPID without serial": "(8010)0614141123ABC",
    "the contents of a pallet": "(02)00614141123452(37)25",
    "a model number": "https://id.gs1.org/8013/1987654Ad4X4bL5ttr2310c2K",
    "an EPC pattern": "urn:epc:idpat:sgtin:0614141.112345.*",
    "a tag pattern": "urn:epc:pat:sgtin-96:3.0614141.112345.[5-7]",
    "an EPC class": "urn:epc:class:lgtin:4012345.012345.998877",
}

FAULTS = {
    "nothing": ("", "empty"),
    "too long": ("a" * 129, "129 characters"),
    "far too long": ("a" * 100_000, "100000 characters"),
    "an address that is too long": ("https://example.com/" + "a" * 110, "130 characters"),
    "space before": (" SN-1", "space"),
    "space after": ("SN-1 ", "space"),
    "a no-break space": ("SN\xa01", r"U\+00A0"),
    "a line break": ("SN-1\n", r"U\+000A"),
    "a NUL": ("SN\x001", r"U\+0000"),
    "a zero width space": ("SN\u200b1", r"U\+200B at position 3"),
    "a bidirectional override": ("\u202eSN", r"U\+202E"),
    "a lone surrogate": ("\ud800", r"U\+D800"),
    "a private character": ("\ue000", r"U\+E000"),
    "an unassigned character": ("\u0378", r"U\+0378"),
    "a control character in a barcode": ("]C1010950600013435221A\tB", r"U\+0009"),
    "a group separator in a plain id": ("SN\x1d1", "no GS1 element string"),
    "a lone group separator": ("\x1d", "no GS1 key"),
    "a symbology identifier alone": ("]C1", "no GS1 key"),
    "no element string": ("]C1SN-1001", "no GS1 element string"),
    "a wrong check digit": ("]C1010950600013435321A", "check digit 3, which should be 2"),
    "a wrong check digit in brackets": ("(00)106141412345678909", "should be 8"),
    "a wrong check digit on id.gs1.org": ("https://id.gs1.org/01/09506000134353/21/A", "should be 2"),
    "a GTIN that is too short": ("https://id.gs1.org/01/9506001/21/A", "14 digits"),
    "a wrong check digit of a GTIN-8": ("https://id.gs1.org/01/95060001/21/A", "check digit"),
    "a wrong check digit of a GRAI": ("(8003)04012345555553987", "should be 4"),
    "a serial that is too long": ("(01)09506000134352(21)" + "A" * 21, "serial number"),
    "a serial that GS1 cannot spell": ("https://id.gs1.org/01/09506000134352/21/%C3%A9", "serial number"),
    "a serial with a space": ("https://id.gs1.org/01/09506000134352/21/A%20B", "serial number"),
    "an empty serial": ("https://id.gs1.org/01/09506000134352/21/", "pairs"),
    "digits of another script": ("(00)1061414123456789٠8", "18 digits"),
    "letters of another script in a barcode": ("]C10109506000134352" + "21é", "characters"),
    "a compressed Digital Link": ("https://id.gs1.org/ARHKVAdpQg", "compressed"),
    "a Digital Link of nothing": ("https://id.gs1.org", "no GS1 key"),
    "a Digital Link with more in its path": ("https://id.gs1.org/01/09506000134352/99/A", "cannot follow"),
    "a marked link that is none": ("]Q3https://example.com/42", "no GS1 key"),
    "two articles in one barcode": ("(01)09506000134352(21)A(21)B", "twice"),
    "a GIAI without company prefix": ("(8004)1", "company prefix"),
    "an EPC with too few parts": ("urn:epc:id:sgtin:0614141.112345", "3 parts"),
    "an EPC with an empty part": ("urn:epc:id:sgtin:0614141..7", "3 parts"),
    "an EPC with too many digits": ("urn:epc:id:sscc:0614141.12345678901", "17 digits"),
    "an EPC with letters in its number": ("urn:epc:id:sscc:0614141.123456789X", "17 digits"),
    "an EPC with a serial too long": ("urn:epc:id:sgtin:0614141.112345." + "A" * 21, "serial number"),
}


@pytest.mark.parametrize("raw", KINDS.values(), ids=KINDS.keys())
def test_a_kind_of_article_is_refused_as_no_instance(raw: str) -> None:
    with pytest.raises(NotAnInstance, match="kind of article"):
        canonical(raw)


@pytest.mark.parametrize(("raw", "why"), FAULTS.values(), ids=FAULTS.keys())
def test_what_is_no_id_is_refused_with_the_reason(raw: str, why: str) -> None:
    with pytest.raises(BadId, match=why):
        canonical(raw)


def test_the_two_refusals_are_value_errors_and_not_each_other() -> None:
    assert issubclass(BadId, ValueError)
    assert issubclass(NotAnInstance, ValueError)
    assert not issubclass(BadId, NotAnInstance)
    assert not issubclass(NotAnInstance, BadId)
