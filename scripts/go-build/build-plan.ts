// The work of a `go build`: packages to compile and programs to link, each with its share of the work. Pure.
import { z } from "zod";

/** The fields of `go list -deps -json` that are used. */
const listedSchema = z.object({
  ImportPath: z.string(),
  Name: z.string().optional(),
  Dir: z.string().default(""),
  GoFiles: z.array(z.string()).default([]),
  SFiles: z.array(z.string()).default([]),
  DepOnly: z.boolean().default(false),
  Stale: z.boolean().default(false),
  StaleReason: z.string().default(""),
});
export type ListedPackage = z.infer<typeof listedSchema>;
export const listedFields = Object.keys(listedSchema.shape).join(",");

/** `go list` prints one JSON object after the other. Each begins and ends with a line of one brace. */
export function parseList(text: string): ListedPackage[] {
  return text
    .split(/^(?=\{$)/m)
    .filter((part) => part.trim() !== "")
    .map((part) => listedSchema.parse(JSON.parse(part)));
}

export interface BuildPlan {
  /** Weight of each package that is not in the build cache, by import path. */
  readonly compile: ReadonlyMap<string, number>;
  readonly link: ReadonlyMap<string, number>;
  readonly total: number;
}

/**
 * Weights are in bytes of source, as measured on a build of Kubernetes 1.37 (2,792 packages, six programs): starting a
 * compiler costs as much as 20 KB of source, and linking a program as much as compiling 2 MB.
 */
const packageBase = 20_000;
const linkWeight = 2_000_000;

/** `sizeOf`: bytes of a package's sources. */
export function planOf(packages: readonly ListedPackage[], sizeOf: (listed: ListedPackage) => number): BuildPlan {
  const cached = ({ Stale, StaleReason }: ListedPackage) => !Stale || StaleReason.includes("available in build cache");
  const compile = new Map(
    packages
      .filter((listed) => listed.ImportPath !== "unsafe" && !cached(listed))
      .map((listed) => [listed.ImportPath, packageBase + sizeOf(listed)]),
  );
  const link = new Map(
    packages
      .filter(({ Name, DepOnly }) => Name === "main" && !DepOnly)
      .map(({ ImportPath }) => [ImportPath, linkWeight]),
  );
  const total = [...compile.values(), ...link.values()].reduce((sum, weight) => sum + weight, 0);
  return { compile, link, total };
}

export interface Done {
  /** Weight of all finished work. */
  readonly weight: number;
  readonly compiled: number;
  readonly linked: number;
}

/**
 * `lines`: "compile <import path>" and "link <import path>" of each tool that succeeded. Lines that are not in the plan
 * do not count.
 */
export function doneOf(plan: BuildPlan, lines: Iterable<string>): Done {
  let weight = 0;
  let compiled = 0;
  let linked = 0;
  for (const line of new Set(lines)) {
    const [tool, name = ""] = line.split(" ");
    const share = tool === "compile" ? plan.compile.get(name) : tool === "link" ? plan.link.get(name) : undefined;
    if (share === undefined) continue;
    weight += share;
    if (tool === "compile") compiled += 1;
    else linked += 1;
  }
  return { weight, compiled, linked };
}
