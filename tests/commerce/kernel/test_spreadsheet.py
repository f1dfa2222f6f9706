"""Tables leave the shop as text and numbers; nothing in them calculates."""

import csv
import io
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from commerce.kernel.spreadsheet import csv_lines, write_workbook

DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1", '=HYPERLINK("x")', "\r=1"]


def workbook(rows):
    output = io.BytesIO()
    write_workbook(rows, title="orders", output=output)
    output.seek(0)
    return load_workbook(output).active


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_workbook_holds_no_formula(text):
    sheet = workbook([["Title"], [text]])

    assert sheet["A2"].data_type == "s"
    assert sheet["A2"].value.startswith("'")


@pytest.mark.parametrize("text", DANGEROUS)
def test_csv_holds_no_formula(text):
    rows = list(csv.reader(io.StringIO("".join(csv_lines([[text]])).removeprefix("\ufeff"))))
    assert rows[0][0].startswith("'")


def test_numbers_stay_numbers():
    sheet = workbook([["n"], [3, Decimal("-12.50"), None, "plain"]])
    assert [cell.value for cell in sheet[2]] == [3, -12.5, None, "plain"]
    assert sheet["A2"].data_type == "n"


def test_what_a_workbook_has_no_place_for_is_left_out():
    sheet = workbook([["n"], ["a\x00b\x07c", "x" * 40_000]])
    assert sheet["A2"].value == "abc"
    assert len(sheet["B2"].value) == 32_767


def test_csv_is_written_row_by_row():
    made = []

    def rows():
        for number in range(3):
            made.append(number)
            yield [number]

    lines = csv_lines(rows())
    assert next(lines) == "\ufeff"
    assert next(lines) == "0\r\n"
    assert made == [0]
