// Ids of tasks, executors and volumes become names of directories. Words: src/common/validation.cpp of Mesos 1.12.

/** What is wrong with an id, or undefined. */
export function idProblem(id: string): string | undefined {
  if (id === "") return "ID must not be empty";
  if (Buffer.byteLength(id) > 255) return "ID must not be greater than 255 characters";
  if (id === "." || id === "..") return `'${id}' is disallowed`;
  return [...id].some((char) => char === "/" || char === "\\" || char < " " || char === "\x7f")
    ? `'${id}' contains invalid characters`
    : undefined;
}
