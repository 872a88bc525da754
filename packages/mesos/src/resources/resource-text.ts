// Resources as operators write them (`cpus:4;mem:1024;ports:[31000-32000]`, or Mesos' JSON).
import { CkeError } from "@cke/foundation";
import * as z from "zod";
import { parseJson } from "../encoding/json.ts";
import { type Resource, resourceSchema } from "../v1/resource.ts";
import type { Range } from "../v1/value.ts";
import { ranges, scalar, set, sum } from "./resources.ts";

const entryForm = /^([^\s:()[\]{};,]+)\s*(?:\(([^()\s]+)\))?\s*:\s*(.+)$/;
const scalarForm = /^\d+(?:\.\d+)?$/;
const rangeForm = /^(\d+)\s*-\s*(\d+)$/;

function invalid(problem: string, cause?: unknown): CkeError {
  return new CkeError(
    "mesos_invalid_resources",
    `${problem}; write for example "cpus:4;mem:1024;ports:[31000-32000]" or a JSON list of Mesos resources`,
    { status: 400, cause },
  );
}

function parseRange(name: string, text: string): Range {
  const match = rangeForm.exec(text.trim());
  const range = match === null ? undefined : { begin: Number(match[1]), end: Number(match[2]) };
  if (range === undefined || range.begin > range.end) throw invalid(`"${text}" of ${name} is not a range like 1-10`);
  return range;
}

function items(text: string): readonly string[] {
  return text
    .slice(1, -1)
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function parseValue(name: string, text: string): Resource {
  if (scalarForm.test(text)) return scalar(name, Number(text));
  if (text.startsWith("[") && text.endsWith("]"))
    return ranges(
      name,
      items(text).map((item) => parseRange(name, item)),
    );
  if (text.startsWith("{") && text.endsWith("}")) return set(name, items(text));
  throw invalid(`the value "${text}" of ${name} is not a number, a list of ranges [1-2,5-6] or a set {a,b}`);
}

function parseEntry(entry: string): Resource {
  const match = entryForm.exec(entry);
  const [, name, role, value] = match ?? [];
  if (name === undefined || value === undefined) throw invalid(`"${entry}" is not of the form name:value`);
  const resource = parseValue(name, value.trim());
  if (role === undefined || role === "*") return resource;
  return { ...resource, reservations: [{ type: "STATIC", role }] };
}

/**
 * Reads resources in Mesos' short form (`name(role):value` separated by `;`) or as a JSON list. Amounts in MiB for mem and
 * disk. A role becomes a static reservation. Throws CkeError `mesos_invalid_resources`.
 */
export function parseResources(text: string): readonly Resource[] {
  const trimmed = text.trim();
  if (trimmed.startsWith("[")) {
    let value: unknown;
    try {
      value = parseJson(trimmed);
    } catch (error) {
      throw invalid("the resources look like JSON but are not", error);
    }
    const result = z.array(resourceSchema).safeParse(value);
    if (!result.success) throw invalid(`the JSON of the resources is wrong: ${z.prettifyError(result.error)}`);
    return result.data;
  }
  const entries = trimmed.split(";").map((entry) => entry.trim());
  return sum(entries.filter((entry) => entry !== "").map(parseEntry));
}
