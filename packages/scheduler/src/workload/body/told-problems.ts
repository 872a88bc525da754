// How much of what is wrong with a body is told: one mistake may be made in each of a million items, and nobody reads more. Pure.

/** Most problems of one answer. */
export const mostProblems = 100;

interface Problem {
  readonly path: string;
  readonly message: string;
}

/** The first problems, and how many more there are; that there are more where not all was read (`incomplete`), for then nobody knows. */
export function toldProblems(problems: readonly Problem[], incomplete = false): readonly Problem[] {
  const more = problems.length - mostProblems;
  if (more <= 0) return problems;
  const counted = more === 1 ? "1 more problem is" : `${more} more problems are`;
  const message = `${incomplete ? "further problems are" : counted} not shown`;
  return [...problems.slice(0, mostProblems), { path: "", message }];
}

/** All of them as one text: "nodes[0].name: is missing; …" */
export const problemText = (problems: readonly Problem[]) =>
  problems.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ");
