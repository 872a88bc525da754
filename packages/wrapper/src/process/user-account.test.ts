import { expect, test } from "vitest";
import { commandAs, findAccount } from "./user-account.ts";

const files = {
  passwd:
    "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/usr/sbin:/bin/sh\nann:x:1000:1000:Ann:/home/ann:/bin/sh\nnohome:x:7:7:::\n",
  group: "root:x:0:\ndaemon:x:1:\nsudo:x:27:bob,ann\nann:x:1000:\nwheel:x:10:ann\nbroken\n",
};

test.each([
  ["root", { uid: 0, gid: 0, groups: [], home: "/root" }],
  ["ann", { uid: 1000, gid: 1000, groups: [27, 10], home: "/home/ann" }],
  ["1000", { uid: 1000, gid: 1000, groups: [27, 10], home: "/home/ann" }],
  ["ann:daemon", { uid: 1000, gid: 1, groups: [], home: "/home/ann" }],
  ["ann:4242", { uid: 1000, gid: 4242, groups: [], home: "/home/ann" }],
  ["4242", { uid: 4242, gid: 0, groups: [], home: "/" }],
  ["4242:4343", { uid: 4242, gid: 4343, groups: [], home: "/" }],
  ["nohome", { uid: 7, gid: 7, groups: [], home: "/" }],
])("%s", (text, account) => {
  expect(findAccount(text, files)).toEqual(account);
});

test.each([
  ["bob", "no user bob"],
  ["ann:nobody", "no group nobody"],
  ["", "user:group"],
  ["ann:", "user:group"],
  [":ann", "user:group"],
  ["a:b:c", "user:group"],
  ["-1", "no user -1"],
  ["4294967295", "no user 4294967295"],
  ["99999999999", "no user 99999999999"],
])("%j is refused", (text, words) => {
  expect(findAccount(text, files)).toEqual({ problem: expect.stringContaining(words) });
});

test("the command becomes the user, with its groups or with none", () => {
  const account = { uid: 1000, gid: 1, home: "/" };
  const start = ["/usr/bin/setpriv", "--reuid=1000", "--regid=1"];
  expect(commandAs({ ...account, groups: [] }, ["id", "-u"])).toEqual([...start, "--clear-groups", "--", "id", "-u"]);
  expect(commandAs({ ...account, groups: [27, 10] }, ["id"])).toEqual([...start, "--groups=27,10", "--", "id"]);
});
