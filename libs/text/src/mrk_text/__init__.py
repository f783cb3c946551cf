"""Masking of personal data in free text: phone numbers, e-mail addresses, NIK.

`from mrk_text.masking import mask`. `python -m mrk_text` prints precision and recall on the
labelled examples. Names inside free text cannot be masked reliably and are not.
"""
