// Fields of a body over those that are there. Pure.
import { isPlainObject } from "../../workload/body/body-fields.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Objects of settings are changed field by field; lists and everything else are replaced. */
const mergedObjects: ReadonlySet<string> = new Set(["boot", "devices", "cloudInit"]);

/** `given`: under their first names. */
export function mergedFields(present: Fields, given: Fields): Fields {
  const entries = Object.entries(given).map(([name, value]): [string, unknown] => {
    const before = present[name];
    return [
      name,
      mergedObjects.has(name) && isPlainObject(before) && isPlainObject(value) ? { ...before, ...value } : value,
    ];
  });
  return { ...present, ...Object.fromEntries(entries) };
}
