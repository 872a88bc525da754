import { SetBalancerRequest } from "@cke/protocol";
import { expect, test } from "vitest";
import { checkBalancer } from "./balancer-validation.ts";
import { Problems } from "./request-validation.ts";

const good = { listen: "127.0.0.1:6444", targets: ["10.0.0.1:6443", "10.0.0.2:6443"], healthPath: "/readyz" };

test.each([
  [{}, []],
  [{ targets: [] }, []],
  [{ listen: "0.0.0.0:6444" }, ["listen: must be a loopback address of IPv4 and a port, like 127.0.0.1:6444"]],
  [{ listen: "10.0.0.1:6444" }, ["listen: must be a loopback address of IPv4 and a port, like 127.0.0.1:6444"]],
  [{ listen: "" }, ["listen: must be a loopback address of IPv4 and a port, like 127.0.0.1:6444"]],
  [{ targets: ["10.0.0.1"] }, ["targets[0]: must be an address like 10.0.0.1:6443"]],
  [{ targets: ["127.0.0.1:6444"] }, ["targets[0]: must not be where the balancer itself listens"]],
  [{ targets: ["a:1", "a:1"] }, ["targets: must not have the same address twice"]],
  [{ targets: Array.from({ length: 17 }, (_, index) => `a:${index + 1}`) }, ["targets: must be at most 16"]],
  [{ healthPath: "readyz" }, ["health_path: must be a path like /readyz"]],
  [{ healthPath: "/a b\r\n" }, ["health_path: must be a path like /readyz"]],
])("%j", (change, expected) => {
  const problems = new Problems();
  checkBalancer(SetBalancerRequest.create({ ...good, ...change }), problems);
  expect(problems.list()).toEqual(expected);
});
