// Problems of a request's body with their JSON paths, collected while its parts are read one by one.
import type { z } from "zod";
import { given, readSchema } from "./schema-messages.ts";
import { mostProblems } from "./told-problems.ts";

/** What is wrong with a body, and where. */
export interface BodyProblem {
  readonly path: string;
  readonly message: string;
  /** `impossible`: well-formed, but cannot be done. `taken`: something that is there has the name or the address. */
  readonly kind: "input" | "impossible" | "taken";
  /** It follows from facts about hosts, which may have changed. */
  readonly ofHosts?: true;
}

/** A value and its JSON path. */
export interface Located<T> {
  readonly value: T;
  readonly path: string;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The problems found so far. */
export class Findings {
  readonly problems: BodyProblem[] = [];
  #incomplete = false;

  /** True when a part of the body was not read, which may have further problems. */
  get incomplete(): boolean {
    return this.#incomplete;
  }

  /** True, and noted, when more problems are found than are told: the next item of a list is not read. */
  passesOver(): boolean {
    const full = this.problems.length > mostProblems;
    this.#incomplete ||= full;
    return full;
  }

  add(path: string, message: string): void {
    this.problems.push({ path, message, kind: "input" });
  }

  /** The value in its schema's shape, or undefined with its problems noted. */
  parse<T>(schema: z.ZodType<T>, value: unknown, path: string): T | undefined {
    const result = readSchema(schema, value);
    if (result.success) return result.data;
    for (const problem of result.problems) {
      const place = problem.path.reduce<string>(
        (text, segment) => (typeof segment === "number" ? `${text}[${segment}]` : join(text, segment)),
        path,
      );
      this.add(place, problem.message);
    }
    return undefined;
  }

  /** The fields of an object, or undefined with the problem noted. */
  object(value: unknown, path: string): Readonly<Record<string, unknown>> | undefined {
    if (!isObject(value)) {
      this.add(path, `must be a JSON object; given is ${given(value)}`);
      return undefined;
    }
    return value;
  }

  /** The items of a list under the first of `names` that is there. */
  list(
    parent: Readonly<Record<string, unknown>>,
    names: readonly string[],
    path: string,
  ): Located<unknown>[] | undefined {
    const name = names.find((candidate) => parent[candidate] !== undefined && parent[candidate] !== null);
    if (name === undefined) return undefined;
    const value = parent[name];
    const place = join(path, name);
    if (!Array.isArray(value)) {
      this.add(place, `must be a list; given is ${given(value)}`);
      return undefined;
    }
    return value.map((item: unknown, index) => ({ value: item, path: `${place}[${index}]` }));
  }
}

const join = (path: string, key: string) => (path === "" ? key : `${path}.${key}`);

/** Problems of a workload's role, and of reservations, which need one. `reserved`: what is to be reserved, and whose role counts. */
export function* roleProblems(
  role: string,
  roles: readonly string[],
  reserved: readonly { readonly path: string; readonly what: string; readonly owner: string }[],
): Generator<BodyProblem> {
  if (role !== "" && !roles.includes(role)) {
    const message = `"${role}" is not a role of this scheduler; its -roles are: ${roles.join(", ")}`;
    yield { path: "role", message, kind: "impossible" };
    return;
  }
  if (role !== "*" && (role !== "" || roles.some((one) => one !== "*"))) return;
  for (const { path, what, owner } of reserved) {
    const message = `nothing can be reserved for role "*"; ${what} needs a role of its own: start the scheduler with -roles, or name another of them as the ${owner}'s role`;
    yield { path, message, kind: "impossible" };
  }
}
