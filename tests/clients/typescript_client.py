"""openapi-typescript: its types under a caller that tsc compiles in strict mode and node runs."""

import json
import subprocess
from pathlib import Path

from tests.clients.calls import Call, Document, key_header, list_calls

PACKAGES = ("openapi-typescript", "openapi-fetch", "typescript@5")
OPTIONS = {
    "compilerOptions": {
        "strict": True,
        "target": "es2022",
        "module": "nodenext",
        "lib": ["es2022", "dom", "dom.iterable"],
        "types": [],
        "outDir": "built",
    },
}
# A field with a default may be left out.
OPTIONAL = "--default-non-nullable=false"
HEAD = """import createClient from "openapi-fetch";
import type {{ paths }} from "./{protocol}.js";

const client = createClient<paths>({{ baseUrl: {base_url}, headers: {headers} }});
async function done(operation: string, answer: Promise<{{ data?: unknown; error?: unknown; response: Response }}>) {{
  const {{ data, error, response }} = await answer;
  if (response.status !== 200 || data === undefined) {{
    throw new Error(operation + " " + response.status + " " + JSON.stringify(error));
  }}
  console.log(operation, typeof data);
}}
"""


def call_all(folder: Path, protocol: str, document: Document, key: str) -> list[str]:
    """Generate, compile, call, and return one line for each operation that was answered as documented."""
    (folder / f"{protocol}.json").write_text(json.dumps(document))
    (folder / "tsconfig.json").write_text(json.dumps(OPTIONS | {"include": [f"{protocol}*.ts"]}))
    run(folder, "npx", "openapi-typescript", f"{protocol}.json", "-o", f"{protocol}.ts", OPTIONAL)
    name, value = key_header(document, key)
    head = HEAD.format(
        protocol=protocol,
        base_url=json.dumps(document["servers"][0]["url"]),
        headers=json.dumps({name: value, "Accept": "application/json"}),
    )
    lines = [write_call(call) for call in list_calls(document)]
    (folder / f"{protocol}_caller.ts").write_text(head + "\n".join(lines) + "\n")
    run(folder, "npx", "tsc", "--project", "tsconfig.json")
    return run(folder, "node", f"built/{protocol}_caller.js").splitlines()


def write_call(call: Call) -> str:
    """Return the line of TypeScript that makes a call; the types say whether it is right."""
    values = {"path": call.path_values, "query": call.query}
    needed = {where: found for where, found in values.items() if found}
    options = [f"params: {json.dumps(needed)}"] if needed else []
    if call.body is not None:
        options.append(f"body: {json.dumps(call.body)}")
        options.append(f"headers: {json.dumps({'Content-Type': call.media_type})}")
    if call.media_type.endswith("urlencoded"):
        options.append(
            "bodySerializer: (body) => new URLSearchParams(body as Record<string, string>).toString()"
        )
    elif call.media_type and not call.media_type.endswith("json"):
        options.append("bodySerializer: (body) => String(body)")
    # The answer of a download is a text.
    if call.operation in ("get_results_file", "get_job_data"):
        options.append('parseAs: "text"')
    path = json.dumps(call.path)
    return (
        f'await done("{call.operation}", client.{call.method}({path}, {{ {", ".join(options)} }}));'
    )


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout[-4000:]}{done.stderr[-4000:]}"
    return done.stdout
