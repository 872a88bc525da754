// The error with which a body is refused: every problem at once.
import { CkeError } from "@cke/foundation";
import { problemText, toldProblems } from "./told-problems.ts";

export interface SpecProblem {
  /** JSON path in the body: `kubenodes[0].process[1].res.cpu`; "" for the body itself. */
  readonly path: string;
  readonly message: string;
}

interface SpecInvalidOptions {
  readonly ofHosts?: boolean;
  readonly warnings?: readonly string[];
  /** True when not all of the body was read, so that nobody knows how many problems it has (`Findings.incomplete`). */
  readonly incomplete?: boolean;
}

/**
 * Every problem of a body at once, as many as can be read (`toldProblems`). 400 when it has the wrong shape, 422 when it is well-formed but impossible, 409 when
 * all that is wrong is that what it asks for is there already.
 */
export class SpecInvalidError extends CkeError {
  readonly problems: readonly SpecProblem[];
  /** True when a problem follows from facts about hosts, which may have changed. */
  readonly ofHosts: boolean;
  /** Sentences about fields without effect: a missing field may be one of them, misspelt. */
  readonly warnings: readonly string[];

  constructor(
    problems: readonly SpecProblem[],
    status: 400 | 409 | 422 = 400,
    { ofHosts = false, warnings = [], incomplete = false }: SpecInvalidOptions = {},
  ) {
    const told = toldProblems(problems, incomplete);
    super("spec_invalid", problemText(told), { status });
    this.problems = told;
    this.ofHosts = ofHosts;
    this.warnings = warnings;
  }
}
