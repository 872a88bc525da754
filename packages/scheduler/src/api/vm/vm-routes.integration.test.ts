// The routes of VMs over services in memory.
import { afterEach, beforeEach, expect, test } from "vitest";
import { VmNotFoundError } from "../../vm/body/vm-errors.ts";
import { noVmControl, noVms } from "../../vm/testing/no-vms.ts";
import type { VmControl } from "../../vm/views/vm-control-service.ts";
import type { VmService } from "../../vm/views/vm-service.ts";
import { type ApiFixture, createApiFixture, json } from "../testing/api-fixture.ts";

let fixture: ApiFixture;
const asked: unknown[] = [];
const known = (name: string) => {
  if (name !== "web") throw new VmNotFoundError(name);
};
const vms: VmService = {
  ...noVms,
  create: async (body) => {
    asked.push(body);
    return { name: "web", warnings: ["colour is not a known field and was ignored"] };
  },
  json: (name) => {
    known(name);
    return { name };
  },
  expect: async (name, expectation, by) => {
    known(name);
    return `${name} ${expectation} ${by}`;
  },
  replace: async (name, force, by) => {
    known(name);
    return `${name} ${force} ${by}`;
  },
};
const control: VmControl = {
  ...noVmControl,
  change: async (name, body, whole) => {
    known(name);
    asked.push([body, whole]);
    return { message: "changed", changed: ["mem"], at_next_start: ["mem"], warnings: [] };
  },
  power: async (name, action) => `${name} ${action}`,
  pause: async (name, paused) => `${name} ${paused}`,
  snapshot: async (name, ask) => `${name} ${JSON.stringify(ask)}`,
  revert: async (name, snapshot) => `${name} is ${snapshot}`,
  guest: async (_name, question) => ({ return: question }),
  screenshot: async () => ({ type: "image/png", bytes: new Uint8Array([1, 2, 3]) }),
};

beforeEach(async () => {
  asked.length = 0;
  fixture = await createApiFixture({ services: { vms, vmControl: control } });
});
afterEach(() => fixture.close());

test("a VM is created, with warnings of what nobody reads, under the alias too", async () => {
  for (const url of ["/vm/v1/vms", "/vm/vms"]) {
    const answer = await fixture.post(url, { name: "web" });
    expect([answer.statusCode, answer.headers.location, answer.json()]).toEqual([
      201,
      "/vm/v1/vms/web",
      {
        status: 201,
        message: 'VM "web" is being created',
        warnings: ["colour is not a known field and was ignored"],
      },
    ]);
  }
  expect(asked).toEqual([{ name: "web" }, { name: "web" }]);
  expect((await fixture.post("/vm/v1/vms", "")).statusCode).toBe(400);
});

test("an unknown VM is 404", async () => {
  expect((await fixture.get("/vm/v1/vms/web/json")).json()).toEqual({ name: "web" });
  for (const path of ["", "/state", "/json", "/pending", "/logs", "/console/vnc"]) {
    const answer = await fixture.get(`/vm/v1/vms/none${path}`);
    expect([path, answer.statusCode, answer.json().code]).toEqual([path, 404, "vm_not_found"]);
  }
});

test("it is started, stopped and changed", async () => {
  expect((await fixture.post("/vm/v1/vms/web/stop", { by: "ann" })).json().message).toBe("web STOP ann");
  expect((await fixture.post("/vm/v1/vms/web/start", {})).json().message).toBe("web RUN 127.0.0.1");
  for (const method of ["PATCH", "PUT"] as const) {
    const answer = await fixture.server.inject({ method, url: "/vm/v1/vms/web", headers: json, payload: '{"mem":64}' });
    expect(answer.json()).toEqual({ status: 202, message: "changed", changed: ["mem"], at_next_start: ["mem"] });
  }
  expect(asked).toEqual([
    [{ mem: 64 }, false],
    [{ mem: 64 }, true],
  ]);
});

test("one whose host is lost is replaced, by force only where its disks may still exist", async () => {
  const replace = async (query: string) => await fixture.post(`/vm/v1/vms/web/replace${query}`, { by: "ann" });
  expect((await replace("")).json()).toEqual({ status: 202, message: "web false ann" });
  for (const query of ["?force=true", "?force"]) expect((await replace(query)).json().message).toBe("web true ann");
  expect((await replace("?force=perhaps")).statusCode).toBe(400);
  expect((await fixture.post("/vm/v1/vms/none/replace", {})).statusCode).toBe(404);
});

test("the help is there under the name of VMs too", async () => {
  const [left, right] = await Promise.all(["/vm/v1/help", "/k8s/v1/help"].map((path) => fixture.get(path)));
  expect(left?.statusCode).toBe(200);
  expect(left?.body).toBe(right?.body);
  expect(left?.body).toContain("/vm/v1/vms/<name>/replace");
});

test("actions on one that runs", async () => {
  const message = async (path: string, body: unknown = {}) =>
    (await fixture.post(`/vm/v1/vms/web/${path}`, body)).json().message;
  expect(await message("reboot")).toBe("web reboot");
  expect(await message("pause")).toBe("web true");
  expect(await message("resume")).toBe("web false");
  expect(await message("snapshots", { name: "s1", memory: true })).toBe(
    'web {"name":"s1","memory":true,"quiesce":false,"description":""}',
  );
  expect((await fixture.post("/vm/v1/vms/web/snapshots", { name: "a b" })).json().problems[0].path).toBe("name");
  expect(await message("snapshots/s1/revert")).toBe("web is s1");
  expect((await fixture.get("/vm/v1/vms/web/guest?question=time")).json()).toEqual({
    question: "time",
    answer: { return: "time" },
  });
  expect((await fixture.get("/vm/v1/vms/web/guest?question=all")).statusCode).toBe(400);
  const picture = await fixture.get("/vm/v1/vms/web/screenshot");
  expect([picture.headers["content-type"], picture.rawPayload]).toEqual(["image/png", Buffer.from([1, 2, 3])]);
});
