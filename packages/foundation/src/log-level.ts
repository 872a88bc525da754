// The four levels of CKE's logs. Apart from the logger, so that flags can be read without loading it.

export const logLevels = ["error", "warning", "info", "debug"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Parses a level in any case ("INFO", "warn" is refused); undefined when it is none of the four. */
export function parseLogLevel(text: string): LogLevel | undefined {
  const lower = text.toLowerCase();
  return logLevels.find((level) => level === lower);
}
