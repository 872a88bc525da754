// From the body of a PUT of a process to a change, or to all problems at once: by the same schemas and checks as in the body of a
// cluster.
import type { IgnoredField } from "../../workload/body/body-fields.ts";
import { Findings } from "../../workload/body/findings.ts";
import { ignoredFieldsMessage } from "../../workload/body/ignored-fields.ts";
import { SpecInvalidError } from "../../workload/body/spec-invalid-error.ts";
import { ignoredClusterFields } from "../cluster/body-fields.ts";
import { processChangeBody } from "../cluster/cluster-body.ts";
import { processValueProblems } from "../cluster/cluster-checks.ts";
import { readableValues } from "../cluster/readable-values.ts";
import type { ProcessConfiguration } from "../configuration/configuration.ts";
import type { OutlineProcess } from "../rendering/node-outline.ts";
import type { ProcessChange } from "./process-change.ts";

export interface ReadProcessChange {
  readonly change: ProcessChange;
  /** Fields without effect. */
  readonly ignored: readonly IgnoredField[];
}

/**
 * `input`: the parsed body; undefined for a request without one, which restarts like {}. `present`: the process as it is. `conf`: its type in the configuration of today, where it is there. Throws
 * SpecInvalidError: 422 when the body is well-formed and only impossible, else 400.
 */
export function readProcessChange(
  input: unknown,
  present: Pick<OutlineProcess, "name" | "type" | "res">,
  conf: ProcessConfiguration | undefined,
): ReadProcessChange {
  const found = new Findings();
  if (input === null) throw invalid([{ path: "", message: notNull, kind: "input" }], []);
  const fields = found.object(input === undefined ? {} : input, "");
  const body = fields === undefined ? undefined : found.parse(processChangeBody, fields, "");
  const ignored = ignoredClusterFields(processChangeBody, input);
  if (body === undefined) {
    const others = fields === undefined ? [] : processValueProblems(readableValues(fields), "", conf);
    throw invalid([...found.problems, ...others], ignored);
  }
  for (const field of ["name", "type"] as const) {
    const given = body[field];
    if (given !== undefined && given !== present[field])
      found.add(field, `"${given}" is not what it is: it stays "${present[field]}"; leave it out`);
  }
  const { name: _name, type: _type, res: asked, ...rest } = body;
  const { cpu = present.res.cpu, memory, mem = present.res.mem } = asked ?? {};
  if (asked !== undefined && Object.values(asked).every((value) => value === undefined))
    found.add("res", "names neither cpu nor mem: give one of them, or leave it out");
  const res = asked === undefined ? undefined : { cpu, mem: memory ?? mem };
  const { cmd, options = [], envs = [] } = rest;
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  // A misspelt field must not end a process: only an empty body asks for that.
  if (res === undefined && Object.keys(given).length === 0 && ignored.length > 0)
    found.add("", "no field of the body is known, and nothing was done; to restart the process give {}");
  const problems = [...found.problems, ...processValueProblems({ cmd, options, envs, res }, "", conf)];
  if (problems.length > 0) throw invalid(problems, ignored);
  return { change: { ...given, ...(res && { res }) }, ignored };
}

const notNull = "the body must be a JSON object, and null is none: {} restarts the process";

function invalid(problems: Findings["problems"], ignored: readonly IgnoredField[]): SpecInvalidError {
  return new SpecInvalidError(
    problems.map(({ path, message }) => ({ path, message })),
    problems.every(({ kind }) => kind === "impossible") ? 422 : 400,
    { warnings: ignoredFieldsMessage(ignored) },
  );
}
