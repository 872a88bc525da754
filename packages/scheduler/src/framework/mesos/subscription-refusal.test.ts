import type { SchedulerProblem } from "@cke/mesos";
import { expect, test } from "vitest";
import { subscriptionRefusal } from "./subscription-refusal.ts";

test.each<[SchedulerProblem["kind"], string, string | undefined, RegExp]>([
  ["unauthenticated", "401 Unauthorized.", undefined, /give -mesos_principal and -mesos_secret_file .*401/],
  ["unauthenticated", "401 Unauthorized.", "me", /"me".*-mesos_secret_file.*401/],
  ["unauthorized", "Not authorized to use roles '[ x ]'", "me", /principal "me" may not .*ACLs for -roles.*\[ x \]/],
  ["unauthorized", "Forbidden", undefined, /without -mesos_principal may not/],
  ["refused", "bad role", "me", /check -roles.*bad role/],
  [
    "refused",
    "Changing framework's principal is not allowed.",
    "me",
    /without principal "me".*keeps.*as it was.*Chang/,
  ],
  ["refused", "Changing framework's principal is not allowed.", undefined, /with another one.*keeps.*as it was/],
  ["unauthorized", "Authenticated principal 'a' does not match principal 'b' set in x", "a", /since its first start/],
])("B23: %s %s of principal %s is told with what to do", (kind, message, principal, words) => {
  expect(subscriptionRefusal({ kind, message }, principal)).toMatch(words);
});
