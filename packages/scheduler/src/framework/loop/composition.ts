// Makes the parts of the framework in the order in which they need each other. Each part gets only what it needs.
import { Kinds } from "../../workload/kinds/kinds.ts";
import type { UnitRecord } from "../../workload/records/records.ts";
import { newIncarnation } from "../../workload/records/task-ids.ts";
import { AgentInventory } from "../agents/agent-inventory.ts";
import { AgentNames } from "../agents/agent-names.ts";
import { AgentProbe } from "../agents/agent-probe.ts";
import { AgentSizes } from "../agents/agent-size-history.ts";
import { AgentSuccessors } from "../agents/agent-successors.ts";
import { MaintenanceWindows } from "../agents/maintenance-windows.ts";
import type { FrameworkDependencies, MesosConnection } from "../interfaces/dependencies.ts";
import type { Ask, AskAgent } from "../interfaces/mesos-connection.ts";
import { ExecutorMessages } from "../launch/executor-messages.ts";
import { Ledger } from "../ledger/ledger.ts";
import { WorkQueue } from "../ledger/work-queue.ts";
import { AgentFiles } from "../mesos/agent-files.ts";
import { MesosCalls } from "../mesos/mesos-calls.ts";
import { Reconciler } from "../mesos/reconciler.ts";
import type { Session } from "../mesos/session.ts";
import type { Subscription } from "../mesos/subscription.ts";
import { OfferHandler } from "../offers/offer-handler.ts";
import { WaitReasons } from "../offers/wait-reasons.ts";
import { ReplacedAgents } from "../reservations/replaced-agents.ts";
import { ReservationHandler } from "../reservations/reservation-handler.ts";
import { PlanQuery } from "../service/plan-query.ts";
import { BeginAnew } from "../steps/begin-anew.ts";
import { PlanActions } from "../steps/plan-actions.ts";
import { PresentSteps } from "../steps/present-steps.ts";
import { QuorumEviction } from "../steps/quorum-eviction.ts";
import { StepRunner } from "../steps/step-runner.ts";
import { Killer } from "../tasks/killer.ts";
import { OrphanRemovals } from "../tasks/orphan-removals.ts";
import { OrphanTimer } from "../tasks/orphan-timer.ts";
import { StatusUpdates } from "../tasks/status-updates.ts";
import { TaskAdoption } from "../tasks/task-adoption.ts";
import { UnknownTasks } from "../tasks/unknown-tasks.ts";
import { WorkloadLogs } from "../workload-log/workload-log.ts";
import { EventDispatcher } from "./event-dispatcher.ts";

const isAbsent = ({ launch }: UnitRecord) => launch === undefined;

/** What exists before the parts are made. */
export interface Loop {
  /** Why nothing can be stored now; "" when storing works, as far as is known. */
  readonly unwritable: () => string;
  /** Has the steps taken that follow from a change outside of the loop. */
  readonly wake: () => void;
  readonly connection: MesosConnection;
  readonly session: Session;
  readonly subscription: Subscription;
}

export type FrameworkComponents = ReturnType<typeof compose>;

export function compose(dependencies: FrameworkDependencies, loop: Loop) {
  const { clock, logger, store, options, random, execFiles, onExecutorMessage } = dependencies;
  const { incarnation = newIncarnation } = dependencies;
  const { connection, session, subscription } = loop;
  const { ask: question, askAgent: agentQuestion } = connection;
  const ask: Ask | undefined = question && ((type) => question.call(connection, type));
  const askAgent: AskAgent | undefined = agentQuestion && ((...asked) => agentQuestion.apply(connection, asked));
  const agentFiles = new AgentFiles({ frameworkId: () => session.frameworkId, ask, askAgent });
  const kinds = new Kinds(dependencies.kinds);
  const calls = new MesosCalls(connection, logger);
  const workQueue = new WorkQueue();
  const look = (workload: string) => workQueue.add(workload);
  const logs = new WorkloadLogs(
    logger,
    clock,
    (name) => ledger.workload(name) !== undefined,
    (name, unit) => kinds.logFields(ledger.workload(name), name, unit),
  );
  const ledger: Ledger = new Ledger(store, kinds, workQueue, clock, {
    onRefused: ({ workload, unit }, problem) => logs.line("error", workload, problem, { unit }),
    onChanged: dependencies.onUnitChanged,
  });
  const reconciler = new Reconciler(clock, calls, random);
  const killer = new Killer(clock, calls);
  const orphanRemovals = new OrphanRemovals(store, clock, ledger, (tasks) => calls.reconcile(tasks));
  const orphanTimer = new OrphanTimer();
  const agentSuccessors = new AgentSuccessors({ clock, logger, ask });
  const agentProbe = new AgentProbe(clock, calls);
  const agentSizes = new AgentSizes({ clock, logger, ledger, kinds, ask });
  const agentNames = new AgentNames({ clock, logger, ask });
  const planFailure = (planId: string) => planActions.failure(planId);
  const maintenance = new MaintenanceWindows({ ...{ clock, calls, kinds, ledger, logs, look }, planFailure });
  const unknownTasks = new UnknownTasks(look);
  const waitReasons = new WaitReasons();
  const inventory = new AgentInventory({
    store,
    clock,
    logger,
    ledger,
    send: (agentId, executorId, message) => calls.message(agentId, executorId, message),
    // Workloads may wait for a network that was just reported.
    onNews: () => {
      for (const { spec } of ledger.workloads()) if (ledger.units(spec.name).some(isAbsent)) look(spec.name);
    },
  });
  const taskAdoption = new TaskAdoption({
    clock,
    logger,
    logs,
    ledger,
    look,
    processes: (workload, unit) => kinds.outline(ledger.workload(workload), unit)?.processes.map(({ name }) => name),
    frameworkId: () => session.frameworkId,
    unanswered: (taskId) => reconciler.waitsFor(taskId),
    ask,
  });
  const lookNow = (workload: string) => {
    look(workload);
    loop.wake();
  };
  const windowOf = (agentId: string) => maintenance.windowOf(agentId);
  const planActions = new PlanActions({ ...{ clock, kinds, ledger, logs, windowOf }, changed: lookNow });
  const memory = { clock, logger, ledger, logs, kinds, planActions };
  const unsettled = (workload: string, unit: string) =>
    taskAdoption.reason(workload, unit) || unknownTasks.reason(workload, unit);
  const beginAnew = new BeginAnew({ ...memory, unsettled });
  const tasks = { killer, orphanRemovals, orphanTimer, taskAdoption, unknownTasks, reconciler };
  const agents = { agentProbe, agentSizes, agentNames, inventory, maintenance };
  const launching = { options, execFiles, incarnation, calls, session };
  const executorMessages = new ExecutorMessages({ ...memory, calls, inventory, onExecutorMessage, onIdle: lookNow });
  const reservations = new ReservationHandler({ ...memory, store, options, calls, agentProbe, incarnation, random });
  const offers = new OfferHandler({ ...memory, ...agents, ...launching, reservations, reconciler, waitReasons });
  const statuses = new StatusUpdates({ ...memory, ...tasks, calls, agentProbe, agentSuccessors });
  const replacedAgents = new ReplacedAgents({
    ...memory,
    successors: agentSuccessors,
    tombstones: reservations.tombstones,
    receive: (updates) => statuses.receive(updates),
  });
  const presentSteps = new PresentSteps({ ...memory, ...tasks, unsettled, beginAnew, maintenance, options });
  const steps = new StepRunner({
    ...memory,
    ...tasks,
    workQueue,
    presentSteps,
    beginAnew,
    agentNames,
    inventory,
    options,
    reservations,
    executorMessages,
    incarnation,
  });
  const events = new EventDispatcher({
    ...memory,
    ...tasks,
    ...agents,
    session,
    statuses,
    offers,
    reservations,
    executorMessages,
    onSubscribed: () => subscription.begun(),
  });
  const plans = new PlanQuery({
    ...memory,
    presentSteps,
    subscription,
    agentSizes,
    agentNames,
    waitReasons,
    unwritable: loop.unwritable,
    silence: () => offers.silence(),
  });
  const quorumEviction = new QuorumEviction(memory);
  return {
    agentFiles,
    agentNames,
    calls,
    events,
    executorMessages,
    inventory,
    kinds,
    ledger,
    logs,
    maintenance,
    offers,
    orphanRemovals,
    orphanTimer,
    quorumEviction,
    reconciler,
    planActions,
    plans,
    replacedAgents,
    reservations,
    statuses,
    steps,
    taskAdoption,
    workQueue,
  };
}
