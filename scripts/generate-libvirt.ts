// Generates packages/libvirt/src/generated/*.ts from packages/libvirt/description/libvirt.rpc: readonly types of arguments
// and answers, and how they are written and read. `--check` fails when the committed files differ from the result.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Description, type Field, type FieldType, type Program, parseDescription } from "./libvirt-description.ts";

const top = fileURLToPath(new URL("..", import.meta.url));
const source = "packages/libvirt/description/libvirt.rpc";
const target = join(top, "packages/libvirt/src/generated");

/** Type in TypeScript, method of XdrWriter and XdrReader. */
const scalars: Readonly<Record<string, readonly [type: string, method: string]>> = {
  string: ["string", "string"],
  int: ["number", "int"],
  uint: ["number", "uint"],
  hyper: ["number", "hyper"],
  uhyper: ["number", "uhyper"],
  uuid: ["string", "uuid"],
  param: ["TypedParam", "param"],
};

function typeOf({ name, kind }: FieldType): string {
  const one = name === "bytes" ? "Uint8Array" : name === "chars" ? "string" : (scalars[name]?.[0] ?? name);
  if (kind === "list") return `readonly ${one}[]`;
  return kind === "optional" ? `${one} | undefined` : one;
}

const shape = (fields: readonly Field[]) =>
  fields.length === 0
    ? "NoFields"
    : `{ ${fields.map((field) => `readonly ${field.name}: ${typeOf(field.type)}`).join("; ")} }`;

function writeOne({ name }: FieldType, value: string, label: string): string {
  const scalar = scalars[name];
  return scalar === undefined ? `write${name}(output, ${value})` : `output.${scalar[1]}(${value}, ${label})`;
}

function readOne({ name }: FieldType, label: string): string {
  const scalar = scalars[name];
  return scalar === undefined ? `read${name}(input)` : `input.${scalar[1]}(${label})`;
}

function writeField({ name, type }: Field): string {
  const value = `value.${name}`;
  const label = `"${name}"`;
  if (type.name === "bytes") return `output.bytes(${value}, ${type.most}, ${label});`;
  if (type.name === "chars") return `output.chars(${value}, ${type.most}, ${label});`;
  const one = `(item) => ${writeOne(type, "item", label)}`;
  if (type.kind === "list") return `output.list(${value}, ${type.most}, ${label}, ${one});`;
  if (type.kind === "optional") return `output.optional(${value}, ${one});`;
  return `${writeOne(type, value, label)};`;
}

function readField({ name, type }: Field): string {
  const label = `"${name}"`;
  if (type.name === "bytes") return `input.bytes(${type.most}, ${label})`;
  if (type.name === "chars") return `input.chars(${type.most}, ${label})`;
  const one = `() => ${readOne(type, label)}`;
  if (type.kind === "list") return `input.list(${type.most}, ${label}, ${one})`;
  if (type.kind === "optional") return `input.optional(${label}, ${one})`;
  return readOne(type, label);
}

const writing = (fields: readonly Field[]) =>
  fields.length === 0 ? "() => {}" : `(value, output) => { ${fields.map(writeField).join(" ")} }`;
const reading = (fields: readonly Field[]) =>
  fields.length === 0
    ? "() => ({})"
    : `(input) => ({ ${fields.map((field) => `${field.name}: ${readField(field)}`).join(", ")} })`;

function programCode(program: Program, { records }: Description): string {
  const code: string[] = [`export const ${program.name}Program = ${program.number};\n`];
  for (const { number, name, symbol, since, slow, fields, answer } of program.calls)
    code.push(
      `/** ${symbol}, since ${since}. */
export const ${name}: Procedure<${shape(fields)}, ${shape(answer)}> = {
  program: ${program.number}, version: ${program.version}, number: ${number}, name: "${symbol}", since: "${since}", slow: ${slow},
  write: ${writing(fields)},
  read: ${reading(answer)},
};\n`,
    );
  for (const { number, name, since, fields } of program.events)
    code.push(
      `/** Since ${since}. */
export const ${name}: EventMessage<${shape(fields)}> = {
  program: ${program.number}, number: ${number}, read: ${reading(fields)},
};\n`,
    );
  const body = code.join("\n");
  const named = records.flatMap(({ name }) => [
    ...(new RegExp(`: (readonly )?${name}\\b`).test(body) ? [`type ${name}`] : []),
    ...[`write${name}`, `read${name}`].filter((word) => body.includes(`${word}(`)),
  ]);
  const procedures = ["type Procedure", ...(program.events.length > 0 ? ["type EventMessage"] : [])];
  if (body.includes("NoFields")) procedures.push("type NoFields");
  const params = body.includes("TypedParam") ? 'import type { TypedParam } from "../wire/typed-param.ts";\n' : "";
  return `// Generated from ${source} by scripts/generate-libvirt.ts: do not edit.
${params}import { ${procedures.sort().join(", ")} } from "../wire/procedure.ts";
import { ${named.sort().join(", ")} } from "./records.ts";

${body}`;
}

function recordsCode({ records }: Description): string {
  const code = records.map(
    ({ name, fields }) => `export interface ${name} ${shape(fields)}
export function write${name}(output: XdrWriter, value: ${name}): void { ${fields.map(writeField).join(" ")} }
export function read${name}(input: XdrReader): ${name} {
  return { ${fields.map((field) => `${field.name}: ${readField(field)}`).join(", ")} };
}\n`,
  );
  return `// Generated from ${source} by scripts/generate-libvirt.ts: do not edit.
import type { XdrReader } from "../wire/xdr-reader.ts";
import type { XdrWriter } from "../wire/xdr-writer.ts";

${code.join("\n")}`;
}

const description = parseDescription(readFileSync(join(top, source), "utf8"));
const files = new Map([
  ["records.ts", recordsCode(description)],
  ...description.programs.map((program) => [`${program.name}.ts`, programCode(program, description)] as const),
]);
mkdirSync(target, { recursive: true });
const check = process.argv.includes("--check");
for (const [name, code] of files) {
  const file = join(target, name);
  if (!check) writeFileSync(file, code);
  else if (readFileSync(file, "utf8") !== code) {
    console.error(`${file} is not what ${source} makes: run pnpm generate`);
    process.exit(1);
  }
}
