// How much of what is wrong with a body is told: one mistake may be made in each of a million items, and nobody reads more. Pure.

/** Most problems of one answer. */
export const mostProblems = 100;

interface Problem {
  readonly path: string;
  readonly message: string;
}

/** The first problems, and how many more there are. */
export function toldProblems(problems: readonly Problem[]): readonly Problem[] {
  const more = problems.length - mostProblems;
  if (more <= 0) return problems;
  return [...problems.slice(0, mostProblems), { path: "", message: `${more} more problems are not shown` }];
}

/** All of them as one text: "nodes[0].name: is missing; …" */
export const problemText = (problems: readonly Problem[]) =>
  problems.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ");
