// Query parameters and form bodies as libprocess of Mesos 1.12 reads them, and the numbers and durations in them.

/** The parameters: `&` and `;` are between them, and of several with one name the last one holds. */
export function readQuery(text: string): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const [name, value] of new URLSearchParams(text.replaceAll(";", "&"))) parameters.set(name, value);
  return parameters;
}

/** A whole number, decimal or hexadecimal (0x10), that fits into `bits` signed bits; undefined when it is none. */
export function readInteger(text: string, bits: 32 | 64): bigint | undefined {
  const [, sign = "", digits = ""] = /^([+-]?)(\d+|0[xX][0-9a-fA-F]+)$/.exec(text) ?? [];
  if (digits === "") return undefined;
  const value = sign === "-" ? -BigInt(digits) : BigInt(digits);
  return BigInt.asIntN(bits, value) === value ? value : undefined;
}

const secondsOfUnit: ReadonlyMap<string, number> = new Map([
  ["ns", 1e-9],
  ["us", 1e-6],
  ["ms", 1e-3],
  ["secs", 1],
  ["mins", 60],
  ["hrs", 3_600],
  ["days", 86_400],
  ["weeks", 604_800],
]);
/** The longest time that Mesos' durations (int64 nanoseconds) can hold. */
const longestSeconds = 2 ** 63 / 1e9;

/** What is wrong with a duration ("5secs"), in Mesos' words; undefined when nothing is. */
export function durationProblem(text: string): string | undefined {
  const [amount = ""] = /^[\d.]*/.exec(text) ?? [];
  const unit = text.slice(amount.length);
  if (unit === "") return `Invalid duration '${text}'`;
  if (!/^(\d+\.?\d*|\.\d+)$/.test(amount)) return `Failed to convert '${amount}' to number`;
  const seconds = secondsOfUnit.get(unit);
  if (seconds === undefined) {
    return `Unknown duration unit '${unit}'; supported units are 'ns', 'us', 'ms', 'secs', 'mins', 'hrs', 'days', and 'weeks'`;
  }
  if (Number(amount) * seconds <= longestSeconds) return undefined;
  return "Argument out of the range that a Duration can represent due to int64_t's size limit";
}

/** What is wrong with the timeout of /metrics/snapshot, which is otherwise ignored; undefined when nothing is. */
export function timeoutProblem(query: URLSearchParams): string | undefined {
  const text = query.get("timeout");
  const problem = text === null ? undefined : durationProblem(text);
  return problem === undefined ? undefined : `Invalid timeout '${text}': ${problem}.\n`;
}
