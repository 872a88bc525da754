// Settings of embedded agents for tests whose executors are processes of their own.

/**
 * A busy machine may need minutes to start an executor, or to let it answer an agent that was started again. Mesos' defaults are 60 s and
 * 2 s; then the agent kills the executor.
 */
export const patientAgent = {
  executorRegistrationTimeoutMs: 600_000,
  executorReregistrationTimeoutMs: 600_000,
} as const;
