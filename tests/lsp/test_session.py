"""Diagnostics while typing, several files, and what a server has to bear."""

from tests.lsp.client import PATIENCE, Client

GOOD = "species A = 1 mM\nA -> B @ 0.1 /min\n"


def codes(findings):
    return [finding["code"] for finding in findings if finding["severity"] == 1]


def edit(line, start, end, text):
    places = [{"line": line, "character": character} for character in (start, end)]
    return {"range": {"start": places[0], "end": places[1]}, "text": text}


def test_findings_follow_the_text(shared):
    shared.open("a0.mech", "A -> B @ 1 /mim\n")
    assert codes(shared.findings("a0.mech", 1)) == ["E012"]
    shared.change("a0.mech", 2, edit(0, 14, 15, "n"))
    assert codes(shared.findings("a0.mech", 2)) == []


def test_changes_count_in_utf_16(shared):
    shared.open("a1.mech", 'A -> B @ 1 "𝒜𝒷"\nC -> D @ 1\n')
    shared.change("a1.mech", 2, edit(0, 12, 16, "µ"), edit(0, 14, 14, "\n)"))
    (finding,) = [f for f in shared.findings("a1.mech", 2) if f["severity"] == 1]
    assert finding["range"]["start"] == {"line": 1, "character": 0}


def test_positions_in_the_encoding_that_the_client_prefers(tmp_path):
    client = Client(tmp_path, {"general": {"positionEncodings": ["utf-32", "utf-16"]}})
    assert client.capabilities["positionEncoding"] == "utf-32"
    client.open("a.mech", 'A -> B @ oops*k "𝒜𝒷" @ 2\n')
    (finding,) = [f for f in client.findings("a.mech") if f["severity"] == 1]
    assert finding["range"]["start"]["character"] == 21
    client.kill()


def test_an_open_buffer_wins_over_the_disk(shared):
    (shared.folder / "part3.mech").write_text("parameter k = 1 /min\nX -> Y @ k\n")
    shared.open("main3.mech", 'import "part3.mech" as p\nA -> B @ p.other\n')
    assert codes(shared.findings("main3.mech")) == ["E010"]
    shared.open("part3.mech", "parameter other = 1 /min\nX -> Y @ other\n")
    assert codes(shared.findings("main3.mech")) == []


def test_findings_of_an_imported_file_are_at_its_own_address(shared):
    (shared.folder / "part4.mech").write_text("X -> Y @ 1 /mim\n")
    shared.open("main4.mech", 'import "part4.mech" as p\nA -> B @ 1\n')
    assert codes(shared.findings("part4.mech")) == ["E012"]


def test_definition_and_rename_lead_into_imported_files(shared):
    (shared.folder / "part5.mech").write_text("parameter k = 1 /min\nX -> Y @ k\n")
    main = 'import "part5.mech" as p\nA -> B @ p.k\n'
    shared.open("main5.mech", main)
    shared.findings("main5.mech")
    at = shared.at("main5.mech", main, "p.k", 2)
    (place,) = shared.ask("textDocument/definition", at)
    assert (place["uri"], place["range"]["start"]["character"]) == (shared.uri("part5.mech"), 10)
    changes = shared.ask("textDocument/rename", {**at, "newName": "kay"})["changes"]
    assert {uri: len(edits) for uri, edits in changes.items()} == {
        shared.uri("part5.mech"): 2,
        shared.uri("main5.mech"): 1,
    }


def test_a_prefix_is_renamed_in_its_file(shared):
    main = 'import "rate_laws" as law\nspecies S = 1 mM\nS -> P rate law.hill([S], 1, 1, 1)\n'
    shared.open("main6.mech", main)
    at = shared.at("main6.mech", main, "law.hill")
    (edits,) = shared.ask("textDocument/rename", {**at, "newName": "l"})["changes"].values()
    assert [each["range"]["start"] for each in edits] == [{"line": 0, "character": 22}, {"line": 2, "character": 12}]


def test_what_ships_is_not_renamed(shared):
    main = 'import "rate_laws" as law\nspecies S = 1 mM\nS -> P rate law.hill([S], 1, 1, 1)\n'
    shared.open("main7.mech", main)
    error = shared.refused("textDocument/prepareRename", shared.at("main7.mech", main, "law.hill", 5))
    assert "ships with mscnet" in error["message"]


def test_hover_speaks_from_the_last_text_that_was_well(shared):
    shared.open("a8.mech", GOOD)
    shared.findings("a8.mech", 1)
    broken = GOOD + "B -> -> (\n"
    shared.change("a8.mech", 2, {"text": broken})
    shared.findings("a8.mech", 2)
    text = shared.ask("textDocument/hover", shared.at("a8.mech", broken, "A ->"))["contents"]["value"]
    assert "d[A]/dt" in text


def test_a_finding_has_its_page_and_its_related_places(shared):
    shared.open("a12.mech", "parameter k = 1 /min\nparameter k = 2 /min\nA -> B @ k\n")
    (finding,) = [f for f in shared.findings("a12.mech") if f["severity"] == 1]
    assert finding["codeDescription"]["href"].endswith(finding["code"] + ".md")
    (related,) = finding["relatedInformation"]
    assert related["location"]["uri"] == shared.uri("a12.mech")
    assert related["location"]["range"]["start"] == {"line": 0, "character": 10}


def test_a_fix_is_offered(shared):
    text = "species A = 1 mM\nA -> B @ 0.1 mM-1\n"
    shared.open("a9.mech", text)
    (finding,) = [f for f in shared.findings("a9.mech") if f["severity"] == 1][:1]
    params = {
        "textDocument": {"uri": shared.uri("a9.mech")},
        "range": finding["range"],
        "context": {"diagnostics": [finding]},
    }
    action = shared.ask("textDocument/codeAction", params)[0]
    assert action["kind"] == "quickfix"
    (edits,) = action["edit"]["changes"].values()
    assert edits[0]["newText"]


def test_closing_takes_findings_away(shared):
    shared.open("a10.mech", "A -> B @ 1 /mim\n")
    assert shared.findings("a10.mech")
    shared.tell("textDocument/didClose", {"textDocument": {"uri": shared.uri("a10.mech")}})
    assert shared.findings("a10.mech") == []


def test_old_line_ends_keep_their_places(shared):
    shared.open("a11.mech", "A -> B @ 1\r\nC -> D @ 1 /mim\r\n")
    (finding,) = [f for f in shared.findings("a11.mech") if f["severity"] == 1]
    assert finding["range"]["start"]["line"] == 1


# --- what a server has to bear ---


def test_shutdown_and_exit(client):
    client.open("a.mech", GOOD)
    assert client.end() == 0


def test_exit_alone_is_a_failure(client):
    client.tell("exit", None)
    assert client.process.wait(PATIENCE) == 1


def test_the_end_of_input_ends_the_server(client):
    client.process.stdin.close()
    assert client.process.wait(PATIENCE) == 1


def test_garbage_is_passed_over(client):
    for body in (b"{not json", b"[]", b"null", b'{"jsonrpc": "2.0"}', b'"\xff"', b'{"jsonrpc": "2.0", "method": 3}'):
        client.send(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    client.open("a.mech", GOOD)
    assert codes(client.findings("a.mech")) == []


def test_unknown_methods_are_refused(client):
    assert client.refused("mscnet/nothing", {})["code"] == -32601
    client.tell("$/nothing", {})
    assert client.end() == 0


def test_files_that_are_not_open_have_no_answers(shared):
    at = {"textDocument": {"uri": shared.uri("none.mech")}, "position": {"line": 3, "character": 4}}
    assert shared.ask("textDocument/hover", at) is None


def test_places_outside_of_the_text(shared):
    shared.open("text.mech", GOOD)
    at = {"textDocument": {"uri": shared.uri("text.mech")}, "position": {"line": 99, "character": 99}}
    assert shared.ask("textDocument/completion", at)["items"]


def test_cancelled_requests_do_no_harm(client):
    client.open("a.mech", GOOD)
    number = client.begin("textDocument/hover", client.at("a.mech", GOOD, "A ->"))
    client.tell("$/cancelRequest", {"id": number})
    client.answer(number)
    client.tell("$/cancelRequest", {"id": 99999})
    assert client.end() == 0


def test_closing_while_a_check_runs(client):
    client.open("a.mech", "".join(f"X{i} -> Y{i} @ 0.1 /min\n" for i in range(3000)))
    client.tell("textDocument/didClose", {"textDocument": {"uri": client.uri("a.mech")}})
    assert client.end() == 0


def test_a_text_that_nests_too_deep_is_a_finding(shared):
    shared.open("ding.mech", "A -> B @ " + "(" * 3000 + "\n")
    assert codes(shared.findings("ding.mech"))
