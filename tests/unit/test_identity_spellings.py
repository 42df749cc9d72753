"""One article has one id, however it was read: every spelling of GS1 keys, and what must stand as it is."""

import pytest

from gateway.identity import canonical

LAPTOP = "https://id.gs1.org/01/09506000134352/21/SN%2F1"
PALLET = "https://id.gs1.org/00/106141412345678908"
TOTE = "https://id.gs1.org/8003/04012345555554987"
DRUM = "https://id.gs1.org/8004/400000112345"

SPELLINGS = {
    LAPTOP: [
        "]C1010950600013435221SN/1",
        "]d2010950600013435221SN/1",
        "]Q3010950600013435221SN/1",
        "]e0010950600013435221SN/1",
        "]J1010950600013435221SN/1",
        "010950600013435221SN/1",
        "]C0010950600013435221SN/1",
        "]e10109506000134352\x1d21SN/1",
        "\x1d010950600013435221SN/1",
        "]d20109506000134352172612311021A\x1d21SN/1",
        "]d2\x1d0109506000134352\x1d10LOT-7\x1d21SN/1\x1d17261231",
        "01095060001343521726123121SN/1",
        "(01)09506000134352(21)SN/1",
        "(01) 0950 6000 1343 52 (10) LOT (21) SN/1",
        "(10)LOT(01)9506000134352(21)SN/1",
        "https://id.gs1.org/01/09506000134352/21/SN%2F1",
        "https://id.gs1.org/01/09506000134352/21/%53N%2f1",
        "HTTPS://ID.GS1.ORG/01/09506000134352/21/SN%2F1",
        "http://id.gs1.org:80/01/09506000134352/21/SN%2F1/",
        "https://user@example.com/shop/de/01/09506000134352/21/SN%2F1",
        "https://example.com/01/09506000134352/22/2A/10/LOT/21/SN%2F1?17=261231&linkType=all#top",
        "https://example.com/gtin/9506000134352/lot/LOT/ser/SN%2F1",
        "https://example.com/01/2026/01/09506000134352/21/SN%2F1",
        "]Q3https://example.com/01/09506000134352/21/SN%2F1",
        "]Q1https://example.com/01/09506000134352/21/SN%2F1",
        "urn:epc:id:sgtin:9506000.013435.SN%2F1",
        "URN:EPC:ID:SGTIN:9506000.013435.SN%2F1",
        "urn:epc:tag:sgtin-198:3.9506000.013435.SN%2F1",
    ],
    PALLET: [
        "]C100106141412345678908",
        "00106141412345678908",
        "]C100106141412345678908020061414112345237250",
        "(00)106141412345678908(02)00614141123452(37)25",
        "(01)00614141123452(00)106141412345678908",
        "https://id.gs1.org/00/106141412345678908",
        "https://example.com/sscc/106141412345678908?37=25",
        "urn:epc:id:sscc:0614141.1234567890",
        "urn:epc:tag:sscc-96:3.0614141.1234567890",
    ],
    TOTE: [
        "]C1800304012345555554987",
        "800304012345555554987",
        "(8003)04012345555554987",
        "(8003)4012345555554987",
        "https://id.gs1.org/8003/04012345555554987",
        "https://example.com/a/b/grai/4012345555554987",
        "urn:epc:id:grai:4012345.55555.987",
        "urn:epc:tag:grai-96:0.4012345.55555.987",
    ],
    DRUM: [
        "]C18004400000112345",
        "(8004)400000112345",
        "(01)09506000134352(8004)400000112345",
        "https://example.com/8004/400000112345",
        "urn:epc:id:giai:4000001.12345",
        "urn:epc:tag:giai-202:1.4000001.12345",
    ],
}

EPC_EXAMPLES = {
    "urn:epc:id:sgtin:0614141.112345.400": "01/10614141123459/21/400",
    "urn:epc:id:sgtin:0614141.712345.32a%2Fb": "01/70614141123451/21/32a%2Fb",
    "urn:epc:id:sgtin:0614141.712345.a.b": "01/70614141123451/21/a.b",
    "urn:epc:id:sgln:0614141.12345.32a%2Fb": "414/0614141123452/254/32a%2Fb",
    "urn:epc:id:sgln:0614141.12345.0": "414/0614141123452",
    "urn:epc:id:grai:123456789012..987": "8003/01234567890128987",
    "urn:epc:id:grai:0614141.12345.32a%2Fb": "8003/0061414112345232a%2Fb",
    "urn:epc:id:giai:0614141.32a%2Fb": "8004/061414132a%2Fb",
    "urn:epc:id:gsrn:0614141.1234567890": "8018/061414112345678902",
    "urn:epc:id:gsrnp:0614141.1234567890": "8017/061414112345678902",
    "urn:epc:id:gdti:0614141.12345.006847": "253/0614141123452006847",
    "urn:epc:id:cpi:0614141.123ABC.123456789": "8010/0614141123ABC/8011/123456789",
    "urn:epc:id:cpi:0614141.123%23%2FA.1": "8010/0614141123%23%2FA/8011/1",
    "urn:epc:id:sgcn:4012345.67890.04711": "255/401234567890104711",
    "urn:epc:id:ginc:0614141.xyz3311cba": "401/0614141xyz3311cba",
    "urn:epc:id:gsin:0614141.123456789": "402/06141411234567890",
    "urn:epc:id:itip:4012345.012345.01.02.987": "8006/040123451234560102/21/987",
    "urn:epc:id:upui:1234567.098765.51qIgY)%3C%26Jp3*j7'SDB": (
        "01/01234567987651/235/51qIgY%29%3C%26Jp3%2Aj7%27SDB"
    ),
    "urn:epc:id:pgln:1234567.89012": "417/1234567890128",
}
"""After the examples of the EPC Tag Data Standard, section 6.3."""

AS_THEY_STAND = [
    "SN-1001",
    "RMA 77",
    "4711",
    "x",
    "Gerät #7",
    "_underscore",
    "h",
    "HUB-1",
    "U-boat",
    "01234",
    "8004400000112345",
    "9506000134352",
    "09506000134352",
    "106141412345678908",
    "0109506000134353",
    "0109506000134353" + "21A",
    "0109506000134352" + "123456",
    "0109506000134352" + "21" + "A" * 21,
    "010950600013435221é",
    "00106141412345678909",
    "800314012345555554987",
    "8017061414112345678903",
    "]C0SN-1001",
    "]",
    "]]]",
    "(12) boxes",
    "(old) SN-1",
    "()",
    "https://example.com/asset/42",
    "https://example.com/2026/01/12345670",
    "https://example.com/2026/02/15",
    "https://example.com/orders/401/12345678",
    "https://example.com/01/09506000134353/21/A",
    "https://example.com/01/09506000134352/reviews/5",
    "https://example.com",
    "https://[::1",
    "http",
    "urn:epc:id:gid:1.2.3",
    "urn:epc:tag:usdod-96:3.2S194.12345678901",
    "urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "a" * 128,
    "ä" * 128,
]


@pytest.mark.parametrize(("raw", "id_"), [(raw, id_) for id_, raws in SPELLINGS.items() for raw in raws])
def test_every_spelling_of_a_thing_is_its_one_id(raw: str, id_: str) -> None:
    assert canonical(raw) == id_
    assert canonical(id_) == id_


@pytest.mark.parametrize(("urn", "path"), EPC_EXAMPLES.items())
def test_the_examples_of_the_tag_data_standard_come_out_as_it_says(urn: str, path: str) -> None:
    assert canonical(urn) == f"https://id.gs1.org/{path}"
    assert canonical(f"https://id.gs1.org/{path}") == f"https://id.gs1.org/{path}"


@pytest.mark.parametrize("raw", AS_THEY_STAND)
def test_what_is_not_unmistakably_gs1s_stands_as_it_is(raw: str) -> None:
    assert canonical(raw) == raw


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("]C18006040123451234560102" + "21987", "8006/040123451234560102/21/987"),
        ("8006040123451234560102" + "21987", "8006/040123451234560102/21/987"),
        ("8018061414112345678902", "8018/061414112345678902"),
        ("]C18018061414112345678902\x1d80197", "8018/061414112345678902"),
        ("(8010)0614141123ABC(8011)7", "8010/0614141123ABC/8011/7"),
        ("]C14140614141123452\x1d25432a/b", "414/0614141123452/254/32a%2Fb"),
        ("(401)0614141xyz(00)106141412345678908", "00/106141412345678908"),
        ("(01)09506000134352(21)A(235)B", "01/09506000134352/21/A"),
        (r"(01)09506000134352(21)A\(21)B", "01/09506000134352/21/A%2821%29B"),
        ("(01)09506000134352(21)A(B)", "01/09506000134352/21/A%28B%29"),
        ("https://example.com/8004/4000001123/7040/1ABC", "8004/4000001123"),
        ("(00)06141411234567890", "00/006141411234567890"),
        ("https://id.gs1.org/gtin/96385074/ser/A", "01/00000096385074/21/A"),
    ],
)
def test_of_several_keys_and_attributes_what_names_the_one_thing_is_kept(raw: str, path: str) -> None:
    assert canonical(raw) == f"https://id.gs1.org/{path}"
