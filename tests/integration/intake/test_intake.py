"""A file goes in once, whole or not at all in what concerns it as a whole, row by row in what concerns rows."""

import csv
import io
import threading
import time
from typing import Any

import pytest
from aimak.jobs import Worker

HEADER = "account;reading;note\n"


def lines(*accounts: str) -> str:
    """A file with a row for each account."""
    return HEADER + "".join(f"{account};12,5;\n" for account in accounts)


def test_good_rows_are_taken_and_faulty_ones_listed(site: Any) -> None:
    """Rows that can be read are taken; the others are named with line, column and value, and counted."""
    import_id = site.send(lines("1", "2", "13", "4") + "5;x;\n6;1;\n7;3;\n")
    site.work_off()
    state = site.state(import_id)
    assert site.items() == [("1", 2), ("2", 3), ("4", 5), ("6", 7), ("7", 8)]
    assert {key: state[key] for key in ("state", "total", "done", "taken", "refused")} == {
        "state": "done",
        "total": 7,
        "done": 7,
        "taken": 5,
        "refused": 2,
    }
    found = [(problem["code"], problem["place"]["line"], problem["severity"]) for problem in state["problems"]]
    assert found == [("AIM-F101", 4, "error"), ("AIM-F102", 6, "error"), ("AIM-F007", 8, "warning")]
    assert state["problems"][1]["message"] == 'reading: "x" is no number'
    assert state["problems"][1]["place"]["file"] == "list.csv"


def test_the_same_file_again_is_the_same_import(site: Any) -> None:
    """The same bytes, whatever the file is called, are the same import with the same answer; nothing is taken twice."""
    first = site.send(lines("1", "2", "7"))
    site.work_off()
    answer = site.state(first)
    again = site.send(lines("1", "2", "7"), name="other.csv")
    site.work_off()
    assert again == first
    assert site.state(first) == answer
    assert len(site.items()) == 3


def test_rows_that_were_left_out_are_looked_at_again(site: Any) -> None:
    """When what a row lacked is there, the same file takes that row and no other a second time, in the name of who sent
    it again; what is still wrong stays listed, once."""
    file = lines("1", "2", "13", "4") + "5;x;\n6;1;\n7;3;\n"
    import_id = site.send(file)
    site.work_off()
    site.left_out = None
    assert site.send(file, by="bakyt") == import_id
    site.work_off()
    state = site.state(import_id)
    assert list(dict.fromkeys(site.takers)) == ["aida", "bakyt"]
    assert site.items() == [("1", 2), ("2", 3), ("13", 4), ("4", 5), ("6", 7), ("7", 8)]
    assert (state["state"], state["total"], state["done"], state["taken"], state["refused"]) == ("done", 7, 7, 6, 1)
    listed = [(problem["code"], problem["place"]["line"]) for problem in state["problems"]]
    assert sorted(listed) == [("AIM-F007", 8), ("AIM-F102", 6)]


def test_a_second_look_says_what_was_taken_before(site: Any) -> None:
    """The answer to a file that is looked at anew counts the rows that were taken by then; the first has none."""
    post = lambda: site.client("clerk")("POST", "/sample/imports/readings", lines("1", "13").encode(), name="a.csv")  # noqa: E731
    said = []
    for _ in range(2):
        said.append(post().json["taken_before"])
        site.work_off()
    assert said == [0, 1]


def test_a_second_look_that_breaks_goes_on(site: Any) -> None:
    """A file that comes again and is stopped at its first left row, even twice, takes nothing twice, then the rest."""
    file = lines("13", "2", "3", "4", "13x")
    import_id = site.send(file)
    site.work_off()
    assert [account for account, _ in site.items()] == ["2", "3", "4", "13x"]
    site.left_out, site.stop_at = None, "13"
    for _ in range(2):
        site.send(file)
        site.work_off()
        assert (site.state(import_id)["state"], len(site.items())) == ("refused", 4)
    site.stop_at = None
    site.send(file)
    site.work_off()
    state = site.state(import_id)
    assert (state["state"], state["taken"], state["refused"], len(site.items())) == ("done", 5, 0, 5)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "AIM-F001"),
        (HEADER.encode(), "AIM-F013"),
        (b"account;note\n1;\n", "AIM-F004"),
        (lines("1", "2").encode() + 'Ж;1;"открыта\n'.encode(), "AIM-F011"),
        (lines("1").encode() + "2;1;Иванов\n".encode() * 9 + "3;1;Петров\n".encode("cp1251"), "AIM-F002"),
        (b"PK\x03\x04 cut off", "AIM-F008"),
    ],
)
def test_a_fault_of_the_file_refuses_it_whole(site: Any, body: bytes, code: str) -> None:
    """What is wrong with the file as a whole is said, and not one row is taken."""
    import_id = site.send(body)
    site.work_off()
    state = site.state(import_id)
    assert (state["state"], state["taken"], [problem["code"] for problem in state["problems"]]) == (
        "refused",
        0,
        [code],
    )
    assert site.items() == []


def test_refused_rows_come_back_to_be_mended(site: Any) -> None:
    """The refused rows are given back with the file's own columns and the reason; mended, they are taken."""
    import_id = site.send("Лицевой счёт;Reading;note\n1;1;\n2;1,2345;слева\n13;2;\n".encode("cp1251"))
    site.work_off()
    answer = site.client("clerk")("GET", f"/sample/imports/{import_id}/refused.csv")
    back = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert back == [
        ["Лицевой счёт", "Reading", "note", "reason"],
        ["2", "1,2345", "слева", 'AIM-F103: reading: "1,2345" has more than 3 decimals'],
        ["13", "2", "", "AIM-F101: The column account is empty"],
    ]
    mended = answer.data.replace(b"1,2345", b"1,234").replace(b"\n13;", b"\n14;")
    second = site.send(mended)
    site.work_off()
    assert (site.state(second)["taken"], site.state(second)["refused"]) == (2, 0)


def test_a_dry_run_changes_nothing(site: Any) -> None:
    """A dry run tells what would happen, row by row, and takes nothing; the real one is then still to come."""
    import_id = site.send(lines("1", "13", "3", "4", "5"), dry_run="1")
    site.work_off()
    state = site.state(import_id)
    assert (state["state"], state["dry_run"], state["taken"], state["refused"]) == ("done", True, 4, 1)
    assert site.items() == []
    real = site.send(lines("1", "13", "3", "4", "5"))
    site.work_off()
    assert real != import_id and len(site.items()) == 4


def test_a_broken_import_goes_on_where_it_stood(site: Any) -> None:
    """A fault in the middle loses the block in hand and no other; when the job runs again, the rest is taken once."""
    site.breaks = 1
    import_id = site.send(lines("1", "2", "3", "4", "break", "6", "7"))
    site.work_off()
    assert [account for account, _ in site.items()] == ["1", "2", "3"]
    assert site.state(import_id)["done"] == 3
    Worker(site.service).step()
    assert [account for account, _ in site.items()] == ["1", "2", "3", "4", "break", "6", "7"]
    assert site.state(import_id)["state"] == "done"


def test_a_small_file_is_taken_whole_or_not_at_all(site: Any) -> None:
    """A file of one block is one transaction: a fault in it leaves the import as it was sent, and the next attempt
    takes it once, with its faulty rows listed."""
    site.breaks = 1
    import_id = site.send(lines("13", "break") + "5;x;\n")
    site.work_off()
    assert (site.state(import_id)["state"], site.state(import_id)["total"], site.items()) == ("uploaded", 0, [])
    Worker(site.service).step()
    state = site.state(import_id)
    assert site.items() == [("break", 3)]
    assert {key: state[key] for key in ("state", "total", "done", "taken", "refused")} == {
        "state": "done",
        "total": 3,
        "done": 3,
        "taken": 1,
        "refused": 2,
    }
    assert [problem["place"]["line"] for problem in state["problems"]] == [2, 4]


def test_a_small_file_that_is_refused_may_come_again(site: Any) -> None:
    """What stops a file of one block is told as for any other; when the cause is gone, it is taken and the old fault
    forgotten."""
    site.stop_at = "2"
    import_id = site.send(lines("1", "2"))
    site.work_off()
    state = site.state(import_id)
    told = [problem["code"] for problem in state["problems"]]
    assert (state["state"], state["done"], told, site.items()) == ("refused", 0, ["AIM-F202"], [])
    site.stop_at = None
    site.send(lines("1", "2"))
    site.work_off()
    state = site.state(import_id)
    assert (state["state"], state["taken"], state["problems"], len(site.items())) == ("done", 2, [], 2)


def test_an_importer_that_refuses_stops_the_import(site: Any) -> None:
    """What was taken before stands and is not taken again when the same file comes after the cause is gone."""
    site.stop_at = "5"
    import_id = site.send(lines("1", "2", "3", "4", "5"))
    site.work_off()
    state = site.state(import_id)
    assert (state["state"], state["done"], len(site.items())) == ("refused", 3, 3)
    site.stop_at = None
    assert site.send(lines("1", "2", "3", "4", "5")) == import_id
    site.work_off()
    assert site.state(import_id)["state"] == "done"
    assert len(site.items()) == 5


def test_an_importer_that_breaks_does_not_keep_the_sender_waiting(site: Any) -> None:
    """A bug ends the import with its name; when it is mended, the same file goes on behind what was taken."""
    site.trip_at = "5"
    import_id = site.send(lines("1", "2", "3", "4", "5"))
    site.work_off()
    state = site.state(import_id)
    assert (state["state"], [problem["code"] for problem in state["problems"]]) == ("refused", ["AIM-F204"])
    site.trip_at = None
    site.send(lines("1", "2", "3", "4", "5"))
    site.work_off()
    assert (site.state(import_id)["state"], len(site.items())) == ("done", 5)


def test_two_workers_take_a_file_once(site: Any) -> None:
    """Two workers at the same import, whoever is faster, take each row once and count it once."""
    from aimak.service import Job

    import_id = site.send(lines(*(str(number) for number in range(100, 200))))
    job = Job(1, "naryn", "import", str(import_id), {"import": import_id}, 0)
    failed: list[BaseException] = []

    def run() -> None:
        try:
            site.service.jobs["import"](site.service, job)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    state = site.state(import_id)
    assert (state["state"], state["taken"], len(site.items())) == ("done", 100, 100)


def test_a_scan_sees_every_row_before_any_is_taken(site: Any) -> None:
    """What the importer finds in the file as a whole refuses it before the first row is taken."""
    import_id = site.send(lines("1", "2", "1"), kind="strict", partner="nur")
    site.work_off()
    state = site.state(import_id)
    assert (state["state"], site.scanned, site.items()) == ("refused", 3, [])
    assert state["problems"][0]["place"] == {"file": "list.csv", "line": 4}


def test_parameters_are_asked_for_and_part_of_the_identity(site: Any) -> None:
    """A declared parameter must be given; the same file for another partner is another import."""
    call = site.client("clerk")
    answer = call("POST", "/sample/imports/strict", lines("1").encode())
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, "AIM-F203")
    first = site.send(lines("1"), kind="strict", partner="nur")
    second = site.send(lines("1"), kind="strict", partner="ala")
    assert first != second
    site.work_off()
    assert {"partner": "nur"} in site.params


def test_who_may_send_what(site: Any) -> None:
    """An unknown kind, a role that may not, a size beyond the limit, an unknown import: each has its answer."""
    call = site.client("clerk")
    assert call("POST", "/sample/imports/nothing", b"x").status_code == 404
    assert call("POST", "/sample/imports/secret", b"x").status_code == 403
    assert site.client("resident")("POST", "/sample/imports/readings", b"x").status_code == 403
    assert call("GET", "/sample/imports/5").status_code == 404
    assert call("GET", "/sample/imports/5/refused.csv").status_code == 404


def test_a_file_larger_than_the_limit_leaves_nothing(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file beyond the limit is refused while it comes in, and its parts are gone."""
    monkeypatch.setattr("aimak.intake.upload.MAX_FILE_BYTES", 3 << 20)
    answer = site.client("clerk")("POST", "/sample/imports/readings", b"x" * (4 << 20))
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, "AIM-F010")
    with site.service.work("naryn") as work:
        assert work.execute(work.table("import_part").select()).first() is None


def test_other_tenants_see_nothing(site: Any) -> None:
    """An import belongs to its tenant."""
    from aimak.http.auth import Actor, sign

    import_id = site.send(lines("1"))
    token = sign(Actor("bek", ("admin",), "talas"), "s" * 32)
    headers = {"Authorization": f"Bearer {token}"}
    assert site.service.web().test_client().get(f"/sample/imports/{import_id}", headers=headers).status_code == 404


def test_kinds_share_their_content(site: Any) -> None:
    """The same bytes as another kind of file are another import."""
    assert site.send(lines("1")) != site.send(lines("1"), kind="strict", partner="nur")


def test_an_import_of_many_blocks_lets_others_in(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many blocks the job steps aside and comes again, and nothing is lost in between."""
    monkeypatch.setattr("aimak.intake.runner.BLOCKS_A_TURN", 2)
    import_id = site.send(lines(*(str(number) for number in range(20, 40))))
    worker = Worker(site.service)
    turns = 0
    started = time.monotonic()
    while worker.step():
        turns += 1
        assert time.monotonic() - started < 30
    assert turns == 4
    assert site.state(import_id)["taken"] == 20
