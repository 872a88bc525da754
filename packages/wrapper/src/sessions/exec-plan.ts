// What an exec session starts: the command as it was asked for, as its user, on its terminal. Every problem is told with its field.
import { readFileSync } from "node:fs";
import type { EnvironmentVariable, ExecStart } from "@cke/protocol";
import { WrapperError } from "../errors/wrapper-error.ts";
import { checkLaunch, checkOnPath } from "../process/process-launch.ts";
import { commandAs, findAccount, type UserAccount } from "../process/user-account.ts";
import { checkCommand, checkEnvironment, checkPath, Problems } from "../validation/request-validation.ts";
import { terminalCommand } from "./terminal.ts";

const defaultSize = { rows: 24, columns: 80 };
/** What the kernel's structure of a size takes, tty_ioctl(4). */
const largestSize = 65_535;

export interface ExecPlan {
  readonly command: readonly string[];
  readonly environment: readonly EnvironmentVariable[];
  readonly workingDirectory: string;
  /** Owner of the session's pipes; undefined: the wrapper's own user. */
  readonly account: UserAccount | undefined;
}

/** Throws WrapperError: invalid_argument for what is asked, failed_precondition for what the container lacks. */
export function planExec(start: ExecStart): ExecPlan {
  const { command, environment, workingDirectory, tty, user } = start;
  const problems = new Problems();
  checkCommand(command, "start.command", problems, true);
  checkEnvironment(environment, "start.environment", problems);
  if (workingDirectory !== "") checkPath(workingDirectory, "start.working_directory", problems);
  const { rows, columns } = start.size ?? defaultSize;
  if (rows < 1 || columns < 1 || rows > largestSize || columns > largestSize) {
    problems.add("start.size", `must be 1 to ${largestSize} rows and columns`);
  }
  const found = user === "" ? undefined : findAccount(user, accountFiles());
  if (found !== undefined && "problem" in found) problems.add("start.user", found.problem);
  problems.throwIfAny();
  const account = found !== undefined && "uid" in found ? found : undefined;

  checkLaunch({ command, workingDirectory });
  // Before it starts, so that who asked gets an error in place of a command that has ended.
  checkOnPath(command[0] ?? "", environment);
  const onTerminal = tty ? terminalCommand(command, { rows, columns }) : command;
  const whole = account === undefined ? onTerminal : commandAs(account, onTerminal);
  // The programs that make the terminal and change the user have to be there too.
  if (tty) checkLaunch({ command: onTerminal, workingDirectory });
  checkLaunch({ command: whole, workingDirectory });
  const given = new Set(environment.map(({ name }) => name));
  const defaults = [
    ...(tty ? [{ name: "TERM", value: "xterm" }] : []),
    ...(account === undefined ? [] : [{ name: "HOME", value: account.home }]),
  ].filter(({ name }) => !given.has(name));
  // `script` runs its line of shell with the shell that SHELL names.
  const shell = tty ? [{ name: "SHELL", value: "/bin/sh" }] : [];
  return { command: whole, environment: [...defaults, ...environment, ...shell], workingDirectory, account };
}

function accountFiles() {
  try {
    return { passwd: readFileSync("/etc/passwd", "utf8"), group: readFileSync("/etc/group", "utf8") };
  } catch (cause) {
    throw new WrapperError("failed_precondition", "start.user: the container has no /etc/passwd or /etc/group", {
      cause,
    });
  }
}
