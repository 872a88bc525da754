// Checks YAML that an operator has written, and writes YAML. Errors name places and never content, which is secret. Pure.
import { CkeError } from "@cke/foundation";
import { isMap, LineCounter, parseDocument, stringify, type YAMLMap } from "yaml";

/** cloud-init reads YAML 1.1: what is `on` or `0o755` there is quoted as that needs it. */
const version = "1.1";

export function yamlText(value: object): string {
  return stringify(value, { version, lineWidth: 0, aliasDuplicateObjects: false });
}

/** Throws CkeError seed_invalid. `name`: what the text is, for the message. */
export function yamlMapping(text: string, name: string): YAMLMap {
  const lines = new LineCounter();
  const document = parseDocument(text, { version, prettyErrors: false, lineCounter: lines, logLevel: "silent" });
  const [error] = document.errors;
  if (error !== undefined) {
    const { col, line } = lines.linePos(error.pos[0]);
    throw new CkeError("seed_invalid", `${name} is no YAML: ${error.code} at line ${line}, column ${col}`);
  }
  if (isMap(document.contents)) return document.contents;
  throw new CkeError("seed_invalid", `${name} must be a YAML mapping: lines of the form "key: value"`);
}
