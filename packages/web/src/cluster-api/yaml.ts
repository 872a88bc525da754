// JSON values as YAML in block style, for reading. Pure. Every text that YAML could take for something else is quoted as JSON is,
// which YAML reads alike.

/** Of an object: without the fields that say who has changed what. */
export function yamlOf(value: unknown): string {
  return lines(value, "").join("\n").concat("\n");
}

function lines(value: unknown, indent: string): string[] {
  if (Array.isArray(value)) {
    if (value.length === 0) return [`${indent}[]`];
    return value.flatMap((item: unknown) => {
      const [first = "", ...rest] = lines(item, `${indent}  `);
      return [`${indent}- ${first.slice(indent.length + 2)}`, ...rest];
    });
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    if (entries.length === 0) return [`${indent}{}`];
    return entries.flatMap(([name, item]: [string, unknown]) => field(name, item, indent));
  }
  return [indent + scalar(value)];
}

function field(name: string, value: unknown, indent: string): string[] {
  const key = `${indent}${scalar(name)}:`;
  if (typeof value === "string" && isBlock(value)) {
    const keep = value.endsWith("\n") ? "" : "-";
    const body = value.replace(/\n$/, "").split("\n");
    return [`${key} |${keep}`, ...body.map((line) => (line === "" ? "" : `${indent}  ${line}`))];
  }
  if (Array.isArray(value) && value.length > 0) return [key, ...lines(value, indent)];
  if (typeof value === "object" && value !== null && Object.keys(value).length > 0) {
    return [key, ...lines(value, `${indent}  `)];
  }
  return [`${key} ${lines(value, "")[0] ?? ""}`];
}

/** A text of several lines that a literal block shows exactly. */
function isBlock(text: string): boolean {
  return /[^\n]\n/.test(text) && !/^[\s#]|[^\n]\n\n$|\n\n$/.test(text) && !/[^\n\t\x20-\x7e\u00a0-\ud7ff]/.test(text);
}

/** Letters first, then what no indicator, number, date, boolean or null begins or contains. */
const plain = /^[A-Za-z/_][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*$/;
const reserved = /^(?:true|false|yes|no|on|off|null|y|n|nan|inf)$/i;

function scalar(value: unknown): string {
  if (typeof value === "string") return plain.test(value) && !reserved.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value) ?? "null";
}
