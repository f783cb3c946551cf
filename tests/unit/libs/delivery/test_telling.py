from mrk_delivery.telling import without_words


def failed() -> BaseException:
    try:
        broken()
    except RuntimeError as error:
        return error
    raise AssertionError


def broken() -> None:
    nothing: dict[str, int] = {}
    try:
        _ = nothing["inner words"]
    except KeyError as error:
        raise RuntimeError("outer words of a payload") from error


def test_an_error_is_told_by_kind_and_place_without_its_words() -> None:
    told = without_words(failed())
    assert told["type"] == "builtins.RuntimeError"
    assert told["caused_by"][0]["type"] == "builtins.KeyError"
    assert any("failed" in frame for frame in told["frames"])
    assert "words" not in repr(told).replace("test_telling", "")
