import pytest

from cms.importing.reading import FileRefused, read

HEADER = "Handle,Title,Variant SKU,Variant Price\n"


def handles(sheet):
    return [row.get("Handle") for row in sheet.rows]


def test_rows_are_counted_as_spreadsheets_count_them():
    sheet = read((HEADER + 'mug,"A mug,\nblue",M-1,12\n\ncup,Cup,C-1,9\n').encode())

    assert [(row.number, row.get("Handle")) for row in sheet.rows] == [(2, "mug"), (4, "cup")]
    assert sheet.rows[0].get("Title") == "A mug,\nblue"
    assert sheet.problems == []


def test_a_byte_order_mark_semicolons_and_utf_16_are_understood():
    text = "Handle;Title;Variant SKU;Variant Price\ntasse;Weiße Tasse;T-1;12\n"

    for data in (text.encode("utf-8-sig"), text.encode("utf-16")):
        assert read(data).rows[0].get("Title") == "Weiße Tasse"


def test_an_unclosed_quotation_mark_costs_its_own_row():
    text = HEADER + 'mug,"A mug,M-1,12\ncup,Cup,C-1,9\njug,Jug,J-1,20\n'

    sheet = read(text.encode())

    assert handles(sheet) == ["cup", "jug"]
    assert [(problem.row, problem.handle) for problem in sheet.problems] == [(2, "mug")]
    assert "line 2" in sheet.problems[0].message
    assert sheet.broken_handles == {"mug"}


def test_two_broken_rows_do_not_swallow_what_stands_between_them():
    text = HEADER + 'mug,"A mug,M-1,12\ncup,Cup,C-1,9\njug,Ju"g,J-1,20\npot,Pot,P-1,8\n'

    sheet = read(text.encode())

    assert handles(sheet) == ["cup", "pot"]
    assert [problem.handle for problem in sheet.problems] == ["mug", "jug"]


def test_a_cell_in_another_encoding_costs_its_own_row():
    data = HEADER.encode() + "tasse,Weiße Tasse,T-1,12\n".encode("latin-1") + b"cup,Cup,C-1,9\n"

    sheet = read(data)

    assert handles(sheet) == ["cup"]
    (problem,) = sheet.problems
    assert (problem.row, problem.column, problem.handle) == (2, "Title", "tasse")
    assert "UTF-8" in problem.message


def test_too_many_cells_are_a_problem_of_the_row():
    sheet = read((HEADER + "mug,A mug, blue,M-1,12\ncup,Cup,C-1,9\n").encode())

    assert handles(sheet) == ["cup"]
    assert "5 cells, but there are 4 columns" in sheet.problems[0].message


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"PK\x03\x04 and so on", "workbook"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "not a text file"),
        (b"Handle,Title,Title\nmug,Mug,Mug\n", "appears twice"),
        (HEADER.encode(), "no products"),
        (b"x" * (20 * 1024 * 1024 + 1), "Split it"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_its_own_words(data, words):
    with pytest.raises(FileRefused, match=words):
        read(data)


def test_a_file_with_too_many_rows_is_refused():
    with pytest.raises(FileRefused, match="more than 3 rows"):
        read((HEADER + "mug,Mug,M,1\n" * 4).encode(), max_rows=3)
