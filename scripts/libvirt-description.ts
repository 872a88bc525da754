// Reads packages/libvirt/description/libvirt.rpc. Its format is described at its top. Pure.

export interface FieldType {
  /** A scalar, `bytes`, `chars`, or a record. */
  readonly name: string;
  readonly kind: "one" | "list" | "optional";
  /** Of a list, bytes and chars. */
  readonly most: number;
}

export interface Field {
  readonly name: string;
  readonly type: FieldType;
}

export interface RecordType {
  readonly name: string;
  readonly fields: readonly Field[];
}

export interface Call {
  readonly number: number;
  readonly name: string;
  readonly symbol: string;
  readonly since: string;
  readonly slow: boolean;
  readonly fields: readonly Field[];
  readonly answer: readonly Field[];
}

export interface EventType {
  readonly number: number;
  readonly name: string;
  readonly since: string;
  readonly fields: readonly Field[];
}

export interface Program {
  readonly name: string;
  readonly number: string;
  readonly version: number;
  readonly calls: readonly Call[];
  readonly events: readonly EventType[];
}

export interface Description {
  readonly records: readonly RecordType[];
  readonly programs: readonly Program[];
}

const scalarNames = ["string", "int", "uint", "hyper", "uhyper", "uuid", "param"];

/** Throws with the number of the first line that is wrong. */
export function parseDescription(text: string): Description {
  const records: RecordType[] = [];
  const programs: (Program & { readonly calls: Call[]; readonly events: EventType[] })[] = [];
  const known = () => new Set([...scalarNames, ...records.map(({ name }) => name)]);
  for (const [index, line] of text.split("\n").entries()) {
    const fail = (words: string): never => {
      throw new Error(`line ${index + 1}: ${words}: ${line}`);
    };
    const words = line.trim();
    if (words === "" || words.startsWith("#")) continue;
    const fields = (list: string): Field[] => {
      const read = list
        .split(", ")
        .filter(Boolean)
        .map((item) => fieldOf(item, known()) ?? fail(`field ${item}`));
      const names = new Set(read.map(({ name }) => name));
      return names.size === read.length ? read : fail("two fields of one name");
    };
    const program = programs.at(-1);
    let match = /^program (\w+) (0x[0-9a-f]{8}) (\d+)$/.exec(words);
    if (match) {
      const [, name = "", number = "", version] = match;
      programs.push({ name, number, version: Number(version), calls: [], events: [] });
      continue;
    }
    match = /^record ([A-Z]\w*) \((.*)\)$/.exec(words);
    if (match) {
      records.push({ name: match[1] ?? "", fields: fields(match[2] ?? "") });
      continue;
    }
    if (program === undefined) return fail("no program before it");
    match = /^call (\d+) (\w+) (vir\w+) since ([\d.]+)( slow)? \((.*)\) -> \((.*)\)$/.exec(words);
    if (match) {
      const [, number, name = "", symbol = "", since = "", slow, args = "", answer = ""] = match;
      if (program.calls.some((call) => call.number === Number(number) || call.name === name)) fail("known already");
      const call = { number: Number(number), name, symbol, since, slow: slow !== undefined };
      program.calls.push({ ...call, fields: fields(args), answer: fields(answer) });
      continue;
    }
    match = /^event (\d+) (\w+) since ([\d.]+) \((.*)\)$/.exec(words);
    if (match === null) return fail("none of program, record, call, event");
    const [, number, name = "", since = "", list = ""] = match;
    program.events.push({ number: Number(number), name, since, fields: fields(list) });
  }
  return { records, programs };
}

function fieldOf(text: string, known: ReadonlySet<string>): Field | undefined {
  const match = /^([a-z]\w*):(\w+)(?:(\?)|\[(\d+)\])?$/.exec(text);
  if (match === null) return undefined;
  const [, name = "", type = "", optional, most] = match;
  const sized = type === "bytes" || type === "chars";
  if (sized ? most === undefined : !known.has(type)) return undefined;
  const kind = optional !== undefined ? "optional" : most !== undefined && !sized ? "list" : "one";
  return { name, type: { name: type, kind, most: Number(most ?? 0) } };
}
