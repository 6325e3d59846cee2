"""Class lists as Canvas, Moodle and Blackboard write them, and what is wrong with others."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.errors import AutograderError
from autograder.roster import Roster, read_roster

CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,u1 (301),u2 (302),Final Score
,,,,,Manual Posting,,
    Points Possible,,,,,10,20,(read only)
"Lovelace, Ada",11,S-1,ada01,"A and B",9.5,EX,80
"de la Cruz, José María",12,S-2,jose,A,,N/A,
"Student, Test",99,,5f2c0a,A,,,
"""
CANVAS_TWO_NAMES = '''\
LastName;FirstName;ID;SIS Login ID;Section;u1 (301)
    Points Possible;;;;;10
Lovelace;Ada;11;ada01;A;9,5
"=""=Cyd""";Bo;12;;A;
Student;Test;99;5f2c0a;A;
'''
MOODLE = """\
"First name","Last name","ID number",Institution,Department,"Email address","Quiz: u1 (Real)","Last one"
Ada,Lovelace,s001,,,ada@example.org,9.50,1799999999
José,"de la Cruz",,,,jose@example.org,-,1799999999
"""
MOODLE_WORKSHEET = """\
Identifier,"Full name","Email address",Status,Grade,"Maximum Grade","Grade can be changed"
"Participant 7","Ada Lovelace",ada@example.org,"Submitted for grading",,10.00,Yes
"""
BLACKBOARD = (
    '"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"Last Access"\t"Availability"\t'
    '"u1 [Total Pts: 10 Score] |77"\n'
    '"Lovelace"\t"Ada"\t"ada01"\t"1"\t"2027-01-02 10:00:00"\t"Yes"\t"9.5"\n'
    '"_PreviewUser"\t"Grace"\t"grace_previewuser"\t""\t""\t"Yes"\t""\n'
)


def listed(tmp_path: Path, content: str | bytes) -> Roster:
    path = tmp_path / "class.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_roster(path)


def who(roster: Roster) -> list[tuple[str, str, str, str]]:
    return [(s.id, s.first_name, s.last_name, s.email) for s in roster.students]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (CANVAS, "the column 'SIS Login ID', such as ada01;"),
        (MOODLE, "the column 'ID number', and where it is empty 'Email address', such as s001;"),
        (MOODLE.replace(',"de la Cruz",,', ',"de la Cruz",007,'), "the column 'ID number', such as s001;"),
        (BLACKBOARD, "the column 'Username', such as ada01;"),
    ],
)
def test_it_is_said_which_column_the_ids_are(tmp_path: Path, content: str, said: str) -> None:
    assert listed(tmp_path, content).about_ids.startswith(f"A student's id is {said} this is the account")


def test_canvas_lists_students_between_rows_of_its_own(tmp_path: Path) -> None:
    roster = listed(tmp_path, CANVAS)
    assert (roster.kind, roster.headings[-1]) == ("canvas", "Final Score")
    assert who(roster) == [("ada01", "Ada", "Lovelace", ""), ("jose", "José María", "de la Cruz", "")]
    jose = roster.by_id("jose")
    assert jose is not None
    assert jose.columns["u2 (302)"] == "N/A"
    assert roster.by_id("ada") is None


def test_canvas_with_names_in_two_columns_and_an_id_for_want_of_a_login(tmp_path: Path) -> None:
    roster = listed(tmp_path, b"\xef\xbb\xbf" + CANVAS_TWO_NAMES.encode())
    assert who(roster) == [("ada01", "Ada", "Lovelace", ""), ("12", "Bo", "=Cyd", "")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", ":"])
def test_moodle_separates_cells_by_what_one_chooses(tmp_path: Path, delimiter: str) -> None:
    text = MOODLE.replace("Quiz: u1", "Quiz u1").replace(",", delimiter)
    roster = listed(tmp_path, text)
    assert roster.kind == "moodle"
    assert who(roster) == [
        ("s001", "Ada", "Lovelace", "ada@example.org"),
        ("jose@example.org", "José", "de la Cruz", "jose@example.org"),
    ]


def test_moodle_of_other_versions_and_its_worksheet_for_marking(tmp_path: Path) -> None:
    old = MOODLE.replace("Last name", "Surname").replace("Institution", "Username")
    assert who(listed(tmp_path, old))[0] == ("s001", "Ada", "Lovelace", "ada@example.org")
    named = old.replace("s001,,", "s001,ada01,")
    assert who(listed(tmp_path, named))[0] == ("ada01", "Ada", "Lovelace", "ada@example.org")
    worksheet = listed(tmp_path, MOODLE_WORKSHEET)
    assert (worksheet.kind, who(worksheet)) == (
        "moodle",
        [("ada@example.org", "Ada", "Lovelace", "ada@example.org")],
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8", "cp1252"])
def test_blackboard_writes_tabs_and_other_encodings(tmp_path: Path, encoding: str) -> None:
    roster = listed(tmp_path, BLACKBOARD.replace("Ada", "Adèle").encode(encoding))
    assert (roster.kind, who(roster)) == ("blackboard", [("ada01", "Adèle", "Lovelace", "")])


@pytest.mark.parametrize("first", ["sep=;\r\n", "SEP=; \n"])
def test_the_line_by_which_excel_knows_the_separator_is_no_heading(tmp_path: Path, first: str) -> None:
    for mark in ("", "\ufeff"):
        roster = listed(tmp_path, f"{mark}{first}{CANVAS_TWO_NAMES}")
        assert (roster.kind, who(roster)[0]) == ("canvas", ("ada01", "Ada", "Lovelace", ""))
    with pytest.raises(AutograderError, match="row 3: 'ADA' is in row 2 already"):
        listed(tmp_path, f"{first}id;name\nada;Ada\nADA;Ida\n")


def test_a_table_of_ones_own(tmp_path: Path) -> None:
    roster = listed(tmp_path, "id,name,email\n\nada,Ada King Lovelace,ada@example.org\nbo,Bo,\n")
    assert (roster.kind, who(roster)) == (
        "plain",
        [("ada", "Ada King", "Lovelace", "ada@example.org"), ("bo", "Bo", "", "")],
    )
    assert [student.name for student in roster.students] == ["Ada King Lovelace", "Bo"]


def test_a_name_is_on_one_line_and_holds_nothing_that_is_not_seen(tmp_path: Path) -> None:
    roster = listed(tmp_path, 'id,name\nada,"\x1b[2JAda \u202eKing\nLovelace"\nneda,نرگس‌\u200cآرا\n')
    assert [student.name for student in roster.students] == ["[2JAda King Lovelace", "نرگس‌\u200cآرا"]
    assert roster.students[0].columns["name"] == "\x1b[2JAda \u202eKing\nLovelace"  # it goes back as it came


def test_of_two_columns_with_one_heading_the_first_counts(tmp_path: Path) -> None:
    assert who(listed(tmp_path, "id,email,id\nada,a@example.org,bob\n"))[0][0] == "ada"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no class list of a known system; it starts with ''"),
        ("Vorname,Nachname\nAda,Lovelace\n", r"it starts with 'Vorname,Nachname'.*set to English"),
        ("id,name\n", "lists no student"),
        ("id,name\nada,Ada\n\nADA,Ida\n", r"row 4: 'ADA' is in row 2 already"),
        ("id,name\nzo\u00eb,Zoë\nzoe\u0308,Zoe\n", r"row 3: .* is in row 2 already"),
        ("id,name\n,Ada\n", "row 2: none of id is filled in"),
        ("id,name\na/b,Ada\n", "row 2: 'a/b' can't be a student id: it contains '/'"),
        ("id,name,email\nada,Lovelace, Ada,a@b\n", "row 2: has more cells than there are headings"),
        ('id,name\nada,"Ada\nbo,Bo\n', "line 3: .*; is a quotation mark missing"),
        (b"PK\x03\x04rest", "is a workbook of Excel; save the sheet as CSV"),
        (b"\x81\x8d", "is not text"),
        (b"\xff\xfea", "is not text"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(AutograderError, match=rf"class\.csv.*{message}"):
        listed(tmp_path, content)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(AutograderError, match=r"none\.csv: can't be read \(No such file"):
        read_roster(tmp_path / "none.csv")
