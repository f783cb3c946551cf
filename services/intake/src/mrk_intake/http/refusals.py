"""Texts for every reason for which a file is refused: what is wrong, and what to do instead."""

from typing import Final

from mrk_intake.domain.attachments import MAX_PAGES, MAX_PIXELS, Refusal
from mrk_web.language import Text

_MEGAPIXELS: Final = MAX_PIXELS // 1_000_000

TEXTS: Final[dict[Refusal, Text]] = {
    Refusal.UNKNOWN_TYPE: Text(
        "Jenis berkas ini tidak diterima. Kirim foto JPEG, PNG, WebP atau HEIC, atau PDF.",
        "This type of file is not taken. Send a JPEG, PNG, WebP or HEIC photo, or a PDF.",
    ),
    Refusal.SVG: Text(
        "Gambar SVG tidak diterima karena bisa berisi program. Kirim sebagai foto JPEG atau PNG.",
        "SVG drawings are not taken: they may hold programs. Send it as a JPEG or PNG photo.",
    ),
    Refusal.OTHER_TYPE: Text(
        "Isi berkas bukan jenis yang disebut. Kirim lagi dengan jenis yang benar."
        " Atau kirim tanpa menyebut jenisnya.",
        "The file is not of the type that was named. Send it again with its own"
        " type, or with none.",
    ),
    Refusal.EMPTY: Text("Berkas ini kosong.", "The file is empty."),
    Refusal.TOO_LARGE: Text(
        "Berkas lebih besar dari 10 MB. Perkecil, lalu unggah lagi.",
        "The file is larger than 10 MB. Make it smaller, then upload it again.",
    ),
    Refusal.TRUNCATED: Text(
        "Berkas ini terpotong. Unggah lagi dari aslinya.",
        "The file is cut off. Upload it again from the original.",
    ),
    Refusal.DAMAGED: Text(
        "Berkas ini rusak dan tidak bisa dibuka. Unggah berkas lain.",
        "The file is damaged and cannot be opened. Upload another one.",
    ),
    Refusal.POLYGLOT: Text(
        "Berkas ini berisi lebih dari satu foto atau dokumen. Simpan ulang fotonya, lalu unggah.",
        "The file holds something beside the photo or document. Save it anew, then upload it.",
    ),
    Refusal.ANIMATED: Text(
        "Gambar bergerak tidak diterima. Kirim satu foto diam.",
        "Moving pictures are not taken. Send a still photo.",
    ),
    Refusal.TOO_MANY_PIXELS: Text(
        f"Gambar melebihi {_MEGAPIXELS} megapiksel. Perkecil, lalu unggah lagi.",
        f"The picture has more than {_MEGAPIXELS} megapixels. Make it smaller, then upload it.",
    ),
    Refusal.TOO_HEAVY: Text(
        "Berkas ini terlalu berat untuk diperiksa. Simpan ulang lebih sederhana, lalu unggah.",
        "The file is too heavy to examine. Save it in a simpler form, then upload it.",
    ),
    Refusal.PDF_ENCRYPTED: Text(
        "PDF ini dikunci dengan kata sandi. Simpan tanpa kata sandi, lalu unggah lagi.",
        "The PDF is encrypted. Save it without a password, then upload it again.",
    ),
    Refusal.PDF_ACTIVE: Text(
        "PDF ini berisi program atau lampiran. Cetak ke PDF biasa, lalu unggah lagi.",
        "The PDF holds programs or embedded files. Print it to a plain PDF, then upload it.",
    ),
    Refusal.PDF_TOO_LONG: Text(
        f"PDF melebihi {MAX_PAGES} halaman. Kirim halaman yang penting saja.",
        f"The PDF has more than {MAX_PAGES} pages. Send those that matter.",
    ),
}
