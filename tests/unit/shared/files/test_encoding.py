"""Which encoding a file has, and files that have more than one."""

import codecs

import pytest
from aimak.files import BytesSource, encoding
from aimak.problems import Refused
from hypothesis import given
from hypothesis import strategies as st

TEXT = "account;holder\n1001;Иванов Иван Иванович\n1002;Асанов Үсөн\n"
RUSSIAN = "лицевой счёт;абонент\n1001;Иванов Пётр\n1002;ул. Ленина, д. 5 «А» № 3\n1003;САРЫБАЕВ ТИЛЕК\n"


def detect(body: bytes) -> str:
    """The encoding of a body of bytes."""
    return encoding.detect(BytesSource("list.csv", body))


@pytest.mark.parametrize("name", ["cp1251", "cp866"])
def test_legacy_encodings_are_told_apart(name: str) -> None:
    """Russian text in cp1251 or cp866 is recognised by its letters."""
    body = RUSSIAN.replace("«", '"').replace("»", '"').encode(name)
    assert detect(body) == name


@pytest.mark.parametrize("word", ["привет", "ПРИВЕТ", "Ёлки зелёные", "Асанов", "улица Токтогула", "ЖЭУ", "Бишкек"])
@pytest.mark.parametrize("name", ["cp1251", "cp866"])
def test_one_word_is_enough(word: str, name: str) -> None:
    """A single Russian word decides, in whatever case."""
    assert detect(f"a;b\n1;{word}\n".encode(name)) == name


def test_utf8_with_and_without_mark() -> None:
    """UTF-8 is read with and without the mark at its start, and so is plain ASCII."""
    assert detect(TEXT.encode()) == "utf-8"
    assert detect(codecs.BOM_UTF8 + TEXT.encode()) == "utf-8-sig"
    assert detect(b"account;reading\n1;2\n") == "utf-8"


def test_unicode_text_of_excel() -> None:
    """UTF-16 with its mark, as Excel's "Unicode text" is, is read."""
    assert detect(TEXT.encode("utf-16")) == "utf-16"


@pytest.mark.parametrize(
    ("first", "second"), [("utf-8", "cp1251"), ("cp1251", "utf-8"), ("cp1251", "cp866"), ("cp866", "cp1251")]
)
def test_two_encodings_are_refused_with_the_line(first: str, second: str) -> None:
    """A file glued from two encodings is refused, naming the line where the other one begins."""
    body = "1;Иванов Пётр Сергеевич\n".encode(first) * 10 + "2;Петров Семён Кузьмич, ул. Тыныстанова\n".encode(second)
    with pytest.raises(Refused) as refused:
        detect(b"account;holder\n" + body)
    (problem,) = refused.value.problems
    assert problem.code == "AIM-F002"
    assert problem.place is not None and problem.place.line == 12


def test_a_place_beyond_the_first_chunk_is_counted_right() -> None:
    """The line of a foreign place is right however far down it is."""
    line = "1;Иванов Пётр Сергеевич;100\n".encode()
    count = (3 << 20) // len(line)
    with pytest.raises(Refused) as refused:
        detect(line * count + "2;Петров\n".encode("cp1251"))
    place = refused.value.problems[0].place
    assert place is not None and place.line == count + 1


@pytest.mark.parametrize("body", [b"", b"  \r\n\n", b"\x1a"])
def test_empty_is_refused(body: bytes) -> None:
    """A file without a character is empty."""
    with pytest.raises(Refused) as refused:
        detect(body)
    assert refused.value.problems[0].code == "AIM-F001"


def test_binary_is_refused() -> None:
    """A picture is no table."""
    with pytest.raises(Refused) as refused:
        detect(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    assert refused.value.problems[0].code == "AIM-F003"


@given(st.text(st.sampled_from("абвгдежзийклмнопрстуфхцчшщъыьэюяАБВГДЕЖЗИКЛМНОПРСТУФ ;,0123456789\n"), min_size=1))
def test_utf8_is_always_utf8(text: str) -> None:
    """Valid UTF-8 is never taken for anything else, and always decodes."""
    body = ("x" + text).encode()
    assert detect(body) == "utf-8"
