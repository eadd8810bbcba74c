"""Files as people send them, and as attackers do; each as small as its format allows."""

import io
import struct
import zipfile
import zlib


def pdf(*more: bytes, catalog: bytes = b"") -> bytes:
    """A PDF of one empty page; `catalog` adds to its root, `more` objects are numbered from 4."""
    root = b"<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>"
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 10 10] >>"
    objects = (root, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", page, *more)
    out, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"trailer\n<< /Root 1 0 R /Size %d >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + end


PDF = pdf()
JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    b"\xff\xc0\x00\x0b\x08\x00\x01\x00\x01\x01\x01\x11\x00\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x7f\xff\xd9"
)
EXE = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + b"\x00" * 200
# The harmless text by which antivirus programs are tried.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
ODT_TYPE = "application/vnd.oasis.opendocument.text"
ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX_MAIN = f"{OFFICE}wordprocessingml.document.main+xml"
XLSX_MAIN = f"{OFFICE}spreadsheetml.sheet.main+xml"


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def archive(*entries: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as zipped:
        for name, content in entries:
            zipped.writestr(name, content)
    return file.getvalue()


def office(main_type: str = DOCX_MAIN, *more: tuple[str, bytes]) -> bytes:
    """A file of Microsoft's family, with the list of contents that tells its kind."""
    contents = f'<Types><Override PartName="/main.xml" ContentType="{main_type}"/></Types>'
    return archive(("[Content_Types].xml", contents.encode()), ("main.xml", b"<main/>"), *more)


def open_document(media_type: str = ODT_TYPE) -> bytes:
    return archive(("mimetype", media_type.encode()), ("content.xml", b"<office/>"))


def bomb(size: int = 60_000_000) -> bytes:
    """An office file of a few dozen kilobytes that would take `size` bytes once opened."""
    return office(DOCX_MAIN, ("bomb.xml", bytes(size)))
