"""A document as PDF/A-3b, with its data inside where the norm has a place for it.

typst sets the page and embeds the file; what Factur-X wants said in the metadata is
added behind it as an update of the file, which leaves typst's own bytes as they are.
The same document gives the same bytes.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

import typst

from . import factur_x
from .presenting import sheet

HERE = Path(__file__).parent
LAYOUTS = {1: HERE / "layouts" / "document.typ"}
FONTS = HERE / "fonts"
_UNKNOWN = "\N{REPLACEMENT CHARACTER}"
_SCHEMA = (
    '<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>Factur-X PDFA Extension Schema'
    "</pdfaSchema:schema><pdfaSchema:namespaceURI>urn:factur-x:pdfa:CrossIndustryDocument:"
    "invoice:1p0#</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>"
    "<pdfaSchema:property><rdf:Seq>{properties}</rdf:Seq></pdfaSchema:property></rdf:li>"
)
_PROPERTY = (
    '<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{name}</pdfaProperty:name>'
    "<pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external"
    "</pdfaProperty:category><pdfaProperty:description>{words}</pdfaProperty:description></rdf:li>"
)
_PROPERTIES = {
    "DocumentFileName": "The name of the embedded XML document",
    "DocumentType": "The type of the hybrid document",
    "Version": "The version of the standard of the embedded XML document",
    "ConformanceLevel": "The conformance level of the embedded XML document",
}
_SAID = (
    '<rdf:Description rdf:about="" xmlns:fx="urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#">'
    "<fx:DocumentType>INVOICE</fx:DocumentType><fx:DocumentFileName>factur-x.xml"
    "</fx:DocumentFileName><fx:Version>1.0</fx:Version>"
    "<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel></rdf:Description>"
)


class NotRendered(Exception):
    """The document could not be set; the message says why."""


def as_pdf(
    *, kind: str, number: str, issued_at: datetime, content: Mapping[str, Any], parties: Any
) -> bytes:
    """Set a document. Touches no database. Raises NotRendered."""
    said: dict[str, Any] = {
        "kind": kind, "number": number, "issued_at": issued_at,
        "content": content, "parties": parties,
    }  # fmt: skip
    xml = factur_x.as_xml(**said)
    pdf = set_sheet(
        sheet=sheet(**said), name=number, on=issued_at.date(), layout=content["layout"], xml=xml
    )
    return _with_factur_x(pdf) if xml is not None else pdf


def set_sheet(
    *, sheet: Mapping[str, Any], name: str, on: date, layout: int = 1, xml: bytes | None = None
) -> bytes:
    """Set what is ready to print, with data to embed; the same gives the same bytes.

    Raises NotRendered.
    """
    inputs = {"sheet": json.dumps(printable(sheet))}
    if xml is not None:
        inputs["xml"] = xml.decode()
    try:
        pdf = typst.compile(
            LAYOUTS[layout],
            root=HERE / "layouts",  # also where the embedded file is named from
            font_paths=_fonts(),
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards=["a-3b"],
            sys_inputs=inputs,
            timestamp=datetime.combine(on, time(12), tzinfo=UTC),
        )
    except RuntimeError as error:
        raise NotRendered(f"{name}: {error}") from error
    assert isinstance(pdf, bytes)  # noqa: S101 - one PDF is one value
    return pdf


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])


def printable(said: Any) -> Any:
    """Replace letters that no font here has; an archived page may not have a hole."""
    if isinstance(said, str):
        return "".join(letter if _is_covered(ord(letter)) else _UNKNOWN for letter in said)
    if isinstance(said, Mapping):
        return {key: printable(value) for key, value in said.items()}
    return [printable(value) for value in said] if isinstance(said, list) else said


def _is_covered(code: int) -> bool:
    return 0x20 <= code < 0x7F or code in _coverage()


@cache
def _coverage() -> frozenset[int]:
    """Read which characters the fonts have: ranges in hexadecimal, one a line."""
    found: set[int] = set()
    for line in (FONTS / "coverage.txt").read_text().split():
        first, _, last = line.partition("-")
        found.update(range(int(first, 16), int(last or first, 16) + 1))
    return frozenset(found)


def _with_factur_x(pdf: bytes) -> bytes:
    """Say in the metadata what is embedded, in an incremental update of the file."""
    text = pdf.decode("latin-1")
    found = re.search(r"(\d+) 0 obj\s*<<[^>]*?/Type/Metadata[^>]*>>\s*stream\r?\n", text)
    root = re.search(r"trailer\s*(<<.*>>)\s*startxref\s*(\d+)\s*%%EOF\s*$", text, re.DOTALL)
    if found is None or root is None:
        raise NotRendered("the metadata of the file was not found")
    number = int(found[1])
    xmp = text[found.end() : text.index("endstream", found.end())].rstrip("\r\n")
    properties = "".join(
        _PROPERTY.format(name=name, words=words) for name, words in _PROPERTIES.items()
    )
    opening = "<pdfaExtension:schemas><rdf:Bag>"
    if opening not in xmp or "</rdf:RDF>" not in xmp:
        raise NotRendered("the metadata of the file has another shape")
    xmp = xmp.replace(opening, opening + _SCHEMA.format(properties=properties), 1)
    xmp = xmp.replace("</rdf:RDF>", _SAID + "</rdf:RDF>", 1)
    start = len(pdf) + (0 if pdf.endswith(b"\n") else 1)
    head = f"{number} 0 obj\n<</Length {len(xmp)}/Type/Metadata/Subtype/XML>>\nstream\n"
    changed = f"{head}{xmp}\nendstream\nendobj\n"
    table = f"xref\n{number} 1\n{start:010d} 00000 n \n"
    trailer = re.sub(r">>$", f"/Prev {root[2]}>>", root[1])
    end = f"trailer\n{trailer}\nstartxref\n{start + len(changed)}\n%%EOF\n"
    gap = "" if pdf.endswith(b"\n") else "\n"
    return pdf + (gap + changed + table + end).encode("latin-1")
