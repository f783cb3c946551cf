import pytest

from mrk_simulators.mail.records import decode


def test_encoded_words_and_transfer_encodings_are_decoded() -> None:
    raw = (
        b"Subject: =?utf-8?q?Jalan_=E2=9C=93?=\r\nMessage-ID: <a@b>\r\nX-Complaint: 7\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\nU3VkYWgg4pyTDQo=\r\n"
    )
    decoded = decode(raw)
    assert decoded["subject"] == "Jalan ✓"
    assert decoded["message_id"] == "<a@b>"
    assert decoded["body"] == "Sudah ✓\n"
    assert decoded["headers"]["X-Complaint"] == "7"


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe\r\n\r\n\xff", b"Subject\r\n", b"\r\nbody\r\n"])
def test_what_is_hardly_a_message_is_still_shown(raw: bytes) -> None:
    assert decode(raw)["message_id"] is None


def test_an_unknown_charset_does_not_hide_the_text() -> None:
    raw = b"Content-Type: text/plain; charset=klingon\r\n\r\nIsi\r\n"
    assert decode(raw)["body"] == "Isi\n"


def test_a_message_of_html_alone_has_no_plain_body() -> None:
    decoded = decode(b"Content-Type: text/html\r\n\r\n<p>Isi</p>\r\n")
    assert decoded["body"] is None
    assert decoded["html"] == "<p>Isi</p>\n"
