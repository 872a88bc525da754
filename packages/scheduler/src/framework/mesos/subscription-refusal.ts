// What an operator can do when the Mesos master refuses this framework and the scheduler tries again.
import type { SchedulerProblem } from "@cke/mesos";

/** The text for the log. `principal` is the value of -mesos_principal. */
export function subscriptionRefusal({ kind, message }: SchedulerProblem, principal: string | undefined): string {
  const said = `(Mesos says: ${message})`;
  switch (kind) {
    case "unauthenticated":
      return principal === undefined
        ? `the Mesos master asks who this framework is: give -mesos_principal and -mesos_secret_file ${said}`
        : `the Mesos master does not accept principal "${principal}" with its secret: check -mesos_principal and the file of -mesos_secret_file, which is read at the start ${said}`;
    case "unauthorized":
      if (/does not match principal/.test(message))
        return `the principal that authenticates is not the one of this framework: give the -mesos_principal that it has had since its first start ${said}`;
      return `${principal === undefined ? "a framework without -mesos_principal" : `principal "${principal}"`} may not do this: check the master's ACLs for -roles and -mesos_user ${said}`;
    case "refused":
      // Mesos 1.12 counts from none to one as a change too.
      if (/principal is not allowed/.test(message))
        return `Mesos knows this framework ${principal === undefined ? "with" : `without principal "${principal}", or with`} another one, and a framework keeps its principal for ever: start with -mesos_principal as it was. Under another principal it is another framework, and everything is launched anew ${said}`;
      return `the Mesos master does not take this framework as it describes itself: check -roles, -name, -failover, -mesos_user and -mesos_principal ${said}`;
    case "framework_removed":
      return `Mesos removed this framework ${said}`;
    case "failed_over":
      return `another scheduler took over this framework ${said}`;
  }
}
