// Resources and attributes as operators write them on a command line: 'cpus:8;mem:16384;ports:[31000-35000]'.
import { CkeError } from "@cke/foundation";
import type { Attribute, Resource } from "@cke/mesos";
import type { Bag } from "./bag.ts";

const invalid = (what: string) => new CkeError("invalid_resources", what, { status: 400 });
const number = /^\d+(\.\d+)?$/;

/** Parses `name:value` pairs separated by ";"; `name(role)` reserves statically. Throws CkeError `invalid_resources`. */
export function parseResources(text: string): Bag {
  return pairs(text).map(([key, value]): Resource => {
    const match = /^([^()]+)(?:\(([^()]+)\))?$/.exec(key);
    const name = match?.[1];
    if (name === undefined) throw invalid(`resource "${key}" should look like cpus or cpus(role)`);
    const role = match?.[2];
    const reserved = role === undefined || role === "*" ? {} : { reservations: [{ type: "STATIC", role }] };
    return { name, ...readValue(name, value), ...reserved };
  });
}

/** Parses `name:value` pairs separated by ";"; numbers become scalars, everything else text. */
export function parseAttributes(text: string): readonly Attribute[] {
  return pairs(text).map(([name, value]): Attribute => {
    if (value.startsWith("[") || value.startsWith("{")) return { name, ...readValue(name, value) };
    return number.test(value)
      ? { name, type: "SCALAR", scalar: { value: Number(value) } }
      : { name, type: "TEXT", text: { value } };
  });
}

function pairs(text: string): (readonly [string, string])[] {
  return text
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => {
      const colon = part.indexOf(":");
      if (colon <= 0 || colon === part.length - 1) throw invalid(`"${part}" should look like name:value`);
      return [part.slice(0, colon).trim(), part.slice(colon + 1).trim()] as const;
    });
}

function readValue(name: string, value: string): Pick<Resource, "type" | "scalar" | "ranges" | "set"> {
  if (number.test(value)) return { type: "SCALAR", scalar: { value: Number(value) } };
  const inner = value.slice(1, -1).split(",");
  if (value.startsWith("{") && value.endsWith("}")) {
    return { type: "SET", set: { item: inner.map((item) => item.trim()).filter((item) => item !== "") } };
  }
  if (!value.startsWith("[") || !value.endsWith("]")) {
    throw invalid(`value "${value}" of ${name} should be a number, [from-to, …] or {item, …}`);
  }
  const range = inner.map((part) => {
    const match = /^\s*(\d+)\s*-\s*(\d+)\s*$/.exec(part);
    const [begin, end] = [Number(match?.[1]), Number(match?.[2])];
    if (match === null || begin > end) throw invalid(`range "${part}" of ${name} should look like 31000-32000`);
    return { begin, end };
  });
  return { type: "RANGES", ranges: { range } };
}
