"""Every kind of step on a public timeline, and its sentence in both languages."""

from collections.abc import Mapping
from typing import Final, Literal

StepType = Literal[
    "received", "triage", "assigned", "accepted", "returned", "progress", "resolved",
    "handed-on", "asked", "answered", "continued", "unanswered",
    "mirrored", "mirror-refused", "notified",
    "information", "withdrawn", "confirmed", "disputed", "rated",
    "forwarded", "reopened", "closed", "lapsed", "escalated", "set-aside", "examining", "concluded",
    "joined", "alone",
]  # fmt: skip

TEXTS: Final[Mapping[StepType, tuple[str, str]]] = {
    "received": ("Laporan diterima.", "The report was received."),
    "triage": (
        "Petugas sedang menentukan instansi yang bertanggung jawab.",
        "A dispatcher is deciding which agency is responsible.",
    ),
    "assigned": ("Diteruskan kepada {agency}.", "Assigned to {agency}."),
    "handed-on": (
        "Bukan wewenang pemerintah kota: diteruskan kepada {agency} lewat SP4N-LAPOR!.",
        "Not the city's to solve: handed on to {agency} through SP4N-LAPOR!.",
    ),
    "accepted": ("{agency} menerima laporan ini.", "{agency} accepted the report."),
    "returned": (
        "{agency} mengembalikan laporan ini; petugas akan meneruskannya lagi.",
        "{agency} returned the report; it will be assigned again.",
    ),
    "progress": ("{agency} mengabarkan perkembangan.", "{agency} reported progress."),
    "resolved": ("{agency} menyatakan selesai.", "{agency} says that it is solved."),
    # a question to the reporter: what it says, and the answer, are between the two
    "asked": (
        "{agency} menanyakan sesuatu kepada pelapor dan menunggu jawabannya.",
        "{agency} asked the reporter a question and waits for the answer.",
    ),
    "answered": ("Pelapor menjawab pertanyaan instansi.", "The reporter answered the question."),
    "continued": (
        "{agency} menerima jawabannya dan melanjutkan penanganan.",
        "{agency} has the answer and goes on.",
    ),
    "unanswered": (
        "Belum ada jawaban sampai batas waktunya; {agency} melanjutkan penanganan.",
        "No answer came in time; {agency} goes on without it.",
    ),
    "mirrored": (
        "Tercatat di SP4N-LAPOR! dengan nomor {national_id}.",
        "Recorded at SP4N-LAPOR! under number {national_id}.",
    ),
    "mirror-refused": (
        "SP4N-LAPOR! belum mencatat laporan ini; petugas memeriksanya.",
        "SP4N-LAPOR! has not recorded the report; it is being checked.",
    ),
    "notified": (
        "Pelapor dikabari lewat {channel}.",
        "The reporter was told by {channel}.",
    ),
    # what the reporter did, told by intake itself
    "information": ("Pelapor menambahkan keterangan.", "The reporter added information."),
    "withdrawn": ("Pelapor mencabut laporan ini.", "The reporter took the report back."),
    "confirmed": (
        "Pelapor membenarkan bahwa masalahnya selesai.",
        "The reporter agrees that it is solved.",
    ),
    "disputed": (
        "Pelapor menyanggah: masalahnya belum selesai.",
        "The reporter disputes it: it is not solved.",
    ),
    "rated": (
        "Pelapor menilai penyelesaiannya {rating} dari 5.",
        "The reporter rates the solution {rating} of 5.",
    ),
    # what routing made of it
    "forwarded": ("Keterangan diteruskan kepada {agency}.", "{agency} was told of it."),
    "reopened": (
        "Laporan dibuka kembali dan dikerjakan lagi oleh {agency}; tenggatnya tidak berubah.",
        "The report is open again and {agency} is at work on it; the deadline stays as it was.",
    ),
    "closed": ("Laporan ditutup.", "The report is closed."),
    "lapsed": (
        "Tidak ada sanggahan sampai batas waktunya; laporan ditutup.",
        "Nobody disputed the solution in time; the report is closed.",
    ),
    "escalated": (
        "Tenggatnya lewat; laporan disampaikan ke {level}.",
        "It is overdue and was raised to: {level}.",
    ),
    "set-aside": (
        "Laporan ini sudah ditutup: tindakan pelapor dicatat dan tidak mengubahnya.",
        "The report is closed: what the reporter did is on record and changes nothing.",
    ),
    # reports of the same thing; the other one's number is not this reader's to know
    "joined": (
        "Digabungkan dengan laporan lain tentang hal yang sama; ditangani bersama.",
        "Joined with another report of the same thing; both are worked on together.",
    ),
    "alone": (
        "Laporan ini ditangani tersendiri lagi.",
        "The report stands alone again.",
    ),
    # what Inspektorat does with whistle-blowing
    "examining": (
        "Inspektorat memeriksa laporan ini.",
        "The Inspectorate is examining the report.",
    ),
    "concluded": (
        "Inspektorat menutup laporan ini dengan jawaban.",
        "The Inspectorate closed the report with an answer.",
    ),
}
