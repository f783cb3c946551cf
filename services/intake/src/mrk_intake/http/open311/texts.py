"""Texts for the faults that are Open311's alone; others are those of API v1."""

from typing import Final

from mrk_intake.domain.open311.parameters import Fault
from mrk_intake.http.messages import MESSAGES
from mrk_web.language import Language, Text
from mrk_web.validation import STANDARD, Messages, Wrong

_OTHER: Final = Wrong(
    Text("Isian ini tidak sah.", "This is not valid."),
    Text("Periksa isian ini.", "Check it."),
)
_OWN: Final[Messages] = {
    "missing": Wrong(
        Text("Parameter ini wajib ada.", "This parameter is required."),
        Text("Tambahkan parameter ini.", "Add it."),
    ),
    "repeated": Wrong(
        Text("Parameter ini dikirim lebih dari sekali.", "This parameter was sent more than once."),
        Text("Kirim satu kali.", "Send it once."),
    ),
    "degrees": Wrong(
        Text("Ini bukan derajat desimal.", "These are no decimal degrees."),
        Text(
            "Kirim WGS 84 dari -{limit} sampai {limit}, misalnya 3.5897.",
            "Send WGS 84 from -{limit} to {limit}, such as 3.5897.",
        ),
    ),
    "whole": Wrong(
        Text("Ini bukan bilangan bulat yang diterima.", "This is no whole number that is taken."),
        Text("Kirim bilangan dari 1 sampai {most}.", "Send a number from 1 to {most}."),
    ),
    "flag": Wrong(
        Text("Parameter ini harus true atau false.", "This must be true or false."),
        Text("Kirim true atau false.", "Send true or false."),
    ),
    "instant": Wrong(
        Text("Ini bukan tanggal W3C dengan zona.", "This is no W3C date with its zone."),
        Text(
            "Kirim misalnya 2026-01-31T08:00:00+07:00, 2026-01-31T01:00:00Z atau 2026-01-31.",
            "Send such as 2026-01-31T08:00:00+07:00, 2026-01-31T01:00:00Z or 2026-01-31.",
        ),
    ),
    "range_order": Wrong(
        Text("end_date mendahului start_date.", "end_date is before start_date."),
        Text("Tukar keduanya.", "Exchange the two."),
    ),
    "range_long": Wrong(
        Text("Rentang waktu terlalu panjang.", "The range is too long."),
        Text("Minta paling banyak {days} hari sekaligus.", "Ask for {days} days at most at once."),
    ),
    "status": Wrong(
        Text("Status ini tidak dikenal.", "This status is unknown."),
        Text("Pakai open atau closed.", "Use open or closed."),
    ),
    "number": Wrong(
        Text(
            "Nomor ke-{place} salah tulis: huruf pemeriksanya tidak cocok.",
            "Number {place} is miswritten: it does not fit its check character.",
        ),
        Text("Periksa lagi penulisannya.", "Look again how it is written."),
    ),
    "service_unknown": Wrong(
        Text("Layanan ini tidak ada.", "There is no such service."),
        Text("Pakai service_code dari GET services.", "Use a service_code of GET services."),
    ),
    "address_unknown": Wrong(
        Text("address_id ini tidak dikenal.", "This address_id is unknown."),
        Text(
            "Kirim kode Kemendagri kelurahan, misalnya 12.71.05.1003, atau address_string.",
            "Send a kelurahan's Kemendagri code, such as 12.71.05.1003, or address_string.",
        ),
    ),
    "place": Wrong(
        Text("Tempat kejadian belum disebut.", "The place is not told."),
        Text(
            "Kirim lat dan long, atau address_string, atau address_id.",
            "Send lat and long, or address_string, or address_id.",
        ),
    ),
    "url": Wrong(
        Text("Ini bukan alamat http atau https.", "This is no http or https address."),
        Text("Kirim alamat lengkap, atau hapus media_url.", "Send a full one, or no media_url."),
    ),
    "attribute_name": Wrong(
        Text("Nama parameter rincian tidak terbaca.", "The name of an attribute is malformed."),
        Text("Tulis attribute[kode].", "Write attribute[code]."),
    ),
    "api_key": Wrong(
        Text("api_key tidak ada atau tidak berlaku.", "api_key is missing or not valid."),
        Text(
            "Kirim kunci yang berlaku di dalam formulir, jangan di alamat.",
            "Send a valid key inside the form, not in the address.",
        ),
    ),
    "not_found": Wrong(
        Text("Tidak ditemukan.", "Not found."),
        Text("Periksa alamat atau nomornya.", "Check the address or the number."),
    ),
    "format": Wrong(
        Text("Format ini tidak ada.", "There is no such format."),
        Text("Akhiri alamat dengan .json atau .xml.", "End the address with .json or .xml."),
    ),
    "content_type": Wrong(
        Text("Isi kiriman bukan formulir.", "The body is no form."),
        Text(
            "Kirim sebagai application/x-www-form-urlencoded.",
            "Send application/x-www-form-urlencoded.",
        ),
    ),
    "form": Wrong(
        Text("Formulir tidak terbaca.", "The form cannot be read."),
        Text("Kirim UTF-8, paling banyak {most} isian.", "Send UTF-8, at most {most} fields."),
    ),
    "key_reused": Wrong(
        Text(
            "Idempotency-Key sudah dipakai untuk isi lain.",
            "The Idempotency-Key belongs to another request.",
        ),
        Text("Buat kunci baru untuk laporan yang berbeda.", "Make a new key for another report."),
    ),
    "updates_refused": Wrong(
        Text(
            "Pembaruan dari luar belum diterima di sini; tidak ada yang dicatat. Kemajuan sebuah"
            " laporan hanya dinyatakan oleh instansi pemiliknya.",
            "Updates from outside are not taken here; nothing was recorded. Only the agency that"
            " owns a report says how it goes.",
        ),
        Text(
            "Instansi menjawab lewat saluran instansinya; warga mengirim laporan baru.",
            "Agencies answer by their own channel; residents send a new report.",
        ),
    ),
}
_KNOWN: Final[Messages] = {**STANDARD, **MESSAGES, **_OWN}

MEDIA_NOT_KEPT: Final = Text(
    "Foto pada media_url tidak diambil dan tidak disimpan: lampiran belum diterima lewat jalan ini."
    " Laporan Anda tetap diterima.",
    "The picture at media_url was not fetched and is not kept: attachments are not taken this way"
    " yet. The report itself is accepted.",
)
CONTACT: Final = Text(
    "Hubungi pengelola layanan laporan {city}: {url}",
    "Contact those who run the reports of {city}: {url}",
)
KEY_SERVICE: Final = Text(
    "Kunci diberikan oleh pengelola; sebutkan nama aplikasi dan penanggung jawabnya. {contact}",
    "Keys are given by those who run it; name the application and who answers for it. {contact}",
)


def told(fault: Fault, language: Language) -> str:
    """A fault in one line: which parameter, what is wrong, and the mend."""
    wrong = _KNOWN.get(fault.type, _OTHER)
    sentence = f"{wrong.message.to(language)} {wrong.mend.to(language)}"
    filled = sentence.format_map(_Blanks(fault.context))
    return f"{fault.parameter}: {filled}" if fault.parameter else filled


class _Blanks(dict[str, object]):
    # texts come from code, so an unfilled name is a slip there: the answer stays readable
    def __missing__(self, key: str) -> str:
        return "…"
