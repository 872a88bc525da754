// What can be read of a process whose body cannot be read as a whole, so that its other values are checked too, and all problems are
// told at once. Pure.
import { z } from "zod";
import { processChangeBody } from "./cluster-body.ts";
import type { ProcessValues } from "./cluster-checks.ts";

const object = z.record(z.string(), z.unknown());
const number = z.number();

/** Values that are wrong themselves are left out: their problems are noted already. */
export function readableValues(fields: Readonly<Record<string, unknown>>): ProcessValues {
  const { cmd, options, envs } = processChangeBody.shape;
  const res = object.safeParse(fields.res).data ?? {};
  return {
    cmd: cmd.safeParse(fields.cmd).data,
    options: options.safeParse(fields.options).data ?? [],
    envs: envs.safeParse(fields.envs).data ?? [],
    res: {
      cpu: number.safeParse(res.cpu).data,
      mem: number.safeParse(res.memory).data ?? number.safeParse(res.mem).data,
    },
  };
}
