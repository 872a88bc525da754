// Comparing texts whose ids, times and addresses differ by nature. Ids are paired: once a recorded id has met an actual
// one, the two must always appear together, so that an offer id in the wrong place is still found.

const patterns = [
  // Ids made by master and agent: <uuid>, <uuid>-0001, <uuid>-S0, <uuid>-O12.
  "(?<id>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?:-[SO]?\\d+)?)",
  // Uuids of status updates: 16 bytes in base64.
  '(?<=uuid":(?:\\{"value":)?")(?<uuid>[A-Za-z0-9+/]{22}==)(?=")',
  // Addresses and ports of master, agent and file server.
  "(?<=127\\.0\\.0\\.1:)(?<port>\\d{4,5})",
  '(?<=127\\.0\\.0\\.1","port":)(?<port2>\\d{4,5})',
  '(?<=127\\.0\\.0\\.1","ip":"127\\.0\\.0\\.1","port":)(?<port3>\\d{4,5})',
  '(?<="ip":16777343,"port":)(?<port4>\\d{4,5})',
  '(?<="port":)(?<port5>\\d{4,5})(?=,"hostname":"127)',
  // The agent's directory, in bodies and in the paths of requests.
  '(?<=")(?<work>/[^"]*/agent)(?=/slaves/)',
  "(?<=path=)(?<query>%2F[^&]*%2Fagent)(?=%2Fslaves%2F)",
];
const volatile = [
  [/(?<="timestamp":)\d+(\.\d+)?/g, "TIME"],
  [/(?<="[a-z]*_time":)[1-9]\d*(\.\d+)?/g, "TIME"],
  [/(?<=(_time|"timestamp)":\{"nanoseconds":)\d+/g, "TIME"],
  [/(?<="executor_pid":)\d+/g, "PID"],
] as const;

const tokens = new RegExp(patterns.join("|"), "g");

interface MaskedText {
  readonly text: string;
  /** What was masked, in order of appearance. */
  readonly tokens: readonly string[];
}

export function maskText(text: string): MaskedText {
  const found: string[] = [];
  let masked = text;
  // A set in the order of a hash table.
  masked = masked.replace(/(?<="executor_ids":\[)[^\]]+/g, (list) => list.split(",").sort().join(","));
  for (const [pattern, name] of volatile) masked = masked.replace(pattern, name);
  masked = masked.replace(tokens, (token) => {
    found.push(token);
    return "ID";
  });
  return { text: masked, tokens: found };
}

/** Which actual id stands for which recorded one. */
export class Correspondence {
  readonly #actual = new Map<string, string>();

  /** True when the texts are the same but for ids, and the ids agree with what is known; then they are learned. */
  agree(recorded: MaskedText, actual: MaskedText): boolean {
    return this.difference(recorded, actual) === undefined;
  }

  /** Like agree, but says where the texts differ. */
  difference(recorded: MaskedText, actual: MaskedText): string | undefined {
    if (recorded.text !== actual.text) {
      const length = Math.min(recorded.text.length, actual.text.length);
      let at = 0;
      while (at < length && recorded.text[at] === actual.text[at]) at += 1;
      const near = (text: string) => text.slice(Math.max(0, at - 60), at + 60);
      return `at ${at} "${near(actual.text)}", recorded "${near(recorded.text)}"`;
    }
    const pairs = recorded.tokens.map((token, index) => [token, actual.tokens[index] ?? ""] as const);
    const wrong = pairs.find(([token, other]) => (this.#actual.get(token) ?? other) !== other);
    if (wrong !== undefined) return `id ${wrong[1]} for ${wrong[0]}, which is ${this.#actual.get(wrong[0])}`;
    for (const [token, other] of pairs) this.#actual.set(token, other);
    return undefined;
  }

  learn(recorded: string, actual: string): void {
    this.#actual.set(recorded, actual);
  }

  knows(recorded: string): boolean {
    return this.#actual.has(recorded);
  }

  /** True for an actual id that stands for a recorded one. */
  means(actual: string): boolean {
    return [...this.#actual.values()].includes(actual);
  }

  /** A recorded request with the actual ids in it; unknown ones stay as they are. */
  translate(text: string): string {
    return text.replace(tokens, (token) => this.#actual.get(token) ?? token);
  }

  /** Ids in a text. */
  idsOf(text: string): readonly string[] {
    return text.match(tokens) ?? [];
  }
}
