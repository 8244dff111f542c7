"""What the Python programs share: a transcript on standard output, one JSON object a line."""

import json


def text(value):
    """Bytes, sets and nested replies as JSON can hold them; sets and dictionaries in sorted order."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, (set, frozenset)):
        return sorted((text(item) for item in value), key=str)
    if isinstance(value, dict):
        return {str(text(key)): text(item) for key, item in sorted(value.items(), key=lambda pair: str(text(pair[0])))}
    if isinstance(value, (list, tuple)):
        return [text(item) for item in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


def say(step, reply=None):
    print(json.dumps({"step": step, "reply": text(reply)}), flush=True)


def attempt(step, call, *arguments, **options):
    """Prints the reply, or the error as its class and text: an error is a reply like any other."""
    try:
        reply = call(*arguments, **options)
    except Exception as error:  # any client's error type: the type's name is part of the transcript
        reply = f"{type(error).__name__}: {error}"
    say(step, reply)


def done():
    print('{"step": "done"}', flush=True)
