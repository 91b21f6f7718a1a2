"""What a page of a PDF file shows beside its own text: the values of form fields, and notes written on it."""

import ctypes
from collections.abc import Callable

# Bits of a field's flags (ISO 32000-1, tables 221 and 228): not to be exported does not matter here.
_PASSWORD = 1 << 13
_HIDDEN = (1 << 1) | (1 << 5)  # of an annotation: hidden, and not shown on a screen
_MOST = 10_000


def fields_of(page: object, form: object) -> list[str]:
    """The values of the text and choice fields of a page, and its free texts, in their order."""
    from pypdfium2 import raw

    found = []
    for number in range(min(raw.FPDFPage_GetAnnotCount(page), _MOST)):
        annotation = raw.FPDFPage_GetAnnot(page, number)
        if not annotation:
            continue
        try:
            found.append(_value(annotation, form))
        finally:
            raw.FPDFPage_CloseAnnot(annotation)
    return [value for value in found if value]


def _value(annotation: object, form: object) -> str:
    from pypdfium2 import raw

    if raw.FPDFAnnot_GetFlags(annotation) & _HIDDEN:
        return ""
    kind = raw.FPDFAnnot_GetSubtype(annotation)
    if kind == raw.FPDF_ANNOT_FREETEXT:
        return _text(lambda *end: raw.FPDFAnnot_GetStringValue(annotation, b"Contents", *end))
    if kind != raw.FPDF_ANNOT_WIDGET or form is None:
        return ""
    shown = (raw.FPDF_FORMFIELD_TEXTFIELD, raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX)
    field = raw.FPDFAnnot_GetFormFieldType(form, annotation)
    if field not in shown:
        return ""
    secret = (
        field == raw.FPDF_FORMFIELD_TEXTFIELD
        and raw.FPDFAnnot_GetFormFieldFlags(form, annotation) & _PASSWORD
    )
    if secret:
        return ""
    return _text(lambda *end: raw.FPDFAnnot_GetFormFieldValue(form, annotation, *end))


def _text(read: Callable[..., int]) -> str:
    """A UTF-16 text by PDFium's convention: its size first, in bytes with the two of its end."""
    size = read(None, 0)
    if size <= 2:
        return ""
    buffer = (ctypes.c_ushort * (size // 2))()
    read(buffer, size)
    return bytes(buffer).decode("utf-16-le", "replace").rstrip("\0")
