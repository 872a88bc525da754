// RESERVE and UNRESERVE by a framework, alone and together with a LAUNCH.
import type { Operation, OperationStatus, Resource } from "@cke/mesos";
import { expect, test } from "vitest";
import { bagText } from "../../resources/format.ts";
import { parseResources } from "../../resources/parse.ts";
import { MasterFixture, type TestFramework, taskInfo } from "../testing/master-fixture.ts";
import { accept } from "./accept.ts";
import { acknowledgeOperation, reconcileOperations } from "./operations.ts";

const labels = { labels: [{ key: "owner", value: "n1" }] };
const reserved = (text: string, role = "dev", more: Partial<NonNullable<Resource["reservations"]>[number]> = {}) =>
  parseResources(text).map((resource) => ({
    ...resource,
    reservations: [...(resource.reservations ?? []), { type: "DYNAMIC" as const, role, labels, ...more }],
    allocation_info: { role },
  }));

const statuses = (framework: TestFramework): readonly OperationStatus[] =>
  framework.events.flatMap((event) =>
    event.type === "UPDATE_OPERATION_STATUS" ? [event.update_operation_status.status] : [],
  );
const states = (framework: TestFramework) =>
  statuses(framework).map(({ operation_id, state }) => `${operation_id?.value} ${state}`);

const setUp = (resources = "cpus:4;mem:1000", roles: readonly string[] = ["dev"]) => {
  const fixture = new MasterFixture();
  const { agent, messages } = fixture.register(resources);
  const framework = fixture.subscribe({ roles });
  fixture.allocate();
  const use = (operations: readonly Operation[]) => {
    const offer = framework.offers().at(-1);
    if (offer === undefined) throw new Error("there is no offer");
    accept(fixture.state, fixture.record(framework), {
      type: "ACCEPT",
      accept: { offer_ids: [offer.id], operations, filters: { refuse_seconds: 0 } },
    });
    fixture.check();
    return offer;
  };
  return { fixture, agent, messages, framework, use };
};
const reserve = (id: string, resources: readonly Resource[]): Operation => ({
  type: "RESERVE",
  id: { value: id },
  reserve: { resources },
});

test("RESERVE and LAUNCH in one ACCEPT: the task runs on what was reserved just before", () => {
  const { fixture, agent, messages, framework, use } = setUp();
  const offer = framework.offers()[0];
  if (offer === undefined) throw new Error("there is no offer");
  const executor = { ...taskInfo(offer, {}).executor, resources: reserved("cpus:0.5;mem:100") };
  const task = taskInfo(offer, { resources: reserved("cpus:1;mem:200") });
  const infos = [{ ...task, executor: { ...executor, executor_id: { value: "e" } } }];
  use([reserve("r", reserved("cpus:1.5;mem:300")), { type: "LAUNCH", launch: { task_infos: infos } }]);
  expect(states(framework)).toEqual(["r OPERATION_FINISHED"]);
  expect(framework.updates()).toEqual([]);
  expect(messages.map(({ type }) => type)).toEqual(["REGISTERED", "CHECKPOINT_RESOURCES", "RUN_TASK"]);
  expect(bagText(agent.ledger.available)).toBe("cpus:2.5; mem:700");
  fixture.update(agent, framework, "t", "TASK_FINISHED");
  fixture.allocate();
  const offered = framework.offers().at(-1)?.resources ?? [];
  const again = offered.filter(({ reservations }) => reservations !== undefined);
  expect(again).toEqual(reserved("cpus:1;mem:200"));
  use([{ type: "UNRESERVE", id: { value: "u" }, unreserve: { resources: again } }]);
  expect(states(framework).at(-1)).toBe("u OPERATION_FINISHED");
});

test("what is reserved is offered to its role and those below only", () => {
  const { fixture, framework, use } = setUp();
  use([reserve("r", reserved("cpus:4;mem:1000"))]);
  const other = fixture.subscribe({ roles: ["ops"] });
  fixture.allocate();
  expect(other.offers()).toEqual([]);
  expect(framework.offers().at(-1)?.resources).toEqual(reserved("cpus:4;mem:1000"));
});

test.each<readonly [string, string, readonly string[], readonly Resource[], RegExp]>([
  [
    "for another role",
    "cpus:4",
    ["dev"],
    reserved("cpus:1", "dev").map((one) => ({ ...one, reservations: [{ type: "DYNAMIC", role: "ops" }] })),
    /resource with role 'ops', but .* allocated to role 'dev'/,
  ],
  ["without a type", "cpus:4", ["dev"], reserved("cpus:1", "dev", { type: "STATIC" }), /is not dynamically reserved/],
  [
    "for a role below the one that it is allocated to",
    "cpus:4",
    ["dev"],
    reserved("cpus:1").map((one) => ({ ...one, reservations: [{ type: "DYNAMIC", role: "dev/a" }] })),
    /resource with role 'dev\/a', but .* allocated to role 'dev'/,
  ],
  ["of more than there is", "cpus:4", ["dev"], reserved("cpus:5"), /does not contain|insufficient|not/i],
  [
    "of what the role has already",
    "cpus(dev):4",
    ["dev"],
    reserved("cpus(dev):1"),
    /Invalid refined reservation: role 'dev' is not a refinement of 'dev'$/,
  ],
])("a reservation %s is refused", (_title, agent, roles, resources, message) => {
  const { framework, use } = setUp(agent, roles);
  use([reserve("r", resources)]);
  expect(states(framework)).toEqual(["r OPERATION_ERROR"]);
  expect(statuses(framework)[0]?.message).toMatch(message);
});

test("a reservation for a role refines that of its parent", () => {
  const { agent, framework, use } = setUp("cpus(org):4;mem:100", ["org/dev"]);
  use([reserve("r", reserved("cpus(org):1", "org/dev"))]);
  expect(states(framework)).toEqual(["r OPERATION_FINISHED"]);
  expect(bagText(agent.ledger.total)).toContain("cpus(reservations: [(STATIC,org),(DYNAMIC,org/dev)]):1");
});

test("an operation is answered again until its answer is acknowledged; then it is unknown", () => {
  const { fixture, framework, use } = setUp();
  use([reserve("r", reserved("cpus:1"))]);
  const record = fixture.record(framework);
  const ask = () =>
    reconcileOperations(fixture.state, record, {
      type: "RECONCILE_OPERATIONS",
      reconcile_operations: { operations: [{ operation_id: { value: "r" } }] },
    });
  ask();
  acknowledgeOperation(record, {
    type: "ACKNOWLEDGE_OPERATION_STATUS",
    acknowledge_operation_status: { uuid: statuses(framework)[0]?.uuid?.value ?? "", operation_id: { value: "r" } },
  });
  ask();
  expect(states(framework)).toEqual(["r OPERATION_FINISHED", "r OPERATION_FINISHED", "r OPERATION_UNKNOWN"]);
});

test("for an operation that it does not know a master answers by what it knows of the agent", () => {
  const { fixture, agent, framework } = setUp();
  const { state } = fixture;
  state.recoveredAgents.add("back-soon");
  state.unreachable.set("away", 1n);
  state.goneAgents.add("gone");
  const operations = [agent.id, "back-soon", "away", "gone", "never-heard-of"].map((agentId) => ({
    operation_id: { value: agentId },
    agent_id: { value: agentId },
  }));
  reconcileOperations(state, fixture.record(framework), {
    type: "RECONCILE_OPERATIONS",
    reconcile_operations: { operations },
  });
  expect(states(framework)).toEqual([
    `${agent.id} OPERATION_UNKNOWN`,
    "back-soon OPERATION_RECOVERING",
    "away OPERATION_UNREACHABLE",
    "gone OPERATION_GONE_BY_OPERATOR",
    "never-heard-of OPERATION_UNKNOWN",
  ]);
});
