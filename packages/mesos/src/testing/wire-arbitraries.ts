// Generators of what a peer may send, for property tests: bytes in any chunks, JSON that is almost right, texts that were
// damaged on the way. Failures name their seed; CKE_SEED repeats one.
import * as fc from "fast-check";

/** Runs a property `cases` times; fails with the smallest counterexample and its seed. */
export function forAll<T>(values: fc.Arbitrary<T>, cases: number, holds: (value: T) => void): void {
  const { CKE_SEED: seed } = process.env;
  fc.assert(fc.property(values, holds), {
    numRuns: cases,
    ...(seed === undefined || seed === "" ? {} : { seed: Number(seed) }),
  });
}

/** Cuts bytes at arbitrary places; empty chunks are among them. */
export function chunksOf(bytes: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] {
  const places = cuts.map((cut) => cut % (bytes.length + 1)).toSorted((one, other) => one - other);
  const edges = [0, ...places, bytes.length];
  return edges.slice(1).map((end, index) => bytes.subarray(edges[index], end));
}

export const cutPlaces = fc.array(fc.nat(), { maxLength: 20 });

type Damage = (bytes: Uint8Array) => Uint8Array;
const at = (place: number, bytes: Uint8Array) => (bytes.length === 0 ? 0 : place % bytes.length);
const join = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);

const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.tuple(fc.nat(), fc.nat({ max: 255 })).map(
    ([place, byte]): Damage =>
      (bytes) => {
        const copy = Uint8Array.from(bytes);
        if (copy.length > 0) copy[at(place, copy)] = byte;
        return copy;
      },
  ),
  fc.nat().map(
    (place): Damage =>
      (bytes) =>
        bytes.subarray(0, at(place, bytes)),
  ),
  fc.tuple(fc.nat(), fc.nat({ max: 40 })).map(
    ([place, count]): Damage =>
      (bytes) =>
        join(bytes.subarray(0, at(place, bytes)), bytes.subarray(at(place, bytes) + count)),
  ),
  fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 20 })).map(
    ([place, extra]): Damage =>
      (bytes) =>
        join(bytes.subarray(0, at(place, bytes)), extra, bytes.subarray(at(place, bytes))),
  ),
  fc.nat().map(
    (place): Damage =>
      (bytes) =>
        join(bytes, bytes.subarray(at(place, bytes))),
  ),
);

/** Bytes with none to four damages. */
export function damaged(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(bytes, fc.array(damage, { maxLength: 4 }))
    .map(([whole, damages]) => damages.reduce((left, hurt) => hurt(left), whole));
}

/** JSON values that parsers stumble over. */
const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    "",
    "\0",
    "TASK_RUNNING",
    -1,
    1e308,
    [],
    {},
    [[]],
    [null],
    { value: "" },
    { value: 1 },
  ),
  fc.constantFrom("__proto__", "constructor", "x".repeat(10_000), "\ud800", "9".repeat(400)),
  fc.jsonValue({ maxDepth: 4 }),
  fc.integer({ min: 1, max: 3_000 }).map((depth) => JSON.parse("[".repeat(depth) + "]".repeat(depth))),
);

interface Change {
  readonly path: readonly number[];
  readonly kind: "replace" | "remove" | "add" | "copy";
  readonly key: string;
  readonly value: unknown;
}

const change: fc.Arbitrary<Change> = fc.record({
  path: fc.array(fc.nat({ max: 12 }), { maxLength: 8 }),
  kind: fc.constantFrom("replace", "remove", "add", "copy"),
  key: fc.oneof(fc.constantFrom("type", "value", "tasks", "__proto__", "toString", ""), fc.string({ maxLength: 8 })),
  value: oddValue,
});

/** One change somewhere inside a JSON value; what it cannot reach stays. */
function changed(json: unknown, { path, kind, key, value }: Change): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return kind === "replace" ? value : json;
  if (typeof json !== "object" || json === null) return value;
  const entries = Object.entries(json);
  const index = entries.length === 0 ? 0 : step % entries.length;
  const deeper = rest.length > 0 && entries.length > 0;
  const next = deeper
    ? entries.map(([name, item], place) => [
        name,
        place === index ? changed(item, { path: rest, kind, key, value }) : item,
      ])
    : edited(entries, index, { kind, key, value });
  return Array.isArray(json) ? next.map(([, item]) => item) : asObject(next);
}

function edited(entries: [string, unknown][], index: number, { kind, key, value }: Omit<Change, "path">) {
  switch (kind) {
    case "replace":
      return entries.map(([name, item], place) => [name, place === index ? value : item]);
    case "remove":
      return entries.filter((_, place) => place !== index);
    case "add":
      return [...entries, [key, value]];
    case "copy":
      return entries.map(([name, item], place) => [name, place === index ? entries : item]);
  }
}

/** As JSON.parse would make it: `__proto__` is a property like any other. */
function asObject(entries: readonly (readonly unknown[])[]): unknown {
  const object = {};
  for (const [name, value] of entries) {
    Object.defineProperty(object, String(name), { value, enumerable: true, configurable: true, writable: true });
  }
  return object;
}

/** One of these messages with none to five changes in it. */
export function almost(messages: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc
    .tuple(fc.constantFrom(...messages), fc.array(change, { maxLength: 5 }))
    .map(([message, changes]) => changes.reduce(changed, message));
}

/** The text of such a message, sometimes damaged, sometimes nested without end or of endless digits. */
export function almostText(messages: readonly unknown[]): fc.Arbitrary<string> {
  const text = almost(messages).map((message) => Buffer.from(JSON.stringify(message) ?? "null"));
  const broken = damaged(text).map((bytes) => Buffer.from(bytes).toString("utf8"));
  const deep = fc
    .tuple(fc.constantFrom("[", '{"a":', '{"type":"ACCEPT","accept":'), fc.integer({ min: 1, max: 50_000 }))
    .map(([open, depth]) => open.repeat(depth));
  const numbers = fc
    .tuple(
      fc.constantFrom('{"type":', '{"subscribe":{"framework_info":{"failover_timeout":'),
      fc.integer({ min: 1, max: 5_000 }),
    )
    .map(([open, digits]) => `${open}${"9".repeat(digits)}e${"9".repeat(digits % 400)}`);
  return fc.oneof({ weight: 12, arbitrary: broken }, { weight: 1, arbitrary: deep }, { weight: 1, arbitrary: numbers });
}

/** Lists of records, empty ones and large ones among them. */
export const recordLists: fc.Arbitrary<Uint8Array[]> = fc.array(
  fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 100, maxLength: 400 })),
  { maxLength: 8 },
);

export const { tuple } = fc;
