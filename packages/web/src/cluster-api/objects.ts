// Reads objects of Kubernetes, of which a page knows little for certain. Pure. What is not there is "", 0 or [].

export type Json = Readonly<Record<string, unknown>>;

export const isRecord = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The value at a path of fields; undefined when there is none. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((here, field) => (isRecord(here) ? here[field] : undefined), value);
}

export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = at(value, ...path);
  if (typeof found === "string") return found;
  return typeof found === "number" || typeof found === "boolean" ? String(found) : "";
}

export function numberAt(value: unknown, ...path: readonly string[]): number {
  const found = at(value, ...path);
  return typeof found === "number" ? found : 0;
}

export function listAt(value: unknown, ...path: readonly string[]): readonly Json[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found.filter(isRecord) : [];
}

export function recordAt(value: unknown, ...path: readonly string[]): Json {
  const found = at(value, ...path);
  return isRecord(found) ? found : {};
}

export const nameOf = (object: Json): string => textAt(object, "metadata", "name");
export const namespaceOf = (object: Json): string => textAt(object, "metadata", "namespace");
export const uidOf = (object: Json): string => textAt(object, "metadata", "uid");
/** UNIX milliseconds; NaN when it has none. */
export const createdAt = (object: Json): number => Date.parse(textAt(object, "metadata", "creationTimestamp"));

/** `a=b,c=d` */
export function labelText(labels: Json): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(",");
}

/** The condition of that type; {} when there is none. */
export function condition(object: Json, type: string): Json {
  return listAt(object, "status", "conditions").find((one) => one.type === type) ?? {};
}
