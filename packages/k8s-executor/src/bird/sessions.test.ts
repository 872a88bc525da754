import { expect, test } from "vitest";
import { readSessions } from "./sessions.ts";

// What BIRD 2.0.12 printed for a gateway, shortened.
const output = `BIRD 2.0.12 ready.
Access restricted
Name       Proto      Table      State  Since         Info
device1    Device     ---        up     2026-12-01 02:21:39  

own        Static     master4    up     2026-12-01 02:21:39  
  Channel ipv4
    State:          UP
    Routes:         1 imported, 0 exported, 1 preferred

node.node-0 BGP        ---        up     2026-12-01 02:21:40  Established   
  BGP state:          Established
    Neighbor address: 10.88.0.20
    Neighbor AS:      64512
    Hold timer:       8.897/9
  Channel ipv4
    State:          UP
    Routes:         3 imported, 2 filtered, 1 exported, 0 preferred
    Route change stats:     received   rejected   filtered    ignored   accepted
      Import updates:              5          0          2          0          3

node.node-1 BGP        ---        start  2026-12-01 02:21:39  Active        Socket: Connection refused
  BGP state:          Active
    Neighbor address: 10.88.0.21
    Last error:       Socket: Connection refused
  Channel ipv4
    State:          DOWN

node.node-2 BGP        ---        down   2026-12-01 02:21:39  
`;

test("the sessions with their states, and nothing else", () => {
  const none = { imported: 0, filtered: 0, exported: 0 };
  expect(readSessions(output)).toEqual([
    {
      ...{ name: "node.node-0", neighbour: "10.88.0.20", established: true, since: "2026-12-01 02:21:40" },
      ...{ info: "Established", imported: 3, filtered: 2, exported: 1 },
    },
    {
      ...{ name: "node.node-1", neighbour: "10.88.0.21", established: false, since: "2026-12-01 02:21:39" },
      ...{ info: "Active Socket: Connection refused", ...none },
    },
    {
      ...{ name: "node.node-2", neighbour: "", established: false, since: "2026-12-01 02:21:39" },
      ...{ info: "", ...none },
    },
  ]);
});

test.each([
  ["", "nothing"],
  ["BIRD 2.0.12 ready.\n", "no protocols"],
  ["x BGP\n", "half a line"],
])("%j has no sessions: %s", (text) => expect(readSessions(text)).toEqual([]));

test("a long text of an error is cut", () => {
  const [session] = readSessions(`a BGP --- start 2026-12-01 02:21:39 Idle ${"e".repeat(10_000)}`);
  expect(session?.info.length).toBe(200);
});

test("a neighbour that sends more routes than are taken is named so", () => {
  const [session] = readSessions(
    `${output
      .split("node.node-1")[0]
      ?.replace(
        "    Route change stats",
        "    Receive limit:  10000 [HIT]\n      Action:       block\n    Route change stats",
      )}`,
  );
  expect(session?.info).toBe("Established, sends more routes than are taken");
});
