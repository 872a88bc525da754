// Generates packages/protocol/src/generated/*.ts from proto/: readonly message types, codecs on protobufjs' reader and
// writer, and gRPC service definitions. `--check` fails when the committed files differ from the result.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";

const top = fileURLToPath(new URL("..", import.meta.url));
const target = join(top, "packages/protocol/src/generated");
const sources = ["process", "stream", "wrapper", "executor", "kube_node", "vm"];

const kebab = (name: string) => name.replaceAll("_", "-");
const lowerFirst = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);

interface Scalar {
  readonly type: string;
  readonly zero: string;
  readonly wire: number;
  readonly write: string;
  readonly read: string;
}
const scalars: Readonly<Record<string, Scalar>> = {
  string: { type: "string", zero: '""', wire: 2, write: "string", read: "reader.string()" },
  bytes: { type: "Uint8Array", zero: "new Uint8Array(0)", wire: 2, write: "bytes", read: "detached(reader.bytes())" },
  bool: { type: "boolean", zero: "false", wire: 0, write: "bool", read: "reader.bool()" },
  uint32: { type: "number", zero: "0", wire: 0, write: "uint32", read: "reader.uint32()" },
  int32: { type: "number", zero: "0", wire: 0, write: "int32", read: "reader.int32()" },
  uint64: { type: "number", zero: "0", wire: 0, write: "uint64", read: "toNumber(reader.uint64())" },
};

function enumValues(definition: protobuf.Enum): Array<[number, string]> {
  const names = Object.keys(definition.values);
  let prefix = names[0] ?? "";
  for (const name of names) while (!name.startsWith(prefix)) prefix = prefix.slice(0, -1);
  prefix = prefix.slice(0, prefix.lastIndexOf("_") + 1);
  return names.map((name) => [
    definition.values[name] ?? 0,
    name.slice(prefix.length).toLowerCase().replaceAll("_", "-"),
  ]);
}

interface Shape {
  readonly type: string;
  readonly init: string;
  readonly zero: string;
  readonly create: (value: string) => string;
  readonly isDefault: (value: string) => string;
  readonly write: (value: string, writer: string, tag: number) => string;
  readonly read: string;
}

/** Type, writing and reading of one value (a single field or an element of a repeated one). */
function shapeOf(field: protobuf.Field | protobuf.MapField): Shape {
  field.resolve();
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Enum) {
    const name = resolvedType.name;
    const first = enumValues(resolvedType)[0]?.[1] ?? "";
    return {
      type: name,
      init: name,
      zero: `"${first}"`,
      create: (value) => value,
      isDefault: (value) => `${value} === "${first}"`,
      write: (value, writer, tag) => `${writer}.uint32(${(tag << 3) | 0}).int32(${lowerFirst(name)}Numbers[${value}]);`,
      read: `${lowerFirst(name)}Names[reader.int32()] ?? "${first}"`,
    };
  }
  if (resolvedType instanceof protobuf.Type) {
    const name = resolvedType.name;
    return {
      type: name,
      init: `${name}Init`,
      zero: "undefined",
      create: (value) => `${name}.create(${value})`,
      isDefault: (value) => `${value} === undefined`,
      write: (value, writer, tag) => `${name}.write(${value}, ${writer}.uint32(${(tag << 3) | 2}).fork()).ldelim();`,
      read: `${name}.read(reader, reader.uint32())`,
    };
  }
  const scalar = scalars[field.type];
  if (scalar === undefined) throw new Error(`${field.fullName}: type ${field.type} is not supported by the generator`);
  return {
    type: scalar.type,
    init: scalar.type,
    zero: scalar.zero,
    create: (value) => value,
    isDefault: (value) => (field.type === "bytes" ? `${value}.length === 0` : `${value} === ${scalar.zero}`),
    write: (value, writer, tag) => `${writer}.uint32(${(tag << 3) | scalar.wire}).${scalar.write}(${value});`,
    read: scalar.read,
  };
}

function messageCode(message: protobuf.Type): string {
  const type: string[] = [];
  const init: string[] = [];
  const create: string[] = [];
  const write: string[] = [];
  const start: string[] = [];
  const read: string[] = [];
  const finish: string[] = [];
  for (const oneof of message.oneofsArray) {
    const arms = oneof.fieldsArray.map((field) => [field, shapeOf(field)] as const);
    const union = (part: "type" | "init") =>
      arms.map(([field, shape]) => `{ readonly kind: "${field.name}"; readonly value: ${shape[part]} }`).join(" | ");
    type.push(`readonly ${oneof.name}: ${union("type")} | undefined;`);
    init.push(`readonly ${oneof.name}?: ${union("init")} | undefined;`);
    const arm = (field: protobuf.Field, shape: Shape) =>
      `{ kind: "${field.name}", value: ${shape.create(`init.${oneof.name}.value`)} }`;
    create.push(
      `${oneof.name}: ${arms.map(([field, shape]) => `init.${oneof.name}?.kind === "${field.name}" ? ${arm(field, shape)} :`).join(" ")} undefined,`,
    );
    start.push(`let ${oneof.name}Value: ${message.name}["${oneof.name}"];`);
    finish.push(`${oneof.name}: ${oneof.name}Value`);
    for (const [field, shape] of arms) {
      write.push(
        `if (message.${oneof.name}?.kind === "${field.name}") { ${shape.write(`message.${oneof.name}.value`, "writer", field.id)} }`,
      );
      read.push(`case ${field.id}: ${oneof.name}Value = { kind: "${field.name}", value: ${shape.read} }; break;`);
    }
  }
  for (const field of message.fieldsArray) {
    if (field.partOf) continue;
    const shape = shapeOf(field);
    const name = field.name;
    if (field instanceof protobuf.MapField) {
      type.push(`readonly ${name}: Readonly<Record<string, ${shape.type}>>;`);
      init.push(`readonly ${name}?: Readonly<Record<string, ${shape.init}>> | undefined;`);
      create.push(`${name}: { ...init.${name} },`);
      start.push(`const ${name}Value: Record<string, ${shape.type}> = {};`);
      finish.push(`${name}: ${name}Value`);
      write.push(
        `for (const [key, value] of Object.entries(message.${name})) { const entry = writer.uint32(${(field.id << 3) | 2}).fork(); entry.uint32(10).string(key); ${shape.write("value", "entry", 2)} entry.ldelim(); }`,
      );
      read.push(
        `case ${field.id}: { const end = reader.uint32() + reader.pos; let key = ""; let value: ${shape.type} = ${shape.zero}; while (reader.pos < end) { const tag = reader.uint32(); if (tag >>> 3 === 1) key = reader.string(); else if (tag >>> 3 === 2) value = ${shape.read}; else reader.skipType(tag & 7); } ${name}Value[key] = value; break; }`,
      );
    } else if (field.repeated) {
      const packed = field.resolvedType === null && scalars[field.type]?.wire === 0;
      type.push(`readonly ${name}: readonly ${shape.type}[];`);
      init.push(`readonly ${name}?: readonly ${shape.init}[] | undefined;`);
      create.push(`${name}: (init.${name} ?? []).map((value) => ${shape.create("value")}),`);
      start.push(`const ${name}Value: ${shape.type}[] = [];`);
      finish.push(`${name}: ${name}Value`);
      write.push(`for (const value of message.${name}) { ${shape.write("value", "writer", field.id)} }`);
      const one = `${name}Value.push(${shape.read});`;
      read.push(
        packed
          ? `case ${field.id}: if ((tag & 7) === 2) { const end = reader.uint32() + reader.pos; while (reader.pos < end) ${one} } else { ${one} } break;`
          : `case ${field.id}: ${one} break;`,
      );
    } else {
      const optional = field.resolvedType instanceof protobuf.Type;
      type.push(`readonly ${name}: ${shape.type}${optional ? " | undefined" : ""};`);
      init.push(`readonly ${name}?: ${shape.init} | undefined;`);
      create.push(
        optional
          ? `${name}: init.${name} === undefined ? undefined : ${shape.create(`init.${name}`)},`
          : `${name}: init.${name} ?? ${shape.zero},`,
      );
      start.push(`let ${name}Value: ${message.name}["${name}"] = ${shape.zero};`);
      finish.push(`${name}: ${name}Value`);
      write.push(
        `if (!(${shape.isDefault(`message.${name}`)})) { ${shape.write(`message.${name}`, "writer", field.id)} }`,
      );
      read.push(`case ${field.id}: ${name}Value = ${shape.read}; break;`);
    }
  }
  const { name } = message;
  const used = message.fieldsArray.length > 0;
  return `${message.comment ? `/** ${message.comment.replaceAll("\n", " ")} */\n` : ""}export interface ${name} { ${type.join(" ")} }
export interface ${name}Init { ${init.join(" ")} }
export const ${name}: MessageCodec<${name}, ${name}Init> = messageCodec<${name}, ${name}Init>({
  create: (${used ? "init" : "_init"}) => ({ ${create.join(" ")} }),
  write: (${used ? "message" : "_message"}, writer) => { ${write.join(" ")} return writer; },
  read: (reader, length) => {
    const end = length === undefined ? reader.len : reader.pos + length;
    ${start.join(" ")}
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) { ${read.join(" ")} default: reader.skipType(tag & 7); }
    }
    return { ${finish.join(", ")} };
  },
});
`;
}

function enumCode(definition: protobuf.Enum): string {
  const values = enumValues(definition);
  const { name } = definition;
  return `export type ${name} = ${values.map(([, value]) => `"${value}"`).join(" | ")};
const ${lowerFirst(name)}Numbers: Readonly<Record<${name}, number>> = { ${values.map(([number, value]) => `"${value}": ${number}`).join(", ")} };
const ${lowerFirst(name)}Names: Readonly<Record<number, ${name}>> = { ${values.map(([number, value]) => `${number}: "${value}"`).join(", ")} };
`;
}

function serviceCode(service: protobuf.Service): string {
  const methods = service.methodsArray.map((method) => {
    method.resolve();
    const request = method.resolvedRequestType?.name ?? "";
    const response = method.resolvedResponseType?.name ?? "";
    return `${lowerFirst(method.name)}: rpc("/${service.fullName.slice(1)}/${method.name}", ${request}, ${response}, ${method.requestStream === true}, ${method.responseStream === true}),`;
  });
  return `export const ${lowerFirst(service.name)}Service = { ${methods.join("\n")} } as const;\n`;
}

function fileCode(root: protobuf.Root, source: string): string {
  const path = `cke/${source}.proto`;
  const objects: protobuf.ReflectionObject[] = [];
  const visit = (namespace: protobuf.NamespaceBase) => {
    for (const object of namespace.nestedArray) {
      if (object.filename?.endsWith(path)) objects.push(object);
      if (object instanceof protobuf.Namespace && !(object instanceof protobuf.Type)) visit(object);
    }
  };
  visit(root);
  objects.sort((a, b) => Number(a instanceof protobuf.Service) - Number(b instanceof protobuf.Service));
  const code: string[] = [];
  /** Names by the file that they are imported from. */
  const imported = new Map<string, Set<string>>();
  const use = (type: protobuf.Type | protobuf.Enum | null, ...names: readonly string[]) => {
    if (!type?.filename || type.filename.endsWith(path)) return;
    const file = kebab(basename(type.filename, ".proto"));
    imported.set(file, new Set([...(imported.get(file) ?? []), type.name, ...names]));
  };
  for (const object of objects) {
    if (object instanceof protobuf.Enum) code.push(enumCode(object));
    else if (object instanceof protobuf.Type) {
      code.push(messageCode(object));
      for (const field of object.fieldsArray) {
        use(field.resolvedType, `type ${field.resolvedType?.name}Init`);
      }
    } else if (object instanceof protobuf.Service) {
      code.push(serviceCode(object));
      for (const method of object.methodsArray)
        for (const type of [method.resolvedRequestType, method.resolvedResponseType]) use(type);
    }
  }
  const body = code.join("\n");
  const runtime = ["messageCodec", "type MessageCodec"];
  if (body.includes("toNumber(")) runtime.push("toNumber");
  if (body.includes("detached(")) runtime.push("detached");
  if (body.includes("rpc(")) runtime.push("rpc");
  const importLines = [...imported]
    .sort()
    .map(([file, names]) => {
      const used = [...names].filter((name) => body.includes(name.replace("type ", ""))).sort();
      return `import { ${used.join(", ")} } from "./${file}.ts";\n`;
    })
    .join("");
  return `// Generated from proto/${path} by scripts/generate-protocol.ts: do not edit.
import { ${runtime.sort().join(", ")} } from "../codec/codec.ts";
${importLines}
${body}`;
}

const root = new protobuf.Root();
root.resolvePath = (_origin, path) => join(top, "proto", path);
root.loadSync(sources.map((source) => `cke/${source}.proto`));
root.resolveAll();
mkdirSync(target, { recursive: true });
const check = process.argv.includes("--check");
for (const source of sources) {
  const file = join(target, `${kebab(source)}.ts`);
  const code = fileCode(root, source);
  if (!check) writeFileSync(file, code);
  else if (readFileSync(file, "utf8") !== code) {
    console.error(`${file} is not what proto/ makes: run pnpm generate`);
    process.exit(1);
  }
}
