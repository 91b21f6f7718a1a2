"""A model of a few thousand weights in a GGUF file: it writes nonsense, by the same code as any other."""

import struct
from pathlib import Path
from typing import Any

import numpy as np

WIDTH, HEADS, INNER, WINDOW = 32, 2, 32, 1024
TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant:"
# The types of values and of tokens by their numbers (docs/gguf.md of ggml, llama.cpp's llama.h).
UINT32, FLOAT32, BOOL, STRING, ARRAY = 4, 6, 7, 8, 9
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6
PLAIN = {UINT32: "I", 5: "i", FLOAT32: "f", BOOL: "?"}


def _text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def _value(kind: int, value: Any) -> bytes:
    return _text(value) if kind == STRING else struct.pack(f"<{PLAIN[kind]}", value)


def _entry(name: str, kind: int, value: Any) -> bytes:
    return _text(name) + struct.pack("<I", kind) + _value(kind, value)


def _list(name: str, kind: int, values: list[Any]) -> bytes:
    head = _text(name) + struct.pack("<IIQ", ARRAY, kind, len(values))
    return head + b"".join(_value(kind, value) for value in values)


def vocabulary() -> tuple[list[str], list[int]]:
    """(tokens, their types): three marks, and each byte."""
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    return tokens, [UNKNOWN, CONTROL, CONTROL, *[BYTE] * 256]


def _keys(architecture: str) -> list[bytes]:
    tokens, kinds = vocabulary()
    sizes = {
        "context_length": WINDOW, "embedding_length": WIDTH, "block_count": 1, "feed_forward_length": INNER,
        "attention.head_count": HEADS, "attention.head_count_kv": HEADS, "vocab_size": len(tokens),
        "rope.dimension_count": WIDTH // HEADS,
    }  # fmt: skip
    return [
        _entry("general.architecture", STRING, architecture),
        *(_entry(f"{architecture}.{name}", UINT32, size) for name, size in sizes.items()),
        _entry(f"{architecture}.attention.layer_norm_rms_epsilon", FLOAT32, 1e-5),
        _entry("tokenizer.ggml.model", STRING, "llama"),
        _list("tokenizer.ggml.tokens", STRING, tokens),
        _list("tokenizer.ggml.scores", FLOAT32, [0.0] * len(tokens)),
        _list("tokenizer.ggml.token_type", 5, kinds),
        _entry("tokenizer.ggml.bos_token_id", UINT32, 1),
        _entry("tokenizer.ggml.eos_token_id", UINT32, 2),
        _entry("tokenizer.ggml.add_bos_token", BOOL, True),
        _entry("tokenizer.chat_template", STRING, TEMPLATE),
    ]


def _tensors() -> dict[str, np.ndarray[Any, Any]]:
    draw = np.random.default_rng(7)
    words = len(vocabulary()[0])
    shapes = {
        "token_embd.weight": (words, WIDTH), "output.weight": (words, WIDTH),
        **{f"blk.0.attn_{name}.weight": (WIDTH, WIDTH) for name in ("q", "k", "v", "output")},
        "blk.0.ffn_gate.weight": (INNER, WIDTH), "blk.0.ffn_up.weight": (INNER, WIDTH),
        "blk.0.ffn_down.weight": (WIDTH, INNER),
    }  # fmt: skip
    found = {name: draw.normal(0, 0.5, shape).astype(np.float32) for name, shape in shapes.items()}
    norms = ("output_norm.weight", "blk.0.attn_norm.weight", "blk.0.ffn_norm.weight")
    return found | {name: np.ones(WIDTH, np.float32) for name in norms}


def write_tiny(path: Path, architecture: str = "llama") -> Path:
    """The file, about 150 kB."""
    keys, tensors = _keys(architecture), _tensors()
    head, data = [b"GGUF", struct.pack("<IQQ", 3, len(tensors), len(keys)), *keys], b""
    for name, values in tensors.items():
        shape = values.shape[::-1]
        head.append(_text(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *shape))
        head.append(struct.pack("<IQ", 0, len(data)))
        data += values.tobytes() + b"\0" * (-values.nbytes % 32)
    start = b"".join(head)
    path.write_bytes(start + b"\0" * (-len(start) % 32) + data)
    return path
