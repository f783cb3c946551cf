"""Texts for the reasons that are ours alone; `mrk_web.validation` has the others."""

from typing import Final

from mrk_intake.domain.attachments import MAX_A_REPORT
from mrk_web.language import Text
from mrk_web.validation import Messages, Wrong

MESSAGES: Final[Messages] = {
    "phone": Wrong(
        Text("Nomor telepon ini tidak bisa dihubungi.", "This phone number cannot be reached."),
        Text(
            "Tulis nomor lengkap, misalnya 0812 3456 7890 atau +62 61 4512412.",
            "Write the whole number, such as 0812 3456 7890 or +62 61 4512412.",
        ),
    ),
    "email": Wrong(
        Text("Alamat surel ini tidak sah.", "This is not an e-mail address."),
        Text("Tulis seperti nama@contoh.id.", "Write it like name@example.org."),
    ),
    "future": Wrong(
        Text("Waktu kejadian ada di masa depan.", "The time is in the future."),
        Text(
            "Kirim waktu kejadian yang sudah lewat, atau kosongkan.",
            "Send a time that has passed, or leave it out.",
        ),
    ),
    "category_unknown": Wrong(
        Text("Kategori ini tidak dikenal.", "This category is unknown."),
        Text(
            "Kosongkan kategori: petugas akan menentukannya.",
            "Leave the category out: it will be found.",
        ),
    ),
    "attachment_twice": Wrong(
        Text("Satu unggahan disebut dua kali.", "One upload is named twice."),
        Text("Sebut setiap unggahan satu kali saja.", "Name each upload once."),
    ),
    "/attachments too_long": Wrong(
        Text("Lampiran terlalu banyak.", "There are too many attachments."),
        Text(
            f"Kirim paling banyak {MAX_A_REPORT} foto atau dokumen.",
            f"Send at most {MAX_A_REPORT} photos or documents.",
        ),
    ),
    "attachment_name": Wrong(
        Text("Ini bukan nomor unggahan.", "This names no upload."),
        Text(
            "Kirim bagian terakhir dari alamat unggahan.",
            "Send the last part of the upload's address.",
        ),
    ),
    "place_missing": Wrong(
        Text("Tempat kejadian belum disebut.", "The place is not told."),
        Text(
            "Kirim location {{lat, lon}}, atau address, atau keduanya.",
            "Send location {{lat, lon}}, or address, or both.",
        ),
    ),
}
"""By pydantic's error type."""
