// What is left out or masked in both bodies before they are compared: what the recorded master had from other recordings,
// what is measured, and flags and metrics that only a real Mesos has.
import { type Correspondence, maskText } from "./masking.ts";

/** Ids that belong to this recording; others were there before it. */
export type Own = (id: unknown) => boolean;

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const plainId = (id: unknown) => (isFields(id) ? id.value : id);

/** Numbers become texts that still tell doubles from integers. */
const withNumbers = (json: string) =>
  json.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) => (token.startsWith('"') ? token : `"#${token}"`));

/** The kind of a number, or the value itself. */
const masked = (value: unknown): unknown => {
  if (typeof value !== "string" || !value.startsWith("#")) return value;
  return /[.e]/.test(value) ? "#DOUBLE" : "#INTEGER";
};

const lists =
  /^(tasks|frameworks|executors|(completed|unreachable|terminated|launched|queued)_(tasks|frameworks|executors))$/;
const measured =
  /^(cpus_(user|system)_time_secs|mem_rss_bytes|mtime|size|nanoseconds|avg_load_\w+|mem_\w+_bytes|cpus_total)$/;
/** Flags whose values are of the machine. */
const places = /^(work_dir|fetcher_cache_dir|master_hostname|master|port)$/;

/** The framework of an item of a list. */
function ownerOf(item: unknown): unknown {
  if (!isFields(item)) return undefined;
  const { framework_id, framework_info, executor_info, id } = item;
  const inner = isFields(executor_info) ? executor_info.framework_id : undefined;
  return plainId(framework_id ?? inner ?? (isFields(framework_info) ? framework_info.id : id));
}

const nameOf = (item: unknown) => {
  const { task_id, id, executor_id, name } = isFields(item) ? item : {};
  return String(plainId(task_id ?? id ?? executor_id ?? name));
};

/** Name and value, of an object or of a list of {name, value}. */
const entriesOf = (value: unknown): readonly (readonly [string, unknown])[] =>
  Array.isArray(value)
    ? value.map((item) => [nameOf(item), isFields(item) ? item.value : item] as const)
    : Object.entries(isFields(value) ? value : {});

/** Only what the embedded Mesos has too; what it has and a real one has not stays a difference. */
function common(recorded: unknown, actual: unknown, show: (name: string, value: unknown) => unknown) {
  const names = new Set(entriesOf(actual).map(([name]) => name));
  const view = (value: unknown) => entriesOf(value).map(([name, inner]) => [name, show(name, inner)]);
  return { recorded: view(recorded).filter(([name]) => names.has(String(name))), actual: view(actual) };
}

const machineName = (name: string, value: unknown) => (places.test(name) ? "PLACE" : value);

/** One side: foreign items of lists left out, in the order of their names; measured numbers masked. */
function cleaned(value: unknown, own: Own, key = ""): unknown {
  if (Array.isArray(value)) {
    const items = lists.test(key) ? value.filter((item) => typeof item === "string" || own(ownerOf(item))) : value;
    const sorted = lists.test(key) ? [...items].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)) : items;
    return sorted.map((item: unknown) => cleaned(item, own));
  }
  if (isFields(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, cleaned(inner, own, name)]));
  }
  if (key === "master_hostname") return "PLACE";
  return measured.test(key) ? masked(value) : value;
}

const paired = /^(flags|metrics)$/;

/** Walks both sides at once where one decides what of the other counts. */
function pair(recorded: unknown, actual: unknown): { recorded: unknown; actual: unknown } {
  if (!isFields(recorded) || !isFields(actual)) return { recorded, actual };
  const sides = Object.keys(recorded).map((name) => {
    if (!(name in actual)) return [name, { recorded: recorded[name], actual: undefined }] as const;
    const show = name === "metrics" ? (_: string, value: unknown) => masked(value) : machineName;
    const both = paired.test(name) ? common(recorded[name], actual[name], show) : pair(recorded[name], actual[name]);
    return [name, both] as const;
  });
  const rest = Object.entries(actual).filter(([name]) => !(name in recorded));
  return {
    recorded: Object.fromEntries(sides.map(([name, side]) => [name, side.recorded])),
    actual: Object.fromEntries([...sides.map(([name, side]) => [name, side.actual] as const), ...rest]),
  };
}

/** Bodies that are neither JSON nor JSONP are compared as they are. */
function parts(body: string): { readonly before: string; readonly json: unknown; readonly after: string } | undefined {
  const [, before = "", json = "", after = ""] = /^(\w+\()?([[{].*[\]}])(\);?)?$/s.exec(body) ?? [];
  try {
    return json === "" ? undefined : { before, json: JSON.parse(withNumbers(json)), after };
  } catch {
    return undefined;
  }
}

/** Where two bodies differ, or undefined; the path comes without a query. */
export function bodyDifference(
  path: string,
  recorded: string,
  actual: string,
  ids: Correspondence,
  own: Own,
): string | undefined {
  const [theirs, ours] = [parts(recorded), parts(actual)];
  if (theirs === undefined || ours === undefined) return ids.difference(maskText(recorded), maskText(actual));
  const both = path.endsWith("/metrics/snapshot")
    ? common(theirs.json, ours.json, (_, value) => masked(value))
    : path.endsWith("/files/debug")
      ? ownPaths(theirs.json, ours.json, own, ids)
      : pair(theirs.json, ours.json);
  const text = ({ before, after }: typeof theirs, json: unknown) =>
    `${before}${JSON.stringify(cleaned(json, own)).replace(/"#([^"]*)"/g, "$1")}${after}`;
  return ids.difference(maskText(text(theirs, both.recorded)), maskText(text(ours, both.actual)));
}

/** Virtual paths of this recording's executors. */
function ownPaths(recorded: unknown, actual: unknown, own: Own, ids: Correspondence) {
  const mine = (value: unknown) =>
    entriesOf(value).filter(([path, target]) => {
      const [framework] = ids.idsOf(path.replace(/^.*\/frameworks\//, ""));
      return own(framework) && typeof target === "string";
    });
  return { recorded: mine(recorded), actual: mine(actual) };
}
