"""Reads what `forgebatch run` wrote as JSON lines, strictly, by docs/schema/progress-1.json with every member named there.

    python3 check_stream.py SCHEMA progress|summary FILE ...

A file of `progress` has to end with a summary, a plan or an error, and only messages may follow.
"""

import json
import sys

import jsonschema


def closed(schema):
    """The same schema in which no object has a member that is not named."""
    if isinstance(schema, dict):
        schema = {key: closed(value) for key, value in schema.items()}
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        return schema
    return [closed(each) for each in schema] if isinstance(schema, list) else schema


def refuse(text):
    raise ValueError(f"{text} is no JSON")


def check(path, validator, is_stream):
    with open(path, "rb") as file:
        data = file.read()
    assert data.endswith(b"\n"), f"{path}: the last line has no end"
    kinds = []
    for line in data.decode().splitlines():
        value = json.loads(line, parse_constant=refuse)
        validator.validate(value)
        kinds.append(value.get("type"))
    if is_stream:
        last = [kind for kind in kinds if kind != "message"][-1:]
        ends = ["summary", "planned", "error"]
        assert not last or last[0] in ends, f"{path}: it ends with {kinds[-5:]}"
        assert sum(kinds.count(end) for end in ends) <= 1, f"{path}: {kinds}"
    else:
        assert len(kinds) == 1, f"{path}: {len(kinds)} lines"


def main(schema, kind, *paths):
    with open(schema, encoding="utf-8") as file:
        whole = json.load(file)
    jsonschema.Draft202012Validator.check_schema(whole)
    whole = closed(whole)
    if kind == "summary":
        whole = {"$ref": "#/$defs/summary", "$defs": whole["$defs"]}
    validator = jsonschema.Draft202012Validator(whole)
    for path in paths:
        try:
            check(path, validator, kind == "progress")
        except (AssertionError, ValueError, jsonschema.ValidationError) as error:
            sys.exit(f"{path}: {error}")
    print(len(paths))


if __name__ == "__main__":
    main(*sys.argv[1:])
