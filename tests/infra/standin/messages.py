"""The messages of Terraform's plugin protocol 6, as far as they are needed here.

Those of several calls have the same numbers for the same things, so they are one message here. A
map is, on the wire, a list of keys and values.

Source: https://developer.hashicorp.com/terraform/plugin/terraform-plugin-protocol
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

Field = descriptor_pb2.FieldDescriptorProto
TEXT, BYTES, FLAG, NUMBER = (
    Field.TYPE_STRING,
    Field.TYPE_BYTES,
    Field.TYPE_BOOL,
    Field.TYPE_INT64,
)
FIELDS: dict[str, dict[str, tuple[int, Any]]] = {
    "Nothing": {},
    "Value": {"msgpack": (1, BYTES), "json": (2, BYTES)},
    "Attribute": {
        "name": (1, TEXT),
        "type": (2, BYTES),
        "required": (4, FLAG),
        "optional": (5, FLAG),
        "computed": (6, FLAG),
        "write_only": (11, FLAG),
    },
    "Block": {"attributes": (2, ["Attribute"]), "block_types": (3, ["NestedBlock"])},
    "NestedBlock": {
        "type_name": (1, TEXT),
        "block": (2, "Block"),
        "nesting": (3, NUMBER),
        "min_items": (4, NUMBER),
        "max_items": (5, NUMBER),
    },
    "Schema": {"block": (2, "Block")},
    "Named": {"key": (1, TEXT), "value": (2, "Schema")},
    "Schemas": {"provider": (1, "Schema"), "resource": (2, ["Named"]), "data": (3, ["Named"])},
    "Raw": {"json": (1, BYTES)},
    "Stored": {"type_name": (1, TEXT), "raw": (3, "Raw")},
    "Configured": {"config": (2, "Value")},
    "Asked": {"type_name": (1, TEXT), "now": (2, "Value"), "wanted": (3, "Value")},
    "Answered": {"value": (1, "Value")},
}


def _file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(name="standin.proto", package="s", syntax="proto3")
    for message, fields in FIELDS.items():
        described = file.message_type.add(name=message)
        for name, (number, kind) in fields.items():
            of = kind[0] if isinstance(kind, list) else kind
            field = described.field.add(name=name, number=number, label=Field.LABEL_OPTIONAL)
            if isinstance(kind, list):
                field.label = Field.LABEL_REPEATED
            if isinstance(of, str):
                field.type, field.type_name = Field.TYPE_MESSAGE, f".s.{of}"
            else:
                field.type = of
    return file


_pool = descriptor_pool.DescriptorPool()
_pool.Add(_file())
MESSAGES = {
    name: message_factory.GetMessageClass(_pool.FindMessageTypeByName(f"s.{name}"))
    for name in FIELDS
}
