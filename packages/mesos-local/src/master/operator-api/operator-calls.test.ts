// What an operator changes besides maintenance: reservations, frameworks, agents out of reach. Words: mesos 1.12.
import type { Resource } from "@cke/mesos";
import { expect, test } from "vitest";
import { bagText } from "../../resources/format.ts";
import { parseResources } from "../../resources/parse.ts";
import { markUnreachable } from "../agents/agent-removal.ts";
import { MasterFixture } from "../testing/master-fixture.ts";
import { operator, v1, view } from "../testing/operator.ts";

const reserved = (text: string, role = "dev", principal?: string): readonly Resource[] =>
  parseResources(text).map((resource) => ({
    ...resource,
    reservations: [{ type: "DYNAMIC", role, ...(principal === undefined ? {} : { principal }) }],
  }));

function setting() {
  const master = new MasterFixture();
  const { agent, messages } = master.register("cpus:4;mem:1000");
  const framework = master.subscribe();
  master.allocate();
  const of = (resources: readonly Resource[]) => ({ agent_id: { value: agent.id }, resources });
  return { master, agent, messages, framework, of };
}

test("RESERVE_RESOURCES rescinds the offers that it needs; UNRESERVE_RESOURCES gives them back", () => {
  const { master, agent, messages, framework, of } = setting();
  expect(v1(master, "RESERVE_RESOURCES", of(reserved("cpus:1;mem:100")))).toEqual({ status: 202, body: "" });
  expect(framework.events.map(({ type }) => type)).toContain("RESCIND");
  expect(messages.at(-1)?.type).toBe("CHECKPOINT_RESOURCES");
  expect(bagText(agent.ledger.total)).toBe(
    "cpus:3; mem:900; cpus(reservations: [(DYNAMIC,dev)]):1; mem(reservations: [(DYNAMIC,dev)]):100",
  );
  expect(v1(master, "UNRESERVE_RESOURCES", of(reserved("cpus:1;mem:100"))).status).toBe(202);
  expect(bagText(agent.ledger.total)).toBe("cpus:4; mem:1000");
  master.check();
});

test("what runs cannot be reserved away: 409", () => {
  const { master, framework, of } = setting();
  master.launch(framework, [{ resources: parseResources("cpus:3;mem:100") }]);
  const answer = v1(master, "RESERVE_RESOURCES", of(reserved("cpus:2")));
  expect(answer.status).toBe(409);
  expect(answer.body).toContain("does not contain");
});

test.each([
  [reserved("cpus:1", "*"), undefined, /Invalid reservation: role "\*" cannot be reserved$/],
  [parseResources("cpus:1"), undefined, /not reserved/],
  [reserved("cpus:1"), "ops", /by principal 'ops', but there is a reserved resource in the request with no principal/],
  [reserved("cpus:1", "dev", "me"), "ops", /by authenticated principal 'ops', which does not match .* 'me'/],
  [
    reserved("cpus:1").map((one) => ({ ...one, allocation_info: { role: "dev" } })),
    undefined,
    /only allows reservations to be made to unallocated resources/,
  ],
])("a reservation that cannot be is 400 (%#)", (resources, principal, words) => {
  const { master, of } = setting();
  const answer = v1(master, "RESERVE_RESOURCES", of(resources), principal);
  expect(answer.status).toBe(400);
  expect(answer.body).toMatch(words);
});

test("a volume is made on reserved disk, and destroyed before the disk is unreserved", () => {
  const master = new MasterFixture();
  const { agent } = master.register("cpus:4;mem:1000;disk:500");
  const agent_id = { value: agent.id };
  const [disk] = reserved("disk:100");
  const persistence = { id: "v", principal: "me" };
  const volumes = [{ ...disk, disk: { persistence, volume: { container_path: "data", mode: "RW" } } }];
  expect(v1(master, "CREATE_VOLUMES", { agent_id, volumes }).status).toBe(409);
  expect(v1(master, "RESERVE_RESOURCES", { agent_id, resources: [disk] }).status).toBe(202);
  expect(v1(master, "CREATE_VOLUMES", { agent_id, volumes }).status).toBe(202);
  expect(v1(master, "UNRESERVE_RESOURCES", { agent_id, resources: [disk] }).status).toBe(409);
  expect(v1(master, "UNRESERVE_RESOURCES", { agent_id, resources: volumes }).status).toBe(400);
  expect(v1(master, "DESTROY_VOLUMES", { agent_id, volumes }).status).toBe(202);
  expect(v1(master, "UNRESERVE_RESOURCES", { agent_id, resources: [disk] }).status).toBe(202);
});

test("the classic forms of reservations say what they miss", () => {
  const { master, agent } = setting();
  const form = (path: string, fields: Readonly<Record<string, string>>) =>
    operator(master, path, new URLSearchParams(fields).toString());
  const resources = JSON.stringify(reserved("cpus:1"));
  expect(form("/reserve", { resources })).toEqual({
    status: 400,
    body: "Missing 'slaveId' query parameter in the request body",
  });
  expect(form("/reserve", { slaveId: agent.id, resources: "[1]" }).body).toMatch(/^Error in parsing 'resources'/);
  expect(form("/reserve", { slaveId: "nobody", resources }).body).toBe("No agent found with specified ID");
  expect(form("/reserve", { slaveId: agent.id, resources }).status).toBe(202);
  expect(form("/unreserve", { slaveId: agent.id, resources }).status).toBe(202);
  expect(operator(master, "/reserve", undefined, "GET").status).toBe(405);
});

test("TEARDOWN ends a framework for ever, by both ways", () => {
  const { master, framework } = setting();
  const other = master.subscribe();
  expect(v1(master, "TEARDOWN", { framework_id: { value: framework.id } })).toEqual({ status: 200, body: "" });
  expect(v1(master, "TEARDOWN", { framework_id: { value: framework.id } }).body).toBe(
    "No framework found with specified ID",
  );
  expect(operator(master, "/teardown", `frameworkId=${other.id}`).status).toBe(200);
  expect(operator(master, "/teardown", "").status).toBe(400);
  expect(master.state.frameworks.size).toBe(0);
  expect(master.subscribe({ id: framework.id }).events).toEqual([
    { type: "ERROR", error: { message: "Framework has been removed" } },
  ]);
});

test("an agent out of reach is drained when it returns; one that is not deactivated cannot be reactivated", () => {
  const { master, agent, framework } = setting();
  const call = { agent_id: { value: agent.id } };
  master.launch(framework, [{}]);
  expect(v1(master, "REACTIVATE_AGENT", call).body).toBe("Agent is not deactivated");
  markUnreachable(master.state, agent);
  expect(v1(master, "DRAIN_AGENT", call)).toEqual({ status: 200, body: "" });
  expect(v1(master, "DRAIN_AGENT", { agent_id: { value: "nobody" } }).body).toBe("Unknown agent");
  const { agent: back } = master.register("cpus:4;mem:1000", { agent_id: { value: agent.id } });
  master.allocate();
  expect(view(master, "GET_AGENTS")).toMatchObject({
    get_agents: { agents: [{ active: false, deactivated: true, drain_info: { state: "DRAINED" } }] },
  });
  expect(back.id).toBe(agent.id);
  expect(framework.offers()).toHaveLength(1);
  expect(v1(master, "REACTIVATE_AGENT", call).status).toBe(200);
  master.allocate();
  expect(framework.offers()).toHaveLength(2);
});

test("an agent that drains cannot be reactivated before its tasks are over", () => {
  const { master, agent, framework } = setting();
  const call = { agent_id: { value: agent.id } };
  master.launch(framework, [{}]);
  expect(v1(master, "DRAIN_AGENT", call).status).toBe(200);
  expect(v1(master, "REACTIVATE_AGENT", call)).toEqual({ status: 400, body: "Agent is still in the DRAINING state" });
});

test("an agent in a maintenance schedule is not drained", () => {
  const { master, agent } = setting();
  const windows = [
    { machine_ids: [{ hostname: agent.hostname, ip: agent.ip }], unavailability: { start: { nanoseconds: 1 } } },
  ];
  expect(v1(master, "UPDATE_MAINTENANCE_SCHEDULE", { schedule: { windows } }).status).toBe(200);
  const answer = v1(master, "DRAIN_AGENT", { agent_id: { value: agent.id } });
  expect(answer.status).toBe(400);
  expect(answer.body).toMatch(/is part of a maintenance schedule/);
});

test.each([
  ["UPDATE_QUOTA", {}, 501, "UPDATE_QUOTA is not implemented by the embedded Mesos"],
  ["LIST_FILES", undefined, 400, "Failed to validate master::Call: Expecting 'list_files' to be present"],
  ["RESERVE_RESOURCES", undefined, 400, "Failed to validate master::Call: Expecting 'reserve_resources' to be present"],
  ["toString", undefined, 400, "Failed to validate master::Call: Expecting 'type' to be present"],
])("%s is answered %d", (type, content, status, body) => {
  expect(v1(new MasterFixture(), type, content)).toEqual({ status, body });
});

test("a deactivated agent is connected but not active, wherever operators look", () => {
  const { master, agent } = setting();
  v1(master, "DEACTIVATE_AGENT", { agent_id: { value: agent.id } });
  const get = (path: string) => JSON.parse(operator(master, path, undefined, "GET").body);
  expect(get("/state")).toMatchObject({
    activated_slaves: 0,
    deactivated_slaves: 1,
    slaves: [{ active: false, deactivated: true }],
  });
  expect(get("/metrics/snapshot")).toMatchObject({
    "master/slaves_active": 0,
    "master/slaves_connected": 1,
    "master/slaves_inactive": 1,
  });
});
