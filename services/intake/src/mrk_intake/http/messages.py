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
    "unreachable": Wrong(
        Text("Surel dan telepon belum diisi.", "There is neither e-mail nor phone."),
        Text("Isi email, atau phone, atau keduanya.", "Give email, or phone, or both."),
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
    "attribute_unknown": Wrong(
        Text("Kategori ini tidak menanyakan rincian itu.", "The category asks for no such detail."),
        Text("Hapus, atau pakai salah satu: {expected}.", "Remove it, or use one of: {expected}."),
    ),
    "attribute_missing": Wrong(
        Text("Rincian ini wajib ada untuk kategori ini.", "The category requires this detail."),
        Text("Tambahkan rincian ini.", "Add this detail."),
    ),
    "attribute_single": Wrong(
        Text("Rincian ini hanya punya satu nilai.", "This detail has one value alone."),
        Text("Kirim satu nilai.", "Send one value."),
    ),
    "attribute_text": Wrong(
        Text(
            "Nilai rincian harus berupa teks atau daftar teks.",
            "The value of a detail is a text or a list of texts.",
        ),
        Text(
            'Kirim teks di antara tanda kutip, misalnya "40".',
            'Send a string in quotes, such as "40".',
        ),
    ),
    "attribute_blank": Wrong(
        Text("Rincian ini kosong.", "This detail is blank."),
        Text("Isi nilainya, atau hapus rincian ini.", "Give a value, or leave the detail out."),
    ),
    "attribute_long": Wrong(
        Text("Nilai rincian terlalu panjang.", "The value of the detail is too long."),
        Text("Tulis paling banyak {max_length} huruf.", "Write at most {max_length} characters."),
    ),
    "attribute_line": Wrong(
        Text("Rincian ini hanya satu baris.", "This detail is one line alone."),
        Text("Tulis dalam satu baris.", "Write it in one line."),
    ),
    "attribute_number": Wrong(
        Text("Rincian ini harus berupa angka.", "This detail must be a number."),
        Text("Kirim angka, misalnya 12 atau 1.5.", "Send a number, such as 12 or 1.5."),
    ),
    "attribute_time": Wrong(
        Text("Waktu tidak terbaca.", "This is not a time."),
        Text(
            "Kirim waktu dengan zona, misalnya 2026-01-31T08:00:00+07:00.",
            "Send a time with its zone, such as 2026-01-31T08:00:00+07:00.",
        ),
    ),
    "attribute_choice": Wrong(
        Text("Pilihan ini tidak dikenal.", "This is not one of the choices."),
        Text("Pilih dari: {expected}.", "Choose from: {expected}."),
    ),
}
"""By pydantic's error type."""
