"""A walk over a protobuf message before it is parsed: parsing makes objects many times as large as an empty message."""

from __future__ import annotations

from typing import Any

from .._errors import CorruptError, MemoryLimitError

MOST_FIELDS = 300_000
"""Fields of all messages together; each costs the parser up to some hundred bytes. Large networks have some 30,000."""
MOST_INTEGERS = 1 << 20
"""Bytes of packed integers, which grow eightfold; weights are not packed integers."""
DEEPEST = 32
"""Messages within messages. A tensor of a node's attribute lies at depth 5."""

_MESSAGE, _STRING, _INTEGERS = range(3)
_Fields = dict[int, tuple[int, Any]]
_tables: dict[str, _Fields] = {}


def _table(descriptor: Any) -> _Fields:
    """What the fields of a message hold, as far as it matters here."""
    known = _tables.get(descriptor.full_name)
    if known is None:
        known = {}
        for field in descriptor.fields:
            if field.message_type is not None:
                known[field.number] = (_MESSAGE, field.message_type)
            elif field.type == field.TYPE_STRING:
                known[field.number] = (_STRING, None)
            elif field.type not in (field.TYPE_FLOAT, field.TYPE_DOUBLE, field.TYPE_BYTES):
                known[field.number] = (_INTEGERS, None)
        _tables[descriptor.full_name] = known
    return known


def scan(data: bytes, descriptor: Any) -> None:
    """Refuses what is no message of that type, or would take memory out of proportion to its bytes.

    Errors: CorruptError, MemoryLimitError.
    """
    fields = integers = 0
    position, end, table = 0, len(data), _table(descriptor)
    outer: list[tuple[int, _Fields]] = []
    while True:
        while position == end:
            if not outer:
                return
            end, table = outer.pop()
        fields += 1
        if fields > MOST_FIELDS:
            raise MemoryLimitError(f"an ONNX file must hold <= {MOST_FIELDS} fields, this one has more")
        tag, position = _varint(data, position, end)
        number, wire = tag >> 3, tag & 7
        if number == 0:
            raise _corrupt(position, "a field without a number")
        if wire == 0:
            _, position = _varint(data, position, end)
        elif wire == 1:
            position += 8
        elif wire == 5:
            position += 4
        elif wire == 2:
            length, position = _varint(data, position, end)
            if length > end - position:
                raise _corrupt(position, f"a field of {length} bytes where {end - position} are left")
            kind, inner = table.get(number, (None, None))
            if kind == _MESSAGE:
                if len(outer) >= DEEPEST:
                    raise _corrupt(position, f"messages nested more than {DEEPEST} deep")
                outer.append((end, table))
                end, table = position + length, _table(inner)
                continue
            if kind == _STRING:
                _check_text(data, position, length)
            elif kind == _INTEGERS:
                integers += length
                if integers > MOST_INTEGERS:
                    raise MemoryLimitError(f"an ONNX file must hold <= {MOST_INTEGERS} bytes of packed integers")
            position += length
        else:
            raise _corrupt(position, f"a field of wire type {wire}")
        if position > end:
            raise _corrupt(position, "a field that ends behind its message")


def _varint(data: bytes, position: int, end: int) -> tuple[int, int]:
    result = shift = 0
    while position < end:
        byte = data[position]
        position += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, position
        shift += 7
        if shift > 63:
            raise _corrupt(position, "a number of more than 64 bits")
    raise _corrupt(position, "the end within a number")


def _check_text(data: bytes, position: int, length: int) -> None:
    try:
        data[position : position + length].decode()
    except UnicodeDecodeError:
        raise _corrupt(position, "text that is not UTF-8") from None


def _corrupt(position: int, what: str) -> CorruptError:
    return CorruptError(f"not an ONNX file, or a damaged one: {what} at byte {position}")
