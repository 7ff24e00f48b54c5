/** Write src/wire/schema.json and src/wire/schema.gen.ts anew: from the server's models to TypeScript. */
import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { typesOf } from "./types.mjs";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const own = at("../../.venv/bin/python");
const python = process.env.PYTHON ?? (existsSync(own) ? own : "python3");
const text = execFileSync(python, [at("wire_schema.py")], { encoding: "utf-8", maxBuffer: 2 ** 26 });

writeFileSync(at("../src/wire/schema.json"), text);
writeFileSync(at("../src/wire/schema.gen.ts"), await typesOf(JSON.parse(text)));
