import { expect, test } from "vitest";
import { askedFloating, floatingBody } from "./floating-body.ts";

test.each([
  [{ pod: "web-0" }, { pod: { namespace: "default", name: "web-0" } }],
  [
    { pod: "shop/web-0", floating_ip: "198.51.100.64" },
    { pod: { namespace: "shop", name: "web-0" }, address: "198.51.100.64" },
  ],
  [{ address: "10.244.0.9" }, { target: "10.244.0.9" }],
])("%j is read", (body, asked) => {
  expect(askedFloating(floatingBody.parse(body))).toEqual(asked);
});

test.each([
  [{}, "pod"],
  [{ pod: "web-0", address: "10.244.0.9" }, "pod"],
  [{ pod: "Web 0" }, "pod"],
  [{ pod: "a/b/c" }, "pod"],
  [{ address: "10.244.0.0/24" }, "address"],
  [{ service: "web" }, ""],
])("%j is refused", (body, path) => {
  const issues = floatingBody.safeParse(body).error?.issues ?? [];
  expect(issues.map((issue) => issue.path.join("."))).toContain(path);
});
