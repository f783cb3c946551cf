from pydantic import BaseModel, ValidationError

from mrk_telemetry.scrub import error_fields, without_payload, without_personal_data


class UniqueViolation(Exception):  # noqa: N818  # the shape of a database driver's error
    sqlstate = "23505"
    table_name = "vault"
    constraint_name = "vault_email_key"
    detail = "Key (email)=(budi@contoh.id) already exists."


class Vouched(Exception):  # noqa: N818  # as above
    log_safe = True


class Form(BaseModel):
    age: int


def test_a_database_error_is_told_by_its_code_and_constraint() -> None:
    told = error_fields(UniqueViolation("duplicate key: Key (email)=(budi@contoh.id)"))
    assert (told["sqlstate"], told["constraint_name"]) == ("23505", "vault_email_key")
    assert "budi" not in str(told)


def test_a_validation_error_is_told_by_places_and_kinds() -> None:
    try:
        Form.model_validate({"age": "Budi"})
    except ValidationError as error:
        told = error_fields(error)
    assert told["fields"] == ["age: int_parsing"]
    assert "Budi" not in str(told)


def test_an_error_that_vouches_for_its_message_keeps_it() -> None:
    assert error_fields(Vouched("port '8080' is taken"))["message"] == "port '8080' is taken"


def test_causes_are_told_too() -> None:
    error = RuntimeError("no broker at 'kafka:9092'")
    error.__cause__ = OSError(111, "Connection refused")
    told = error_fields(error)
    assert told["message"] == "no broker at <…>"
    causes = told["caused_by"]
    assert isinstance(causes, list)
    assert causes[0]["errno"] == 111
    assert causes[0]["message"] == "Connection refused"


def test_a_circle_of_causes_ends() -> None:
    one, two = ValueError("one"), ValueError("two")
    one.__cause__, two.__cause__ = two, one
    causes = error_fields(one)["caused_by"]
    assert isinstance(causes, list)
    assert len(causes) == 1


def test_a_group_tells_its_members() -> None:
    told = error_fields(ExceptionGroup("tasks", [ValueError("'x' y")]))
    assert isinstance(told["group"], list)
    assert told["group"][0]["message"] == "<…> y"


def test_only_the_first_line_is_kept_and_shortened() -> None:
    assert without_personal_data("a\nb") == "a"
    assert len(without_personal_data("a" * 1000)) == 240


def test_short_numbers_stay_and_long_ones_go() -> None:
    assert without_personal_data("offset 12345678 of 1271051201900001") == "offset 12345678 of #"


def test_quotes_of_every_sort_go() -> None:
    assert without_payload("""a "b" c 'd' e `f`""") == "a <…> c <…> e <…>"
